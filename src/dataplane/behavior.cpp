// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 4, behavior: acts on what lookup found: endpoint behaviors grouped by kind, SR Policies,
// local delivery, or simply on to the way out.
#include "behaviors/behavior_function.hpp"

#include "bridge.hpp"
#include "flow_hash.hpp"
#include "forward.hpp"
#include "local.hpp"
#include "parse.hpp"
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
[[gnu::always_inline]] inline LookupResult refine(ForwardContext& context, Packet packet) {
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

// RFC 8754 section 5.1 and whatever else has to hold before a SID acts; then its header chain.
inline std::optional<Verdict> refuse_local_sid(ForwardContext& context, Packet packet) {
  PacketMeta& meta = packet.meta();
  if (unlikely(!meta.trusted)) return Verdict::drop(DropReason::edge_sid_from_untrusted);
  if (unlikely(!context.tables.sources.empty()) && !meta.local_origin) {
    const Ipv6Address& source = packet.ipv6().source;
    const auto contains = [&](const PrefixEntry& prefix) { return prefix.contains(source); };
    if (std::none_of(context.tables.sources.begin(), context.tables.sources.end(), contains)) {
      return Verdict::drop(DropReason::edge_source_not_in_domain);
    }
  }
  if (const auto malformed = parse_ipv6_chain(packet)) return Verdict::drop(*malformed);
  return std::nullopt;
}

Verdict steer(ForwardContext& context, Lane lane, SteeringId steering) {
  const auto& policies = context.tables.steering_policy;
  if (steering >= policies.size() || policies[steering] == kNoObject) {
    return Verdict::drop(DropReason::lookup_stale_result);
  }
  Counters& counters = context.lcore.counters;
  counters.of(counters.steerings, steering).add(1, context.burst.packet(lane).bytes());
  return enter_policy(context, lane, policies[steering]);
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

// One packet with a result that acts. Local SIDs only join the group of their behavior here.
inline void dispatch(ForwardContext& context, Lane lane) {
  using Kind = LookupResult::Kind;
  const Packet packet = context.burst.packet(lane);
  PacketMeta& meta = packet.meta();
  if (unlikely(only_refines(meta.result))) meta.result = refine(context, packet);
  const Kind kind = meta.result.kind();

  if (unlikely(meta.link_local) && kind != Kind::kLocalAddress && kind != Kind::kLocalSid) {
    return route(context, lane, Verdict::drop(DropReason::forward_link_local));
  }
  if (unlikely(meta.from_function) && kind != Kind::kLocalAddress) {
    meta.from_function = false;
    return route(context, lane, proxy_return(context, packet, meta.object));
  }
  switch (kind) {
    case Kind::kAdjacency:
    case Kind::kGlean: return route(context, lane, Verdict::transmit());
    case Kind::kLocalSid: {
      const LocalSidEntry* sid = TableSet::at(context.tables.local_sids, meta.result.index());
      if (sid == nullptr) {
        return route(context, lane, Verdict::drop(DropReason::lookup_stale_result));
      }
      if (const auto refused = refuse_local_sid(context, packet)) {
        context.lcore.counters.local_sid(sid->id).bad.add(1, packet.bytes());
        return route(context, lane, *refused);
      }
      return context.lcore.by_behavior[static_cast<std::size_t>(sid->behavior)].add(lane);
    }
    case Kind::kPolicy: return route(context, lane, steer(context, lane, meta.result.index()));
    case Kind::kLocalAddress: return route(context, lane, deliver_local(context, packet));
    case Kind::kPunt:
      return route(context, lane, to_exception(context, packet, TableId(meta.result.index())));
    case Kind::kDrop:
    default: return route(context, lane, no_way(static_cast<DropReason>(meta.result.index())));
  }
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

}  // namespace

void behavior(ForwardContext& context) noexcept {
  LcoreState& lcore = context.lcore;
  Burst& burst = context.burst;
  while (!burst.to_dispatch.empty()) {
    lcore.stage_lanes.take(burst.to_dispatch);
    if (unlikely(lcore.tracer != nullptr)) trace_lanes(context);
    for (const Lane lane : lcore.stage_lanes.lanes()) {
      PacketMeta& meta = burst.meta(lane);
      if (unlikely(meta.rounds++ >= kMaxRounds)) {
        route(context, lane, Verdict::drop(DropReason::lookup_loop));
      } else if (meta.kind == PacketKind::kFrame &&
                 meta.result.kind() != LookupResult::Kind::kPolicy) {
        route(context, lane, dispatch_frame(context, lane));
      } else {
        dispatch(context, lane);
      }
    }
    for (std::size_t i = 0; i < kBehaviorCount; ++i) {
      LaneList& group = lcore.by_behavior[i];
      if (group.empty()) continue;
      kFunctions[i](context, group.lanes());
      group.clear();
    }
    if (unlikely(lcore.tracer != nullptr)) lcore.tracer->acted(context);
  }
}

}  // namespace sextant
