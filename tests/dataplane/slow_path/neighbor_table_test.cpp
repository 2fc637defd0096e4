// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// NeighborTable: every transition of RFC 4861 section 7.3, and its timers.
#include <limits>

#include "neighbor_fixture.hpp"

namespace sextant {
namespace {

using namespace neighbor_test;  // NOLINT(google-build-using-namespace)

TEST_CASE("neighbor: first packet asks, is held and goes out on the answer") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  table.send(key, packet(1), true, 0);
  CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast});
  CHECK(state_of(table, key) == State::kIncomplete);
  table.send(key, packet(2), true, 1);
  CHECK_FALSE(table.has_actions());
  table.advertised(key, advertisement(kMacA, true, true), 2);
  const auto actions = table.take_actions();
  REQUIRE(actions.size() == 3);
  CHECK(actions[0].kind == Kind::kResolved);
  CHECK(actions[0].mac == kMacA);
  CHECK(actions[1].kind == Kind::kRelease);
  CHECK(actions[1].packet.packet == packet(1).packet);
  CHECK(actions[2].packet.packet == packet(2).packet);
  CHECK(state_of(table, key) == State::kReachable);
}

TEST_CASE("neighbor: no answer to three solicitations fails, each a second apart") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  table.send(key, packet(1), true, 0);
  CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast});
  CHECK(table.next_deadline() == kSecond);
  table.tick(kSecond - 1);
  CHECK_FALSE(table.has_actions());
  table.tick(kSecond);
  CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast});
  table.tick(2 * kSecond);
  CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast});
  table.tick(3 * kSecond);
  const auto actions = table.take_actions();
  REQUIRE(actions.size() == 1);
  CHECK(actions[0].kind == Kind::kUnreachable);
  CHECK(actions[0].packet.packet == packet(1).packet);
  CHECK(state_of(table, key) == State::kFailed);
}

TEST_CASE("neighbor: a failed one is asked again for the next packet and forgotten without one") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  table.send(key, packet(1), true, 0);
  for (std::uint64_t t = 1; t <= 3; ++t)
    table.tick(t * kSecond);
  (void)table.take_actions();
  SECTION("next packet") {
    table.send(key, packet(2), true, 4 * kSecond);
    CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast});
    CHECK(state_of(table, key) == State::kIncomplete);
  }
  SECTION("no packet") {
    table.tick(23 * kSecond);
    CHECK_FALSE(table.find(key));
    CHECK(table.next_deadline() == std::numeric_limits<std::uint64_t>::max());
    CHECK_FALSE(table.has_actions());
  }
  SECTION("an advertisement nobody asked for does not bring it back") {
    table.advertised(key, advertisement(kMacA, true, true), 4 * kSecond);
    CHECK(state_of(table, key) == State::kFailed);
  }
}

TEST_CASE("neighbor: reachable time ends in probes and their answer") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  resolve(table, key, 0);
  table.tick(30 * kSecond - 1);
  CHECK_FALSE(table.has_actions());
  table.tick(30 * kSecond);
  const auto actions = table.take_actions();
  REQUIRE(actions.size() == 1);
  CHECK(actions[0].kind == Kind::kSolicitUnicast);
  CHECK(actions[0].mac == kMacA);
  CHECK(state_of(table, key) == State::kProbe);
  table.advertised(key, advertisement(kMacA, true, false), 31 * kSecond - 1);
  CHECK(state_of(table, key) == State::kReachable);
  CHECK_FALSE(table.has_actions());
  CHECK(table.next_deadline() == 61 * kSecond - 1);
}

TEST_CASE("neighbor: three unanswered probes take the next hop away from forwarding") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  resolve(table, key, 0);
  for (std::uint64_t t = 30; t <= 32; ++t) {
    table.tick(t * kSecond);
    CHECK(kinds(table) == std::vector{Kind::kSolicitUnicast});
  }
  table.tick(33 * kSecond);
  CHECK(kinds(table) == std::vector{Kind::kUnresolved});
  CHECK(state_of(table, key) == State::kFailed);
  CHECK_FALSE(table.find(key)->in_use);
}

