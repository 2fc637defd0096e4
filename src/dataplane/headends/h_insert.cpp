// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Insert (draft-filsfils-spring-srv6-net-pgm-insertion): an SRH into an IPv6 packet of another
// node.
#include <utility>

#include "common.hpp"

namespace sextant::headends {

namespace {

// Where the SRH goes: behind the IPv6 header, or behind hop-by-hop options, which every node on the
// path has to find first (RFC 8200 section 4.1).
struct Place {
  std::uint32_t offset;    // of the SRH to insert
  std::uint32_t named_at;  // of the Next Header byte that will name it
};

std::optional<Place> find_place(Packet packet) {
  constexpr Place kBehindIpv6{sizeof(Ipv6Header), offsetof(Ipv6Header, next_header)};
  if (likely(packet.ipv6().next_header != ip_protocol::kHopByHop)) return kBehindIpv6;
  if (packet.contiguous_bytes() < sizeof(Ipv6Header) + sizeof(Ipv6ExtensionHeader)) {
    return std::nullopt;
  }
  const std::uint32_t end =
      sizeof(Ipv6Header) + packet.at<Ipv6ExtensionHeader>(sizeof(Ipv6Header))->bytes();
  if (end > packet.contiguous_bytes()) return std::nullopt;
  return Place{end, sizeof(Ipv6Header)};
}

}  // namespace

Verdict h_insert(ForwardContext& context, Packet packet, const SegmentListEntry& list) noexcept {
  if (unlikely(packet.meta().kind != PacketKind::kIpv6)) {
    return Verdict::drop(DropReason::headend_inner_type);
  }
  if (const auto exceeded = check_hop_limit(packet)) return *exceeded;
  if (unlikely(is_too_big(packet, list))) return drop_too_big(packet, list);
  if (const auto unfit = check_push(packet, list)) return *unfit;
  const std::optional<Place> place = find_place(packet);
  if (!place) {
    const bool is_whole = packet.contiguous_bytes() == packet.bytes();
    return Verdict::drop(is_whole ? DropReason::parse_extension_malformed
                                  : DropReason::parse_not_contiguous);
  }

  // The list of H.Insert ends with the destination that the packet had; the one of End.B6.Insert
  // does not, since the SRH behind it was not advanced and leads on from there.
  const bool binding = packet.meta().binding_insert;
  const std::uint32_t left_out = binding ? sizeof(Ipv6Address) : 0;
  const std::uint32_t bytes = list.rewrite_bytes - left_out;
  const std::uint8_t* rewrite = list.rewrite.data();

  const Ipv6Address destination = packet.ipv6().destination;
  std::uint8_t* data = packet.push_front(bytes);
  std::memmove(data, data + bytes, place->offset);
  decrement_hop_limit(packet);
  std::uint8_t* inserted = data + place->offset;
  std::memcpy(inserted, rewrite, sizeof(Srh));
  std::memcpy(inserted + sizeof(Srh), rewrite + sizeof(Srh) + left_out, bytes - sizeof(Srh));
  inserted[list.next_header_at] = std::exchange(data[place->named_at], ip_protocol::kRouting);

  Ipv6Header& ip = packet.ipv6();
  ip.payload_length = Be16(static_cast<std::uint16_t>(packet.bytes() - sizeof(Ipv6Header)));
  Srh& srh = *packet.at<Srh>(place->offset);
  if (binding) {
    srh.hdr_ext_len = static_cast<std::uint8_t>(srh.hdr_ext_len - sizeof(Ipv6Address) / 8);
    --srh.last_entry;
    --srh.segments_left;
  } else {
    srh.segments()[0] = destination;
  }
  ip.destination = srh.segments()[srh.last_entry];
  write_hmac_if_keyed(context, packet, place->offset, list);
  return send_on(packet, list, packet.meta().local_origin);
}

}  // namespace sextant::headends
