// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Many changes one after the other against the same tables taken in at once: what is kept up to
// date change by change must not drift.
#include <random>

#include "dataplane/slow_path/table_view.hpp"
#include "slow_path_fixture.hpp"

namespace sextant {
namespace {

using test::kOtherMac;
using test::kPeerMac;
using test::SlowPathFixture;
using test::V6;
using Kind = LookupResult::Kind;

const char* const kHosts[] = {"fc00:1::7", "fc00:1::8", "fc00:1::50", "fc00:1::51", "fc00:1::52"};
constexpr AdjacencyId kIds[] = {7, 8, 9, 10, 65536, 65537};

// Changes of what the slow path looks at, small enough for ids and hosts to meet again and again.
class Changes {
 public:
  explicit Changes(unsigned seed) : random_(seed) {}

  void step(ForwardingTables& tables) {
    switch (random_() % 7) {
      case 0: drop(tables.adjacencies); break;
      case 1: add_adjacency(tables); break;
      case 2: drop(tables.fib); break;
      case 3: add_route(tables, test::Prefix("fc00:1::/64"), {Kind::kGlean, 1}); break;
      case 4:
        add_route(tables, {V6(host()), 128},
                  {random_() % 2 == 0 ? Kind::kAdjacency : Kind::kPunt,
                   static_cast<std::uint32_t>(random_() % 9)});
        break;
      case 5: add_route(tables, test::Prefix("fc00:1::/112"), {Kind::kGlean, 1}); break;
      default: tables.interfaces[1].addresses.push_back({V6(host()), 64}); break;
    }
    if (tables.interfaces[1].addresses.size() > 4) tables.interfaces[1].addresses.resize(2);
  }
  const char* host() { return kHosts[random_() % std::size(kHosts)]; }
  std::uint32_t number() { return static_cast<std::uint32_t>(random_()); }

 private:
  template <typename T>
  void drop(std::vector<T>& from) {
    if (!from.empty()) from.erase(from.begin() + static_cast<long>(random_() % from.size()));
  }
  void add_adjacency(ForwardingTables& tables) {
    const AdjacencyId id = kIds[random_() % std::size(kIds)];
    const V6 next_hop = host();
    const bool permanent = random_() % 4 == 0;
    std::erase_if(tables.adjacencies, [&](const Adjacency& a) {
      return a.id == id || a.next_hop == IpAddress(next_hop);
    });
    tables.adjacencies.push_back({.id = id,
                                  .interface = 1,
                                  .next_hop = next_hop,
                                  .mac = permanent ? kOtherMac : MacAddress{},
                                  .resolved = permanent,
                                  .permanent = permanent});
  }
  void add_route(ForwardingTables& tables, const IpPrefix& prefix, LookupResult result) {
    const auto table = static_cast<TableId>(random_() % 2 * 2);
    std::erase_if(tables.fib,
                  [&](const FibEntry& e) { return e.table == table && e.prefix == prefix; });
    tables.fib.push_back({table, prefix, result});
  }

  std::mt19937 random_;
};

std::string text_of(const std::map<AdjacencyId, Adjacency>& adjacencies) {
  std::string out;
  for (const auto& [id, adjacency] : adjacencies) {
    out += std::to_string(id) + " " + adjacency.next_hop.to_string() + " " +
           adjacency.mac.to_string() + (adjacency.resolved ? " resolved" : "") +
           (adjacency.permanent ? " permanent\n" : "\n");
  }
  return out;
}

TEST_CASE("slow path: a view changed step by step equals one made at once") {
  test::ChangingTables changing;
  Changes changes(1);
  TableView view;
  for (int step = 0; step < 2000; ++step) {
    changes.step(changing.tables);
    view.apply(changing.take_change());
    TableView fresh;
    fresh.apply(diff({}, changing.tables));
    for (const char* host : kHosts) {
      const IpAddress address = V6(host);
      const NeighborKey key{1, address};
      REQUIRE(view.is_own(address) == fresh.is_own(address));
      REQUIRE(view.tables_gleaning(key) == fresh.tables_gleaning(key));
      REQUIRE(view.table_reaching(address) == fresh.table_reaching(address));
      const Adjacency* one = view.adjacency_of(key);
      const Adjacency* other = fresh.adjacency_of(key);
      REQUIRE((one == nullptr) == (other == nullptr));
      REQUIRE((one == nullptr || *one == *other));
      for (const TableId table : {0, 2}) {
        const FibEntry* found = view.lookup(table, address);
        const FibEntry* expected = fresh.lookup(table, address);
        REQUIRE((found == nullptr) == (expected == nullptr));
        REQUIRE((found == nullptr || *found == *expected));
      }
    }
  }
}

TEST_CASE("slow path: what is published is the configuration with what was learned on top") {
  for (unsigned seed = 2; seed < 8; ++seed) {
    SlowPathFixture f;
    Changes changes(seed);
    for (const Adjacency& adjacency : f.tables.adjacencies)
      f.publisher.adjacencies[adjacency.id] = adjacency;
    for (const FibEntry& entry : f.tables.fib)
      f.publisher.fib[{entry.table, entry.prefix}] = entry.result;
    std::size_t learned = 0;
    for (int step = 0; step < 600; ++step) {
      if (changes.number() % 3 == 0) {
        const char* host = changes.host();
        (void)f.glean(test::packet_to(host), 1);
        (void)f.advertise(host, changes.number() % 2 == 0 ? kPeerMac : kOtherMac);
      } else {
        changes.step(f.tables);
        f.change_tables();
        (void)f.output.take();
      }
      const TableDiff overlay = f.slow_path->overlay();
      learned += overlay.fib_upserts.size();
      std::map<AdjacencyId, Adjacency> adjacencies;
      for (const Adjacency& adjacency : f.tables.adjacencies)
        adjacencies[adjacency.id] = adjacency;
      for (const Adjacency& adjacency : overlay.adjacencies.upserts)
        adjacencies[adjacency.id] = adjacency;
      std::map<std::pair<TableId, IpPrefix>, LookupResult> fib;
      for (const FibEntry& entry : f.tables.fib)
        fib[{entry.table, entry.prefix}] = entry.result;
      for (const FibEntry& entry : overlay.fib_upserts) {
        INFO("step " << step << ": " << entry.prefix.to_string());
        REQUIRE_FALSE(fib.contains({entry.table, entry.prefix}));
        fib[{entry.table, entry.prefix}] = entry.result;
      }
      INFO("seed " << seed << ", step " << step);
      REQUIRE(text_of(f.publisher.adjacencies) == text_of(adjacencies));
      REQUIRE(f.publisher.adjacencies == adjacencies);
      REQUIRE(f.publisher.fib == fib);
    }
    CHECK(learned > 100);
    CHECK(f.slow_path->stats().publish_failures == 0);
  }
}

}  // namespace
}  // namespace sextant
