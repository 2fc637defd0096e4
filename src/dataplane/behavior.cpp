// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 4, behavior: acts on what lookup found: endpoint behaviors grouped by kind, SR Policies,
// local delivery, or simply on to the way out.
#include "behaviors/behavior_function.hpp"

#include "bridge.hpp"
#include "dispatch.hpp"
#include "flow_hash.hpp"
#include "local.hpp"
#include "policy.hpp"
#include "proxy_return.hpp"
#include "sticky.hpp"
#include "trace.hpp"

namespace sextant {

namespace {

constexpr std::array<BehaviorFunction, kBehaviorCount> kFunctions = {
#define SEXTANT_BEHAVIOR(enumerator, code_point, name, title, argument, flavors, function) \
  behaviors::function,
#include <sextant/srv6/behaviors.def>
#undef SEXTANT_BEHAVIOR
};

// What happens to a destination without a way out. Blackholes are silent, and so are our own
// mistakes: a stale result, a loop.
Verdict no_way(DropReason reason) {
  const bool answered =
      reason == DropReason::lookup_no_route || reason == DropReason::lookup_unreachable;
  return Verdict::drop(reason, answered ? IcmpError::kNoRoute : IcmpError::kNone);
}

// By the port of the flow that the packet belongs to or, for an ICMP error, is about.
LookupResult choose_by_port(ForwardContext& context, const PortSteeringEntry& entry,
                            Packet packet) {
  FlowTuple flow;
  if (!read_client_flow(context, packet, flow)) return entry.otherwise;
  for (std::uint32_t i = 0; i < entry.rule_count; ++i) {
    const PortSteering::Rule& rule = entry.rules[i];
    if (rule.protocol == flow.protocol && rule.port == flow.destination.port) return rule.result;
  }
  return entry.otherwise;
}

bool only_refines(LookupResult result) {
  return result.kind() == LookupResult::Kind::kEcmpGroup ||
         result.kind() == LookupResult::Kind::kPortSteering;
}

// Follows results that only refine the decision (ECMP, port steering) down to one that acts.
[[gnu::noinline]] LookupResult refine(ForwardContext& context, Packet packet) {
  const TableSet& tables = context.tables;
  LookupResult result = packet.meta().result;
  for (unsigned depth = 0; depth < kMaxRounds; ++depth) {
    const std::uint32_t index = result.index();
    if (result.kind() == LookupResult::Kind::kEcmpGroup) {
      if (index >= tables.ecmp_groups.size() || tables.ecmp_groups[index].slots == nullptr) {
        return LookupResult(DropReason::lookup_stale_result);
      }
      const EcmpEntry& group = tables.ecmp_groups[index];
      result = group.slots[flow_hash(packet) & group.mask];
    } else if (result.kind() == LookupResult::Kind::kPortSteering) {
      if (index >= tables.port_steerings.size()) {
        return LookupResult(DropReason::lookup_stale_result);
      }
      result = choose_by_port(context, tables.port_steerings[index], packet);
    } else {
      return result;
    }
  }
  return LookupResult(DropReason::lookup_loop);
}

// A frame from an L2 interface that no policy took.
Verdict dispatch_frame(ForwardContext& context, Lane lane) {
  const Packet packet = context.burst.packet(lane);
  const InterfaceEntry& interface = context.tables.interfaces[packet.meta().rx_interface];
  if (interface.role == InterfaceRole::kBridged) {
    return bridge_frame(context, lane, interface.role_index, false);
  }
  return proxy_return(context, packet, interface.role_index);
}

// What ends at this node, or nowhere. Nothing is looked up for a frame: without a policy to take it
// there is no result.
[[gnu::noinline]] Verdict end_here(ForwardContext& context, Lane lane, LookupResult result) {
  const Packet packet = context.burst.packet(lane);
  if (packet.meta().kind == PacketKind::kFrame) return dispatch_frame(context, lane);
  switch (result.kind()) {
    case LookupResult::Kind::kLocalAddress: return deliver_local(context, packet);
    case LookupResult::Kind::kPunt: return to_exception(context, packet, TableId(result.index()));
    default: return no_way(static_cast<DropReason>(result.index()));
  }
}

// One packet whose result is known. False when the result only refines the decision: nothing
// happened then.
[[gnu::always_inline]] inline bool act(ForwardContext& context, Lane lane, Packet packet,
                                       SidRun& run) {
  if (likely(dispatch(context, lane, packet, run))) return true;
  const LookupResult result = packet.meta().result;
  if (result.kind() == LookupResult::Kind::kGlean) {
    context.burst.to_transmit.add(lane);
  } else if (only_refines(result)) {
    return false;
  } else {
    route(context, lane, end_here(context, lane, result));
  }
  return true;
}

// Settles what has to be before a packet acts; false when it went elsewhere.
[[gnu::noinline]] bool settle(ForwardContext& context, Lane lane) {
  using Kind = LookupResult::Kind;
  const Packet packet = context.burst.packet(lane);
  PacketMeta& meta = packet.meta();
  if (meta.rounds > kMaxRounds) {
    route(context, lane, Verdict::drop(DropReason::lookup_loop));
    return false;
  }
  meta.result = refine(context, packet);
  const Kind kind = meta.result.kind();
  if (meta.link_local && kind != Kind::kLocalAddress && kind != Kind::kLocalSid) {
    route(context, lane, Verdict::drop(DropReason::forward_link_local));
    return false;
  }
  if (meta.from_function && kind != Kind::kLocalAddress) {
    meta.from_function = false;
    route(context, lane, proxy_return(context, packet, meta.object));
    return false;
  }
  return true;
}

// Tells the tracer on what each lane will act. Refining now changes nothing that refining again
// would not: it only fills in what the packet's meta remembers.
[[gnu::noinline, gnu::cold]] void trace_lanes(ForwardContext& context) {
  for (const Lane lane : context.lcore.stage_lanes.lanes()) {
    const Packet packet = context.burst.packet(lane);
    const bool is_frame = packet.meta().kind == PacketKind::kFrame;
    context.lcore.tracer->acts(context, lane,
                               is_frame ? packet.meta().result : refine(context, packet));
  }
}

void run_behaviors(ForwardContext& context) {
  LcoreState& lcore = context.lcore;
  for (std::size_t i = 0; i < kBehaviorCount; ++i) {
    LaneList& group = lcore.by_behavior[i];
    if (group.empty()) continue;
    kFunctions[i](context, group.lanes());
    group.clear();
  }
}

}  // namespace

void behavior(ForwardContext& context) noexcept {
  LcoreState& lcore = context.lcore;
  Burst& burst = context.burst;
  // What lookup() dispatched waits already.
  do {
    lcore.stage_lanes.take(burst.to_dispatch);
    if (unlikely(lcore.tracer != nullptr)) trace_lanes(context);
    SidRun run;
    for (const Lane lane : lcore.stage_lanes.lanes()) {
      const Packet packet = burst.packet(lane);
      PacketMeta& meta = packet.meta();
      const bool special = meta.is_special();
      ++meta.rounds;
      if (unlikely(special) && !settle(context, lane)) continue;
      while (!act(context, lane, packet, run))
        meta.result = refine(context, packet);
    }
    if (!lcore.steered.empty()) {
      steer(context, lcore.steered.lanes());
      lcore.steered.clear();
    }
    run_behaviors(context);
    if (unlikely(lcore.tracer != nullptr)) lcore.tracer->acted(context);
  } while (!burst.to_dispatch.empty());
}

}  // namespace sextant
