// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What the tests of NeighborTable share.
#pragma once

#include <vector>

#include "dataplane/slow_path/neighbor_table.hpp"
#include "support/catch.hpp"

namespace sextant::neighbor_test {

using Kind = NeighborAction::Kind;
using State = NeighborState;

inline constexpr std::uint64_t kSecond = 1'000'000'000;
inline constexpr MacAddress kMacA{{2, 0, 0, 0, 0, 0xa}};
inline constexpr MacAddress kMacB{{2, 0, 0, 0, 0, 0xb}};

inline NeighborKey key_of(std::uint8_t n, InterfaceId interface = 1) {
  Ipv6Address address{{0xfc}};
  address.bytes[15] = n;
  return {interface, address};
}

// Never dereferenced: the table must not look inside.
inline HeldPacket packet(std::uintptr_t n, bool own = false) {
  return {reinterpret_cast<rte_mbuf*>(n), own};  // NOLINT
}

inline std::vector<Kind> kinds(NeighborTable& table) {
  std::vector<Kind> out;
  for (const NeighborAction& action : table.take_actions())
    out.push_back(action.kind);
  return out;
}

inline State state_of(const NeighborTable& table, const NeighborKey& key) {
  const auto info = table.find(key);
  REQUIRE(info);
  return info->state;
}

inline NeighborAdvertised advertisement(const MacAddress& mac, bool solicited, bool override_flag) {
  return {.mac = mac, .solicited = solicited, .override_flag = override_flag};
}

// An entry that forwarding uses, REACHABLE since now.
inline void resolve(NeighborTable& table, const NeighborKey& key, std::uint64_t now) {
  table.send(key, packet(99), true, now);
  table.advertised(key, advertisement(kMacA, true, true), now);
  (void)table.take_actions();
}

}  // namespace sextant::neighbor_test
