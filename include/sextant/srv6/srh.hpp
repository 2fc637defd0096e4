// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Segment Routing Header (RFC 8754 section 2): wire layout, validation, TLV walk on byte spans.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <sextant/net/headers.hpp>

namespace sextant {

inline constexpr std::uint8_t kRoutingTypeSegmentRouting = 4;
inline constexpr std::size_t kMaxSegments = 16;  // that a headend pushes

// Fixed part; last_entry + 1 segments of 16 bytes follow, then TLVs.
struct Srh {
  std::uint8_t next_header;
  std::uint8_t hdr_ext_len;  // in 8-byte units, not counting the first 8 bytes
  std::uint8_t routing_type;
  std::uint8_t segments_left;
  std::uint8_t last_entry;  // index of the last element of the segment list
  std::uint8_t flags;
  Be16 tag;

  [[nodiscard]] unsigned bytes() const { return (hdr_ext_len + 1u) * 8u; }
  // RFC 8986 section 4.1 S08: the largest last_entry for which the header has room.
  [[nodiscard]] int max_last_entry() const { return hdr_ext_len / 2 - 1; }
  [[nodiscard]] Ipv6Address* segments() { return reinterpret_cast<Ipv6Address*>(this + 1); }
  [[nodiscard]] const Ipv6Address* segments() const {
    return reinterpret_cast<const Ipv6Address*>(this + 1);
  }
  // RFC 8986 section 4.1 S09, negated: true when the header may be processed at an endpoint with
  // segments_left > 0. A reduced SRH (segments_left == last_entry + 1) is valid.
  [[nodiscard]] bool consistent() const {
    return last_entry <= max_last_entry() && segments_left <= last_entry + 1;
  }
};
static_assert(sizeof(Srh) == 8);

// Bytes of an SRH with n segments and no TLV.
constexpr std::size_t srh_bytes(std::size_t segments) {
  return sizeof(Srh) + 16 * segments;
}

namespace srh_tlv {
inline constexpr std::uint8_t kPad1 = 0;
inline constexpr std::uint8_t kPadN = 4;
inline constexpr std::uint8_t kHmac = 5;
}  // namespace srh_tlv

// RFC 8754 section 2.1.2: type 5, length 38, D bit, 15 bits reserved, key id, 32 octets of MAC.
struct HmacTlv {
  std::uint8_t type;
  std::uint8_t length;  // 38
  Be16 d_reserved;
  Be32 key_id;
  std::uint8_t mac[32];
};
static_assert(sizeof(HmacTlv) == 40);

// The TLV area of a validated SRH: what is left behind the segment list.
inline std::span<const std::uint8_t> srh_tlvs(const Srh& srh) {
  const std::size_t segments_end = srh_bytes(srh.last_entry + std::size_t{1});
  if (segments_end >= srh.bytes()) return {};
  return {reinterpret_cast<const std::uint8_t*>(&srh) + segments_end, srh.bytes() - segments_end};
}

// Calls visit(type, whole TLV as span) for each TLV but padding. False when a length leaves the
// area.
template <typename Visit>
bool for_each_tlv(std::span<const std::uint8_t> tlvs, Visit&& visit) {
  std::size_t at = 0;
  while (at < tlvs.size()) {
    if (tlvs[at] == srh_tlv::kPad1) {
      ++at;
      continue;
    }
    if (at + 2 > tlvs.size()) return false;
    const std::size_t bytes = 2u + tlvs[at + 1];
    if (at + bytes > tlvs.size()) return false;
    if (tlvs[at] != srh_tlv::kPadN) visit(tlvs[at], tlvs.subspan(at, bytes));
    at += bytes;
  }
  return true;
}

}  // namespace sextant
