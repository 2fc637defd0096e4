// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// No two lcores write to one cache line while they forward, and nobody else writes to theirs.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/ports/lcore.hpp"
#include "dataplane/ports/mempool.hpp"
#include "support/catch.hpp"

using namespace sextant;

namespace {

constexpr std::uintptr_t kLine = RTE_CACHE_LINE_SIZE;
constexpr unsigned kLcores = 4;

// Memory that one lcore writes to.
struct Region {
  std::string what;
  std::uintptr_t begin = 0;
  std::size_t bytes = 0;

  [[nodiscard]] std::uintptr_t first_line() const { return begin / kLine; }
  [[nodiscard]] std::uintptr_t last_line() const { return (begin + bytes - 1) / kLine; }
};

template <typename T>
Region region(const std::string& what, const T& object) {
  return {what, reinterpret_cast<std::uintptr_t>(&object), sizeof object};
}

template <typename T>
Region region(const std::string& what, std::span<T> counters) {
  return {what, reinterpret_cast<std::uintptr_t>(counters.data()), counters.size_bytes()};
}

std::vector<Region> regions_of(const Lcore& lcore, const RcuPublisher& publisher,
                               const rte_mempool* pool) {
  const Counters& counters = lcore.counters();
  // The counters are the first member: the state is where they are.
  const auto* const state = reinterpret_cast<const LcoreState*>(&counters);
  const unsigned index = lcore.setup().index;
  return {region("Lcore", lcore),
          region("LcoreState", *state),
          region("counters of SIDs", counters.local_sids),
          region("counters of policies", counters.policies),
          region("counters of segment lists", counters.segment_lists),
          region("counters of steering rules", counters.steerings),
          region("counters of receiving interfaces", counters.interfaces_rx),
          region("counters of sending interfaces", counters.interfaces_tx),
          region("quiescent state", publisher.qsbr()->qsbr_cnt[index]),
          region("mbuf cache", pool->local_cache[index])};
}

std::string name_of(unsigned lcore, const Region& region) {
  return region.what + " of lcore " + std::to_string(lcore);
}

}  // namespace

TEST_CASE("no cache line belongs to two lcores") {
  const auto state = std::make_unique<LcoreState>();
  REQUIRE(static_cast<const void*>(&state->counters) == state.get());
  static_assert(alignof(LcoreState) >= kLine && alignof(Lcore) >= kLine);
  MbufPools pools;
  rte_mempool* const pool = pools.get({.mbufs = 1023, .data_room = 2176}, 0).value();
  REQUIRE(pool->cache_size > 0);
  RcuPublisher publisher(kLcores);
  std::vector<std::unique_ptr<Lcore>> lcores;
  std::vector<std::vector<Region>> regions;
  for (unsigned i = 0; i < kLcores; ++i) {
    LcoreSetup setup;
    setup.index = i;
    setup.publisher = &publisher;
    setup.pool = pool;
    lcores.push_back(Lcore::create(std::move(setup)).value());
    regions.push_back(regions_of(*lcores.back(), publisher, pool));
  }
  for (unsigned i = 0; i < kLcores; ++i) {
    for (const Region& mine : regions[i]) {
      INFO(name_of(i, mine));
      REQUIRE(mine.bytes > 0);
      // What the heap puts before and behind does not share a line either.
      CHECK(mine.begin % kLine == 0);
      for (unsigned other = i + 1; other < kLcores; ++other) {
        for (const Region& theirs : regions[other]) {
          INFO(name_of(other, theirs));
          const bool apart =
              mine.last_line() < theirs.first_line() || theirs.last_line() < mine.first_line();
          CHECK(apart);
        }
      }
    }
  }
}
