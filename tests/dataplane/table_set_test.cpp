// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableSet: every kind of object comes, changes and goes; a bad change changes nothing.
#include "dataplane/tables/table_set.hpp"

#include <functional>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/table_dump.hpp"
#include "support/tables_builder.hpp"

namespace sextant {
namespace {

using test::TablesBuilder;
using test::V4;
using test::V6;
using Kind = LookupResult::Kind;

void require_applied(TableSet& set, const TableDiff& change) {
  const Status status = set.apply(change);
  INFO((status.ok() ? "" : status.error().text));
  REQUIRE(status.ok());
}

// A TableSet that follows a builder.
struct Follower {
  TablesBuilder tables;
  TableSet set;
  ForwardingTables applied;

  void sync() {
    ForwardingTables wanted = tables.take();
    require_applied(set, diff(applied, wanted));
    applied = std::move(wanted);
  }
};

LookupResult find_exact(const TableSet& set, const LookupKey& key) {
  LookupResult result(DropReason::lookup_loop);
  return set.exact.find(key, ExactTable::hash(key), &result) ? result : LookupResult();
}

LookupResult find_prefix(const TableSet& set, const LookupKey& key) {
  const LookupKey* keys[] = {&key};
  LookupResult result;
  set.prefixes.find_bulk(keys, 1, &result);
  return result;
}

std::string header_of(const AdjacencyEntry& entry) {
  return test::hex({entry.header.data(), entry.header_bytes});
}

TEST_CASE("table set: an empty one has no interfaces, no routes and stale references only") {
  const TableSet set;
  InterfaceId id = 7;
  CHECK(set.interface_of(0, 0, &id) == nullptr);
  CHECK(set.interface_of(63, 4095, &id) == nullptr);
  CHECK(TableSet::at(set.local_sids, 0) == nullptr);
  CHECK(TableSet::at(set.adjacencies, kNoObject) == nullptr);
  CHECK(find_exact(set, {0, V6("a::1")}) == LookupResult());
  CHECK(find_prefix(set, {0, V6("a::1")}) == LookupResult());
}

TEST_CASE("table set: an empty change is fine") {
  TableSet set;
  require_applied(set, {});
}

TEST_CASE("table set: interfaces are found by port and VLAN until they go") {
  Follower f;
  const InterfaceId plain =
      f.tables.port(3, {"fe80::3/64", "a::1/64", "169.254.0.1/16", "10.0.0.1/24"});
  const InterfaceId tagged = f.tables.subinterface(3, 100, {"fe80::4/64", "169.254.0.2/16"});
  f.sync();
  InterfaceId id = kNoInterface;
  const InterfaceEntry* entry = f.set.interface_of(3, 0, &id);
  REQUIRE(entry != nullptr);
  CHECK(id == plain);
  CHECK(entry->icmp6_source == V6("a::1"));
  CHECK(entry->icmp4_source == V4("10.0.0.1"));
  entry = f.set.interface_of(3, 100, &id);
  REQUIRE(entry != nullptr);
  CHECK(id == tagged);
  // Link-local addresses are sources only when there is nothing better.
  CHECK(entry->icmp6_source == V6("fe80::4"));
  CHECK(entry->icmp4_source == V4("169.254.0.2"));
  CHECK(f.set.interface_of(3, 101, &id) == nullptr);
  CHECK(f.set.interface_of(2, 0, &id) == nullptr);

  TableDiff gone;
  gone.interfaces.removals = {plain};
  require_applied(f.set, gone);
  CHECK(f.set.interface_of(3, 0, &id) == nullptr);
  CHECK(f.set.interface_of(3, 100, &id) != nullptr);
  CHECK(TableSet::at(f.set.interfaces, plain) == nullptr);
}

TEST_CASE("table set: interfaces may change places in one change") {
  Follower f;
  const InterfaceId a = f.tables.subinterface(0, 10);
  const InterfaceId b = f.tables.subinterface(0, 20);
  const InterfaceId c = f.tables.port(1);
  f.sync();
  f.tables.interface(a).vlan = 20;
  f.tables.interface(b).vlan = 0;
  f.tables.interface(b).port = 1;
  f.tables.interface(c).port = 0;
  f.tables.interface(c).vlan = 10;
  f.sync();
  InterfaceId id = kNoInterface;
  REQUIRE(f.set.interface_of(0, 20, &id) != nullptr);
  CHECK(id == a);
  REQUIRE(f.set.interface_of(1, 0, &id) != nullptr);
  CHECK(id == b);
  REQUIRE(f.set.interface_of(0, 10, &id) != nullptr);
  CHECK(id == c);
}

TEST_CASE("table set: an adjacency carries the header bytes and follows its interface") {
  Follower f;
  const InterfaceId interface = f.tables.port(2);
  const AdjacencyId id = f.tables.via(interface, "a::2").index();
  const AdjacencyId other = f.tables.unresolved_via(interface, "a::3").index();
  f.sync();
  CHECK(header_of(f.set.adjacencies[id]) ==
        "02aa00000002"
        "02fe00000002"
        "86dd");
  CHECK(f.set.adjacencies[id].resolved);
  CHECK(f.set.adjacencies[id].port == 2);
  CHECK_FALSE(f.set.adjacencies[other].resolved);

  // Only the interface changes: the adjacency itself is not in the difference.
  f.tables.interface(interface).vlan = 0x123;
  f.tables.interface(interface).mtu = 9000;
  f.tables.interface(interface).mac = *MacAddress::parse("02:00:00:00:00:99");
  f.tables.interface(interface).port = 5;
  REQUIRE(diff(f.applied, f.tables.take()).adjacencies.empty());
  f.sync();
  CHECK(header_of(f.set.adjacencies[id]) ==
        "02aa00000002"
        "020000000099"
        "81000123"
        "86dd");
  CHECK(f.set.adjacencies[id].mtu == 9000);
  CHECK(f.set.adjacencies[id].port == 5);
}

TEST_CASE("table set: an adjacency without its interface is stale, before and after") {
  Follower f;
  const InterfaceId interface = f.tables.port(0);
  const AdjacencyId id = f.tables.via(interface, "a::2").index();
  const ForwardingTables all = f.tables.take();
  ForwardingTables without = all;
  without.interfaces.clear();
  require_applied(f.set, diff({}, without));
  CHECK(TableSet::at(f.set.adjacencies, id) == nullptr);
  require_applied(f.set, diff(without, all));
  CHECK(TableSet::at(f.set.adjacencies, id) != nullptr);
  require_applied(f.set, diff(all, without));
  CHECK(TableSet::at(f.set.adjacencies, id) == nullptr);
}

TEST_CASE("table set: an adjacency that moved no longer follows its old interface") {
  Follower f;
  const InterfaceId before = f.tables.port(0);
  const InterfaceId after = f.tables.port(1);
  const AdjacencyId id = f.tables.via(before, "a::2").index();
  f.sync();
  f.tables.tables().adjacencies[id].interface = after;
  f.sync();
  CHECK(f.set.adjacencies[id].port == 1);
  f.tables.interface(before).mtu = 1280;
  f.sync();
  CHECK(f.set.adjacencies[id].port == 1);
  CHECK(f.set.adjacencies[id].mtu == 1500);
}

TEST_CASE("table set: host prefixes are exact, all others in the trie") {
  Follower f;
  const LookupResult a(Kind::kAdjacency, 1);
  f.tables.route("b::1/128", a);
  f.tables.route("10.9.9.9/32", a, 4);
  f.tables.route("b::/127", {Kind::kAdjacency, 2});
  f.tables.route("0.0.0.0/0", {Kind::kAdjacency, 3}, 4);
  f.sync();
  CHECK(f.set.exact.size() == 2);
  CHECK(f.set.prefixes.size() == 2);
  CHECK(find_exact(f.set, {table_scope(0, Family::kIpv6), V6("b::1")}) == a);
  CHECK(find_exact(f.set, {table_scope(4, Family::kIpv4), V4("10.9.9.9")}) == a);
  CHECK(find_exact(f.set, {table_scope(0, Family::kIpv4), V4("10.9.9.9")}) == LookupResult());
  CHECK(find_prefix(f.set, {table_scope(0, Family::kIpv6), V6("b::1")}).index() == 2);
  CHECK(find_prefix(f.set, {table_scope(4, Family::kIpv4), V4("1.1.1.1")}).index() == 3);
  f.tables.tables().fib.clear();
  f.sync();
  CHECK(f.set.exact.size() == 0);
  CHECK(f.set.prefixes.size() == 0);
}

TEST_CASE("table set: removing what does not exist is not an error and does nothing") {
  TableSet set;
  TableDiff change;
  change.tables.removals = {9};
  change.interfaces.removals = {9};
  change.adjacencies.removals = {9};
  change.ecmp_groups.removals = {9};
  change.local_sids.removals = {9};
  change.segment_lists.removals = {9};
  change.policies.removals = {9};
  change.steerings.removals = {9};
  change.port_steerings.removals = {9};
  change.vlan_tables.removals = {9};
  change.bridges.removals = {9};
  change.translations.removals = {9};
  change.fib_removals = {{0, test::Prefix("a::/16")}, {0, test::Prefix("a::1/128")}};
  const std::string before = test::dump(set, {});
  require_applied(set, change);
  CHECK(test::dump(set, {}) == before);
}

TEST_CASE("table set: every removed object leaves a stale reference, and its id may come back") {
  Follower f;
  const InterfaceId interface = f.tables.port(0);
  const LookupResult out = f.tables.via(interface, "a::2");
  f.tables.ecmp({out, out});
  f.tables.local_sid("a::5", Behavior::kEnd);
  const SegmentListId list = f.tables.segment_list({"b::1", "b::2"});
  const PolicyId policy = f.tables.policy({list, list});
  f.tables.steering(policy);
  f.tables.port_steering({}, out);
  f.tables.vlan_table({});
  f.tables.bridge({});
  f.tables.translation(interface, "2096::1", {});
  f.tables.table(0, interface);
  const auto check_present = [&](bool present) {
    CHECK((TableSet::at(f.set.interfaces, 0) != nullptr) == present);
    CHECK((TableSet::at(f.set.adjacencies, 0) != nullptr) == present);
    CHECK((TableSet::at(f.set.local_sids, 0) != nullptr) == present);
    CHECK((TableSet::at(f.set.segment_lists, 0) != nullptr) == present);
    CHECK((TableSet::at(f.set.policies, 0) != nullptr) == present);
    // These are null when stale, and not null however empty they are.
    CHECK((f.set.ecmp_groups.at(0).slots != nullptr) == present);
    CHECK((f.set.port_steerings.at(0).rules != nullptr) == present);
    CHECK((f.set.vlan_tables.at(0).by_vlan != nullptr) == present);
    CHECK((f.set.bridges.at(0).members != nullptr) == present);
    CHECK((f.set.translations.at(0).rules != nullptr) == present);
    CHECK((f.set.steering_policy.at(0) != kNoObject) == present);
    CHECK((f.set.exception_interface.at(0) != kNoInterface) == present);
  };
  const ForwardingTables all = f.tables.take();
  require_applied(f.set, diff({}, all));
  check_present(true);
  const std::string before = test::dump(f.set, all);
  require_applied(f.set, diff(all, {}));
  check_present(false);
  CHECK(f.set.port_steerings[0].otherwise == LookupResult(DropReason::lookup_stale_result));
  require_applied(f.set, diff({}, all));
  check_present(true);
  CHECK(test::dump(f.set, all) == before);
}

TEST_CASE("table set: a change of one object leaves the arrays of others where they are") {
  Follower f;
  const LookupResult out(Kind::kAdjacency, 0);
  f.tables.ecmp({out, out});
  f.tables.segment_list({"b::1"});
  const PolicyId policy = f.tables.policy({0, 0});
  f.tables.bridge({});
  f.tables.vlan_table({{5, 1}});
  f.tables.port_steering({{6, 80, out}}, out);
  f.sync();
  const auto* slots = f.set.ecmp_groups[0].slots;
  const auto* lists = f.set.policies[policy].lists;
  const auto* members = f.set.bridges[0].members;
  const auto* vlans = f.set.vlan_tables[0].by_vlan;
  const auto* rules = f.set.port_steerings[0].rules;
  for (int i = 0; i < 100; ++i) {
    f.tables.ecmp({out});
    f.tables.policy({0});
    f.tables.bridge({});
    f.tables.vlan_table({});
    f.tables.port_steering({}, out);
  }
  f.sync();
  CHECK(f.set.ecmp_groups[0].slots == slots);
  CHECK(f.set.policies[policy].lists == lists);
  CHECK(f.set.bridges[0].members == members);
  CHECK(f.set.vlan_tables[0].by_vlan == vlans);
  CHECK(f.set.port_steerings[0].rules == rules);
}

TEST_CASE("table set: translations by interface and address, and all of an address") {
  Follower f;
  for (PortIndex port = 0; port < 3; ++port)
    f.tables.port(port);
  const LookupResult out = f.tables.via(1, "a::2");
  f.tables.translation(1, "2096::1", {});
  f.tables.translation(2, "2096::1", {});
  f.tables.translation(1, "10.96.0.1", {});
  const auto find = [&](InterfaceId interface, const char* text) {
    const IpAddress address = *IpAddress::parse(text);
    const LookupKey key = address.is_v6() ? LookupKey(0, address.v6) : LookupKey(0, address.v4);
    return f.set.translation_of(interface, address.family, key.high, key.low);
  };
  const auto all_of = [&](const char* text) {
    std::set<InterfaceId> interfaces;
    const TranslationEntry* entry = find(kNoInterface, text);
    while (entry != nullptr) {
      CHECK(interfaces.insert(entry->interface).second);
      entry = entry->next == kNoObject ? nullptr : &f.set.translations.at(entry->next);
    }
    return interfaces;
  };
  f.sync();
  CHECK(find(1, "2096::1") == &f.set.translations[0]);
  CHECK(find(2, "2096::1") == &f.set.translations[1]);
  CHECK(find(0, "2096::1") == nullptr);
  CHECK(find(1, "2096::2") == nullptr);
  CHECK(find(2, "10.96.0.1") == nullptr);
  CHECK(all_of("2096::1") == std::set<InterfaceId>{1, 2});
  CHECK(all_of("10.96.0.1") == std::set<InterfaceId>{1});
  CHECK_FALSE(f.set.interfaces[0].translates);
  CHECK(f.set.interfaces[1].translates);
  CHECK(f.set.adjacencies[out.index()].translates);

  // Two change places; an interface changes and keeps its flag.
  std::swap(f.tables.tables().translations[0].interface,
            f.tables.tables().translations[1].interface);
  f.tables.interface(1).mtu = 1400;
  f.sync();
  CHECK(find(1, "2096::1") == &f.set.translations[1]);
  CHECK(find(2, "2096::1") == &f.set.translations[0]);
  CHECK(all_of("2096::1") == std::set<InterfaceId>{1, 2});
  CHECK(f.set.interfaces[1].translates);

  // The last one of an interface, and of an address, goes.
  std::erase_if(f.tables.tables().translations,
                [](const Translation& t) { return t.interface == 1; });
  f.sync();
  CHECK(all_of("2096::1") == std::set<InterfaceId>{2});
  CHECK(all_of("10.96.0.1").empty());
  CHECK_FALSE(f.set.interfaces[1].translates);
  CHECK_FALSE(f.set.adjacencies[out.index()].translates);
  CHECK(f.set.interfaces[2].translates);
}

TEST_CASE("table set: a segment list gets the egress table of whoever uses it, in any order") {
  Follower f;
  const SegmentListId first = f.tables.segment_list({"b::1"});
  const SegmentListId second = f.tables.segment_list({"b::2"});
  f.tables.policy({first}, {.egress_table = 3});
  f.tables.local_sid("a::7", Behavior::kEndAs, {.args = {.static_list = second}, .table = 5});
  f.sync();
  CHECK(f.set.segment_lists[first].egress_table == 3);
  CHECK(f.set.segment_lists[second].egress_table == 5);
  f.tables.tables().policies[0].egress_table = 4;
  f.sync();
  CHECK(f.set.segment_lists[first].egress_table == 4);
  f.tables.tables().segment_lists[first].path_mtu = 1400;
  f.sync();
  CHECK(f.set.segment_lists[first].egress_table == 4);
}

TEST_CASE("table set: the argument of a SID is the one of its behavior") {
  Follower f;
  SidArgs args;
  args.bridge = 1;
  args.vlan_table = 2;
  args.policy = 3;
  args.static_list = 4;
  const auto object_of = [&](Behavior behavior) {
    const LocalSidId id = f.tables.local_sid("a::7", behavior, {.args = args});
    f.sync();
    return f.set.local_sids[id].object;
  };
  CHECK(object_of(Behavior::kEndDt2u) == 1);
  CHECK(object_of(Behavior::kEndDt2m) == 1);
  CHECK(object_of(Behavior::kEndDx2v) == 2);
  CHECK(object_of(Behavior::kEndB6Encaps) == 3);
  CHECK(object_of(Behavior::kEndAs) == 4);
  CHECK(object_of(Behavior::kEnd) == kNoObject);
  CHECK(object_of(Behavior::kEndX) == kNoObject);
}

TEST_CASE("table set: C-SID lengths count with the flavor only") {
  Follower f;
  const CsidStructure csid{32, 16};
  const auto plain = f.tables.local_sid("a::7", Behavior::kEnd, {.csid = csid});
  const auto compressed =
      f.tables.local_sid("a::8", Behavior::kEnd, {.flavors = kNextCsid, .csid = csid});
  f.sync();
  CHECK(f.set.local_sids[plain].block_bits == 0);
  CHECK(f.set.local_sids[plain].csid_bits == 0);
  CHECK(f.set.local_sids[compressed].block_bits == 32);
  CHECK(f.set.local_sids[compressed].csid_bits == 16);
}

TEST_CASE("table set: settings replace all keys, and lists keep theirs by id") {
  Follower f;
  f.tables.settings().hmac_keys = {{7, {1, 2, 3}}, {9, {4, 5, 6}}};
  const SegmentListId list = f.tables.segment_list({"b::1"}, {.hmac_key_id = 9});
  const SegmentListId plain = f.tables.segment_list({"b::1"});
  f.sync();
  CHECK(f.set.segment_lists[list].hmac_key == 1);
  CHECK(f.set.segment_lists[plain].hmac_key == 0xffff);
  f.tables.settings().hmac_keys = {{9, {4, 5, 6}}};
  f.sync();
  CHECK(f.set.hmac_keys.size() == 1);
  CHECK(f.set.segment_lists[list].hmac_key == 0);
  f.tables.tables().segment_lists[list].outer.hmac_key_id = 0;
  f.tables.settings().hmac_keys.clear();
  f.sync();
  CHECK(f.set.segment_lists[list].hmac_key == 0xffff);
}

}  // namespace
}  // namespace sextant