TEST_CASE("neighbor: an unsolicited advertisement is no proof of reachability") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  resolve(table, key, 0);
  table.tick(30 * kSecond);
  (void)table.take_actions();
  table.advertised(key, advertisement(kMacA, false, true), 30 * kSecond);
  CHECK(state_of(table, key) == State::kProbe);
}

// RFC 4861 7.2.5: solicited, override, other address -> state, address taken over.
TEST_CASE("neighbor: override rules in state reachable") {
  struct Row {
    bool solicited, override_flag, other;
    State expected;
    bool taken;
  };
  const Row row = GENERATE(
      Row{false, false, false, State::kReachable, false},
      Row{true, false, false, State::kReachable, false},
      Row{false, true, false, State::kReachable, false},
      Row{true, true, false, State::kReachable, false},
      Row{false, false, true, State::kDelay, false}, Row{true, false, true, State::kDelay, false},
      Row{false, true, true, State::kDelay, true}, Row{true, true, true, State::kReachable, true});
  CAPTURE(row.solicited, row.override_flag, row.other);
  NeighborTable table;
  const NeighborKey key = key_of(1);
  resolve(table, key, 0);
  table.advertised(key, advertisement(row.other ? kMacB : kMacA, row.solicited, row.override_flag),
                   kSecond);
  CHECK(state_of(table, key) == row.expected);
  CHECK(table.find(key)->mac == (row.taken ? kMacB : kMacA));
  CHECK(kinds(table) == (row.taken ? std::vector{Kind::kResolved} : std::vector<Kind>{}));
}

TEST_CASE("neighbor: without override another address is ignored beyond reachable") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  table.learned(key, kMacA, true, 0);
  table.advertised(key, advertisement(kMacB, true, false), 1);
  CHECK(state_of(table, key) == State::kStale);
  CHECK(table.find(key)->mac == kMacA);
  CHECK_FALSE(table.find(key)->router);
}

TEST_CASE("neighbor: an advertisement never creates an entry nor resolves without an address") {
  NeighborTable table;
  table.advertised(key_of(1), advertisement(kMacA, true, true), 0);
  CHECK(table.size() == 0);
  table.send(key_of(1), packet(1), true, 0);
  (void)table.take_actions();
  table.advertised(key_of(1), {.solicited = true, .override_flag = true}, 1);
  CHECK(state_of(table, key_of(1)) == State::kIncomplete);
  CHECK_FALSE(table.has_actions());
}

TEST_CASE("neighbor: an unsolicited answer to a resolution is probed after the delay") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  table.send(key, packet(1), true, 0);
  (void)table.take_actions();
  table.advertised(key, advertisement(kMacA, false, true), 1);
  CHECK(kinds(table) == std::vector{Kind::kResolved, Kind::kRelease});
  CHECK(state_of(table, key) == State::kDelay);
  table.tick(1 + 5 * kSecond);
  CHECK(kinds(table) == std::vector{Kind::kSolicitUnicast});
}

