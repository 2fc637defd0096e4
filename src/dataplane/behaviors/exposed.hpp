// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Shared steps at the end of a segment list: upper layer and decapsulation. What every packet
// passes is inline; exposed.cpp holds what few do.
#pragma once

#include "dataplane/ecn.hpp"
#include "segment.hpp"

namespace sextant {

// RFC 8986 section 4.1.1. ICMPv6 is allowed by local configuration (RFC 9259: ping to a SID) and
// goes to the control thread; anything else is answered with the error, and counted under reason.
Verdict process_upper_layer(Packet packet,
                            DropReason reason = DropReason::end_upper_layer_unexpected) noexcept;

// S01 to S06 of the decapsulating behaviors (RFC 8986 section 4.4): nothing may be left to travel
// to.
inline Refusal<Verdict> check_last_segment(ForwardContext& context, Packet packet,
                                           const LocalSidEntry& sid) noexcept {
  if (has_csid_argument(packet, sid)) return Verdict::drop(DropReason::end_argument_nonzero);
  SpentHeaders spent;
  // S01
  if (const auto refused = select_srh(context, packet, sid, &spent)) return refused;
  // S02 to S04
  if (unlikely(has_segments_left(packet))) {
    return Verdict::drop(DropReason::end_segments_left_nonzero, IcmpError::kErroneousHeader,
                         packet.meta().srh_offset + offsetof(Srh, segments_left));
  }
  return std::nullopt;  // S05
}

// The rest of check_inner(): for a packet that is not ordinary.
Refusal<DropReason> check_odd_inner(Packet packet, PacketKind kind) noexcept;

// Checks the packet that data starts at now: the inner one.
inline Refusal<DropReason> check_inner(Packet packet, PacketKind kind) {
  const std::uint32_t header = kind == PacketKind::kIpv6 ? sizeof(Ipv6Header) : sizeof(Ipv4Header);
  if (likely(packet.contiguous_bytes() >= header)) {
    const bool ordinary = kind == PacketKind::kIpv6 ? is_ordinary(packet.ipv6(), packet.bytes())
                                                    : is_ordinary(packet.ipv4(), packet.bytes());
    if (likely(ordinary)) return std::nullopt;
  }
  return check_odd_inner(packet, kind);
}

// Data starts at another packet from here on: what was known of the outer one is void.
inline void note_exposed(Packet packet, PacketKind kind) {
  PacketMeta& meta = packet.meta();
  meta.kind = kind;
  meta.clear_chain();
  meta.has_flow_hash = false;
  meta.hop_limit_done = false;
  meta.local_origin = false;
  meta.link_local = kind == PacketKind::kIpv6 && has_link_local(packet.ipv6());
}

// Writes the ECN field of the packet that data starts at.
void set_ecn(Packet packet, PacketKind kind, std::uint8_t field) noexcept;

// Removes the outer header with all its extension headers, after checking the packet inside. Its
// ECN field becomes what RFC 6040 says. kind: kIpv6 or kIpv4.
inline Refusal<Verdict> expose_packet(Packet packet, PacketKind kind) noexcept {
  const std::uint32_t outer_bytes = packet.meta().upper_layer_offset;
  const std::uint8_t outer_ecn = packet.ipv6().traffic_class() & ecn::kMask;
  packet.cut_front(outer_bytes);
  auto refused = check_inner(packet, kind);
  if (likely(!refused)) {
    const auto field =
        kind == PacketKind::kIpv6 ? packet.ipv6().traffic_class() : packet.ipv4().tos;
    const std::uint8_t before = field & ecn::kMask;
    const auto decided = ecn::decapsulate(outer_ecn, before);
    if (likely(!decided.drop)) {
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

// Whether USD applies (RFC 8986 section 4.16.3), and its S02; the behavior then forwards.
bool is_ultimate_decapsulation(Packet packet, const LocalSidEntry& sid) noexcept;
Refusal<Verdict> expose_packet(Packet packet) noexcept;

// The same for a frame, in two steps: what depends on the frame is checked in between.
inline Refusal<Verdict> check_frame(Packet packet) noexcept {
  const std::uint32_t end = packet.meta().upper_layer_offset + sizeof(EthernetHeader);
  if (likely(end <= packet.contiguous_bytes())) return std::nullopt;
  return Verdict::drop(end > packet.bytes() ? DropReason::end_inner_malformed
                                            : DropReason::parse_not_contiguous);
}
inline void expose_frame(Packet packet) noexcept {
  packet.cut_front(packet.meta().upper_layer_offset);
  note_exposed(packet, PacketKind::kFrame);
}

}  // namespace sextant
