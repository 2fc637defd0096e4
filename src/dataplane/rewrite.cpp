// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 5, rewrite: the last changes to an IP packet: hop limit, MTU, link-layer header.
#include <sextant/net/checksum.hpp>

#include "forward.hpp"
#include "fragment.hpp"
#include "translate.hpp"
#include "tx.hpp"

namespace sextant {

namespace {

inline void decrement_hop_limit(Packet packet) {
  PacketMeta& meta = packet.meta();
  if (meta.hop_limit_done) return;
  meta.hop_limit_done = true;
  if (meta.kind == PacketKind::kIpv6) {
    --packet.ipv6().hop_limit;
    return;
  }
  decrement_ttl(packet.ipv4());
}

inline std::uint8_t hop_limit_of(Packet packet) {
  return packet.meta().kind == PacketKind::kIpv6 ? packet.ipv6().hop_limit : packet.ipv4().ttl;
}

// Hop limit or TTL that does not allow another hop.
inline bool is_expired(Packet packet) {
  return !packet.meta().hop_limit_done && hop_limit_of(packet) <= 1;
}

// The packet is complete but for the MAC address of the next hop: the control thread finds it.
[[gnu::noinline]] Verdict wait_for_neighbor(Packet packet, PuntReason reason) {
  packet.meta().punt_reason = reason;
  packet.meta().object = packet.meta().result.index();
  return Verdict::punt();
}

bool must_not_fragment(Packet packet) {
  return packet.meta().kind == PacketKind::kIpv6 || is_dont_fragment(packet);
}

// IPv6 and DF answer with Packet Too Big; other IPv4 packets are cut into pieces, which come back
// to this stage in lanes of their own.
[[gnu::noinline]] Verdict too_big(ForwardContext& context, Packet packet, std::uint16_t mtu) {
  if (must_not_fragment(packet)) {
    return Verdict::drop(DropReason::forward_packet_too_big, IcmpError::kPacketTooBig, mtu);
  }
  Fragments pieces;
  decrement_hop_limit(packet);
  if (!fragment_ipv4(context, packet, mtu, RTE_PKTMBUF_HEADROOM, pieces)) {
    return Verdict::drop(DropReason::replicate_no_mbuf);
  }
  for (const Lane piece : pieces.lanes())
    route(context, piece, Verdict::transmit());
  return Verdict::transmit();
}

[[gnu::always_inline]] inline Verdict check_and_decrement(ForwardContext& context, Packet packet,
                                                          std::uint16_t mtu) {
  if (unlikely(is_expired(packet))) {
    return Verdict::drop(DropReason::forward_hop_limit_exceeded, IcmpError::kTimeExceeded);
  }
  if (unlikely(packet.bytes() > mtu)) return too_big(context, packet, mtu);
  decrement_hop_limit(packet);
  return Verdict::transmit();
}

// 14 or 18 bytes by moves that overlap.
void copy_link_header(std::uint8_t* to, const std::uint8_t* from, std::size_t bytes) {
  std::memcpy(to, from, 8);
  std::memcpy(to + bytes - 8, from + bytes - 8, 8);
  if (unlikely(bytes == 18)) std::memcpy(to + 8, from + 8, 2);
}

[[gnu::always_inline]] inline Verdict push_link_header(Packet packet,
                                                       const AdjacencyEntry& adjacency) {
  const std::uint8_t bytes = adjacency.header_bytes;
  std::uint8_t* front = packet.push_front(bytes);
  if (unlikely(front == nullptr)) return Verdict::drop(DropReason::headend_no_headroom);
  copy_link_header(front, adjacency.header.data(), bytes);
  if (packet.meta().kind == PacketKind::kIpv4) {
    const Be16 type(ether_type::kIpv4);
    std::memcpy(front + bytes - sizeof type, &type, sizeof type);
  }
  packet.meta().tx_interface = adjacency.interface;
  return Verdict::transmit_frame();
}

// Connected destinations without an adjacency.
[[gnu::noinline]] Verdict glean(ForwardContext& context, Packet packet) {
  const LookupResult result = packet.meta().result;
  const InterfaceEntry* interface = TableSet::at(context.tables.interfaces, result.index());
  if (interface == nullptr) return Verdict::drop(DropReason::lookup_stale_result);
  const Verdict checked = check_and_decrement(context, packet, interface->mtu);
  return checked.next() == Next::kTransmit ? wait_for_neighbor(packet, PuntReason::kGlean)
                                           : checked;
}

// To the backend of a service. Not before its next hop is known: a packet that waits comes here
// again. Nor when it gets no further than here: an ICMP error quotes it as its client knows it.
std::optional<DropReason> translate(ForwardContext& context, Packet packet,
                                    const AdjacencyEntry& adjacency) {
  if (packet.meta().translated || !adjacency.resolved || is_expired(packet)) return std::nullopt;
  if (packet.bytes() > adjacency.mtu && must_not_fragment(packet)) return std::nullopt;
  const auto reason = translate_to_backend(context, packet, adjacency.interface);
  packet.meta().translated = !reason;
  return reason;
}

// The adjacency of the packets before; most of a burst have the same.
struct NextHop {
  LookupResult result;
  const AdjacencyEntry* adjacency = nullptr;
};

[[gnu::always_inline]] inline Verdict rewrite_one(ForwardContext& context, Lane lane,
                                                  NextHop& hop) {
  const Packet packet = context.burst.packet(lane);
  const LookupResult result = packet.meta().result;
  if (unlikely(!(result == hop.result))) {
    if (result.kind() == LookupResult::Kind::kGlean) return glean(context, packet);
    hop = {result, TableSet::at(context.tables.adjacencies, result.index())};
  }
  if (unlikely(hop.adjacency == nullptr)) return Verdict::drop(DropReason::lookup_stale_result);
  if (unlikely(hop.adjacency->translates)) {
    if (const auto reason = translate(context, packet, *hop.adjacency)) {
      return Verdict::drop(*reason);
    }
  }
  const Verdict checked = check_and_decrement(context, packet, hop.adjacency->mtu);
  if (unlikely(checked.next() != Next::kTransmit)) return checked;
  return likely(hop.adjacency->resolved) ? push_link_header(packet, *hop.adjacency)
                                         : wait_for_neighbor(packet, PuntReason::kResolve);
}

}  // namespace

void rewrite(ForwardContext& context) noexcept {
  Burst& burst = context.burst;
  LaneList& waiting = context.lcore.stage_lanes;
  const bool traced = context.lcore.tracer != nullptr;
  NextHop hop;
  Egress egress(context);
  while (!burst.to_transmit.empty()) {
    waiting.take(burst.to_transmit);
    for (const Lane lane : waiting.lanes()) {
      const Verdict verdict = rewrite_one(context, lane, hop);
      if (unlikely(verdict.next() != Next::kTransmitFrame)) {
        route(context, lane, verdict);
        continue;
      }
      // The frame is complete: what tx() would do can be done at once, while it is at hand.
      const Packet packet = burst.packet(lane);
      if (likely(!traced && egress.go_to(packet.meta().tx_interface))) {
        egress.send(packet);
      } else {
        burst.to_transmit_frame.add(lane);
      }
    }
  }
}

}  // namespace sextant
