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

Refusal<DropReason> walk_on(Packet packet, ChainWalk walk) noexcept {
  for (unsigned headers = 1; walk.at_extension(); ++headers) {
    if (headers == kMaxExtensionHeaders) return DropReason::parse_extension_malformed;
    if (const auto malformed = walk.step(packet, headers)) return malformed;
  }
  note_upper_layer(packet.meta(), walk);
  return std::nullopt;
}

}  // namespace sextant
