// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// diff(): what it says is exactly what differs.
#include <sextant/tables/table_diff.hpp>

#include <map>
#include <random>

#include "support/catch.hpp"

using namespace sextant;

namespace {

FibEntry entry(const char* prefix, std::uint32_t adjacency, TableId table = 0) {
  return {table, *IpPrefix::parse(prefix), LookupResult(LookupResult::Kind::kAdjacency, adjacency)};
}

}  // namespace

TEST_CASE("equal tables differ in nothing") {
  ForwardingTables tables;
  tables.fib = {entry("2001:db8::/32", 1), entry("10.0.0.0/8", 2)};
  tables.local_sids = {LocalSid{.id = 3}};
  CHECK(diff(tables, tables).empty());
  CHECK(diff(ForwardingTables{}, ForwardingTables{}).empty());
}

TEST_CASE("each kind of object is compared") {
  ForwardingTables after;
  after.settings.icmp_error_burst = 7;
  after.tables = {Table{.id = 1, .name = "red"}};
  after.interfaces = {Interface{.id = 1}};
  after.adjacencies = {Adjacency{.id = 1}};
  after.ecmp_groups = {EcmpGroup{.id = 1}};
  after.local_sids = {LocalSid{.id = 1}};
  after.segment_lists = {SegmentList{.id = 1}};
  after.policies = {Policy{.id = 1}};
  after.steerings = {Steering{.id = 1}};
  after.port_steerings = {PortSteering{.id = 1}};
  after.vlan_tables = {VlanTable{.id = 1}};
  after.bridges = {Bridge{.id = 1}};
  after.fib = {entry("::/0", 1)};

  const TableDiff added = diff({}, after);
  CHECK(added.settings);
  CHECK(added.tables.upserts.size() == 1);
  CHECK(added.interfaces.upserts.size() == 1);
  CHECK(added.adjacencies.upserts.size() == 1);
  CHECK(added.ecmp_groups.upserts.size() == 1);
  CHECK(added.local_sids.upserts.size() == 1);
  CHECK(added.segment_lists.upserts.size() == 1);
  CHECK(added.policies.upserts.size() == 1);
  CHECK(added.steerings.upserts.size() == 1);
  CHECK(added.port_steerings.upserts.size() == 1);
  CHECK(added.vlan_tables.upserts.size() == 1);
  CHECK(added.bridges.upserts.size() == 1);
  CHECK(added.fib_upserts.size() == 1);

  const TableDiff removed = diff(after, {});
  CHECK(removed.local_sids.removals == std::vector<std::uint32_t>{1});
  CHECK(removed.bridges.removals == std::vector<std::uint32_t>{1});
  CHECK(removed.fib_removals.size() == 1);
  CHECK(removed.local_sids.upserts.empty());
}

TEST_CASE("a changed object is one upsert, not a removal and an addition") {
  ForwardingTables before;
  before.fib = {entry("2001:db8::/32", 1), entry("2001:db8::/48", 1)};
  ForwardingTables after = before;
  after.fib[1] = entry("2001:db8::/48", 9);
  const TableDiff change = diff(before, after);
  CHECK(change.fib_removals.empty());
  REQUIRE(change.fib_upserts.size() == 1);
  CHECK(change.fib_upserts[0] == after.fib[1]);
}

TEST_CASE("applying the difference to a model gives the other tables") {
  std::mt19937 random(7);
  const auto make = [&] {
    std::map<std::uint32_t, LocalSid> sids;
    for (int i = 0; i < 50; ++i) {
      const std::uint32_t id = random() % 80;
      sids[id] = LocalSid{.id = id, .flavors = static_cast<Flavors>(random() % 3)};
    }
    ForwardingTables tables;
    for (const auto& [id, sid] : sids)
      tables.local_sids.push_back(sid);
    return tables;
  };
  for (int round = 0; round < 200; ++round) {
    const ForwardingTables before = make();
    const ForwardingTables after = make();
    std::map<std::uint32_t, LocalSid> model;
    for (const LocalSid& sid : before.local_sids)
      model[sid.id] = sid;
    const TableDiff change = diff(before, after);
    for (const LocalSid& sid : change.local_sids.upserts)
      model[sid.id] = sid;
    for (const std::uint32_t id : change.local_sids.removals)
      REQUIRE(model.erase(id) == 1);
    std::vector<LocalSid> result;
    for (const auto& [id, sid] : model)
      result.push_back(sid);
    REQUIRE(result == after.local_sids);
  }
}

TEST_CASE("a lookup result keeps kind and index apart") {
  const LookupResult sid(LookupResult::Kind::kLocalSid, kMaxObjects - 1);
  CHECK(sid.kind() == LookupResult::Kind::kLocalSid);
  CHECK(sid.index() == kMaxObjects - 1);
  CHECK(LookupResult::from_word(sid.word()) == sid);
  CHECK(LookupResult().kind() == LookupResult::Kind::kDrop);
  CHECK(static_cast<DropReason>(LookupResult().index()) == DropReason::lookup_no_route);
}
