// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The rare part of the header checks, and the walk over IPv6 extension headers.
#include "parse.hpp"

namespace sextant {

namespace {

// Headers that a chain may have before the upper layer; more is nobody's honest traffic.
constexpr unsigned kMaxExtensionHeaders = 8;

bool is_v4_mapped(const Ipv6Address& a) {
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(a.bytes.data(), kMapped, sizeof kMapped) == 0;
}

}  // namespace

// The unspecified source is legal for neighbor discovery only, which goes to multicast.
bool is_rare_martian(const Ipv6Header& ip) noexcept {
  const Ipv6Address& s = ip.source;
  const Ipv6Address& d = ip.destination;
  return s.is_loopback() || d.is_loopback() || d.is_unspecified() ||
         (s.is_unspecified() && !d.is_multicast()) || is_v4_mapped(s) || is_v4_mapped(d);
}

std::optional<DropReason> parse_ipv6_chain(Packet packet) noexcept {
  PacketMeta& meta = packet.meta();
  meta.clear_chain();
  const std::uint8_t* const data = packet.data();
  const std::uint32_t end = packet.bytes();
  const std::uint32_t contiguous = packet.contiguous_bytes();
  std::uint32_t at = sizeof(Ipv6Header);
  std::uint32_t named_at = offsetof(Ipv6Header, next_header);
  std::uint8_t next = data[named_at];

  for (unsigned headers = 0;; ++headers) {
    const bool extension = next == ip_protocol::kRouting || next == ip_protocol::kHopByHop ||
                           next == ip_protocol::kDestOptions;
    if (!extension) break;
    if (unlikely(headers == kMaxExtensionHeaders || at + sizeof(Ipv6ExtensionHeader) > end)) {
      return DropReason::parse_extension_malformed;
    }
    if (unlikely(at + sizeof(Ipv6ExtensionHeader) > contiguous)) {
      return DropReason::parse_not_contiguous;
    }
    const auto& header = *reinterpret_cast<const Ipv6ExtensionHeader*>(data + at);
    const std::uint32_t behind = at + header.bytes();
    if (unlikely(behind > end)) return DropReason::parse_extension_malformed;
    if (unlikely(behind > contiguous)) return DropReason::parse_not_contiguous;
    // Only the first routing header counts (RFC 8754 section 2: at most one SRH is processed); one
    // behind it, as H.Insert leaves it, belongs to a later node.
    if (next == ip_protocol::kRouting) {
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
  }

  meta.upper_layer = next;
  meta.upper_layer_offset = static_cast<std::uint16_t>(at);
  meta.upper_layer_named_at = static_cast<std::uint16_t>(named_at);
  meta.fragment = next == ip_protocol::kFragment;
  return std::nullopt;
}

}  // namespace sextant
