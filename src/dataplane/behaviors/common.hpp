// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Steps that several endpoint behaviors share. Whatever may refuse a packet leaves its bytes as
// they were received, so that an ICMP error quotes those; whatever changes it cannot fail.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "dataplane/forward.hpp"
#include "dataplane/hmac.hpp"

namespace sextant {

// --- Segment routing headers

// A segment that must not become the destination of a packet on a link (RFC 4291, RFC 8754).
inline bool is_martian_destination(const Ipv6Address& segment) {
  return segment.is_multicast() ||
         (segment.raw_high() == 0 && (segment.is_unspecified() || segment.is_loopback()));
}

// Routing headers that were used up when the packet came here. There may be several: an SRH that
// was inserted on the way stands before the one of the source (H.Insert, End.B6.Insert).
struct SpentHeaders {
  struct Place {
    std::uint16_t offset;
    std::uint16_t named_at;  // see PacketMeta::srh_named_at
  };
  unsigned count = 0;
  std::array<Place, 8> places;  // as many extension headers as parse_ipv6_chain() lets pass
};

// The rest of select_srh(): when the first routing header is spent or of another type.
std::optional<Verdict> select_srh_behind(ForwardContext& context, Packet packet,
                                         const LocalSidEntry& sid, SpentHeaders* spent) noexcept;

// S01, S02: makes packet.srh() the routing header with segments left, if there is one; spent ones
// are passed over, since their next header is processed next. Without any it checks the HMAC that
// the SID may require, so that only the upper layer is left to be looked at.
inline std::optional<Verdict> select_srh(ForwardContext& context, Packet packet,
                                         const LocalSidEntry& sid, SpentHeaders* spent) noexcept {
  const Srh* srh = packet.srh();
  if (srh == nullptr) return verify_hmac(context, packet, sid);
  if (likely(srh->segments_left != 0 && srh->routing_type == kRoutingTypeSegmentRouting)) {
    return std::nullopt;
  }
  return select_srh_behind(context, packet, sid, spent);
}

// Whether S05 and on apply: true after select_srh() when a segment is left.
inline bool has_segments_left(Packet packet) {
  const Srh* srh = packet.srh();
  return srh != nullptr && srh->segments_left != 0;
}

// S05 to S11: hop limit, lengths and Segments Left; then the TLVs, the HMAC that the SID may
// require, and the next segment itself.
std::optional<Verdict> check_next_segment(ForwardContext& context, Packet packet,
                                          const LocalSidEntry& sid) noexcept;

// S12 to S14, and S14.1 to S14.5 with PSP.
void next_segment(Packet packet, Flavors flavors) noexcept;

// USP, RFC 8986 section 4.16.2 S03.1 to S03.3: takes the spent SRHs out of the packet.
void pop_all(Packet packet, const SpentHeaders& spent) noexcept;
inline void pop_spent(Packet packet, const LocalSidEntry& sid, const SpentHeaders& spent) noexcept {
  if (unlikely((sid.flavors & kUsp) != 0)) pop_all(packet, spent);
}

// --- NEXT-CSID, RFC 9800 section 4.1

// N01: whether C-SIDs of the container are left behind the one that led here.
bool has_argument(Packet packet, const LocalSidEntry& sid) noexcept;
inline bool has_csid_argument(Packet packet, const LocalSidEntry& sid) noexcept {
  return (sid.flavors & kNextCsid) != 0 && has_argument(packet, sid);
}

// N02 to N07: checks, then moves the argument up behind the locator block.
std::optional<Verdict> shift_csid(ForwardContext& context, Packet packet,
                                  const LocalSidEntry& sid) noexcept;

// --- Upper layer and decapsulation

// RFC 8986 section 4.1.1. ICMPv6 is allowed by local configuration (RFC 9259: ping to a SID) and
// goes to the control thread; anything else is answered with the error, and counted under reason.
Verdict process_upper_layer(Packet packet,
                            DropReason reason = DropReason::end_upper_layer_unexpected) noexcept;

// S01 to S06 of the decapsulating behaviors (RFC 8986 section 4.4): nothing may be left to travel
// to.
inline std::optional<Verdict> check_last_segment(ForwardContext& context, Packet packet,
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

// Removes the outer header with all its extension headers, after checking the packet inside. Its
// ECN field becomes what RFC 6040 says. kind: kIpv6 or kIpv4.
std::optional<Verdict> expose_packet(Packet packet, PacketKind kind) noexcept;

// Whether USD applies (RFC 8986 section 4.16.3), and its S02; the behavior then forwards.
bool is_ultimate_decapsulation(Packet packet, const LocalSidEntry& sid) noexcept;
std::optional<Verdict> expose_packet(Packet packet) noexcept;

// The same for a frame, in two steps: what depends on the frame is checked in between.
std::optional<Verdict> check_frame(Packet packet) noexcept;
void expose_frame(Packet packet) noexcept;

// --- The way out

// S15 of End.X: by the adjacency, group of adjacencies or connected subnet of the SID.
inline Verdict forward_by(Packet packet, LookupResult forward) noexcept {
  packet.meta().result = forward;
  return Verdict::dispatch();
}

// The same for an exposed packet; what may still be sent about it, such as Packet Too Big, belongs
// to the table of the interface that it leaves by.
Verdict forward_exposed_by(ForwardContext& context, Packet packet, LookupResult forward) noexcept;

// S15 of End.T: by a lookup in this table.
inline Verdict forward_in(Packet packet, TableId table) noexcept {
  packet.meta().table = table;
  return Verdict::lookup();
}

// A frame leaves by an interface, as it is. The interface was checked.
inline Verdict send_frame(Packet packet, InterfaceId interface) noexcept {
  packet.meta().tx_interface = interface;
  return Verdict::transmit_frame();
}

// S15 and on of End.B6: whether the SID's policy takes packets now; to be asked before any change.
std::optional<Verdict> check_policy(ForwardContext& context, const LocalSidEntry& sid) noexcept;

}  // namespace sextant
