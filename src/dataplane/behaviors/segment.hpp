// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Shared steps that read and consume segments: SRH, PSP, USP, NEXT-CSID. What every packet of a
// SID passes is inline; segment.cpp holds what few do.
#pragma once

#include <rte_byteorder.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "dataplane/forward.hpp"
#include "dataplane/hmac.hpp"
#include "dataplane/parse.hpp"

namespace sextant {

// An address in two registers. A copy of an address that was just stored by halves, in one move,
// would wait until both are in the cache.
struct Ipv6Words {
  std::uint64_t high;
  std::uint64_t low;

  explicit Ipv6Words(const Ipv6Address& a) : high(a.raw_high()), low(a.raw_low()) {}
  Ipv6Words(std::uint64_t h, std::uint64_t l) : high(h), low(l) {}
  void store(Ipv6Address& to) const {
    std::memcpy(to.bytes.data(), &high, sizeof high);
    std::memcpy(to.bytes.data() + sizeof high, &low, sizeof low);
  }
};

// A segment that must not become the destination of a packet on a link (RFC 4291, RFC 8754).
inline bool is_martian_destination(const Ipv6Address& segment) {
  return segment.is_multicast() ||
         (segment.raw_high() == 0 && (segment.is_unspecified() || segment.is_loopback()));
}

// Routing headers that were used up when the packet came here. There may be several: an SRH that
// was inserted on the way stands before the one of the source (H.Insert, End.B6.Insert).
struct SpentHeaders {
  struct Place {
    std::uint16_t offset;
    std::uint16_t named_at;  // see PacketMeta::srh_named_at
  };
  unsigned count = 0;
  std::array<Place, 8> places;  // as many extension headers as parse_ipv6_chain() lets pass
};

// The rest of select_srh(): when the first routing header is spent or of another type.
Refusal<Verdict> select_srh_behind(ForwardContext& context, Packet packet, const LocalSidEntry& sid,
                                   SpentHeaders* spent) noexcept;

// S01, S02: makes packet.srh() the routing header with segments left, if there is one; spent ones
// are passed over, since their next header is processed next. Without any it checks the HMAC that
// the SID may require, so that only the upper layer is left to be looked at.
inline Refusal<Verdict> select_srh(ForwardContext& context, Packet packet, const LocalSidEntry& sid,
                                   SpentHeaders* spent) noexcept {
  const Srh* srh = packet.srh();
  if (srh == nullptr) return verify_hmac(context, packet, sid);
  if (likely(srh->segments_left != 0 && srh->routing_type == kRoutingTypeSegmentRouting)) {
    return std::nullopt;
  }
  return select_srh_behind(context, packet, sid, spent);
}

// Whether S05 and on apply: true after select_srh() when a segment is left.
inline bool has_segments_left(Packet packet) {
  const Srh* srh = packet.srh();
  return srh != nullptr && srh->segments_left != 0;
}

// S08 to S11 for an SRH that has TLVs or is not consistent.
Refusal<Verdict> check_odd_srh(const Srh& srh, std::uint32_t srh_offset) noexcept;

// S05 to S11: hop limit, lengths and Segments Left; then the TLVs, the HMAC that the SID may
// require, and the next segment itself.
inline Refusal<Verdict> check_next_segment(ForwardContext& context, Packet packet,
                                           const LocalSidEntry& sid) noexcept {
  const Srh& srh = *packet.srh();
  // S05 to S07
  if (unlikely(packet.ipv6().hop_limit <= 1)) {
    return Verdict::drop(DropReason::end_hop_limit_exceeded, IcmpError::kTimeExceeded);
  }
  // S08 to S11
  const unsigned entries = srh.last_entry + 1u;
  if (unlikely(srh.hdr_ext_len != 2 * entries || srh.segments_left > entries)) {
    if (const auto refused = check_odd_srh(srh, packet.meta().srh_offset)) return refused;
  }
  if (const auto refused = verify_hmac(context, packet, sid)) return refused;
  if (unlikely(is_martian_destination(srh.segments()[srh.segments_left - 1]))) {
    return Verdict::drop(DropReason::end_next_segment_martian);
  }
  return std::nullopt;
}

// What holds for every packet that got a new destination for its way on.
inline void note_new_destination(Packet packet) {
  PacketMeta& meta = packet.meta();
  meta.hop_limit_done = true;
  meta.has_flow_hash = false;
  meta.link_local = has_link_local(packet.ipv6());
}

// Takes one extension header out: the shorter part, in front of it, moves over it.
void pop_header(Packet packet, SpentHeaders::Place place) noexcept;

// S12 to S14, and S14.1 to S14.5 with PSP.
inline void next_segment(Packet packet, Flavors flavors) noexcept {
  Ipv6Header& ip = packet.ipv6();
  Srh& srh = *packet.srh();
  --ip.hop_limit;  // S12
  const std::uint8_t left = static_cast<std::uint8_t>(srh.segments_left - 1);
  srh.segments_left = left;               // S13
  ip.destination = srh.segments()[left];  // S14
  note_new_destination(packet);
  if (left == 0 && (flavors & kPsp) != 0) {  // S14.1
    const PacketMeta& meta = packet.meta();
    pop_header(packet, {meta.srh_offset, meta.srh_named_at});  // S14.2 to S14.4
  }
}

// USP, RFC 8986 section 4.16.2 S03.1 to S03.3: takes the spent SRHs out of the packet.
void pop_all(Packet packet, const SpentHeaders& spent) noexcept;
inline void pop_spent(Packet packet, const LocalSidEntry& sid, const SpentHeaders& spent) noexcept {
  if (unlikely((sid.flavors & kUsp) != 0)) pop_all(packet, spent);
}

// --- NEXT-CSID, RFC 9800 section 4.1

// 128-bit addresses as numbers, for C-SIDs that need not end at a byte.
namespace csid {

__extension__ using Uint128 = unsigned __int128;

inline Uint128 load(const Ipv6Address& address) {
  return static_cast<Uint128>(rte_be_to_cpu_64(address.raw_high())) << 64 |
         rte_be_to_cpu_64(address.raw_low());
}

inline Ipv6Address store(Uint128 value) {
  Ipv6Address address;
  Ipv6Words(rte_cpu_to_be_64(static_cast<std::uint64_t>(value >> 64)),
            rte_cpu_to_be_64(static_cast<std::uint64_t>(value)))
      .store(address);
  return address;
}

// One bits from position first (0: the most significant) to the end.
inline Uint128 ones_from(unsigned first) {
  return first >= 128 ? Uint128{0} : ~Uint128{0} >> first;
}

// What stands behind locator block and active C-SID.
inline Uint128 argument(const Ipv6Address& destination, const LocalSidEntry& sid) {
  return load(destination) & ones_from(sid.block_bits + unsigned{sid.csid_bits});
}

// The argument moved up behind the block.
inline Ipv6Address shifted(const Ipv6Address& destination, const LocalSidEntry& sid) {
  const Uint128 block = load(destination) & ~ones_from(sid.block_bits);
  return store(block | argument(destination, sid) << sid.csid_bits);
}

}  // namespace csid

// N01: whether C-SIDs of the container are left behind the one that led here.
inline bool has_csid_argument(Packet packet, const LocalSidEntry& sid) noexcept {
  return (sid.flavors & kNextCsid) != 0 && csid::argument(packet.ipv6().destination, sid) != 0;
}

// N02 to N07: checks, then moves the argument up behind the locator block.
inline Refusal<Verdict> shift_csid(ForwardContext& context, Packet packet,
                                   const LocalSidEntry& sid) noexcept {
  Ipv6Header& ip = packet.ipv6();
  // N02 to N04
  if (unlikely(ip.hop_limit <= 1)) {
    return Verdict::drop(DropReason::end_hop_limit_exceeded, IcmpError::kTimeExceeded);
  }
  if (const auto refused = verify_hmac(context, packet, sid)) return refused;
  const Ipv6Address destination = csid::shifted(ip.destination, sid);
  if (unlikely(is_martian_destination(destination))) {
    return Verdict::drop(DropReason::end_next_segment_martian);
  }
  Ipv6Words(destination).store(ip.destination);  // N05, N06
  --ip.hop_limit;                                // N07
  note_new_destination(packet);
  return std::nullopt;
}

}  // namespace sextant