TEST_CASE("neighbor: learned from a solicitation") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  SECTION("unknown and not to be created") {
    table.learned(key, kMacA, false, 0);
    CHECK(table.size() == 0);
  }
  SECTION("stale until traffic needs it, then delay; forwarding learns it at once") {
    table.learned(key, kMacA, true, 0);
    CHECK_FALSE(table.has_actions());
    CHECK(state_of(table, key) == State::kStale);
    table.send(key, packet(1), true, kSecond);
    CHECK(kinds(table) == std::vector{Kind::kResolved, Kind::kRelease});
    CHECK(state_of(table, key) == State::kDelay);
  }
  SECTION("own packets do not make it known to forwarding") {
    table.learned(key, kMacA, true, 0);
    table.send(key, packet(1, true), false, kSecond);
    CHECK(kinds(table) == std::vector{Kind::kRelease});
    CHECK_FALSE(table.find(key)->in_use);
  }
  SECTION("unused it goes after ten minutes") {
    table.learned(key, kMacA, true, 0);
    table.tick(600 * kSecond - 1);
    CHECK(table.size() == 1);
    table.tick(600 * kSecond);
    CHECK(table.size() == 0);
    CHECK_FALSE(table.has_actions());
  }
  SECTION("the same address again changes nothing, another one is doubted") {
    resolve(table, key, 0);
    table.learned(key, kMacA, true, 1);
    CHECK(state_of(table, key) == State::kReachable);
    table.learned(key, kMacB, true, 1);
    CHECK(state_of(table, key) == State::kDelay);
    CHECK(kinds(table) == std::vector{Kind::kResolved});
  }
  SECTION("a solicitation from the next hop that we wait for releases what is held") {
    table.send(key, packet(1), true, 0);
    table.learned(key, kMacA, true, 1);
    CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast, Kind::kResolved, Kind::kRelease});
    CHECK(state_of(table, key) == State::kDelay);
  }
}

TEST_CASE("neighbor: reachable without use becomes stale, not probed") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  table.send(key, packet(1, true), false, 0);
  table.advertised(key, advertisement(kMacA, true, true), 0);
  (void)table.take_actions();
  table.tick(30 * kSecond);
  CHECK_FALSE(table.has_actions());
  CHECK(state_of(table, key) == State::kStale);
}

TEST_CASE("neighbor: permanent entries are never changed, probed, aged or counted") {
  NeighborTable table({.max_neighbors = 1});
  const NeighborKey key = key_of(1);
  table.set_permanent(key, kMacA);
  table.learned(key, kMacB, true, 1);
  table.advertised(key, advertisement(kMacB, true, true), 1);
  table.tick(10'000 * kSecond);
  CHECK_FALSE(table.has_actions());
  CHECK(state_of(table, key) == State::kPermanent);
  CHECK(table.find(key)->mac == kMacA);
  table.send(key, packet(1), true, 1);
  CHECK(kinds(table) == std::vector{Kind::kResolved, Kind::kRelease});
  table.send(key_of(2), packet(2), true, 1);
  CHECK(kinds(table) == std::vector{Kind::kSolicitMulticast});
  SECTION("until they are no longer configured") {
    table.clear_permanent(key_of(2));
    CHECK(table.find(key_of(2)));
    table.clear_permanent(key);
    CHECK_FALSE(table.find(key));
    CHECK(kinds(table) == std::vector{Kind::kUnresolved});
  }
  SECTION("a new address replaces the old one") {
    table.set_permanent(key, kMacB);
    CHECK(kinds(table) == std::vector{Kind::kResolved});
  }
  SECTION("an unresolved entry that becomes permanent releases its packets") {
    table.set_permanent(key_of(2), kMacB);
    CHECK(kinds(table) == std::vector{Kind::kResolved, Kind::kRelease});
    table.tick(10'001 * kSecond);
    CHECK_FALSE(table.has_actions());
  }
}

TEST_CASE("neighbor: configured next hops are used as soon as they are known") {
  NeighborTable table;
  const NeighborKey key = key_of(1);
  SECTION("configured first") {
    table.configure(key);
    table.learned(key, kMacA, true, 0);
    CHECK(kinds(table) == std::vector{Kind::kResolved});
    CHECK(state_of(table, key) == State::kDelay);
  }
  SECTION("known first") {
    table.learned(key, kMacA, true, 0);
    table.configure(key);
    CHECK(kinds(table) == std::vector{Kind::kResolved});
    CHECK(state_of(table, key) == State::kDelay);
  }
  SECTION("no longer configured when it becomes known: not used") {
    table.configure(key);
    table.unconfigure(key);
    table.learned(key, kMacA, true, 0);
    CHECK(kinds(table).empty());
    CHECK(state_of(table, key) == State::kStale);
  }
}

}  // namespace
}  // namespace sextant
