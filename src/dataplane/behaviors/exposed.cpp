// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Shared steps at the end of a segment list: upper layer, decapsulation, and the ways out.
#include <sextant/net/checksum.hpp>

#include "common.hpp"
#include "dataplane/ecn.hpp"
#include "dataplane/parse.hpp"

namespace sextant {

namespace {

// Checks the packet that data starts at now: the inner one.
std::optional<DropReason> check_inner(Packet packet, PacketKind kind) {
  const auto malformed = kind == PacketKind::kIpv6 ? check_ipv6(packet) : check_ipv4(packet);
  // What is spread over segments is not wrong, only out of reach.
  if (malformed == DropReason::parse_not_contiguous) return malformed;
  if (malformed) return DropReason::end_inner_malformed;
  const bool multicast = kind == PacketKind::kIpv6 ? packet.ipv6().destination.is_multicast()
                                                   : packet.ipv4().destination.is_multicast();
  if (!multicast) return std::nullopt;
  return kind == PacketKind::kIpv6 ? DropReason::parse_ipv6_multicast
                                   : DropReason::parse_ipv4_multicast;
}

std::uint8_t inner_ecn(Packet packet, PacketKind kind) {
  return kind == PacketKind::kIpv6 ? packet.ipv6().traffic_class() : packet.ipv4().tos;
}

void set_ecn(Packet packet, PacketKind kind, std::uint8_t field) {
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

// Data starts at another packet from here on: what was known of the outer one is void.
void note_exposed(Packet packet, PacketKind kind) {
  PacketMeta& meta = packet.meta();
  meta.kind = kind;
  meta.clear_chain();
  meta.has_flow_hash = false;
  meta.hop_limit_done = false;
  meta.local_origin = false;
  meta.link_local = kind == PacketKind::kIpv6 && (packet.ipv6().source.is_link_local() ||
                                                  packet.ipv6().destination.is_link_local());
}

}  // namespace

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

std::optional<Verdict> expose_packet(Packet packet, PacketKind kind) noexcept {
  const std::uint32_t outer_bytes = packet.meta().upper_layer_offset;
  const std::uint8_t outer_ecn = packet.ipv6().traffic_class();
  packet.cut_front(outer_bytes);
  auto refused = check_inner(packet, kind);
  if (!refused) {
    const std::uint8_t before = inner_ecn(packet, kind) & ecn::kMask;
    const auto decided = ecn::decapsulate(outer_ecn, before);
    if (!decided.drop) {
      if (unlikely(decided.inner != before)) set_ecn(packet, kind, decided.inner);
      note_exposed(packet, kind);
      return std::nullopt;
    }
    refused = DropReason::end_ecn_congestion;
  }
  // The room is there: it was cut off above.
  (void)packet.push_front(outer_bytes);
  return Verdict::drop(*refused);
}

bool is_ultimate_decapsulation(Packet packet, const LocalSidEntry& sid) noexcept {
  const std::uint8_t upper_layer = packet.meta().upper_layer;
  return (sid.flavors & kUsd) != 0 &&
         (upper_layer == ip_protocol::kIpv6 || upper_layer == ip_protocol::kIpv4);
}

std::optional<Verdict> expose_packet(Packet packet) noexcept {
  const bool is_ipv6 = packet.meta().upper_layer == ip_protocol::kIpv6;
  return expose_packet(packet, is_ipv6 ? PacketKind::kIpv6 : PacketKind::kIpv4);
}

std::optional<Verdict> check_frame(Packet packet) noexcept {
  const std::uint32_t end = packet.meta().upper_layer_offset + sizeof(EthernetHeader);
  if (end > packet.bytes()) return Verdict::drop(DropReason::end_inner_malformed);
  if (end > packet.contiguous_bytes()) return Verdict::drop(DropReason::parse_not_contiguous);
  return std::nullopt;
}

void expose_frame(Packet packet) noexcept {
  packet.cut_front(packet.meta().upper_layer_offset);
  note_exposed(packet, PacketKind::kFrame);
}

Verdict forward_exposed_by(ForwardContext& context, Packet packet, LookupResult forward) noexcept {
  using Kind = LookupResult::Kind;
  const TableSet& tables = context.tables;
  LookupResult way = forward;
  if (way.kind() == Kind::kEcmpGroup && way.index() < tables.ecmp_groups.size() &&
      tables.ecmp_groups[way.index()].slots != nullptr) {
    way = tables.ecmp_groups[way.index()].slots[0];
  }
  InterfaceId interface = kNoInterface;
  if (way.kind() == Kind::kAdjacency) {
    const AdjacencyEntry* adjacency = TableSet::at(tables.adjacencies, way.index());
    if (adjacency != nullptr) interface = adjacency->interface;
  } else if (way.kind() == Kind::kGlean) {
    interface = static_cast<InterfaceId>(way.index());
  }
  const InterfaceEntry* entry = TableSet::at(tables.interfaces, interface);
  if (entry != nullptr) packet.meta().table = entry->table;
  return forward_by(packet, forward);
}

std::optional<Verdict> check_policy(ForwardContext& context, const LocalSidEntry& sid) noexcept {
  const PolicyEntry* policy = TableSet::at(context.tables.policies, sid.object);
  if (policy == nullptr) return Verdict::drop(DropReason::lookup_stale_result);
  if (!policy->valid || policy->list_count == 0) {
    return Verdict::drop(DropReason::end_policy_invalid);
  }
  return std::nullopt;
}

}  // namespace sextant
