// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// An Explainer with tables that nobody else has.
#include "explain_offline.hpp"

#include <cstring>

#include <sextant/net/headers.hpp>
#include <sextant/tables/table_diff.hpp>

#include "dataplane/replay/packet_memory.hpp"
#include "trace_json.hpp"

namespace sextant {

namespace {

constexpr std::uint32_t kMemoryMb = 128;
constexpr std::uint32_t kBuffers = 1023;  // enough for every copy that one packet can become

void address_to_port(const TableSet& set, PacketQuery& query) {
  auto& frame = query.frame;
  if (frame.size() < sizeof(EthernetHeader) || (frame[0] & 1) != 0) return;
  const auto word_at = [&](std::size_t at) { return frame[at] << 8 | frame[at + 1]; };
  constexpr std::size_t kType = offsetof(EthernetHeader, type);
  std::uint16_t vlan = 0;
  if (word_at(kType) == ether_type::kVlan && frame.size() >= kType + 2 + sizeof(VlanHeader)) {
    vlan = word_at(kType + 2) & 0xfff;
  }
  InterfaceId id = kNoInterface;
  const InterfaceEntry* const interface = set.interface_of(query.port, vlan, &id);
  if (interface == nullptr || interface->role != InterfaceRole::kRouted) return;
  std::memcpy(frame.data(), interface->mac.bytes.data(), interface->mac.bytes.size());
}

}  // namespace

Result<nlohmann::json> explain_offline(const ForwardingTables& tables,
                                       const std::vector<std::string>& ports, const Query& query) {
  auto packet = read_packet(query, {tables, ports});
  if (!packet) return packet.error();
  if (auto status = start_private_eal(kMemoryMb); !status) return status.error();
  auto memory = PacketMemory::create(kBuffers);
  if (!memory) return memory.error();
  TableSet set;
  if (auto status = set.apply(diff({}, tables)); !status) return status.error();
  address_to_port(set, *packet);
  Explainer explainer(memory->pool());
  auto explanation = explainer.explain(set, packet->port, packet->frame, nullptr);
  if (!explanation) return explanation.error();
  return explanation_json(*explanation, packet->frame, {tables, ports});
}

}  // namespace sextant
