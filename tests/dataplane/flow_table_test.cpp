// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FlowTable: find, claim and touch; timeouts by phase, eviction, bounds, and many threads at once.
#include "dataplane/flow_table.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace sextant;

namespace {

using Found = FlowTable::Found;
using Stored = FlowTable::Stored;
using Evict = FlowTable::Evict;

constexpr std::uint64_t kHz = 1'000'000;
constexpr std::uint64_t kStart = 1000 * kHz;

// Every phase has a timeout of its own: 10 s, 20 s, ...
FlowTimeouts timeouts() {
  FlowTimeouts out{};
  for (unsigned i = 0; i < kFlowPhases; ++i)
    out[i] = 10 * (i + 1);
  return out;
}

FlowTable make_table(std::uint32_t entries, Evict evict = Evict::kTransient) {
  return FlowTable(entries, timeouts(), evict, kHz, 7);
}

FlowKey key_of(std::uint64_t n) {
  return {{n, n * 3, 1, 2, 3}};
}

FlowValue value_of(std::uint64_t n) {
  return {{n, ~n, n * n}};
}

constexpr FlowPhase kSteady = FlowPhase::kTcpEstablished;

}  // namespace

TEST_CASE("the flow table gives back what was stored and nothing else", "[flow_table]") {
  FlowTable table = make_table(64);
  FlowTable::Hit hit;
  CHECK(table.find(key_of(1), kStart, hit) == Found::kNo);
  CHECK(table.store(key_of(1), value_of(5), kSteady, kStart) == Stored::kStored);
  REQUIRE(table.find(key_of(1), kStart, hit) == Found::kYes);
  CHECK(hit.value == value_of(5));
  CHECK(hit.phase == kSteady);
  CHECK(hit.idle_s == 0);
  for (std::size_t word = 0; word < 5; ++word) {
    FlowKey other = key_of(1);
    other.words[word] ^= std::uint64_t{1} << 63;
    CHECK(table.find(other, kStart, hit) == Found::kNo);
  }
  CHECK(table.store({}, value_of(6), kSteady, kStart) == Stored::kStored);  // all zero
  REQUIRE(table.find({}, kStart, hit) == Found::kYes);
  CHECK(hit.value == value_of(6));
}

TEST_CASE("a key that is taken is kept or replaced", "[flow_table]") {
  FlowTable table = make_table(64);
  FlowTable::Hit hit;
  CHECK(table.store(key_of(1), value_of(5), kSteady, kStart) == Stored::kStored);
  CHECK(table.store(key_of(1), value_of(5), kSteady, kStart) == Stored::kThere);
  CHECK(table.store(key_of(1), value_of(6), kSteady, kStart) == Stored::kTaken);
  table.find(key_of(1), kStart, hit);
  CHECK(hit.value == value_of(5));
  CHECK(table.store(key_of(1), value_of(6), kSteady, kStart, FlowTable::OnTaken::kReplace) ==
        Stored::kStored);
  table.find(key_of(1), kStart, hit);
  CHECK(hit.value == value_of(6));
}

TEST_CASE("each phase has its timeout, and a touch starts it again", "[flow_table]") {
  for (unsigned phase = 0; phase < kFlowPhases; ++phase) {
    FlowTable table = make_table(64);
    FlowTable::Hit hit;
    const std::uint64_t limit = timeouts()[phase] * kHz;
    REQUIRE(table.store(key_of(1), value_of(1), FlowPhase(phase), kStart) == Stored::kStored);
    REQUIRE(table.find(key_of(1), kStart + limit - kHz, hit) == Found::kYes);
    // A tick is a fraction of a second.
    CHECK(hit.idle_s <= timeouts()[phase] - 1);
    CHECK(hit.idle_s >= timeouts()[phase] - 2);
    table.touch(hit, FlowPhase(phase), kStart + limit - kHz);
    CHECK(table.find(key_of(1), kStart + 2 * limit - 2 * kHz, hit) == Found::kYes);
    CHECK(table.find(key_of(1), kStart + 2 * limit, hit) == Found::kNo);
    // Another may have the key then.
    CHECK(table.store(key_of(1), value_of(2), FlowPhase(phase), kStart + 2 * limit) ==
          Stored::kStored);
    CHECK(table.evictions() == 0);
  }
}

TEST_CASE("time may wrap, and clocks may differ a little", "[flow_table]") {
  FlowTable table = make_table(64);
  FlowTable::Hit hit;
  // A tick is 2^16 here, so that the 28 bits of a mark wrap at 2^44.
  const std::uint64_t late = (std::uint64_t{1} << 44) - kHz;
  REQUIRE(table.store(key_of(1), value_of(1), kSteady, late) == Stored::kStored);
  CHECK(table.find(key_of(1), late + 5 * kHz, hit) == Found::kYes);
  CHECK(hit.idle_s >= 4);
  CHECK(hit.idle_s <= 5);
  CHECK(table.find(key_of(1), late - 3 * kHz, hit) == Found::kYes);
  CHECK(hit.idle_s == 0);
  CHECK(table.find(key_of(1), late + 30 * kHz, hit) == Found::kNo);
}

