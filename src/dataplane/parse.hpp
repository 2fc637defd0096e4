// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Header checks that parse, decapsulation and tests share.
#pragma once

#include <algorithm>
#include <optional>

#include <sextant/net/checksum.hpp>
#include <sextant/telemetry/drop_reason.hpp>

#include "packet.hpp"
#include "verdict.hpp"

namespace sextant {

// RFC 4291: whether one of the addresses must never be on a link, for the few packets with an
// address that starts with 64 zero bits.
bool is_rare_martian(const Ipv6Header& ip) noexcept;

inline bool is_martian(const Ipv6Header& ip) {
  if (ip.source.is_multicast()) return true;
  if (ip.source.raw_high() != 0 && ip.destination.raw_high() != 0) [[likely]] {
    return false;
  }
  return is_rare_martian(ip);
}

// Whether one of the addresses may be multicast or link-local: those start with fe or ff.
inline bool may_be_scoped(const Ipv6Header& ip) {
  return std::max(ip.source.bytes[0], ip.destination.bytes[0]) >= 0xfe;
}

// Whether the packet must stay on its link.
inline bool has_link_local(const Ipv6Header& ip) {
  return unlikely(may_be_scoped(ip)) &&
         (ip.source.is_link_local() || ip.destination.is_link_local());
}

// RFC 1812 section 5.3.7.
inline bool is_martian(const Ipv4Header& ip) {
  const Ipv4Address& s = ip.source;
  const Ipv4Address& d = ip.destination;
  return s.bytes[0] == 0 || s.is_loopback() || s.is_multicast() || s.is_reserved() ||
         d.bytes[0] == 0 || d.is_loopback() || d.is_reserved();
}

// Whether a packet of so many bytes is like nearly all are: check_ipv6() has nothing against it nor
// to cut off, and no address is multicast or link-local. It has at least a whole header.
[[gnu::always_inline]] inline bool is_ordinary(const Ipv6Header& ip, std::uint32_t bytes) {
  return *reinterpret_cast<const std::uint8_t*>(&ip) >> 4 == 6 &&
         sizeof(Ipv6Header) + ip.payload_length.host() == bytes && ip.source.raw_high() != 0 &&
         ip.destination.raw_high() != 0 && !may_be_scoped(ip);
}

// The same for check_ipv4(): no options either.
[[gnu::always_inline]] inline bool is_ordinary(const Ipv4Header& ip, std::uint32_t bytes) {
  return ip.version_ihl == 0x45 && ip.total_length.host() == bytes && ipv4_header_checksum_ok(ip) &&
         !is_martian(ip) && !ip.destination.is_multicast();
}

// Checks the IPv6 packet at the start of data: version, lengths, addresses that must not appear on
// a link (RFC 4291, RFC 8200). Cuts link-layer padding off the end; changes nothing else. The
// reason when the packet must be dropped.
[[gnu::always_inline]] inline Refusal<DropReason> check_ipv6(Packet packet) noexcept {
  if (unlikely(packet.contiguous_bytes() < sizeof(Ipv6Header))) {
    return packet.bytes() < sizeof(Ipv6Header) ? DropReason::parse_ipv6_truncated
                                               : DropReason::parse_not_contiguous;
  }
  const Ipv6Header& ip = packet.ipv6();
  if (unlikely(*packet.data() >> 4 != 6)) return DropReason::parse_ipv6_version;
  const std::uint32_t bytes = sizeof(Ipv6Header) + ip.payload_length.host();
  if (unlikely(bytes > packet.bytes())) return DropReason::parse_ipv6_truncated;
  if (unlikely(is_martian(ip))) return DropReason::parse_ipv6_martian;
  packet.cut_back_to(bytes);
  return std::nullopt;
}

// The same for IPv4 (RFC 1812 section 5.2.2), header checksum included.
[[gnu::always_inline]] inline Refusal<DropReason> check_ipv4(Packet packet) noexcept {
  if (unlikely(packet.contiguous_bytes() < sizeof(Ipv4Header))) {
    return packet.bytes() < sizeof(Ipv4Header) ? DropReason::parse_ipv4_truncated
                                               : DropReason::parse_not_contiguous;
  }
  const Ipv4Header& ip = packet.ipv4();
  const std::uint32_t header_bytes = ip.header_bytes();
  if (unlikely(ip.version_ihl >> 4 != 4 || header_bytes < sizeof(Ipv4Header))) {
    return DropReason::parse_ipv4_version;
  }
  const std::uint32_t bytes = ip.total_length.host();
  if (unlikely(bytes < header_bytes || bytes > packet.bytes())) {
    return DropReason::parse_ipv4_truncated;
  }
  if (unlikely(packet.contiguous_bytes() < header_bytes)) return DropReason::parse_not_contiguous;
  if (unlikely(!ipv4_header_checksum_ok(ip))) return DropReason::parse_ipv4_checksum;
  if (unlikely(is_martian(ip))) return DropReason::parse_ipv4_martian;
  packet.cut_back_to(bytes);
  return std::nullopt;
}

// A walk over IPv6 extension headers: what the last one said of the next.
struct ChainWalk {
  std::uint32_t at = sizeof(Ipv6Header);
  std::uint32_t named_at = offsetof(Ipv6Header, next_header);
  std::uint8_t next;

