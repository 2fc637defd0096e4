// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// START HERE: the life of a packet. A burst goes through the stages top to bottom.
#include "forward.hpp"

#include "trace.hpp"

namespace sextant {

namespace {

// Adds the cycles since the last mark to a stage; one TSC read per stage and burst, when asked for.
class StageClock {
 public:
  explicit StageClock(LcoreState& lcore) : lcore_(lcore) {
    if (lcore_.measure_stages) last_ = rte_rdtsc();
  }
  void mark(Stage stage) {
    if (!lcore_.measure_stages) return;
    const std::uint64_t now = rte_rdtsc();
    lcore_.stage_cycles[stage] += now - last_;
    last_ = now;
  }

 private:
  LcoreState& lcore_;
  std::uint64_t last_ = 0;
};

// Stages 3 to 6. A behavior or a policy may ask for another lookup (the next segment, the inner
// packet), and any stage may turn a packet into an ICMP error that has to find its own way out;
// each pass takes a packet one round further, and rounds are bounded.
void run_stages(ForwardContext& context) noexcept {
  StageClock clock(context.lcore);
  Tracer* const tracer = context.lcore.tracer;
  const Burst& burst = context.burst;
  do {
    lookup(context);
    if (unlikely(tracer != nullptr)) tracer->looked_up(context);
    clock.mark(kLookup);
    behavior(context);
    clock.mark(kBehavior);
    if (unlikely(tracer != nullptr)) tracer->before_rewrite(context);
    rewrite(context);
    if (unlikely(tracer != nullptr)) tracer->rewritten(context);
    clock.mark(kRewrite);
  } while (!burst.to_lookup.empty() || !burst.to_dispatch.empty());
  if (unlikely(tracer != nullptr)) tracer->before_tx();
  tx(context);
  if (unlikely(tracer != nullptr)) tracer->transmitted(context);
  clock.mark(kTx);
  ++context.lcore.counters.bursts;
}

}  // namespace

void forward_burst(const TableSet& tables, LcoreState& lcore, PortIndex port,
                   std::span<rte_mbuf* const> frames) noexcept {
  ForwardContext context{tables, lcore, lcore.burst};
  lcore.burst.clear();
  const PacketMeta start = first_meta(tables, port);
  for (rte_mbuf* frame : frames)
    lcore.burst.add(frame, start);

  StageClock clock(lcore);
  if (unlikely(lcore.tracer != nullptr)) lcore.tracer->begin(context, port);
  parse(context, port);
  if (unlikely(lcore.tracer != nullptr)) lcore.tracer->parsed(context);
  clock.mark(kParse);
  run_stages(context);
}

void forward_injected(const TableSet& tables, LcoreState& lcore, TableId table,
                      std::span<rte_mbuf* const> packets) noexcept {
  ForwardContext context{tables, lcore, lcore.burst};
  lcore.burst.clear();
  for (rte_mbuf* mbuf : packets) {
    const Lane lane = lcore.burst.add(mbuf);
    const Packet packet = lcore.burst.packet(lane);
    packet.meta().kind = packet.is_ipv4() ? PacketKind::kIpv4 : PacketKind::kIpv6;
    packet.meta().table = table;
    packet.meta().local_origin = packet.meta().hop_limit_done = true;
    route(context, lane, Verdict::lookup());
  }
  if (unlikely(lcore.tracer != nullptr)) lcore.tracer->begin_injected(context);
  run_stages(context);
}

void forward_adjacency(const TableSet& tables, LcoreState& lcore, AdjacencyId adjacency,
                       std::span<rte_mbuf* const> packets) noexcept {
  ForwardContext context{tables, lcore, lcore.burst};
  lcore.burst.clear();
  for (rte_mbuf* mbuf : packets) {
    const Lane lane = lcore.burst.add(mbuf);
    const Packet packet = lcore.burst.packet(lane);
    packet.meta().kind = packet.is_ipv4() ? PacketKind::kIpv4 : PacketKind::kIpv6;
    packet.meta().result = LookupResult(LookupResult::Kind::kAdjacency, adjacency);
    packet.meta().local_origin = packet.meta().hop_limit_done = true;
    route(context, lane, Verdict::dispatch());
  }
  if (unlikely(lcore.tracer != nullptr)) lcore.tracer->begin_injected(context);
  run_stages(context);
}

}  // namespace sextant
