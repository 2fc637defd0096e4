// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DX2V (RFC 8986 section 4.10): the VLAN id of the frame inside says by which interface it
// leaves.
#include "behavior_function.hpp"
#include "common.hpp"

namespace sextant {

// Where the frame goes, or why it cannot: checked while it is still inside.
static Refusal<Verdict> find_interface(const TableSet& tables, Packet packet,
                                       const LocalSidEntry& sid, InterfaceId* interface) {
  const std::uint32_t frame = packet.meta().upper_layer_offset;
  std::uint16_t vlan = 0;  // of an untagged frame
  const std::uint16_t type = packet.at<EthernetHeader>(frame)->type.host();
  if (type == ether_type::kVlan || type == ether_type::kQinQ) {
    const std::uint32_t end = frame + sizeof(EthernetHeader) + sizeof(VlanHeader);
    if (end > packet.bytes()) return Verdict::drop(DropReason::end_inner_malformed);
    if (end > packet.contiguous_bytes()) return Verdict::drop(DropReason::parse_not_contiguous);
    vlan = packet.at<VlanHeader>(frame + sizeof(EthernetHeader))->tci.host() & 0x0fff;
  }
  if (sid.object >= tables.vlan_tables.size() ||
      tables.vlan_tables[sid.object].by_vlan == nullptr) {
    return Verdict::drop(DropReason::lookup_stale_result);
  }
  *interface = tables.vlan_tables[sid.object].by_vlan[vlan];
  if (*interface == kNoInterface) return Verdict::drop(DropReason::end_vlan_unknown);
  if (TableSet::at(tables.interfaces, *interface) == nullptr) {
    return Verdict::drop(DropReason::lookup_stale_result);
  }
  return std::nullopt;
}

static Verdict end_dx2v_step(ForwardContext& context, Packet packet,
                             const LocalSidEntry& sid) noexcept {
  if (const auto refused = check_last_segment(context, packet, sid)) return *refused;  // S01 to S06
  // Upper layer
  if (packet.meta().upper_layer != ip_protocol::kEthernet) {  // S01
    return process_upper_layer(packet);                       // S06
  }
  if (const auto refused = check_frame(packet)) return *refused;
  InterfaceId interface = kNoInterface;
  if (const auto refused = find_interface(context.tables, packet, sid, &interface)) {
    return *refused;  // S03
  }
  expose_frame(packet);                  // S02
  return send_frame(packet, interface);  // S04
}

void behaviors::end_dx2v(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<end_dx2v_step>(context, lanes);
}

}  // namespace sextant