TEST_CASE("a touch of an entry that is gone does nothing", "[flow_table]") {
  FlowTable table = make_table(2);  // one set
  FlowTable::Hit old;
  REQUIRE(table.store(key_of(1), value_of(1), FlowPhase::kTcpOpening, kStart) == Stored::kStored);
  REQUIRE(table.find(key_of(1), kStart, old) == Found::kYes);
  for (std::uint64_t n = 2; n <= FlowTable::kWays; ++n)
    REQUIRE(table.store(key_of(n), value_of(n), kSteady, kStart) == Stored::kStored);
  REQUIRE(table.store(key_of(99), value_of(99), kSteady, kStart) == Stored::kStored);
  CHECK(table.evictions() == 1);
  table.touch(old, FlowPhase::kTcpClosed, kStart + kHz);
  FlowTable::Hit hit;
  REQUIRE(table.find(key_of(99), kStart + kHz, hit) == Found::kYes);
  CHECK(hit.phase == kSteady);
  CHECK(table.find(key_of(1), kStart, hit) == Found::kNo);
}

TEST_CASE("who gives way when a set is full", "[flow_table]") {
  for (const Evict evict : {Evict::kTransient, Evict::kAny}) {
    FlowTable table = make_table(2, evict);
    for (std::uint64_t n = 0; n < FlowTable::kWays; ++n)
      REQUIRE(table.store(key_of(n), value_of(n), kSteady, kStart + n) == Stored::kStored);
    const Stored more = table.store(key_of(50), value_of(50), kSteady, kStart + kHz);
    if (evict == Evict::kTransient) {
      CHECK(more == Stored::kFull);
      CHECK(table.evictions() == 0);
      // After its timeout anybody may go, and that is no eviction.
      CHECK(table.store(key_of(50), value_of(50), kSteady, kStart + 21 * kHz) == Stored::kStored);
      CHECK(table.evictions() == 0);
    } else {
      CHECK(more == Stored::kStored);
      CHECK(table.evictions() == 1);
    }
  }
  for (unsigned phase = 0; phase < kFlowPhases; ++phase) {
    FlowTable table = make_table(2);
    for (std::uint64_t n = 0; n < FlowTable::kWays; ++n)
      table.store(key_of(n), value_of(n), n == 3 ? FlowPhase(phase) : kSteady, kStart);
    const bool gives_way = is_transient(FlowPhase(phase));
    CHECK((table.store(key_of(50), value_of(50), kSteady, kStart + kHz) == Stored::kStored) ==
          gives_way);
    FlowTable::Hit hit;
    CHECK((table.find(key_of(3), kStart + kHz, hit) == Found::kNo) == gives_way);
  }
}

TEST_CASE("with as many flows as configured, few find no room", "[flow_table]") {
  constexpr std::uint32_t kEntries = 1 << 16;
  FlowTable table = make_table(kEntries);
  unsigned refused = 0;
  for (std::uint64_t n = 0; n < kEntries; ++n) {
    if (table.store(key_of(n), value_of(n), kSteady, kStart) != Stored::kStored) ++refused;
  }
  CHECK(refused < kEntries / 800);
  unsigned found = 0;
  for (std::uint32_t set = 0; set < table.sets(); ++set) {
    for (unsigned way = 0; way < FlowTable::kWays; ++way) {
      const auto entry = table.entry_at(set, way, kStart);
      if (!entry) continue;
      ++found;
      CHECK(entry->value == value_of(entry->key.words[0]));
    }
  }
  CHECK(found + refused == kEntries);
  CHECK(table.count(kStart) == found);
  CHECK(table.count(kStart + 21 * kHz) == 0);
}

TEST_CASE("threads share a table without mixing anything up", "[flow_table][threads]") {
  FlowTable table = make_table(32);  // 16 sets: everybody meets everybody
  constexpr unsigned kThreads = 4;
  constexpr unsigned kRounds = 30000;
  std::atomic<unsigned> wrong{0};
  std::atomic<unsigned> hits{0};
  const auto work = [&](unsigned thread) {
    for (unsigned round = 0; round < kRounds; ++round) {
      const std::uint64_t n = (round * 7 + thread) % 200;
      const std::uint64_t now = kStart + round * kHz / 1000;
      FlowTable::Hit hit;
      if (table.find(key_of(n), now, hit) == Found::kYes) {
        hits.fetch_add(1, std::memory_order_relaxed);
        if (!(hit.value == value_of(n))) wrong.fetch_add(1);
        table.touch(hit, round % 2 == 0 ? FlowPhase::kTcpClosed : kSteady, now);
      } else if (table.store(key_of(n), value_of(n), FlowPhase::kTcpOpening, now) ==
                 Stored::kTaken) {
        wrong.fetch_add(1);  // nobody has another value for it
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i)
    threads.emplace_back(work, i);
  for (std::thread& thread : threads)
    thread.join();
  CHECK(wrong == 0);
  CHECK(hits > 0);
}

TEST_CASE("of threads that claim one key, one gets it", "[flow_table][threads]") {
  constexpr unsigned kThreads = 4;
  constexpr std::uint64_t kKeys = 5000;
  FlowTable table = make_table(4 * kKeys);
  std::vector<std::atomic<unsigned>> owners(kKeys);
  const auto claim = [&](unsigned thread) {
    for (std::uint64_t n = 0; n < kKeys; ++n) {
      Stored stored = Stored::kBusy;
      while (stored == Stored::kBusy)
        stored = table.store(key_of(n), value_of(thread), FlowPhase::kTcpOpening, kStart);
      if (stored == Stored::kStored) owners[n].fetch_add(1);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i)
    threads.emplace_back(claim, i);
  for (std::thread& thread : threads)
    thread.join();
  CHECK(table.evictions() == 0);
  for (std::uint64_t n = 0; n < kKeys; ++n)
    CHECK(owners[n] == 1);
}
