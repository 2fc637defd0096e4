// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The forwarding path: forward_burst() and what it needs around it.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "burst.hpp"
#include "counters.hpp"
#include "icmp_limiter.hpp"
#include "tables/table_set.hpp"

namespace sextant {

struct FlowTables;
class ProxyCache;
class Tracer;
struct CaptureTaps;

inline constexpr unsigned kMaxPorts = 256;

// mbufs in the order in which they were added.
struct MbufList {
  unsigned count = 0;
  std::array<rte_mbuf*, kBurstCapacity> mbufs;

  void add(rte_mbuf* mbuf) { mbufs[count++] = mbuf; }
  [[nodiscard]] std::span<rte_mbuf* const> list() const { return {mbufs.data(), count}; }
};

// What a burst left behind. The owner (lcore loop, replay, a test) sends, hands over and frees it
// before the next burst; forward_burst() itself never frees and never talks to a device.
struct BurstOutput {
  std::array<MbufList, kMaxPorts> tx;        // whole frames, by port
  std::array<std::uint8_t, kMaxPorts> used;  // ports with a frame, in order of first use
  unsigned used_count = 0;
  MbufList punted;   // with PuntInfo, see punt.hpp
  MbufList dropped;  // counted already

  void clear() {
    for (unsigned i = 0; i < used_count; ++i)
      tx[used[i]].count = 0;
    used_count = punted.count = dropped.count = 0;
  }
};

enum Stage : unsigned { kParse, kLookup, kBehavior, kRewrite, kTx, kStageCount };

// All that one forwarding lcore owns. Nothing of it is written by another thread.
struct LcoreState {
  Counters counters;
  IcmpLimiter icmp_limiter;
  BurstOutput output;
  Burst burst;
  LaneList stage_lanes;  // the lanes that the running stage took
  // Who waits for which part of the behavior stage; empty between bursts.
  LaneList steered;
  std::array<LaneList, kBehaviorCount> by_behavior;
  rte_mempool* pool = nullptr;        // for copies; null: none can be made
  ProxyCache* proxy_cache = nullptr;  // shared by all lcores
  FlowTables* flows = nullptr;        // the same; null: no flow is remembered
  // Explanations: nothing outside of this state may change.
  bool dry_run = false;
  Tracer* tracer = nullptr;           // null, as nearly always: no packet is traced
  const CaptureTaps* taps = nullptr;  // null: no packet is captured
  std::uint64_t now_tsc = 0;          // time of the burst
  std::uint64_t tsc_hz = 1;
  // What one burst cost, per stage; read by benches and /v1/lcores.
  std::array<std::uint64_t, kStageCount> stage_cycles{};
  bool measure_stages = false;
};

// What the stages and behaviors get.
struct ForwardContext {
  const TableSet& tables;
  LcoreState& lcore;
  Burst& burst;
};

// Takes frames as received from one port through all stages; fills lcore.output, which must be
// clear. At most kMaxRxBurst frames. Forwarding lcores; never blocks, allocates or logs.
void forward_burst(const TableSet& tables, LcoreState& lcore, PortIndex port,
                   std::span<rte_mbuf* const> frames) noexcept;

// The same for packets that the control thread made: IP packets without link-layer header, looked
// up in table (ICMP echo replies, relayed errors).
void forward_injected(const TableSet& tables, LcoreState& lcore, TableId table,
                      std::span<rte_mbuf* const> packets) noexcept;

// The same for IP packets that waited for their next hop and are complete but for the link-layer
// header.
void forward_adjacency(const TableSet& tables, LcoreState& lcore, AdjacencyId adjacency,
                       std::span<rte_mbuf* const> packets) noexcept;

// What nearly every frame of a port starts with: that it came in untagged.
PacketMeta first_meta(const TableSet& tables, PortIndex port) noexcept;

// The six stages, in order; see forward.cpp. Receiving is the caller's (lcore.cpp).
void parse(ForwardContext& context, PortIndex port) noexcept;
void lookup(ForwardContext& context) noexcept;
void behavior(ForwardContext& context) noexcept;
void rewrite(ForwardContext& context) noexcept;
void tx(ForwardContext& context) noexcept;

// Where a packet goes whose result was set without a lookup: straight to its next hop, if it is
// one.
inline Verdict way_out(Packet packet) {
  return likely(packet.meta().is_plain_way_out()) ? Verdict::transmit() : Verdict::dispatch();
}

// The rest of route(): counts and drops the packet, and answers with an ICMP error where one is
// due.
void route_drop(ForwardContext& context, Lane lane, Verdict verdict) noexcept;

// Puts the packet where the verdict says: on the list of its next stage, or drops it. The one place
// where a verdict takes effect; inline, because most callers know the verdict when they compile.
inline void route(ForwardContext& context, Lane lane, Verdict verdict) noexcept {
  Burst& burst = context.burst;
  // These are foreseen better than one jump to any of seven places.
  if (likely(verdict.next() == Next::kTransmit)) return burst.to_transmit.add(lane);
  if (likely(verdict.next() == Next::kLookup)) return burst.to_lookup.add(lane);
  switch (verdict.next()) {
    case Next::kLookup:
    case Next::kTransmit: break;
    case Next::kDispatch: burst.to_dispatch.add(lane); break;
    case Next::kTransmitFrame: burst.to_transmit_frame.add(lane); break;
    case Next::kPunt: burst.to_punt.add(lane); break;
    case Next::kDrop: route_drop(context, lane, verdict); break;
    case Next::kConsumed: break;
  }
}

}  // namespace sextant
