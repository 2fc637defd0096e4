// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 6, tx: frames to the ports they leave by, and what the control thread gets to its ring.
#include "forward.hpp"
#include "punt.hpp"

namespace sextant {

namespace {

// A frame that leaves by a VLAN sub-interface carries its VLAN id: a tag that is there is rewritten
// (its priority kept), else one is pushed. False when there is no room.
bool tag_frame(Packet packet, std::uint16_t vlan) {
  constexpr std::uint16_t kPriorityMask = 0xf000;
  auto* ethernet = packet.at<EthernetHeader>(0);
  constexpr std::size_t kTagged = sizeof(EthernetHeader) + sizeof(VlanHeader);
  if (ethernet->type.host() == ether_type::kVlan && packet.contiguous_bytes() >= kTagged) {
    auto& tag = *packet.at<VlanHeader>(sizeof(EthernetHeader));
    tag.tci = Be16(static_cast<std::uint16_t>((tag.tci.host() & kPriorityMask) | vlan));
    return true;
  }
  std::uint8_t* front = packet.push_front(sizeof(VlanHeader));
  if (front == nullptr) return false;
  std::memmove(front, front + sizeof(VlanHeader), 2 * sizeof(MacAddress));
  auto* tag = packet.at<Be16>(2 * sizeof(MacAddress));
  tag[0] = Be16(ether_type::kVlan);
  tag[1] = Be16(vlan);
  return true;
}

// The way out of the packets before; most of a burst leave by the same.
struct Egress {
  InterfaceId id = kNoInterface;
  const InterfaceEntry* interface = nullptr;
  MbufList* list = nullptr;
  PacketCounter* counter = nullptr;
};

Egress find_egress(ForwardContext& context, InterfaceId id) {
  Counters& counters = context.lcore.counters;
  Egress egress{id, TableSet::at(context.tables.interfaces, id), nullptr,
                &counters.of(counters.interfaces_tx, id)};
  if (egress.interface != nullptr) egress.list = &context.lcore.output.tx[egress.interface->port];
  return egress;
}

void send(ForwardContext& context, Lane lane, Egress& egress, CounterRun& sent) {
  const Packet packet = context.burst.packet(lane);
  const PacketMeta& meta = packet.meta();
  if (unlikely(meta.tx_interface != egress.id)) egress = find_egress(context, meta.tx_interface);
  const InterfaceEntry* interface = egress.interface;
  if (unlikely(interface == nullptr)) {
    return route(context, lane, Verdict::drop(DropReason::lookup_stale_result));
  }
  if (meta.kind == PacketKind::kFrame && interface->vlan != 0 &&
      !tag_frame(packet, interface->vlan)) {
    return route(context, lane, Verdict::drop(DropReason::headend_no_headroom));
  }
  sent.add(*egress.counter, packet.bytes());
  if (unlikely(egress.list->count == 0)) {
    BurstOutput& output = context.lcore.output;
    output.used[output.used_count++] = static_cast<std::uint8_t>(interface->port);
  }
  egress.list->add(packet.mbuf());
}

void punt(ForwardContext& context, Lane lane) {
  const Packet packet = context.burst.packet(lane);
  const PacketMeta& meta = packet.meta();
  PuntInfo{meta.punt_reason, meta.kind, meta.rx_interface, meta.object}.store(packet.mbuf());
  context.lcore.counters.punted.add(1, packet.bytes());
  context.lcore.output.punted.add(packet.mbuf());
}

}  // namespace

void tx(ForwardContext& context) noexcept {
  Burst& burst = context.burst;
  Egress egress;
  CounterRun sent;
  for (const Lane lane : burst.to_transmit_frame.lanes())
    send(context, lane, egress, sent);
  for (const Lane lane : burst.to_punt.lanes())
    punt(context, lane);
}

}  // namespace sextant