  // Headers that are walked over.
  [[nodiscard]] bool at_extension() const {
    constexpr std::uint64_t kExtensions = 1ull << ip_protocol::kRouting |
                                          1ull << ip_protocol::kHopByHop |
                                          1ull << ip_protocol::kDestOptions;
    return next < 64 && (kExtensions >> next & 1) != 0;
  }

  // Over the extension header that the walk is at; headers: how many were before.
  [[gnu::always_inline]] Refusal<DropReason> step(Packet packet, unsigned headers) {
    const std::uint32_t contiguous = packet.contiguous_bytes();
    const std::uint8_t* const data = packet.data();
    const std::uint32_t front = at + sizeof(Ipv6ExtensionHeader);
    if (unlikely(front > contiguous)) return out_of_reach(packet, front);
    const auto& header = *reinterpret_cast<const Ipv6ExtensionHeader*>(data + at);
    const std::uint32_t behind = at + header.bytes();
    if (unlikely(behind > contiguous)) return out_of_reach(packet, behind);
    // Only the first routing header counts (RFC 8754 section 2: at most one SRH is processed); one
    // behind it, as H.Insert leaves it, belongs to a later node.
    PacketMeta& meta = packet.meta();
    if (likely(next == ip_protocol::kRouting)) {
      if (meta.srh_offset == 0) {
        meta.srh_offset = static_cast<std::uint16_t>(at);
        meta.srh_named_at = static_cast<std::uint16_t>(named_at);
      }
    } else if (next == ip_protocol::kHopByHop && headers != 0) {
      // RFC 8200 section 4.1: hop-by-hop options only ever come first.
      return DropReason::parse_extension_malformed;
    }
    next = header.next_header;
    named_at = at;
    at = behind;
    return std::nullopt;
  }

 private:
  static DropReason out_of_reach(Packet packet, std::uint32_t end) {
    return end > packet.bytes() ? DropReason::parse_extension_malformed
                                : DropReason::parse_not_contiguous;
  }
};

// The end of a walk.
inline void note_upper_layer(PacketMeta& meta, ChainWalk walk) {
  meta.upper_layer = walk.next;
  meta.upper_layer_offset = static_cast<std::uint16_t>(walk.at);
  meta.upper_layer_named_at = static_cast<std::uint16_t>(walk.named_at);
  meta.fragment = walk.next == ip_protocol::kFragment;
}

// The rest of parse_ipv6_chain(), behind the first extension header.
Refusal<DropReason> walk_on(Packet packet, ChainWalk walk) noexcept;

// Walks the IPv6 extension headers and fills the chain fields of the meta: the SRH, if any, and the
// upper-layer header. Needs a packet that passed check_ipv6. All headers walked over lie in the
// first segment and inside the payload length. The reason when the chain is malformed.
[[gnu::always_inline]] inline Refusal<DropReason> parse_ipv6_chain(Packet packet) noexcept {
  const std::uint8_t* const data = packet.data();
  const std::uint32_t contiguous = packet.contiguous_bytes();
  // An SRH right behind the fixed header, and no other extension header behind that.
  if (likely(packet.ipv6().next_header == ip_protocol::kRouting &&
             contiguous >= sizeof(Ipv6Header) + sizeof(Ipv6ExtensionHeader))) {
    const auto& routing = *reinterpret_cast<const Ipv6ExtensionHeader*>(data + sizeof(Ipv6Header));
    const ChainWalk behind{.at = static_cast<std::uint32_t>(sizeof(Ipv6Header) + routing.bytes()),
                           .named_at = sizeof(Ipv6Header),
                           .next = routing.next_header};
    if (likely(!behind.at_extension() && behind.at <= contiguous)) {
      packet.meta().srh_offset = sizeof(Ipv6Header);
      packet.meta().srh_named_at = offsetof(Ipv6Header, next_header);
      note_upper_layer(packet.meta(), behind);
      return std::nullopt;
    }
  }
  packet.meta().clear_chain();
  ChainWalk walk{.next = packet.ipv6().next_header};
  if (walk.at_extension()) {
    if (const auto malformed = walk.step(packet, 0)) return malformed;
    if (unlikely(walk.at_extension())) return walk_on(packet, walk);
  }
  note_upper_layer(packet.meta(), walk);
  return std::nullopt;
}

}  // namespace sextant
