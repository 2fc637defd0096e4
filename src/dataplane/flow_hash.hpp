// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Flow hash: one number per flow, the same at every look at the same packet.
#pragma once

#include <cstdint>

#include "packet.hpp"

namespace sextant {

// Hash of the flow that an IP packet belongs to: addresses, protocol and ports; for IPv6 with a
// flow label addresses and label (RFC 6437, RFC 6438), so that encapsulated traffic spreads too.
// For a frame: MAC addresses, VLAN and the IP flow inside. Kept in the meta; computed once. Reads
// only the first segment.
std::uint32_t make_flow_hash(Packet packet) noexcept;
inline std::uint32_t flow_hash(Packet packet) noexcept {
  return packet.meta().has_flow_hash ? packet.meta().flow_hash : make_flow_hash(packet);
}

// 20-bit flow label for an outer header, never 0: from the flow hash of the inner packet, so that
// it is stable per flow (RFC 6437 section 3).
inline std::uint32_t flow_label_of(std::uint32_t hash) {
  const std::uint32_t label = (hash ^ hash >> 12) & 0xfffff;
  return label == 0 ? 1 : label;
}

}  // namespace sextant
