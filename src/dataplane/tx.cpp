// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 6, tx: frames to the ports they leave by, and what the control thread gets to its ring.
#include "tx.hpp"
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

void send(ForwardContext& context, Lane lane, Egress& egress) {
  const Packet packet = context.burst.packet(lane);
  const PacketMeta& meta = packet.meta();
  if (unlikely(!egress.go_to(meta.tx_interface))) {
    return route(context, lane, Verdict::drop(DropReason::lookup_stale_result));
  }
  const std::uint16_t vlan = egress.interface().vlan;
  if (meta.kind == PacketKind::kFrame && vlan != 0 && !tag_frame(packet, vlan)) {
    return route(context, lane, Verdict::drop(DropReason::headend_no_headroom));
  }
  egress.send(packet);
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
  Egress egress(context);
  for (const Lane lane : burst.to_transmit_frame.lanes())
    send(context, lane, egress);
  for (const Lane lane : burst.to_punt.lanes())
    punt(context, lane);
}

}  // namespace sextant
