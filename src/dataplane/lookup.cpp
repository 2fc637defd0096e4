// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 3, lookup: the destinations of a burst, all at once: host prefixes first, longest prefix
// for what is left.
#include "forward.hpp"

namespace sextant {

namespace {

// Lanes that are looked up together: enough to overlap their cache misses, few enough for the L1.
constexpr unsigned kBatch = 64;

inline LookupKey key_of(Packet packet) {
  const TableId table = packet.meta().table;
  if (packet.meta().kind == PacketKind::kIpv6) {
    return {table_scope(table, Family::kIpv6), packet.ipv6().destination};
  }
  return {table_scope(table, Family::kIpv4), packet.ipv4().destination};
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
    LookupKey last(~TableScope{0}, Ipv6Address{});
    unsigned distinct = 0;
    for (unsigned i = 0; i < lanes.size(); ++i) {
      const LookupKey key = key_of(burst.packet(lanes[i]));
      if (!(last == key)) {
        last = key;
        keys_[distinct] = key;
        hashes_[distinct] = ExactTable::hash(key);
        tables.exact.prefetch(hashes_[distinct]);
        ++distinct;
      }
      key_of_[i] = static_cast<std::uint8_t>(distinct - 1);
    }
    distinct_ = distinct;
  }

  void find(const TableSet& tables) {
    unsigned misses = 0;
    for (unsigned i = 0; i < distinct_; ++i) {
      LookupResult result;
      if (!tables.exact.find(keys_[i], hashes_[i], &result)) {
        missed_[misses] = &keys_[i];
        missed_at_[misses++] = static_cast<std::uint8_t>(i);
      }
      words_[i] = result.word();
    }
    if (misses != 0) {
      std::array<LookupResult, kBatch> found;
      tables.prefixes.find_bulk(missed_.data(), misses, found.data());
      for (unsigned i = 0; i < misses; ++i)
        words_[missed_at_[i]] = found[i].word();
    }
    for (unsigned i = 0; i < distinct_; ++i)
      prefetch_object(tables, LookupResult::from_word(words_[i]));
  }

  [[nodiscard]] LookupResult result(unsigned i) const {
    return LookupResult::from_word(words_[key_of_[i]]);
  }

 private:
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
  waiting.take(burst.to_lookup);
  std::span<const Lane> lanes = waiting.lanes();
  burst.to_dispatch.append(lanes);
  while (!lanes.empty()) {
    const auto now = lanes.first(std::min<std::size_t>(lanes.size(), kBatch));
    lanes = lanes.subspan(now.size());
    Batch batch;
    batch.add_all(context.tables, burst, now);
    batch.find(context.tables);
    for (unsigned i = 0; i < now.size(); ++i)
      burst.meta(now[i]).result = batch.result(i);
  }
}

}  // namespace sextant
