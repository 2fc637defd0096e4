// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Counter memory and its sum over lcores.
#include "dataplane/ports/counters_storage.hpp"

#include "support/catch.hpp"

using namespace sextant;

TEST_CASE("counters are zero, apart, and added up over lcores") {
  CountersStorage storage_a;
  CountersStorage storage_b;
  Counters a;
  Counters b;
  REQUIRE(storage_a.attach(a).ok());
  REQUIRE(storage_b.attach(b).ok());
  CHECK(a.local_sids.size() == CounterLimits{}.local_sids);

  a.local_sid(7).good.add(1, 100);
  b.local_sid(7).good.add(2, 300);
  b.local_sid(7).bad.add(1, 50);
  a.of(a.policies, 3).add(4, 40);
  b.of(b.segment_lists, 2).add(5, 50);
  b.of(b.steerings, 1).add(6, 60);
  a.of(a.interfaces_rx, 0).add(7, 70);
  b.of(b.interfaces_tx, 0).add(8, 80);
  a.drops[static_cast<std::size_t>(DropReason::lookup_no_route)].add(1, 10);
  b.drops[static_cast<std::size_t>(DropReason::lookup_no_route)].add(1, 10);
  a.icmp_errors.add(1, 1);

  CountersSnapshot sum;
  const CounterLimits limits{8, 4, 4, 4, 4};
  add_counters(sum, a, limits);
  add_counters(sum, b, limits);
  REQUIRE(sum.local_sids.size() == 8);
  CHECK(sum.local_sids[7] == SidTotal{{3, 400}, {1, 50}});
  CHECK(sum.local_sids[6] == SidTotal{});
  CHECK(sum.policies[3] == PacketTotal{4, 40});
  CHECK(sum.policies[2] == PacketTotal{});
  CHECK(sum.segment_lists[2] == PacketTotal{5, 50});
  CHECK(sum.steerings[1] == PacketTotal{6, 60});
  CHECK(sum.interfaces_rx[0] == PacketTotal{7, 70});
  CHECK(sum.interfaces_tx[0] == PacketTotal{8, 80});
  CHECK(sum.drops[static_cast<std::size_t>(DropReason::lookup_no_route)] == PacketTotal{2, 20});
  CHECK(sum.icmp_errors == PacketTotal{1, 1});
}

TEST_CASE("ids beyond the arrays count as overflow") {
  CountersStorage storage;
  Counters counters;
  REQUIRE(storage.attach(counters, {2, 2, 2, 2, 2}).ok());
  counters.local_sid(2).good.add(1, 10);
  counters.of(counters.policies, kNoObject).add(1, 20);
  CountersSnapshot sum;
  add_counters(sum, counters, {});
  CHECK(sum.local_sids.size() == 2);
  CHECK(sum.overflow_local_sid.good == PacketTotal{1, 10});
  CHECK(sum.overflow == PacketTotal{1, 20});
}

TEST_CASE("counter memory is attached once") {
  CountersStorage storage;
  Counters counters;
  REQUIRE(storage.attach(counters).ok());
  CHECK_FALSE(storage.attach(counters).ok());
}

TEST_CASE("address space that is not there is an error") {
  CountersStorage storage;
  Counters counters;
  CounterLimits limits;
  limits.local_sids = std::size_t{1} << 50;
  const auto status = storage.attach(counters, limits);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().text.find("ulimit") != std::string::npos);
  CHECK(counters.local_sids.empty());
}

TEST_CASE("limits are the largest ids of the tables") {
  ForwardingTables tables;
  CHECK(limits_of(tables).local_sids == 0);
  tables.local_sids.resize(2);
  tables.local_sids[0].id = 1;
  tables.local_sids[1].id = 9;
  tables.interfaces.resize(1);
  tables.interfaces[0].id = 0;
  CHECK(limits_of(tables).local_sids == 10);
  CHECK(limits_of(tables).interfaces == 1);
  CHECK(limits_of(tables).policies == 0);
}
