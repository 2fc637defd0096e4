// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Header checks that parse, decapsulation and tests share.
#pragma once

#include <optional>

#include <sextant/net/checksum.hpp>
#include <sextant/telemetry/drop_reason.hpp>

#include "packet.hpp"

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

// RFC 1812 section 5.3.7.
inline bool is_martian(const Ipv4Header& ip) {
  const Ipv4Address& s = ip.source;
  const Ipv4Address& d = ip.destination;
  return s.bytes[0] == 0 || s.is_loopback() || s.is_multicast() || s.is_reserved() ||
         d.bytes[0] == 0 || d.is_loopback() || d.is_reserved();
}

// Checks the IPv6 packet at the start of data: version, lengths, addresses that must not appear on
// a link (RFC 4291, RFC 8200). Cuts link-layer padding off the end; changes nothing else. The
// reason when the packet must be dropped.
inline std::optional<DropReason> check_ipv6(Packet packet) noexcept {
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
inline std::optional<DropReason> check_ipv4(Packet packet) noexcept {
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

// Walks the IPv6 extension headers and fills the chain fields of the meta: the SRH, if any, and the
// upper-layer header. Needs a packet that passed check_ipv6. All headers walked over lie in the
// first segment and inside the payload length. The reason when the chain is malformed.
std::optional<DropReason> parse_ipv6_chain(Packet packet) noexcept;

}  // namespace sextant
