// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IPv4 fragmentation (RFC 791 section 3.2): before an encapsulation, and on the way out.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "forward.hpp"

namespace sextant {

inline bool is_dont_fragment(Packet packet) {
  return (packet.ipv4().fragment.host() & Ipv4Header::kDontFragment) != 0;
}

// A packet of 65,535 bytes in pieces that the smallest IPv6 path MTU carries behind the longest
// rewrite.
inline constexpr unsigned kMaxFragments = 96;

// The lanes of all pieces but the first, in the order of their offsets.
struct Fragments {
  unsigned count = 0;
  std::array<Lane, kMaxFragments> storage;

  [[nodiscard]] std::span<const Lane> lanes() const { return {storage.data(), count}; }
};

// Cuts the IPv4 packet at the start of data into pieces of at most max_bytes. The packet itself
// becomes the first piece; the others are copies in new lanes with its meta and at least headroom
// bytes of headroom, not routed yet. All or nothing: false, and nothing changed, without a pool,
// enough mbufs or lanes, or when max_bytes leaves no room for payload. Needs a packet that passed
// check_ipv4; does not look at DF.
bool fragment_ipv4(ForwardContext& context, Packet packet, std::uint32_t max_bytes,
                   std::uint32_t headroom, Fragments& pieces) noexcept;

}  // namespace sextant
