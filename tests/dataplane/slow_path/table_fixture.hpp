// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Tables and a publisher that the slow path's tests share.
#pragma once

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include <sextant/tables/table_publisher.hpp>

#include "support/packet_builder.hpp"

namespace sextant::test {

inline constexpr MacAddress kOwnMac{{2, 0, 0, 0, 0, 1}};
inline constexpr MacAddress kOwnVlanMac{{2, 0, 0, 0, 0, 2}};
inline constexpr MacAddress kPeerMac{{2, 0xaa, 0, 0, 0, 1}};
inline constexpr MacAddress kOtherMac{{2, 0xaa, 0, 0, 0, 2}};

// Interface 1: untagged, table 0, fc00:1::1/64 and 10.1.0.1/24. Interface 2: VLAN 20, table 2,
// fc00:2::1/64 and 10.2.0.1/24. Adjacency 7: fc00:1::7 by interface 1. Adjacency 8: static.
// Bridge 3: interfaces 4 and 5. Encapsulation source: fc00:ee::1.
inline ForwardingTables slow_path_tables() {
  ForwardingTables t;
  t.tables = {{.id = 0, .name = "main"}, {.id = 2, .name = "red"}};
  t.interfaces = {{.id = 1, .name = "p1", .port = 0, .table = 0, .mac = kOwnMac},
                  {.id = 2, .name = "p2", .port = 1, .vlan = 20, .table = 2, .mac = kOwnVlanMac}};
  t.interfaces[0].addresses = {Prefix("fc00:1::1/64"), Prefix("10.1.0.1/24")};
  t.interfaces[1].addresses = {Prefix("fc00:2::1/64"), Prefix("10.2.0.1/24")};
  for (const InterfaceId id : {4, 5}) {
    t.interfaces.push_back(
        {.id = id, .name = "b", .port = id, .role = InterfaceRole::kBridged, .role_index = 3});
  }
  const auto glean = [](InterfaceId id) { return LookupResult(LookupResult::Kind::kGlean, id); };
  const auto local = [](InterfaceId id) {
    return LookupResult(LookupResult::Kind::kLocalAddress, id);
  };
  t.fib = {{0, Prefix("fc00:1::/64"), glean(1)},
           {0, Prefix("fc00:1::1/128"), local(1)},
           {0, Prefix("10.1.0.0/24"), glean(1)},
           {0, Prefix("10.1.0.1/32"), local(1)},
           {2, Prefix("fc00:2::/64"), glean(2)},
           {2, Prefix("fc00:2::1/128"), local(2)},
           {2, Prefix("10.2.0.0/24"), glean(2)},
           {2, Prefix("10.2.0.1/32"), local(2)},
           {0, Prefix("::/0"), LookupResult(LookupResult::Kind::kAdjacency, 7)}};
  t.adjacencies = {{.id = 7, .interface = 1, .next_hop = V6("fc00:1::7")},
                   {.id = 8,
                    .interface = 1,
                    .next_hop = V6("fc00:1::8"),
                    .mac = kOtherMac,
                    .resolved = true,
                    .permanent = true}};
  SegmentList list;
  list.id = 1;
  list.segments = {V6("fc00:99::1")};
  list.outer.source = V6("fc00:ee::1");
  t.segment_lists = {list};
  t.bridges = {{.id = 3, .name = "br", .members = {4, 5}}};
  return t;
}

// Tables that change in place, and the change since the last look.
struct ChangingTables {
  ForwardingTables tables = slow_path_tables();

  TableDiff take_change() {
    ForwardingTables sorted = tables;
    const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
    std::sort(sorted.adjacencies.begin(), sorted.adjacencies.end(), by_id);
    std::sort(sorted.fib.begin(), sorted.fib.end(), [](const FibEntry& a, const FibEntry& b) {
      return std::tie(a.table, a.prefix) < std::tie(b.table, b.prefix);
    });
    TableDiff change = diff(before_, sorted);
    before_ = std::move(sorted);
    return change;
  }

 private:
  ForwardingTables before_;
};

// Applies changes to plain values, as the real tables would.
class FakePublisher : public TablePublisher {
 public:
  Status check(const TableDiff&) override {
    return refuse ? Status(Error{"refused"}) : Status(Ok{});
  }
  Result<Generation> publish(const TableDiff& change) override {
    if (fail || refuse) return Error{"refused"};
    changes.push_back(change);
    // In the order of TableSet.
    for (const std::uint32_t id : change.adjacencies.removals)
      adjacencies.erase(id);
    for (const Adjacency& a : change.adjacencies.upserts)
      adjacencies[a.id] = a;
    for (const FibKey& k : change.fib_removals)
      fib.erase({k.table, k.prefix});
    for (const FibEntry& e : change.fib_upserts)
      fib[{e.table, e.prefix}] = e.result;
    for (const Bridge& b : change.bridges.upserts)
      bridges[b.id] = b;
    return Generation{changes.size()};
  }
  [[nodiscard]] const LookupResult* find(TableId table, const char* prefix) const {
    const auto found = fib.find({table, Prefix(prefix)});
    return found == fib.end() ? nullptr : &found->second;
  }

  bool fail = false;    // publish() alone
  bool refuse = false;  // check(), too
  std::vector<TableDiff> changes;
  std::map<AdjacencyId, Adjacency> adjacencies;
  std::map<std::pair<TableId, IpPrefix>, LookupResult> fib;
  std::map<BridgeId, Bridge> bridges;
};

}  // namespace sextant::test
