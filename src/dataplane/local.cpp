// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Local delivery: what the forwarder serves itself, and the exception path to the kernel.
#include "local.hpp"

#include "parse.hpp"
#include "translate.hpp"

namespace sextant {

namespace {

// What an own address answers to a protocol that nobody serves: a port that is closed for UDP and
// TCP, a header that is not recognized for the rest.
Verdict unserved(const PacketMeta& meta, std::uint8_t protocol) {
  const bool has_ports = protocol == ip_protocol::kUdp || protocol == ip_protocol::kTcp;
  if (has_ports) {
    return Verdict::drop(DropReason::local_protocol_unserved, IcmpError::kPortUnreachable);
  }
  return Verdict::drop(DropReason::local_protocol_unserved, IcmpError::kUnrecognizedNextHeader,
                       meta.kind == PacketKind::kIpv6 ? meta.upper_layer_named_at : 0u);
}

Verdict deliver(ForwardContext& context, Packet packet, std::uint8_t protocol, bool fragment) {
  const PacketMeta& meta = packet.meta();
  const std::uint8_t icmp =
      meta.kind == PacketKind::kIpv6 ? ip_protocol::kIcmp6 : ip_protocol::kIcmp;
  if (protocol == icmp && !fragment) {
    packet.meta().punt_reason = PuntReason::kLocal;
    return Verdict::punt();
  }
  const auto& exceptions = context.tables.exception_interface;
  if (meta.table < exceptions.size() && exceptions[meta.table] != kNoInterface) {
    return to_exception(context, packet, meta.table);
  }
  return fragment ? Verdict::drop(DropReason::local_fragment) : unserved(meta, protocol);
}

}  // namespace

Verdict deliver_local(ForwardContext& context, Packet packet) noexcept {
  if (packet.meta().kind == PacketKind::kIpv4) {
    const Ipv4Header& ip = packet.ipv4();
    constexpr std::uint16_t kAnyFragment = Ipv4Header::kMoreFragments | Ipv4Header::kOffsetMask;
    return deliver(context, packet, ip.protocol, (ip.fragment.host() & kAnyFragment) != 0);
  }
  if (const auto malformed = parse_ipv6_chain(packet)) return Verdict::drop(*malformed);
  const PacketMeta& meta = packet.meta();
  // RFC 8754 section 4.3.2: an own address that is not a SID ignores a spent routing header and
  // refuses any other.
  if (const Srh* srh = packet.srh(); srh != nullptr && srh->segments_left != 0) {
    return Verdict::drop(DropReason::local_srh_not_sid, IcmpError::kErroneousHeader,
                         meta.srh_offset + offsetof(Srh, routing_type));
  }
  return deliver(context, packet, meta.upper_layer, meta.fragment);
}

Verdict to_exception(ForwardContext& context, Packet packet, TableId table) noexcept {
  const auto& exceptions = context.tables.exception_interface;
  if (table >= exceptions.size() || exceptions[table] == kNoInterface) {
    return Verdict::drop(DropReason::local_no_exception);
  }
  const InterfaceEntry& interface = context.tables.interfaces[exceptions[table]];
  if (unlikely(interface.translates)) {
    if (const auto reason = translate_to_backend(context, packet, exceptions[table])) {
      return Verdict::drop(*reason);
    }
  }
  std::uint8_t* front = packet.push_front(sizeof(EthernetHeader));
  if (front == nullptr) return Verdict::drop(DropReason::headend_no_headroom);
  PacketMeta& meta = packet.meta();
  auto& ethernet = *packet.at<EthernetHeader>(0);
  ethernet.destination = interface.kernel_mac;
  ethernet.source = interface.mac;
  ethernet.type = Be16(meta.kind == PacketKind::kIpv6 ? ether_type::kIpv6 : ether_type::kIpv4);
  meta.kind = PacketKind::kFrame;
  meta.tx_interface = exceptions[table];
  return Verdict::transmit_frame();
}

}  // namespace sextant
