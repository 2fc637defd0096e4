// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Shared steps at the end of a segment list, the rarer part; and the ways out.
#include "exposed.hpp"

#include <sextant/net/checksum.hpp>

#include "common.hpp"

namespace sextant {

Verdict process_upper_layer(Packet packet, DropReason reason) noexcept {
  PacketMeta& meta = packet.meta();
  // Nobody reassembles at a SID, and the first fragment alone says nothing about the rest.
  if (meta.fragment) return Verdict::drop(DropReason::end_fragment);
  // S01, S02
  if (meta.upper_layer == ip_protocol::kIcmp6) {
    meta.punt_reason = PuntReason::kLocal;
    return Verdict::punt();
  }
  // S03, S04
  return Verdict::drop(reason, IcmpError::kSrUpperLayer, meta.upper_layer_offset);
}

Refusal<DropReason> check_odd_inner(Packet packet, PacketKind kind) noexcept {
  const bool is_ipv6 = kind == PacketKind::kIpv6;
  if (const auto malformed = is_ipv6 ? check_ipv6(packet) : check_ipv4(packet)) {
    // What is spread over segments is not wrong, only out of reach.
    return *malformed == DropReason::parse_not_contiguous ? *malformed
                                                          : DropReason::end_inner_malformed;
  }
  if (is_ipv6 && packet.ipv6().destination.is_multicast()) return DropReason::parse_ipv6_multicast;
  if (!is_ipv6 && packet.ipv4().destination.is_multicast()) return DropReason::parse_ipv4_multicast;
  return std::nullopt;
}

void set_ecn(Packet packet, PacketKind kind, std::uint8_t field) noexcept {
  if (kind == PacketKind::kIpv6) {
    // The low bits of the traffic class lie in the upper half of the second byte.
    std::uint8_t& byte = packet.data()[1];
    byte = static_cast<std::uint8_t>((byte & ~(ecn::kMask << 4)) | field << 4);
    return;
  }
  Ipv4Header& ip = packet.ipv4();
  const auto word = [&] { return Be16(static_cast<std::uint16_t>(ip.version_ihl << 8 | ip.tos)); };
  const Be16 before = word();
  ip.tos = static_cast<std::uint8_t>((ip.tos & ~ecn::kMask) | field);
  ip.checksum = checksum_update(ip.checksum, before, word());
}

bool is_ultimate_decapsulation(Packet packet, const LocalSidEntry& sid) noexcept {
  const std::uint8_t upper_layer = packet.meta().upper_layer;
  return (sid.flavors & kUsd) != 0 &&
         (upper_layer == ip_protocol::kIpv6 || upper_layer == ip_protocol::kIpv4);
}

Refusal<Verdict> expose_packet(Packet packet) noexcept {
  const bool is_ipv6 = packet.meta().upper_layer == ip_protocol::kIpv6;
  return expose_packet(packet, is_ipv6 ? PacketKind::kIpv6 : PacketKind::kIpv4);
}

Verdict forward_exposed_by_other(ForwardContext& context, Packet packet,
                                 LookupResult forward) noexcept {
  using Kind = LookupResult::Kind;
  const TableSet& tables = context.tables;
  LookupResult way = forward;
  if (way.kind() == Kind::kEcmpGroup && way.index() < tables.ecmp_groups.size() &&
      tables.ecmp_groups[way.index()].slots != nullptr) {
    way = tables.ecmp_groups[way.index()].slots[0];
  }
  if (way.kind() == Kind::kAdjacency && way.index() < tables.adjacencies.size()) {
    packet.meta().table = tables.adjacencies[way.index()].table;
  } else if (way.kind() == Kind::kGlean) {
    const InterfaceEntry* entry = TableSet::at(tables.interfaces, way.index());
    if (entry != nullptr) packet.meta().table = entry->table;
  }
  return forward_by(packet, forward);
}

Refusal<Verdict> check_policy(ForwardContext& context, const LocalSidEntry& sid) noexcept {
  const PolicyEntry* policy = TableSet::at(context.tables.policies, sid.object);
  if (policy == nullptr) return Verdict::drop(DropReason::lookup_stale_result);
  if (!policy->valid || policy->list_count == 0) {
    return Verdict::drop(DropReason::end_policy_invalid);
  }
  return std::nullopt;
}

}  // namespace sextant
