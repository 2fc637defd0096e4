// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath on the real tables: what it learns is what lcores look up.
#include "dataplane/tables/rcu_publisher.hpp"
#include "slow_path_fixture.hpp"

namespace sextant {
namespace {

using test::kPeerMac;
using test::kSecond;
using test::PacketBuilder;
using test::SlowPathFixture;
using test::V6;

// The fixture's publisher with the real one behind it.
class RealPublisher : public TablePublisher {
 public:
  Status check(const TableDiff& change) override { return real.check(change); }
  Result<Generation> publish(const TableDiff& change) override { return real.publish(change); }
  RcuPublisher real{1};
};

struct Fixture : SlowPathFixture {
  RealPublisher tables_publisher;
  std::unique_ptr<SlowPath> real_path;

  explicit Fixture() {
    std::swap(slow_path, real_path);  // the fixture's own: idle
    slow_path = std::make_unique<SlowPath>(tables_publisher, output, pool());
    REQUIRE(slow_path->publish(diff({}, tables)).ok());
  }
  ~Fixture() { slow_path.reset(); }

  // What an lcore finds for a host of table 0.
  [[nodiscard]] std::optional<LookupResult> find(V6 address) const {
    const LookupKey key(table_scope(0, Family::kIpv6), address);
    LookupResult result;
    if (!current().exact.find(key, ExactTable::hash(key), &result)) return std::nullopt;
    return result;
  }
  [[nodiscard]] const TableSet& current() const { return tables_publisher.real.current(); }
};

const test::Bytes kPacket = PacketBuilder().ipv6("fc00:2::9", "fc00:1::50").udp(1, 2).payload(10);

TEST_CASE("slow path and tables: a gleaned neighbor appears and disappears") {
  Fixture f;
  CHECK_FALSE(f.find("fc00:1::50"));
  REQUIRE(f.glean(kPacket, 1).size() == 1);
  const auto sent = f.advertise("fc00:1::50", kPeerMac);
  REQUIRE(test::names(sent) == std::vector<std::string>{"resend 65536"});
  const auto result = f.find("fc00:1::50");
  REQUIRE(result);
  CHECK(*result == LookupResult(LookupResult::Kind::kAdjacency, 65536));
  const AdjacencyEntry* entry = TableSet::at(f.current().adjacencies, result->index());
  REQUIRE(entry != nullptr);
  CHECK(entry->resolved);
  CHECK(entry->interface == 1);
  CHECK(std::memcmp(entry->header.data(), kPeerMac.bytes.data(), 6) == 0);

  f.now += 30 * kSecond;
  for (int i = 0; i < 4; ++i, f.now += kSecond)
    (void)f.tick(f.now);
  CHECK_FALSE(f.find("fc00:1::50"));
  CHECK(TableSet::at(f.current().adjacencies, 65536) == nullptr);
  CHECK(f.slow_path->stats().publish_failures == 0);
}

TEST_CASE("slow path and tables: learned state survives a change of the tables") {
  Fixture f;
  (void)f.resolve(kPacket, 7);
  (void)f.advertise("fc00:1::7", kPeerMac);
  (void)f.glean(kPacket, 1);
  (void)f.advertise("fc00:1::50", kPeerMac);
  ForwardingTables next = f.tables;
  next.interfaces[0].mtu = 1400;
  next.adjacencies.push_back({.id = 9, .interface = 1, .next_hop = V6("fc00:1::50")});
  const Generation before = f.tables_publisher.real.generation();
  REQUIRE(f.slow_path->publish(diff(f.tables, next)).ok());
  // In one generation: lcores never see the next hop unresolved.
  CHECK(f.tables_publisher.real.generation() == before + 1);
  CHECK(f.find("fc00:1::50") == LookupResult(LookupResult::Kind::kAdjacency, 9));
  for (const AdjacencyId id : {7u, 9u}) {
    const AdjacencyEntry* entry = TableSet::at(f.current().adjacencies, id);
    REQUIRE(entry != nullptr);
    CHECK(entry->resolved);
    CHECK(entry->mtu == 1400);
  }
  CHECK(TableSet::at(f.current().adjacencies, 65536) == nullptr);
  CHECK(f.slow_path->stats().publish_failures == 0);
}

TEST_CASE("slow path and tables: an interface that goes takes its neighbors with it") {
  Fixture f;
  (void)f.glean(kPacket, 1);
  (void)f.advertise("fc00:1::50", kPeerMac);
  ForwardingTables next;
  next.tables = f.tables.tables;
  const Generation before = f.tables_publisher.real.generation();
  REQUIRE(f.slow_path->publish(diff(f.tables, next)).ok());
  // In one generation: lcores never see the next hop unresolved.
  CHECK(f.tables_publisher.real.generation() == before + 1);
  CHECK_FALSE(f.find("fc00:1::50"));
  CHECK(TableSet::at(f.current().adjacencies, 65536) == nullptr);
  CHECK(f.slow_path->stats().publish_failures == 0);
}

}  // namespace
}  // namespace sextant
