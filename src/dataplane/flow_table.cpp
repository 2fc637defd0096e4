// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FlowTable: sequence locks over sets of 64-bit words.
//
// No fences: a reader loads every word with acquire order, so that its second look at the sequence
// comes after them; a writer stores every word with release order, so that none becomes visible
// before the odd sequence. On x86 these are plain moves, and ThreadSanitizer understands them.
#include "flow_table.hpp"

#include <rte_pause.h>

namespace sextant {

namespace {

constexpr unsigned kReadAttempts = 16;
constexpr unsigned kWriteAttempts = 16;

std::uint64_t load(const std::uint64_t& word) {
  return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}
void put(std::uint64_t& word, std::uint64_t value) {
  __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}
bool is_odd(std::uint64_t sequence) {
  return (sequence & 1) != 0;
}
std::uint32_t tag_in(std::uint64_t mark) {
  return static_cast<std::uint32_t>(mark >> 32);
}
// The part of the hash that marks hold; 0 is for empty ones.
std::uint32_t tag_of(std::uint64_t hash) {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  return tag == 0 ? 1 : tag;
}

template <std::size_t N>
std::array<std::uint64_t, N> load_all(const std::array<std::uint64_t, N>& shared) {
  std::array<std::uint64_t, N> out;
  for (std::size_t i = 0; i < N; ++i)
    out[i] = load(shared[i]);
  return out;
}
template <std::size_t N>
void put_all(std::array<std::uint64_t, N>& shared, const std::array<std::uint64_t, N>& values) {
  for (std::size_t i = 0; i < N; ++i)
    put(shared[i], values[i]);
}

}  // namespace

std::uint64_t FlowTable::hash(const FlowKey& key) const {
  std::uint64_t h = seed_ ^ 0x9e3779b97f4a7c15u;
  for (const std::uint64_t word : key.words) {
    h = (h ^ word) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  h *= 0xc4ceb9fe1a85ec53u;
  return h ^ h >> 29;
}

bool FlowTable::holds(const Flow& flow, const FlowKey& key) {
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < key.words.size(); ++i)
    difference |= load(flow.key[i]) ^ key.words[i];
  return difference == 0;
}

int FlowTable::place_of(const Set& set, std::uint32_t tag, const FlowKey& key) const {
  for (unsigned way = 0; way < kWays; ++way) {
    if (tag_in(load(set.marks[way])) == tag && holds(set.flows[way], key)) {
      return static_cast<int>(way);
    }
  }
  return -1;
}

FlowTable::Found FlowTable::find(const FlowKey& key, std::uint64_t now_tsc,
                                 Hit& hit) const noexcept {
  const std::uint64_t h = hash(key);
  hit.set = static_cast<std::uint32_t>(h) & set_mask_;
  const Set& set = sets_[hit.set];
  for (unsigned attempt = 0; attempt < kReadAttempts; ++attempt, rte_pause()) {
    const std::uint64_t sequence = load(set.sequence);
    if (is_odd(sequence)) continue;
    const int way = place_of(set, tag_of(h), key);
    if (way >= 0) {
      hit.way = static_cast<std::uint8_t>(way);
      hit.mark = load(set.marks[hit.way]);
      hit.value.words = load_all(set.flows[hit.way].value);
    }
    if (load(set.sequence) != sequence) continue;
    if (way < 0 || is_expired(hit.mark, now_tsc)) return Found::kNo;
    hit.phase = phase_of(hit.mark);
    hit.idle_s = idle_seconds(hit.mark, now_tsc);
    return Found::kYes;
  }
  return Found::kBusy;
}

void FlowTable::touch(const Hit& hit, FlowPhase phase, std::uint64_t now_tsc) noexcept {
  if (phase == hit.phase && idle_seconds(hit.mark, now_tsc) == 0) return;
  // Fails when the entry is another one by now, or somebody else had the same idea.
  std::uint64_t expected = hit.mark;
  __atomic_compare_exchange_n(&sets_[hit.set].marks[hit.way], &expected,
                              make_mark(tag_in(hit.mark), phase, now_tsc), false, __ATOMIC_RELEASE,
                              __ATOMIC_RELAXED);
}

// In order of preference: an empty place, one that timed out, the most silent that may go.
int FlowTable::room_in(const Set& set, std::uint64_t now_tsc, bool& evicts) const {
  int best = -1;
  std::uint32_t longest = 0;
  evicts = false;
  for (unsigned way = 0; way < kWays; ++way) {
    const std::uint64_t mark = load(set.marks[way]);
    if (mark == 0 || is_expired(mark, now_tsc)) {
      evicts = false;
      return static_cast<int>(way);
    }
    if (evict_ == Evict::kTransient && !is_transient(phase_of(mark))) continue;
    const std::uint32_t idle = idle_ticks(mark, now_tsc);
    if (best < 0 || idle > longest) {
      best = static_cast<int>(way);
      longest = idle;
      evicts = true;
    }
  }
  return best;
}

FlowTable::Stored FlowTable::store_locked(Set& set, std::uint32_t tag, const FlowKey& key,
                                          const FlowValue& value, std::uint64_t mark,
                                          std::uint64_t now_tsc, OnTaken on_taken) {
  int way = place_of(set, tag, key);
  if (way >= 0 && !is_expired(load(set.marks[static_cast<unsigned>(way)]), now_tsc)) {
    Flow& flow = set.flows[static_cast<unsigned>(way)];
    const bool same = load_all(flow.value) == value.words;
    if (!same && on_taken == OnTaken::kKeep) return Stored::kTaken;
    put_all(flow.value, value.words);
    put(set.marks[static_cast<unsigned>(way)], mark);
    return same ? Stored::kThere : Stored::kStored;
  }
  bool evicts = false;
  if (way < 0) way = room_in(set, now_tsc, evicts);
  if (way < 0) return Stored::kFull;
  if (evicts) __atomic_fetch_add(&evictions_, 1, __ATOMIC_RELAXED);
  Flow& flow = set.flows[static_cast<unsigned>(way)];
  put_all(flow.key, key.words);
  put_all(flow.value, value.words);
  put(set.marks[static_cast<unsigned>(way)], mark);
  return Stored::kStored;
}

FlowTable::Stored FlowTable::store(const FlowKey& key, const FlowValue& value, FlowPhase phase,
                                   std::uint64_t now_tsc, OnTaken on_taken) noexcept {
  const std::uint64_t h = hash(key);
  Set& set = sets_[static_cast<std::uint32_t>(h) & set_mask_];
  for (unsigned attempt = 0; attempt < kWriteAttempts; ++attempt, rte_pause()) {
    std::uint64_t sequence = load(set.sequence);
    if (is_odd(sequence) ||
        !__atomic_compare_exchange_n(&set.sequence, &sequence, sequence + 1, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
      continue;
    }
    const std::uint32_t tag = tag_of(h);
    const Stored stored =
        store_locked(set, tag, key, value, make_mark(tag, phase, now_tsc), now_tsc, on_taken);
    put(set.sequence, sequence + 2);
    return stored;
  }
  return Stored::kBusy;
}

std::size_t FlowTable::count(std::uint64_t now_tsc) const noexcept {
  std::size_t out = 0;
  for (std::uint32_t set = 0; set <= set_mask_; ++set) {
    for (const std::uint64_t& shared : sets_[set].marks) {
      const std::uint64_t mark = load(shared);
      if (mark != 0 && !is_expired(mark, now_tsc)) ++out;
    }
  }
  return out;
}

std::optional<FlowTable::Entry> FlowTable::entry_at(std::uint32_t at, unsigned way,
                                                    std::uint64_t now_tsc) const noexcept {
  const Set& set = sets_[at];
  if (load(set.marks[way]) == 0) return std::nullopt;
  for (unsigned attempt = 0; attempt < kReadAttempts; ++attempt, rte_pause()) {
    const std::uint64_t sequence = load(set.sequence);
    if (is_odd(sequence)) continue;
    const std::uint64_t mark = load(set.marks[way]);
    Entry entry;
    entry.key.words = load_all(set.flows[way].key);
    entry.value.words = load_all(set.flows[way].value);
    if (load(set.sequence) != sequence) continue;
    if (mark == 0 || is_expired(mark, now_tsc)) return std::nullopt;
    entry.phase = phase_of(mark);
    entry.idle_s = idle_seconds(mark, now_tsc);
    return entry;
  }
  return std::nullopt;
}

}  // namespace sextant
