// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Steps that headends share: checks before the push, and the push itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include <sextant/net/checksum.hpp>

#include "dataplane/ecn.hpp"
#include "dataplane/flow_hash.hpp"
#include "dataplane/forward.hpp"
#include "dataplane/fragment.hpp"
#include "dataplane/hmac.hpp"
#include "headend_function.hpp"

namespace sextant::headends {

inline constexpr std::uint32_t kMaxPayloadLength = 65535;
inline constexpr std::uint32_t kIpv6MinMtu = 1280;  // RFC 8200 section 5
inline constexpr std::uint32_t kIpv4MinMtu = 68;    // RFC 791 section 3.2
// Headroom that fragments get beyond the rewrite: the link-layer header comes next.
inline constexpr std::uint32_t kLinkHeadroom = 32;

// Whether forwarding this packet still has to decrement its hop limit.
inline bool is_forwarded(const PacketMeta& meta) {
  return !meta.local_origin && !meta.hop_limit_done;
}

// RFC 8986 section 5.1: encapsulation is preceded by ordinary forwarding, which decrements.
inline Refusal<Verdict> check_hop_limit(Packet packet) {
  if (!is_forwarded(packet.meta())) return std::nullopt;
  const bool is_v4 = packet.meta().kind == PacketKind::kIpv4;
  if ((is_v4 ? packet.ipv4().ttl : packet.ipv6().hop_limit) > 1) return std::nullopt;
  return Verdict::drop(DropReason::headend_hop_limit_exceeded, IcmpError::kTimeExceeded);
}

// Needs check_hop_limit() before.
inline void decrement_hop_limit(Packet packet) {
  if (!is_forwarded(packet.meta())) return;
  if (packet.meta().kind == PacketKind::kIpv6) {
    --packet.ipv6().hop_limit;
    return;
  }
  decrement_ttl(packet.ipv4());
}

inline bool is_too_big(Packet packet, const SegmentListEntry& list) {
  return list.path_mtu != 0 && packet.bytes() + list.rewrite_bytes > list.path_mtu;
}

// Bytes that an inner packet may have.
inline std::uint32_t inner_mtu(const SegmentListEntry& list) {
  return list.path_mtu > list.rewrite_bytes
             ? static_cast<std::uint32_t>(list.path_mtu - list.rewrite_bytes)
             : 0;
}

// The drop of a packet that would exceed the path MTU. An IPv6 sender is never told less than 1280;
// when even that does not fit, an error could not help it: counted, not answered.
[[gnu::noinline]] inline Verdict drop_too_big(Packet packet, const SegmentListEntry& list) {
  constexpr DropReason kReason = DropReason::forward_packet_too_big;
  switch (packet.meta().kind) {
    case PacketKind::kIpv6:
      if (packet.bytes() <= kIpv6MinMtu) return Verdict::drop(kReason);
      return Verdict::drop(kReason, IcmpError::kPacketTooBig,
                           std::max(inner_mtu(list), kIpv6MinMtu));
    case PacketKind::kIpv4:
      return Verdict::drop(kReason, IcmpError::kPacketTooBig,
                           std::max(inner_mtu(list), kIpv4MinMtu));
    default: return Verdict::drop(kReason);
  }
}

// What must hold before the rewrite is put in front.
inline Refusal<Verdict> check_push(Packet packet, const SegmentListEntry& list) {
  if (packet.bytes() + list.rewrite_bytes > sizeof(Ipv6Header) + kMaxPayloadLength) {
    return Verdict::drop(DropReason::headend_payload_too_long);
  }
  if (!packet.can_push_front(list.rewrite_bytes)) {
    return Verdict::drop(DropReason::headend_no_headroom);
  }
  return std::nullopt;
}

// The packet is one of this node now, and its next hop is known already.
inline Verdict send_on(Packet packet, const SegmentListEntry& list, bool local_origin) {
  PacketMeta& meta = packet.meta();
  meta.kind = PacketKind::kIpv6;
  meta.clear_chain();
  meta.trusted = true;
  meta.link_local = false;
  meta.from_function = false;
  meta.binding_insert = false;
  meta.hop_limit_done = true;
  meta.local_origin = local_origin;
  meta.result = list.first_hop;
  meta.table = list.egress_table;
  return way_out(packet);
}

inline void write_hmac_if_keyed(ForwardContext& context, Packet packet, std::size_t srh_offset,
                                const SegmentListEntry& list) {
  if (likely(list.hmac_key >= context.tables.hmac_keys.size())) return;
  if (list.srh_len < srh_bytes(1) + sizeof(HmacTlv)) return;
  write_hmac(context.tables.hmac_keys[list.hmac_key], packet.ipv6(), *packet.at<Srh>(srh_offset));
}

// Copies a rewrite, which is a multiple of 8 bytes long and at least an IPv6 header.
inline void copy_rewrite(std::uint8_t* to, const SegmentListEntry& list) {
  const std::uint8_t* from = list.rewrite.data();
  const std::uint32_t bytes = list.rewrite_bytes;
  std::memcpy(to, from, 16);
  std::memcpy(to + 16, from + 16, 16);
  // The rest from its end on: the last move may overlap what is there.
  for (std::uint32_t left = bytes - 32; left > 16; left -= 16)
    std::memcpy(to + bytes - left, from + bytes - left, 16);
  std::memcpy(to + bytes - 16, from + bytes - 16, 16);
}

// Puts outer header and SRH in front; everything was checked. inner_class: traffic class (or TOS)
// of the inner packet, 0 for frames. RFC 6040 section 4.1, normal mode: ECN is copied in any case.
inline Verdict push_outer(ForwardContext& context, Packet packet, const SegmentListEntry& list,
                          std::uint8_t inner_class, std::uint8_t protocol) {
  const std::uint32_t label = flow_label_of(flow_hash(packet));
  const std::uint8_t fixed =
      static_cast<std::uint8_t>(list.traffic_class | (inner_class & ecn::kMask));
  const std::uint8_t outer_class = list.copy_traffic_class ? inner_class : fixed;

  std::uint8_t* data = packet.push_front(list.rewrite_bytes);
  copy_rewrite(data, list);
  Ipv6Header& outer = packet.ipv6();
  outer.version_class_label = Ipv6Header::first_word(outer_class, label);
  outer.payload_length = Be16(static_cast<std::uint16_t>(packet.bytes() - sizeof(Ipv6Header)));
  data[list.next_header_at] = protocol;
  write_hmac_if_keyed(context, packet, sizeof(Ipv6Header), list);
  return send_on(packet, list, true);
}

// H.Encaps and H.Encaps.Red (RFC 8986 sections 5.1 and 5.2): they differ in the rewrite only.
inline Verdict encapsulate_ip(ForwardContext& context, Packet packet,
                              const SegmentListEntry& list) noexcept;

// Cuts an IPv4 packet that may be fragmented into pieces that fit and encapsulates each. All of
// them are routed here, in order.
[[gnu::noinline]] inline Verdict encapsulate_fragments(ForwardContext& context, Packet packet,
                                                       const SegmentListEntry& list) noexcept {
  Fragments pieces;
  if (!packet.can_push_front(list.rewrite_bytes)) {
    return Verdict::drop(DropReason::headend_no_headroom);
  }
  const std::uint32_t headroom = list.rewrite_bytes + kLinkHeadroom;
  // One hash for all: only the first piece shows the ports.
  static_cast<void>(flow_hash(packet));
  if (!fragment_ipv4(context, packet, inner_mtu(list), headroom, pieces)) {
    return Verdict::drop(DropReason::headend_fragmentation_needed);
  }
  route(context, context.burst.lane_of(packet), encapsulate_ip(context, packet, list));
  for (const Lane lane : pieces.lanes()) {
    route(context, lane, encapsulate_ip(context, context.burst.packet(lane), list));
  }
  return Verdict::consumed();
}

inline Verdict encapsulate_ip(ForwardContext& context, Packet packet,
                              const SegmentListEntry& list) noexcept {
  const PacketKind kind = packet.meta().kind;
  if (unlikely(kind != PacketKind::kIpv6 && kind != PacketKind::kIpv4)) {
    return Verdict::drop(DropReason::headend_inner_type);
  }
  if (const auto exceeded = check_hop_limit(packet)) return *exceeded;
  const bool is_v4 = kind == PacketKind::kIpv4;
  if (unlikely(is_too_big(packet, list))) {
    const bool may_fragment = is_v4 && !is_dont_fragment(packet);
    return may_fragment ? encapsulate_fragments(context, packet, list) : drop_too_big(packet, list);
  }
  if (const auto unfit = check_push(packet, list)) return *unfit;

  const std::uint8_t inner_class = is_v4 ? packet.ipv4().tos : packet.ipv6().traffic_class();
  decrement_hop_limit(packet);
  return push_outer(context, packet, list, inner_class,
                    is_v4 ? ip_protocol::kIpv4 : ip_protocol::kIpv6);
}

// H.Encaps.L2 and H.Encaps.L2.Red (RFC 8986 sections 5.3 and 5.4): a whole frame without its FCS.
inline Verdict encapsulate_frame(ForwardContext& context, Packet packet,
                                 const SegmentListEntry& list) noexcept {
  if (unlikely(packet.meta().kind != PacketKind::kFrame)) {
    return Verdict::drop(DropReason::headend_inner_type);
  }
  if (unlikely(is_too_big(packet, list))) return drop_too_big(packet, list);
  if (const auto unfit = check_push(packet, list)) return *unfit;
  return push_outer(context, packet, list, 0, ip_protocol::kEthernet);
}

}  // namespace sextant::headends
