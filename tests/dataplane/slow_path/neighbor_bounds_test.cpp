// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// NeighborTable: bounds, packets that never get lost, determinism.
#include <limits>
#include <random>

#include "neighbor_fixture.hpp"

namespace sextant {
namespace {

using namespace neighbor_test;  // NOLINT(google-build-using-namespace)

TEST_CASE("neighbor: the hold queue keeps the newest packets") {
  NeighborTable table({.hold_packets = 2});
  const NeighborKey key = key_of(1);
  for (std::uintptr_t n = 1; n <= 4; ++n)
    table.send(key, packet(n), true, 0);
  const auto actions = table.take_actions();
  REQUIRE(actions.size() == 3);
  CHECK(actions[1].kind == Kind::kRefuse);
  CHECK(actions[1].packet.packet == packet(1).packet);
  CHECK(actions[2].kind == Kind::kRefuse);
  CHECK(actions[2].packet.packet == packet(2).packet);
  CHECK(table.find(key)->held == 2);
}

TEST_CASE("neighbor: a hold queue of none refuses every packet and still asks") {
  NeighborTable table({.hold_packets = 0});
  table.send(key_of(1), packet(1), true, 0);
  CHECK(kinds(table) == std::vector{Kind::kRefuse, Kind::kSolicitMulticast});
}

TEST_CASE("neighbor: an address scan fills no more than its share") {
  NeighborTable table({.max_neighbors = 10, .max_unresolved = 4});
  resolve(table, key_of(200), 0);
  for (std::uint8_t n = 0; n < 10; ++n)
    table.send(key_of(n), packet(n + 1u), true, 0);
  unsigned refused = 0;
  for (const auto& action : table.take_actions())
    refused += action.kind == Kind::kRefuse;
  CHECK(refused == 6);
  CHECK(table.size() == 5);
  CHECK(state_of(table, key_of(200)) == State::kReachable);
  SECTION("room comes back when they fail") {
    for (std::uint64_t t = 1; t <= 3; ++t)
      table.tick(t * kSecond);
    (void)table.take_actions();
    table.send(key_of(50), packet(1), true, 4 * kSecond);
    CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast});
  }
}

TEST_CASE("neighbor: a full table gives up idle entries, never used ones") {
  NeighborTable table({.max_neighbors = 2});
  resolve(table, key_of(1), 0);
  table.learned(key_of(2), kMacB, true, 0);
  CHECK(state_of(table, key_of(2)) == State::kStale);
  table.send(key_of(3), packet(1), true, 1);
  CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast});
  CHECK_FALSE(table.find(key_of(2)));
  table.send(key_of(4), packet(2), true, 1);
  CHECK(kinds(table) == std::vector{Kind::kRefuse});
  table.learned(key_of(5), kMacB, true, 1);
  CHECK_FALSE(table.find(key_of(5)));
  CHECK(table.find(key_of(1)));
}

TEST_CASE("neighbor: a removed entry gives its packets back") {
  NeighborTable table;
  table.send(key_of(1), packet(1), true, 0);
  (void)table.take_actions();
  table.remove(key_of(1));
  CHECK(kinds(table) == std::vector{Kind::kUnreachable});
  CHECK(table.next_deadline() == std::numeric_limits<std::uint64_t>::max());
  table.remove(key_of(1));
  CHECK_FALSE(table.has_actions());
}

TEST_CASE("neighbor: clear hands over held packets and those in actions") {
  NeighborTable table({.hold_packets = 1});
  table.send(key_of(1), packet(1), true, 0);
  table.send(key_of(1), packet(2), true, 0);
  CHECK(table.clear().size() == 2);
  CHECK(table.size() == 0);
}

// Every packet comes out exactly once, and two tables with the same input do the same.
TEST_CASE("neighbor: random events lose no packet and are deterministic") {
  std::mt19937 random(7);
  const NeighborSettings settings{.hold_packets = 3, .max_neighbors = 12, .max_unresolved = 6};
  NeighborTable a(settings);
  NeighborTable b(settings);
  std::uint64_t now = 0;
  std::uintptr_t sent = 0;
  std::size_t returned = 0;
  for (int step = 0; step < 20000; ++step) {
    const NeighborKey key = key_of(static_cast<std::uint8_t>(random() % 20));
    const MacAddress mac = random() % 2 == 0 ? kMacA : kMacB;
    const unsigned flags = random();
    const unsigned what = random() % 8;
    now += random() % (3 * kSecond);
    if (what < 3) ++sent;
    for (NeighborTable* table : {&a, &b}) {
      switch (what) {
        case 0:
        case 1:
        case 2: table->send(key, packet(sent, (flags & 1) != 0), (flags & 2) != 0, now); break;
        case 3: table->learned(key, mac, (flags & 1) != 0, now); break;
        case 4:
        case 5:
          table->advertised(key, advertisement(mac, (flags & 1) != 0, (flags & 2) != 0), now);
          break;
        case 6: table->tick(now); break;
        default:
          if (flags % 4 == 0) table->remove(key);
          if (flags % 4 == 1) table->disuse(key);
      }
    }
    const auto actions_a = a.take_actions();
    const auto actions_b = b.take_actions();
    REQUIRE(actions_a.size() == actions_b.size());
    for (std::size_t i = 0; i < actions_a.size(); ++i) {
      REQUIRE(actions_a[i].kind == actions_b[i].kind);
      REQUIRE(actions_a[i].key == actions_b[i].key);
      REQUIRE(actions_a[i].packet.packet == actions_b[i].packet.packet);
      returned += actions_a[i].packet.packet != nullptr;
    }
    REQUIRE(a.size() <= 12);
    REQUIRE(a.next_deadline() == b.next_deadline());
  }
  returned += a.clear().size();
  (void)b.clear();
  CHECK(returned == sent);
}

TEST_CASE("neighbor: every state has a name") {
  CHECK(name_of(State::kIncomplete) == "incomplete");
  CHECK(name_of(State::kPermanent) == "permanent");
}

}  // namespace
}  // namespace sextant
