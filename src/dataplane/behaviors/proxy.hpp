// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Steps that the SR proxies share (draft-ietf-spring-sr-service-programming section 6).
#pragma once

#include "common.hpp"

namespace sextant {

// How the header before it names a packet of this type.
constexpr std::uint8_t protocol_of(InnerType inner) {
  switch (inner) {
    case InnerType::kIpv4: return ip_protocol::kIpv4;
    case InnerType::kEthernet: return ip_protocol::kEthernet;
    default: return ip_protocol::kIpv6;
  }
}

constexpr PacketKind kind_of(InnerType inner) {
  switch (inner) {
    case InnerType::kIpv4: return PacketKind::kIpv4;
    case InnerType::kEthernet: return PacketKind::kFrame;
    default: return PacketKind::kIpv6;
  }
}

// What is inside must be what the function of the SID takes. Unlike process_upper_layer() this
// never serves ICMPv6: with segments left the packet is not for this node.
inline Refusal<Verdict> check_inner_type(Packet packet, const LocalSidEntry& sid) {
  const PacketMeta& meta = packet.meta();
  if (meta.fragment) return Verdict::drop(DropReason::end_fragment);
  if (meta.upper_layer == protocol_of(sid.inner)) return std::nullopt;
  return Verdict::drop(DropReason::end_upper_layer_unexpected, IcmpError::kSrUpperLayer,
                       meta.upper_layer_offset);
}

// Takes the outer headers off, after checking what is inside.
inline Refusal<Verdict> expose_inner(Packet packet, const LocalSidEntry& sid) {
  if (sid.inner != InnerType::kEthernet) return expose_packet(packet, kind_of(sid.inner));
  if (const auto refused = check_frame(packet)) return refused;
  expose_frame(packet);
  return std::nullopt;
}

// To the service function.
inline Verdict send_to_function(ForwardContext& context, Packet packet, const LocalSidEntry& sid) {
  return sid.inner == InnerType::kEthernet ? send_frame(packet, sid.interface)
                                           : forward_exposed_by(context, packet, sid.forward);
}

}  // namespace sextant
