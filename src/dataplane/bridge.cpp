// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Bridging: address lookup, flooding by copies, and what the control thread has to learn.
#include "bridge.hpp"

#include "policy.hpp"

namespace sextant {

namespace {

// Copies for learning that one burst may make: the sources of a flood of new addresses wait for the
// next burst, not the traffic.
constexpr unsigned kMaxLearnedPerBurst = 8;
// What the control thread reads of a frame; the rest of its copy is cut off.
constexpr std::uint32_t kLearnBytes = sizeof(EthernetHeader) + sizeof(VlanHeader);

// A way out of the bridge.
struct Target {
  bool remote;
  std::uint32_t id;  // InterfaceId, or SteeringId when remote
};

const Bridge::Mac* find(const BridgeEntry& bridge, const MacAddress& address) {
  const Bridge::Mac* end = bridge.macs + bridge.mac_count;
  const auto* at = std::lower_bound(
      bridge.macs, end, address,
      [](const Bridge::Mac& entry, const MacAddress& wanted) { return entry.mac < wanted; });
  return at != end && at->mac == address ? at : nullptr;
}

// Points the frame at its way out.
Verdict aim(Packet packet, Target target) {
  PacketMeta& meta = packet.meta();
  if (target.remote) {
    meta.result = LookupResult(LookupResult::Kind::kPolicy, target.id);
    return Verdict::dispatch();
  }
  meta.tx_interface = static_cast<InterfaceId>(target.id);
  return Verdict::transmit_frame();
}

void send_copy(ForwardContext& context, Lane lane, Target target) {
  Lane copy;
  if (!replicate(context, lane, &copy)) return;
  route(context, copy, aim(context.burst.packet(copy), target));
}

// Calls visit for every target of a frame that goes everywhere.
template <typename Visit>
void for_each_target(const TableSet& tables, const BridgeEntry& bridge, InterfaceId ingress,
                     bool from_fabric, Visit&& visit) {
  for (unsigned i = 0; i < bridge.member_count; ++i) {
    const InterfaceId member = bridge.members[i];
    if (!from_fabric && member == ingress) continue;
    if (TableSet::at(tables.interfaces, member) != nullptr) visit(Target{false, member});
  }
  if (from_fabric) return;
  for (unsigned i = 0; i < bridge.remote_count; ++i)
    visit(Target{true, bridge.remotes[i]});
}

// The last target gets the frame itself, all others a copy.
Verdict flood(ForwardContext& context, Lane lane, const BridgeEntry& bridge, bool from_fabric) {
  const Packet packet = context.burst.packet(lane);
  Target last{false, kNoInterface};
  bool any = false;
  for_each_target(context.tables, bridge, packet.meta().rx_interface, from_fabric,
                  [&](Target target) {
                    if (any) send_copy(context, lane, last);
                    last = target;
                    any = true;
                  });
  return any ? aim(packet, last) : Verdict::drop(DropReason::bridge_no_member);
}

// Tells the control thread of a source address that is new or has moved, by a copy: the frame
// itself travels on.
void learn(ForwardContext& context, Lane lane, BridgeId id, const BridgeEntry& bridge) {
  const Packet packet = context.burst.packet(lane);
  const MacAddress source = packet.at<EthernetHeader>(0)->source;
  if (source.is_multicast() || source.is_zero()) return;
  const Bridge::Mac* known = find(bridge, source);
  if (known != nullptr &&
      (known->permanent || (!known->remote && known->target == packet.meta().rx_interface))) {
    return;
  }
  if (context.lcore.pool == nullptr || context.burst.room() == 0 ||
      context.burst.to_punt.size() >= kMaxLearnedPerBurst) {
    return;
  }
  Lane copy;
  if (!replicate(context, lane, &copy)) return;
  const Packet told = context.burst.packet(copy);
  told.cut_back_to(kLearnBytes);
  told.meta().punt_reason = PuntReason::kLearn;
  told.meta().object = id;
  route(context, copy, Verdict::punt());
}

const BridgeEntry* find_bridge(const TableSet& tables, BridgeId id) {
  return id < tables.bridges.size() ? &tables.bridges[id] : nullptr;
}

}  // namespace

Verdict bridge_frame(ForwardContext& context, Lane lane, BridgeId id, bool from_fabric) noexcept {
  const BridgeEntry* bridge = find_bridge(context.tables, id);
  if (bridge == nullptr) return Verdict::drop(DropReason::lookup_stale_result);
  if (!from_fabric && bridge->learning) learn(context, lane, id, *bridge);

  const Packet packet = context.burst.packet(lane);
  const MacAddress& destination = packet.at<EthernetHeader>(0)->destination;
  const Bridge::Mac* known = destination.is_multicast() ? nullptr : find(*bridge, destination);
  if (known == nullptr) return flood(context, lane, *bridge, from_fabric);
  if (known->remote) {
    if (from_fabric) return Verdict::drop(DropReason::bridge_split_horizon);
  } else {
    if (!from_fabric && known->target == packet.meta().rx_interface) {
      return Verdict::drop(DropReason::bridge_split_horizon);
    }
    if (TableSet::at(context.tables.interfaces, known->target) == nullptr) {
      return Verdict::drop(DropReason::lookup_stale_result);
    }
  }
  return aim(packet, {known->remote, known->target});
}

Verdict flood_frame(ForwardContext& context, Lane lane, BridgeId id, bool from_fabric) noexcept {
  const BridgeEntry* bridge = find_bridge(context.tables, id);
  if (bridge == nullptr) return Verdict::drop(DropReason::lookup_stale_result);
  return flood(context, lane, *bridge, from_fabric);
}

}  // namespace sextant
