// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RcuPublisher with threads that read as lcores do: what changes together is seen together.
#include "dataplane/tables/rcu_publisher.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/table_dump.hpp"
#include "support/tables_builder.hpp"

namespace sextant {
namespace {

using test::Prefix;
using test::TablesBuilder;
using test::V6;
using Kind = LookupResult::Kind;

Generation require_published(RcuPublisher& publisher, const TableDiff& change) {
  const Result<Generation> result = publisher.publish(change);
  INFO((result.ok() ? "" : result.error().text));
  REQUIRE(result.ok());
  return *result;
}

TableDiff one_route(std::uint32_t adjacency) {
  TableDiff change;
  change.fib_upserts = {{0, Prefix("a::1/128"), {Kind::kAdjacency, adjacency}}};
  return change;
}

LookupResult find(const TableSet& set) {
  const LookupKey key(0, V6("a::1"));
  LookupResult result;
  set.exact.find(key, ExactTable::hash(key), &result);
  return result;
}

TEST_CASE("publisher: without lcores a change is there at once, in both copies") {
  RcuPublisher publisher(4);
  CHECK(publisher.generation() == 0);
  CHECK(require_published(publisher, one_route(1)) == 1);
  const TableSet* first = &publisher.current();
  CHECK(find(*first).index() == 1);
  CHECK(require_published(publisher, one_route(2)) == 2);
  CHECK(&publisher.current() != first);
  CHECK(find(publisher.current()).index() == 2);
  // Both copies have seen everything by now.
  CHECK(find(*first).index() == 2);
}

TEST_CASE("publisher: an empty change publishes nothing") {
  RcuPublisher publisher(4);
  const TableSet* before = &publisher.current();
  CHECK(require_published(publisher, {}) == 0);
  CHECK(&publisher.current() == before);
}

TEST_CASE("publisher: a refused change leaves the running generation, and the next one works") {
  RcuPublisher publisher(4);
  require_published(publisher, one_route(1));
  const TableSet* before = &publisher.current();
  TableDiff bad = one_route(2);
  bad.segment_lists.upserts.push_back({.id = 3});
  const Result<Generation> result = publisher.publish(bad);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().text.find("segment list 3") != std::string::npos);
  CHECK(publisher.generation() == 1);
  CHECK(&publisher.current() == before);
  CHECK(find(publisher.current()).index() == 1);
  CHECK(require_published(publisher, one_route(4)) == 2);
  CHECK(find(publisher.current()).index() == 4);
}

TEST_CASE("publisher: waits for an lcore that is inside a burst, not for one that is offline") {
  unsigned polls = 0;
  std::function<void()> between_polls = [] {};
  RcuPublisher publisher(2, [&] { between_polls(); }, {.brief_ns = 60'000'000'000});
  rte_rcu_qsbr* qsbr = publisher.qsbr();
  REQUIRE(rte_rcu_qsbr_thread_register(qsbr, 0) == 0);
  require_published(publisher, one_route(1));  // registered, but not online yet

  rte_rcu_qsbr_thread_online(qsbr, 0);
  const TableSet& held = publisher.current();
  between_polls = [&] {
    // The reader still has the old generation, whole; others already get the new one.
    CHECK(find(held).index() == 1);
    CHECK(find(publisher.current()).index() == 2);
    if (++polls == 10) rte_rcu_qsbr_quiescent(qsbr, 0);
  };
  require_published(publisher, one_route(2));
  CHECK(polls == 10);

  rte_rcu_qsbr_thread_offline(qsbr, 0);
  require_published(publisher, one_route(3));
  CHECK(polls == 10);
  rte_rcu_qsbr_thread_unregister(qsbr, 0);
}

TEST_CASE("publisher: a reader that takes its time does not hold the caller") {
  RcuPublisher publisher(2, {}, {.brief_ns = 1000, .limit_ns = 3'600'000'000'000});
  rte_rcu_qsbr* qsbr = publisher.qsbr();
  REQUIRE(rte_rcu_qsbr_thread_register(qsbr, 1) == 0);
  rte_rcu_qsbr_thread_online(qsbr, 1);
  const TableSet& held = publisher.current();
  CHECK(require_published(publisher, one_route(1)) == 1);
  CHECK(find(publisher.current()).index() == 1);
  CHECK_FALSE(find(held).index() == 1);
  PublicationStatus status = publisher.status();
  CHECK(status.waiting);
  CHECK_FALSE(status.stalled);
  CHECK(status.waiting_for == 1u);
  CHECK_FALSE(publisher.poll());
  CHECK_FALSE(find(held).index() == 1);
  rte_rcu_qsbr_quiescent(qsbr, 1);
  CHECK(publisher.poll());
  CHECK(find(held).index() == 1);
  status = publisher.status();
  CHECK_FALSE(status.waiting);
  CHECK_FALSE(status.waiting_for.has_value());
  CHECK(status.last.grace_ns > 0);
  CHECK(status.longest.grace_ns >= status.last.grace_ns);
  SECTION("or the next publication finishes it") {
    CHECK(require_published(publisher, one_route(2)) == 2);
    rte_rcu_qsbr_quiescent(qsbr, 1);
    CHECK(require_published(publisher, one_route(3)) == 3);
    CHECK(find(publisher.current()).index() == 3);
    rte_rcu_qsbr_quiescent(qsbr, 1);
    CHECK(publisher.settle());
    CHECK(find(held).index() == 3);
  }
  rte_rcu_qsbr_thread_offline(qsbr, 1);
  rte_rcu_qsbr_thread_unregister(qsbr, 1);
}

TEST_CASE("publisher: a dead reader stalls changes, not the caller") {
  RcuPublisher publisher(4, {}, {.brief_ns = 1000, .limit_ns = 2'000'000});
  rte_rcu_qsbr* qsbr = publisher.qsbr();
  REQUIRE(rte_rcu_qsbr_thread_register(qsbr, 3) == 0);
  rte_rcu_qsbr_thread_online(qsbr, 3);
  const TableSet& held = publisher.current();
  require_published(publisher, one_route(1));
  for (int i = 0; i < 3; ++i) {
    const Result<Generation> result = publisher.publish(one_route(2));
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().text.find("lcore 3") != std::string::npos);
    REQUIRE_FALSE(publisher.check(one_route(2)).ok());
  }
  PublicationStatus status = publisher.status();
  CHECK(status.stalled);
  CHECK(status.waiting_for == 3u);
  CHECK(status.refused == 6);
  CHECK(status.generation == 1);
  CHECK(find(publisher.current()).index() == 1);
  CHECK_FALSE(find(held).index() == 1);
  // It was only slow.
  rte_rcu_qsbr_quiescent(qsbr, 3);
  CHECK(require_published(publisher, one_route(5)) == 2);
  CHECK_FALSE(publisher.status().stalled);
  rte_rcu_qsbr_thread_offline(qsbr, 3);
  rte_rcu_qsbr_thread_unregister(qsbr, 3);
}

TEST_CASE("publisher: publishing from within a grace period is refused") {
  bool refused = false;
  RcuPublisher* self = nullptr;
  std::function<void()> between_polls = [] {};
  RcuPublisher publisher(2, [&] { between_polls(); }, {.brief_ns = 60'000'000'000});
  self = &publisher;
  rte_rcu_qsbr_thread_register(publisher.qsbr(), 0);
  rte_rcu_qsbr_thread_online(publisher.qsbr(), 0);
  between_polls = [&] {
    refused = !self->publish(one_route(9)).ok() && !self->check(one_route(9)).ok();
    rte_rcu_qsbr_quiescent(publisher.qsbr(), 0);
  };
  require_published(publisher, one_route(1));
  CHECK(refused);
  CHECK(find(publisher.current()).index() == 1);
  rte_rcu_qsbr_thread_offline(publisher.qsbr(), 0);
  rte_rcu_qsbr_thread_unregister(publisher.qsbr(), 0);
}

// Everything in it says n: arrays change their size, entries their values, routes their kind.
ForwardingTables tables_that_say(std::uint32_t n) {
  TablesBuilder t;
  const InterfaceId interface = t.port(0);
  t.interface(interface).mtu = static_cast<std::uint16_t>(1280 + n % 1000);
  const MacAddress mac{
      {2, 0, 0, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}};
  t.via(interface, "a::2", mac);
  t.ecmp(std::vector<LookupResult>(std::size_t{1} << n % 6, LookupResult(Kind::kAdjacency, n)));
  t.local_sid("a::9", Behavior::kEndT, {.args = {.table = static_cast<TableId>(n)}});
  t.policy(std::vector<SegmentListId>(1 + n % 7, n % 1000));
  t.route("a::1/128", {Kind::kAdjacency, n});
  t.route("b::/16", {Kind::kAdjacency, n});
  // A node comes and goes in the trie, entries move in the exact table.
  if (n % 2 == 0) t.route("b:1:2:3::/64", {Kind::kAdjacency, n});
  for (std::uint32_t i = 0; i < n % 40; ++i) {
    t.route(Prefix(("c::" + std::to_string(i) + "/128").c_str()), {Kind::kAdjacency, n});
  }
  return t.take();
}

// The n that a generation says, or nothing when its parts disagree.
std::optional<std::uint32_t> what_it_says(const TableSet& set) {
  const std::uint32_t n = find(set).index();
  bool agrees = set.interfaces[0].mtu == 1280 + n % 1000;
  agrees = agrees && set.adjacencies[0].header[4] == static_cast<std::uint8_t>(n >> 8) &&
           set.adjacencies[0].header[5] == static_cast<std::uint8_t>(n);
  agrees = agrees && set.adjacencies[0].mtu == set.interfaces[0].mtu;
  agrees = agrees && set.local_sids[0].table == static_cast<TableId>(n);
  const EcmpEntry& ecmp = set.ecmp_groups[0];
  agrees = agrees && ecmp.mask + 1 == 1u << n % 6;
  for (std::uint32_t i = 0; agrees && i <= ecmp.mask; ++i)
    agrees = ecmp.slots[i].index() == n;
  const PolicyEntry& policy = set.policies[0];
  agrees = agrees && policy.list_count == 1 + n % 7;
  for (std::uint32_t i = 0; agrees && i < policy.list_count; ++i) {
    agrees = policy.lists[i] == n % 1000;
  }
  const LookupKey inside(0, V6("b:1:2:3::4"));
  const LookupKey beside(0, V6("b:1:2:4::4"));
  const LookupKey* keys[] = {&inside, &beside};
  LookupResult results[2];
  set.prefixes.find_bulk(keys, 2, results);
  agrees = agrees && results[0].index() == n && results[1].index() == n;
  return agrees ? std::optional(n) : std::nullopt;
}

TEST_CASE("publisher: readers never see half a change") {
  constexpr unsigned kReaders = 3;
  constexpr std::uint32_t kGenerations = 3000;
  RcuPublisher publisher(kReaders);
  require_published(publisher, diff({}, tables_that_say(0)));
  std::atomic<bool> stop{false};
  std::atomic<unsigned> started{0};
  std::atomic<std::uint64_t> half_changed{0};
  std::atomic<std::uint64_t> went_back{0};
  std::atomic<std::uint64_t> bursts{0};
  const auto reader = [&](unsigned id) {
    rte_rcu_qsbr* qsbr = publisher.qsbr();
    rte_rcu_qsbr_thread_register(qsbr, id);
    rte_rcu_qsbr_thread_online(qsbr, id);
    std::uint32_t last = 0;
    ++started;
    for (std::uint64_t n = 0; !stop.load(std::memory_order_relaxed); ++n) {
      const TableSet& set = publisher.current();
      // Twice: it must not change under the burst either.
      const auto first = what_it_says(set);
      const auto second = what_it_says(set);
      if (!first || first != second) ++half_changed;
      if (first && *first < last) ++went_back;
      last = first.value_or(last);
      ++bursts;
      if (n % 64 == id) {
        // What an idle lcore does: it sleeps offline and takes the tables afresh.
        rte_rcu_qsbr_thread_offline(qsbr, id);
        std::this_thread::sleep_for(std::chrono::microseconds(20));
        rte_rcu_qsbr_thread_online(qsbr, id);
      } else {
        rte_rcu_qsbr_quiescent(qsbr, id);
      }
    }
    rte_rcu_qsbr_thread_offline(qsbr, id);
    rte_rcu_qsbr_thread_unregister(qsbr, id);
  };
  std::vector<std::thread> readers;
  for (unsigned id = 0; id < kReaders; ++id)
    readers.emplace_back(reader, id);
  while (started < kReaders)
    std::this_thread::yield();
  bool published = true;
  ForwardingTables before = tables_that_say(0);
  for (std::uint32_t n = 1; n <= kGenerations && published; ++n) {
    ForwardingTables after = tables_that_say(n);
    published = publisher.publish(diff(before, after)).ok();
    before = std::move(after);
  }
  stop = true;
  for (std::thread& thread : readers)
    thread.join();
  CHECK(published);
  CHECK(publisher.generation() == kGenerations + 1);
  CHECK(half_changed == 0);
  CHECK(went_back == 0);
  CHECK(bursts > kReaders);
  CHECK(what_it_says(publisher.current()) == kGenerations);
}

}  // namespace
}  // namespace sextant
