// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// MacLearning: bounds, moves, ageing, and what it refuses to learn.
#include "dataplane/slow_path/mac_learning.hpp"

#include "support/catch.hpp"
#include "table_fixture.hpp"

namespace sextant {
namespace {

using Outcome = MacLearning::Outcome;

constexpr std::uint64_t kSecond = 1'000'000'000;

struct Fixture : test::ChangingTables {
  TableView view;
  MacLearning macs{view, 2, 300 * kSecond};

  Fixture() { view.apply(take_change()); }

  void rebase() { macs.rebase(view.apply(take_change()).bridges); }

  Outcome learn(const MacAddress& source, InterfaceId from = 4, std::uint64_t now = 0,
                BridgeId bridge = 3) {
    const test::Bytes frame =
        test::PacketBuilder().ethernet("ff:ff:ff:ff:ff:ff", source).payload(50);
    return macs.learn(bridge, from, frame, now);
  }
  std::vector<Bridge::Mac> changes() {
    TableDiff change;
    macs.append_changes(change);
    macs.commit();
    REQUIRE(change.bridges.upserts.size() <= 1);
    return change.bridges.upserts.empty() ? std::vector<Bridge::Mac>{}
                                          : change.bridges.upserts[0].macs;
  }
};

TEST_CASE("mac: learned, moved, known") {
  Fixture f;
  CHECK(f.learn(test::kPeerMac) == Outcome::kLearned);
  CHECK(f.changes() == std::vector{Bridge::Mac{test::kPeerMac, false, 4, false}});
  CHECK(f.learn(test::kPeerMac) == Outcome::kKnown);
  CHECK_FALSE(f.macs.dirty());
  CHECK(f.learn(test::kPeerMac, 5) == Outcome::kMoved);
  CHECK(f.changes() == std::vector{Bridge::Mac{test::kPeerMac, false, 5, false}});
}

TEST_CASE("mac: what is not learned") {
  Fixture f;
  SECTION("multicast source") {
    CHECK(f.learn({{1, 0, 0, 0, 0, 1}}) == Outcome::kIgnored);
  }
  SECTION("zero source") {
    CHECK(f.learn({}) == Outcome::kIgnored);
  }
  SECTION("unknown bridge") {
    CHECK(f.learn(test::kPeerMac, 4, 0, 9) == Outcome::kIgnored);
  }
  SECTION("not a member") {
    CHECK(f.learn(test::kPeerMac, 1) == Outcome::kIgnored);
  }
  SECTION("no interface") {
    CHECK(f.learn(test::kPeerMac, kNoInterface) == Outcome::kIgnored);
  }
  SECTION("learning off") {
    f.tables.bridges[0].learning = false;
    f.view.apply(f.take_change());
    CHECK(f.learn(test::kPeerMac) == Outcome::kIgnored);
  }
  SECTION("configured") {
    f.tables.bridges[0].macs = {{test::kPeerMac, true, 1, true}};
    f.view.apply(f.take_change());
    CHECK(f.learn(test::kPeerMac) == Outcome::kIgnored);
  }
  SECTION("short frame") {
    CHECK(f.macs.learn(3, 4, test::Bytes(13), 0) == Outcome::kMalformed);
    CHECK(f.macs.learn(3, 4, {}, 0) == Outcome::kMalformed);
  }
  CHECK_FALSE(f.macs.dirty());
}

TEST_CASE("mac: a full bridge learns no more but still follows moves") {
  Fixture f;
  CHECK(f.learn(test::kPeerMac) == Outcome::kLearned);
  CHECK(f.learn(test::kOtherMac) == Outcome::kLearned);
  CHECK(f.learn({{2, 3, 4, 5, 6, 7}}) == Outcome::kRefused);
  CHECK(f.learn(test::kOtherMac, 5) == Outcome::kMoved);
  CHECK(f.changes().size() == 2);
}

TEST_CASE("mac: entries go after their time, refreshed ones later") {
  Fixture f;
  CHECK(f.macs.next_deadline() == std::numeric_limits<std::uint64_t>::max());
  (void)f.learn(test::kPeerMac, 4, 0);
  (void)f.learn(test::kOtherMac, 4, 0);
  (void)f.learn(test::kOtherMac, 4, 100 * kSecond);
  CHECK(f.changes().size() == 2);
  CHECK(f.macs.next_deadline() == 300 * kSecond);
  f.macs.tick(300 * kSecond - 1);
  CHECK_FALSE(f.macs.dirty());
  f.macs.tick(300 * kSecond);
  CHECK(f.changes() == std::vector{Bridge::Mac{test::kOtherMac, false, 4, false}});
  f.macs.tick(400 * kSecond);
  CHECK(f.macs.dirty());
  CHECK(f.changes().empty());
  CHECK(f.macs.next_deadline() == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("mac: recompilation publishes again what still fits") {
  Fixture f;
  (void)f.learn(test::kPeerMac, 4);
  (void)f.learn(test::kOtherMac, 5);
  (void)f.changes();
  SECTION("unchanged") {
    f.rebase();
    CHECK_FALSE(f.macs.dirty());
  }
  SECTION("published over what was learned") {
    f.tables.bridges[0].name = "other";
    f.rebase();
    CHECK(f.changes().size() == 2);
  }
  SECTION("a member left") {
    f.tables.bridges[0].members = {4};
    f.rebase();
    CHECK(f.changes() == std::vector{Bridge::Mac{test::kPeerMac, false, 4, false}});
  }
  SECTION("an address was configured") {
    f.tables.bridges[0].macs = {{test::kPeerMac, false, 5, true}};
    f.rebase();
    const auto macs = f.changes();
    REQUIRE(macs.size() == 2);
    CHECK(macs[0] == Bridge::Mac{test::kPeerMac, false, 5, true});
    CHECK(macs[1] == Bridge::Mac{test::kOtherMac, false, 5, false});
  }
  SECTION("the bridge is gone") {
    f.tables.bridges.clear();
    f.rebase();
    CHECK_FALSE(f.macs.dirty());
  }
}

}  // namespace
}  // namespace sextant
