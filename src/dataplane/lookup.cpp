// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 3, lookup: the destinations of a burst, all at once: host prefixes first, longest prefix
// for what is left.
#include "forward.hpp"

namespace sextant {

namespace {

LookupKey key_of(Packet packet) {
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

}  // namespace

void lookup(ForwardContext& context) noexcept {
  const TableSet& tables = context.tables;
  Burst& burst = context.burst;
  LaneList& waiting = context.lcore.stage_lanes;
  waiting.take(burst.to_lookup);
  const std::span<const Lane> lanes = waiting.lanes();

  std::array<LookupKey, kBurstCapacity> keys;
  std::array<std::uint64_t, kBurstCapacity> hashes;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    keys[i] = key_of(burst.packet(lanes[i]));
    hashes[i] = ExactTable::hash(keys[i]);
    tables.exact.prefetch(hashes[i]);
  }

  std::array<const LookupKey*, kBurstCapacity> missed;
  std::array<Lane, kBurstCapacity> missed_lanes;
  unsigned misses = 0;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    PacketMeta& meta = burst.meta(lanes[i]);
    if (!tables.exact.find(keys[i], hashes[i], &meta.result)) {
      missed[misses] = &keys[i];
      missed_lanes[misses++] = lanes[i];
    }
  }
  if (misses != 0) {
    std::array<LookupResult, kBurstCapacity> results;
    tables.prefixes.find_bulk(missed.data(), misses, results.data());
    for (unsigned i = 0; i < misses; ++i)
      burst.meta(missed_lanes[i]).result = results[i];
  }

  for (const Lane lane : lanes) {
    prefetch_object(tables, burst.meta(lane).result);
    burst.to_dispatch.add(lane);
  }
}

}  // namespace sextant
