// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 3, lookup: the destinations of a burst, all at once: host prefixes first, longest prefix
// for what is left.
#include "dispatch.hpp"

namespace sextant {

namespace {

// Lanes that are looked up together: enough to overlap their cache misses, few enough for the L1.
constexpr unsigned kBatch = 64;
// Keys between the prefetch of tags and that of the slot that they name.
constexpr unsigned kBehind = 8;

// What a packet is looked up by. Word by word and never as a whole: a vector load of words that
// were just stored waits until they are in the cache.
struct Words {
  std::uint64_t high;
  std::uint64_t low;
  TableScope scope;
};

inline Words words_of(Packet packet) {
  const TableId table = packet.meta().table;
  if (likely(packet.meta().kind == PacketKind::kIpv6)) {
    const Ipv6Address& destination = packet.ipv6().destination;
    return {destination.raw_high(), destination.raw_low(), table_scope(table, Family::kIpv6)};
  }
  const LookupKey key(table_scope(table, Family::kIpv4), packet.ipv4().destination);
  return {key.high, key.low, key.scope};
}

// The object that the next stage reads first.
void prefetch_object(const TableSet& tables, LookupResult result) {
  const std::uint32_t index = result.index();
  if (result.kind() == LookupResult::Kind::kAdjacency) {
    if (index < tables.adjacencies.size()) rte_prefetch0(&tables.adjacencies[index]);
  } else if (result.kind() == LookupResult::Kind::kLocalSid) {
    if (index < tables.local_sids.size()) rte_prefetch0(&tables.local_sids[index]);
  } else if (result.kind() == LookupResult::Kind::kPolicy) {
    if (index < tables.steering_policy.size()) rte_prefetch0(&tables.steering_policy[index]);
  }
}

// The destinations of up to kBatch packets. Packets of one flow often come in a row: each
// destination is looked up once per row.
class Batch {
 public:
  void add_all(const TableSet& tables, Burst& burst, std::span<const Lane> lanes) {
    // No packet has this key: its scope is none of any table.
    Words last{0, 0, ~TableScope{0}};
    const bool large = tables.exact.is_large();
    unsigned distinct = 0;
    for (unsigned i = 0; i < lanes.size(); ++i) {
      const Words words = words_of(burst.packet(lanes[i]));
      if (((words.high ^ last.high) | (words.low ^ last.low) | (words.scope ^ last.scope)) != 0) {
        last = words;
        LookupKey& key = keys_[distinct];
        key.high = words.high;
        key.low = words.low;
        key.scope = words.scope;
        const std::uint64_t hash = ExactTable::hash(words.high, words.low, words.scope);
        hashes_[distinct] = hash;
        tables.exact.prefetch(hash);
        // Behind the tags, which have come by now.
        if (unlikely(large) && distinct >= kBehind) {
          tables.exact.prefetch_slot(hashes_[distinct - kBehind]);
        }
        ++distinct;
      }
      key_of_[i] = static_cast<std::uint8_t>(distinct - 1);
    }
    distinct_ = distinct;
    if (large) {
      for (unsigned i = distinct - std::min(distinct, kBehind); i < distinct; ++i)
        tables.exact.prefetch_slot(hashes_[i]);
    }
  }

  void find(const TableSet& tables) {
    const bool small = tables.prefixes.is_small();
    unsigned misses = 0;
    for (unsigned i = 0; i < distinct_; ++i) {
      LookupResult result;
      if (!tables.exact.find(keys_[i], hashes_[i], &result)) {
        if (likely(small)) {
          result = tables.prefixes.find(keys_[i]);
        } else {
          missed_[misses] = &keys_[i];
          missed_at_[misses++] = static_cast<std::uint8_t>(i);
          continue;
        }
      }
      words_[i] = result.word();
      prefetch_object(tables, result);
    }
    if (misses != 0) find_prefixes(tables, misses);
  }

  [[nodiscard]] LookupResult result(unsigned i) const {
    return LookupResult::from_word(words_[key_of_[i]]);
  }

 private:
  [[gnu::noinline]] void find_prefixes(const TableSet& tables, unsigned misses) {
    std::array<LookupResult, kBatch> found;
    tables.prefixes.find_bulk(missed_.data(), misses, found.data());
    for (unsigned i = 0; i < misses; ++i) {
      words_[missed_at_[i]] = found[i].word();
      prefetch_object(tables, found[i]);
    }
  }

  unsigned distinct_ = 0;
  std::array<LookupKey, kBatch> keys_;
  std::array<std::uint64_t, kBatch> hashes_;
  std::array<std::uint32_t, kBatch> words_;  // of results
  std::array<std::uint8_t, kBatch> key_of_;  // by packet: position of its key
  std::array<const LookupKey*, kBatch> missed_;
  std::array<std::uint8_t, kBatch> missed_at_;
};

}  // namespace

void lookup(ForwardContext& context) noexcept {
  Burst& burst = context.burst;
  LaneList& waiting = context.lcore.stage_lanes;
  const bool traced = context.lcore.tracer != nullptr;
  waiting.take(burst.to_lookup);
  std::span<const Lane> lanes = waiting.lanes();
  SidRun run;
  while (!lanes.empty()) {
    const auto now = lanes.first(std::min<std::size_t>(lanes.size(), kBatch));
    lanes = lanes.subspan(now.size());
    Batch batch;
    batch.add_all(context.tables, burst, now);
    batch.find(context.tables);
    for (unsigned i = 0; i < now.size(); ++i) {
      const Lane lane = now[i];
      const Packet packet = burst.packet(lane);
      PacketMeta& meta = packet.meta();
      meta.result = batch.result(i);
      // Nearly all go where they have to while they are at hand; the rest goes to behavior().
      if (likely(!traced && !meta.is_special()) && likely(dispatch(context, lane, packet, run))) {
        ++meta.rounds;
      } else {
        burst.to_dispatch.add(lane);
      }
    }
  }
}

}  // namespace sextant
