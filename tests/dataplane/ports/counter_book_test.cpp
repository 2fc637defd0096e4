// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CounterBook: an id that is given to another object starts from zero.
#include "dataplane/ports/counter_book.hpp"

#include "support/catch.hpp"

namespace sextant {
namespace {

struct Fixture {
  Counters lcores[2];
  CountersStorage storage[2];
  CounterBook book;
  ForwardingTables tables;

  Fixture() {
    const CounterLimits limits{8, 8, 8, 8, 8};
    for (int i = 0; i < 2; ++i)
      REQUIRE(storage[i].attach(lcores[i], limits).ok());
  }
  [[nodiscard]] std::vector<const Counters*> all() const { return {&lcores[0], &lcores[1]}; }
  void change_to(ForwardingTables next) {
    const TableDiff change = diff(tables, next);
    book.open(change, all());
    book.commit(change);
    tables = std::move(next);
  }
  [[nodiscard]] CountersSnapshot read() const { return book.snapshot(all()); }
};

ForwardingTables with(std::vector<std::uint32_t> ids) {
  ForwardingTables out;
  for (const std::uint32_t id : ids) {
    out.local_sids.push_back({.id = id});
    out.policies.push_back({.id = id});
    out.segment_lists.push_back({.id = id});
    out.steerings.push_back({.id = id});
    out.interfaces.push_back({.id = static_cast<InterfaceId>(id)});
  }
  return out;
}

void count(Counters& counters, std::uint32_t id, std::uint64_t packets) {
  counters.local_sid(id).good.add(packets, 10 * packets);
  counters.local_sid(id).bad.add(1, 1);
  counters.policies[id].add(packets, packets);
  counters.segment_lists[id].add(packets, packets);
  counters.steerings[id].add(packets, packets);
  counters.interfaces_rx[id].add(packets, packets);
  counters.interfaces_tx[id].add(packets, packets);
}

TEST_CASE("counter book: objects that stay keep their counts, changed or not") {
  Fixture f;
  f.change_to(with({1, 2}));
  count(f.lcores[0], 1, 5);
  count(f.lcores[1], 1, 7);
  ForwardingTables next = with({1, 2});
  next.policies[0].name = "renamed";
  f.change_to(next);
  CHECK(f.read().policies.at(1).packets == 12);
  CHECK(f.read().local_sids.at(1) == SidTotal{{12, 120}, {2, 2}});
  CHECK(f.read().policies.at(2).packets == 0);
}

TEST_CASE("counter book: an id with a new owner starts from zero, in every kind") {
  Fixture f;
  f.change_to(with({1, 2}));
  count(f.lcores[0], 1, 5);
  count(f.lcores[1], 1, 7);
  count(f.lcores[0], 2, 3);
  f.change_to(with({2}));
  SECTION("a free id counts for nobody") {
    CHECK(f.read().policies.at(1) == PacketTotal{});
    CHECK(f.read().local_sids.at(1) == SidTotal{});
  }
  f.change_to(with({1, 2}));
  CHECK(f.read().local_sids.at(1) == SidTotal{});
  CHECK(f.read().interfaces_rx.at(1) == PacketTotal{});
  count(f.lcores[1], 1, 4);
  const CountersSnapshot sum = f.read();
  CHECK(sum.local_sids.at(1) == SidTotal{{4, 40}, {1, 1}});
  for (const auto* kind : {&sum.policies, &sum.segment_lists, &sum.steerings, &sum.interfaces_rx,
                           &sum.interfaces_tx}) {
    CHECK(kind->at(1) == PacketTotal{4, 4});
    CHECK(kind->at(2) == PacketTotal{3, 3});
  }
}

TEST_CASE("counter book: several owners one after the other") {
  Fixture f;
  for (std::uint64_t owner = 1; owner <= 20; ++owner) {
    f.change_to(with({3}));
    CHECK(f.read().policies.at(3).packets == 0);
    count(f.lcores[owner % 2], 3, owner);
    CHECK(f.read().policies.at(3).packets == owner);
    f.change_to(with({}));
  }
}

TEST_CASE("counter book: a change that is refused takes nothing off") {
  Fixture f;
  f.change_to(with({1}));
  count(f.lcores[0], 1, 5);
  const TableDiff change = diff(with({1}), with({1, 2}));
  f.book.open(change, f.all());
  CHECK(f.read().policies.at(1).packets == 5);
  CHECK(f.read().policies.size() == 2);
}

TEST_CASE("counter book: ids beyond the counters") {
  Fixture f;
  f.change_to(with({100}));
  CHECK(f.read().policies.size() <= 8);
  f.change_to(with({}));
  f.change_to(with({100}));
}

}  // namespace
}  // namespace sextant
