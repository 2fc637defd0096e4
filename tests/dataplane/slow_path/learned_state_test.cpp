// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// LearnedState: ids, host routes, and what survives a recompilation.
#include "dataplane/slow_path/learned_state.hpp"

#include "support/catch.hpp"
#include "table_fixture.hpp"

namespace sextant {
namespace {

using test::kOtherMac;
using test::kPeerMac;
using test::V4;
using test::V6;

struct Fixture : test::ChangingTables {
  TableView view;
  LearnedState learned{view};
  test::FakePublisher published;

  Fixture() { view.apply(take_change()); }

  std::vector<NeighborKey> rebase() { return learned.rebase(view.apply(take_change())); }

  void publish() {
    TableDiff change;
    learned.append_changes(change);
    REQUIRE(published.publish(change).ok());
    learned.commit();
  }
};

const NeighborKey kKnown{1, V6("fc00:1::7")};
const NeighborKey kStatic{1, V6("fc00:1::8")};
const NeighborKey kGleaned{1, V6("fc00:1::50")};
const NeighborKey kGleaned4{2, V4("10.2.0.50")};

TEST_CASE("learned: a configured next hop keeps its id and gets a host route in its subnet") {
  Fixture f;
  f.learned.resolve(kKnown, kPeerMac);
  CHECK(f.learned.dirty());
  f.publish();
  CHECK_FALSE(f.learned.dirty());
  CHECK(f.published.adjacencies.at(7).resolved);
  CHECK(f.published.adjacencies.at(7).mac == kPeerMac);
  REQUIRE(f.published.find(0, "fc00:1::7"));
  CHECK(*f.published.find(0, "fc00:1::7") == LookupResult(LookupResult::Kind::kAdjacency, 7));
  SECTION("lost: back to unresolved") {
    f.learned.lose(kKnown);
    f.publish();
    CHECK_FALSE(f.published.adjacencies.at(7).resolved);
    CHECK(f.published.adjacencies.at(7).mac.is_zero());
    CHECK_FALSE(f.published.find(0, "fc00:1::7"));
  }
  SECTION("another address: only the adjacency changes") {
    f.learned.resolve(kKnown, kOtherMac);
    f.publish();
    CHECK(f.published.changes.back().fib_upserts.empty());
    CHECK(f.published.adjacencies.at(7).mac == kOtherMac);
  }
}

TEST_CASE("learned: a gleaned one gets an id of its own and is removed when lost") {
  Fixture f;
  f.learned.resolve(kGleaned, kPeerMac);
  f.learned.resolve(kGleaned4, kOtherMac);
  f.publish();
  CHECK(f.learned.adjacency_of(kGleaned) == kFirstLearnedAdjacency);
  CHECK(f.learned.adjacency_of(kGleaned4) == kFirstLearnedAdjacency + 1);
  CHECK(f.learned.key_of(kFirstLearnedAdjacency) == kGleaned);
  REQUIRE(f.published.find(2, "10.2.0.50"));
  CHECK_FALSE(f.published.find(0, "10.2.0.50"));
  f.learned.lose(kGleaned);
  SECTION("its id is not used again before the removal is published") {
    f.learned.resolve({1, V6("fc00:1::51")}, kPeerMac);
    CHECK(f.learned.adjacency_of({1, V6("fc00:1::51")}) == kFirstLearnedAdjacency + 2);
  }
  SECTION("and is used again afterwards") {
    f.publish();
    CHECK_FALSE(f.published.adjacencies.contains(kFirstLearnedAdjacency));
    CHECK_FALSE(f.published.find(0, "fc00:1::50"));
    f.learned.resolve({1, V6("fc00:1::51")}, kPeerMac);
    CHECK(f.learned.adjacency_of({1, V6("fc00:1::51")}) == kFirstLearnedAdjacency);
  }
}

TEST_CASE("learned: a static neighbor only gets its host route") {
  Fixture f;
  f.learned.resolve(kStatic, kOtherMac);
  f.publish();
  CHECK(f.published.changes.back().adjacencies.empty());
  CHECK(*f.published.find(0, "fc00:1::8") == LookupResult(LookupResult::Kind::kAdjacency, 8));
}

TEST_CASE("learned: a key outside of every subnet gets an adjacency without a route") {
  Fixture f;
  f.learned.resolve({1, V6("fd00::1")}, kPeerMac);
  f.publish();
  CHECK(f.published.fib.empty());
  CHECK(f.published.adjacencies.size() == 1);
  SECTION("and keeps it until it is lost: a SID may lead to its interface") {
    f.tables.fib.clear();
    CHECK(f.rebase().empty());
    f.learned.lose({1, V6("fd00::1")});
    f.publish();
    CHECK(f.published.adjacencies.empty());
  }
}

TEST_CASE("learned: the host route goes to every table that gleans the subnet") {
  Fixture f;
  f.tables.fib.push_back(
      {2, test::Prefix("fc00:1::/64"), LookupResult(LookupResult::Kind::kGlean, 1)});
  CHECK(f.rebase().empty());
  f.learned.resolve(kGleaned, kPeerMac);
  f.publish();
  CHECK(f.published.find(0, "fc00:1::50"));
  CHECK(f.published.find(2, "fc00:1::50"));
  SECTION("and leaves the one that no longer does") {
    f.tables.fib.pop_back();
    CHECK(f.rebase().empty());
    f.publish();
    CHECK(f.published.find(0, "fc00:1::50"));
    CHECK_FALSE(f.published.find(2, "fc00:1::50"));
  }
}

TEST_CASE("learned: what a change overwrites is published again, and nothing else") {
  Fixture f;
  f.learned.resolve(kKnown, kPeerMac);
  f.learned.resolve(kGleaned, kPeerMac);
  f.learned.resolve(kGleaned4, kPeerMac);
  f.publish();
  TableDiff overlay;
  f.learned.append_overlay(overlay);
  SECTION("another route") {
    f.tables.fib.push_back(
        {0, test::Prefix("fc00:77::/64"), LookupResult(LookupResult::Kind::kAdjacency, 7)});
    CHECK(f.rebase().empty());
    CHECK_FALSE(f.learned.dirty());
  }
  SECTION("a wider route around the subnet") {
    f.tables.fib.push_back(
        {0, test::Prefix("fc00::/16"), LookupResult(LookupResult::Kind::kAdjacency, 7)});
    CHECK(f.rebase().empty());
    CHECK_FALSE(f.learned.dirty());
  }
  SECTION("the adjacency") {
    CHECK(f.learned.rebase(f.view.apply({.adjacencies = {.upserts = {f.tables.adjacencies[0]}}}))
              .empty());
    f.publish();
    const TableDiff& change = f.published.changes.back();
    REQUIRE(change.adjacencies.upserts.size() == 1);
    CHECK(change.adjacencies.upserts[0].mac == kPeerMac);
    CHECK(change.fib_upserts.size() == 1);
    CHECK(change.fib_removals.empty());
  }
  SECTION("the connected subnet") {
    CHECK(f.learned.rebase(f.view.apply({.fib_upserts = {f.tables.fib[0]}})).empty());
    f.publish();
    const TableDiff& change = f.published.changes.back();
    CHECK(change.adjacencies.upserts.size() == 2);
    CHECK(change.fib_upserts.size() == 2);
  }
  TableDiff after;
  f.learned.append_overlay(after);
  CHECK(overlay.adjacencies.upserts == after.adjacencies.upserts);
  CHECK(overlay.fib_upserts == after.fib_upserts);
}

TEST_CASE("learned: recompilation, a gleaned next hop becomes a configured one") {
  Fixture f;
  f.learned.resolve(kGleaned, kPeerMac);
  f.publish();
  f.tables.adjacencies.push_back({.id = 9, .interface = 1, .next_hop = kGleaned.address});
  CHECK(f.rebase().empty());
  f.publish();
  CHECK(f.published.adjacencies.at(9).resolved);
  CHECK_FALSE(f.published.adjacencies.contains(kFirstLearnedAdjacency));
  CHECK(*f.published.find(0, "fc00:1::50") == LookupResult(LookupResult::Kind::kAdjacency, 9));
}

TEST_CASE("learned: recompilation, a configured next hop becomes a gleaned one") {
  Fixture f;
  f.learned.resolve(kKnown, kPeerMac);
  f.publish();
  f.tables.adjacencies.erase(f.tables.adjacencies.begin());
  CHECK(f.rebase().empty());
  f.publish();
  CHECK(f.published.changes.back().adjacencies.removals.empty());
  CHECK(*f.published.find(0, "fc00:1::7") ==
        LookupResult(LookupResult::Kind::kAdjacency, kFirstLearnedAdjacency));
}

TEST_CASE("learned: a host entry of the configuration is neither overwritten nor removed") {
  Fixture f;
  f.learned.resolve(kGleaned, kPeerMac);
  f.publish();
  f.tables.fib.push_back(
      {0, test::Prefix("fc00:1::50/128"), LookupResult(LookupResult::Kind::kLocalSid, 1)});
  CHECK(f.rebase() == std::vector{kGleaned});
  f.publish();
  CHECK(f.published.changes.back().fib_upserts.empty());
  CHECK(f.published.changes.back().fib_removals.empty());
  CHECK(f.published.changes.back().adjacencies.removals ==
        std::vector<std::uint32_t>{kFirstLearnedAdjacency});
}

TEST_CASE("learned: an id that compile() has come to use is left to it") {
  Fixture f;
  f.learned.resolve(kGleaned, kPeerMac);
  f.publish();
  f.tables.adjacencies.push_back(
      {.id = kFirstLearnedAdjacency, .interface = 2, .next_hop = V6("fc00:2::77")});
  CHECK(f.rebase().empty());
  f.publish();
  CHECK(f.learned.adjacency_of(kGleaned) == kFirstLearnedAdjacency + 1);
  CHECK(f.published.changes.back().adjacencies.removals.empty());
  CHECK(*f.published.find(0, "fc00:1::50") ==
        LookupResult(LookupResult::Kind::kAdjacency, kFirstLearnedAdjacency + 1));
}

TEST_CASE("learned: unknown ids and keys") {
  Fixture f;
  CHECK_FALSE(f.learned.key_of(12345));
  CHECK_FALSE(f.learned.key_of(kNoObject));
  CHECK_FALSE(f.learned.adjacency_of(kGleaned));
  f.learned.lose(kGleaned);
  CHECK_FALSE(f.learned.dirty());
  CHECK(f.learned.key_of(7) == kKnown);
}

}  // namespace
}  // namespace sextant
