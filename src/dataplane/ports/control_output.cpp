// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Packets of the control thread on their way out.
#include "control_output.hpp"

#include <sextant/net/headers.hpp>

namespace sextant {

Result<std::unique_ptr<ControlOutput>> ControlOutput::create(const RcuPublisher& publisher,
                                                             rte_ring* inject,
                                                             KernelMac kernel_mac) {
  std::unique_ptr<ControlOutput> output(
      new ControlOutput(publisher, inject, std::move(kernel_mac)));
  if (auto status = output->storage_.attach(output->counters_); !status) return status.error();
  return output;
}

bool ControlOutput::hand_over(InjectInfo info, rte_mbuf* packet) {
  info.store(packet);
  if (rte_ring_sp_enqueue(inject_, packet) == 0) return true;
  count_drop(DropReason::inject_queue_full, packet);
  return false;
}

void ControlOutput::send_frame(InterfaceId interface, rte_mbuf* frame) {
  const InterfaceEntry* const entry = TableSet::at(publisher_.current().interfaces, interface);
  if (entry == nullptr) return count_drop(DropReason::lookup_stale_result, frame);
  const std::uint32_t bytes = frame->pkt_len;
  if (hand_over({InjectInfo::Kind::kFrame, entry->port}, frame)) {
    counters_.of(counters_.interfaces_tx, interface).add(1, bytes);
  }
}

void ControlOutput::inject(TableId table, rte_mbuf* packet) {
  hand_over({InjectInfo::Kind::kPacket, table}, packet);
}

void ControlOutput::resend(AdjacencyId adjacency, rte_mbuf* packet) {
  hand_over({InjectInfo::Kind::kAdjacency, adjacency}, packet);
}

void ControlOutput::to_exception(TableId table, rte_mbuf* packet) {
  const TableSet& tables = publisher_.current();
  const InterfaceId id =
      table < tables.exception_interface.size() ? tables.exception_interface[table] : kNoInterface;
  const InterfaceEntry* const entry = TableSet::at(tables.interfaces, id);
  if (entry == nullptr || packet->data_len == 0) {
    return count_drop(DropReason::local_protocol_unserved, packet);
  }
  const bool ipv6 = *rte_pktmbuf_mtod(packet, const std::uint8_t*) >> 4 == 6;
  const bool tagged = entry->vlan != 0;
  const std::size_t bytes = sizeof(EthernetHeader) + (tagged ? sizeof(VlanHeader) : 0);
  auto* const header = reinterpret_cast<EthernetHeader*>(
      rte_pktmbuf_prepend(packet, static_cast<std::uint16_t>(bytes)));
  if (header == nullptr) return count_drop(DropReason::headend_no_headroom, packet);
  const std::uint16_t type = ipv6 ? ether_type::kIpv6 : ether_type::kIpv4;
  header->destination = kernel_mac_(entry->port);
  // Unknown: a kernel takes broadcast for what its addresses do, but for TCP.
  if (header->destination.is_zero()) header->destination.bytes.fill(0xff);
  header->source = entry->mac;
  header->type = Be16(tagged ? ether_type::kVlan : type);
  if (tagged) {
    auto* const tag = reinterpret_cast<VlanHeader*>(header + 1);
    tag->tci = Be16(entry->vlan);
    tag->type = Be16(type);
  }
  send_frame(id, packet);
}

void ControlOutput::count_drop(DropReason reason, rte_mbuf* packet) {
  counters_.drops[static_cast<std::size_t>(reason)].add(1, packet->pkt_len);
  rte_pktmbuf_free(packet);
}

}  // namespace sextant
