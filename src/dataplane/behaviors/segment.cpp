// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Segments, the rarer part: spent routing headers, odd SRHs, and headers that are taken out.
#include "segment.hpp"

namespace sextant {

namespace {

constexpr std::uint32_t kSegmentsLeftAt = offsetof(Srh, segments_left);

Verdict erroneous_header(DropReason reason, std::uint32_t pointer) {
  return Verdict::drop(reason, IcmpError::kErroneousHeader, pointer);
}

// Moves meta to the next routing header of the chain; false when there is none.
bool next_routing_header(Packet packet) {
  PacketMeta& meta = packet.meta();
  std::uint16_t named_at = meta.srh_offset;
  const auto* header = packet.at<Ipv6ExtensionHeader>(named_at);
  std::uint16_t at = static_cast<std::uint16_t>(named_at + header->bytes());
  while (at < meta.upper_layer_offset) {
    if (header->next_header == ip_protocol::kRouting) {
      meta.srh_offset = at;
      meta.srh_named_at = named_at;
      return true;
    }
    header = packet.at<Ipv6ExtensionHeader>(at);
    named_at = at;
    at = static_cast<std::uint16_t>(at + header->bytes());
  }
  return false;
}

// The first TLV that does not fit into the header; 0 when all do.
std::uint32_t malformed_tlv(const Srh& srh) {
  const auto tlvs = srh_tlvs(srh);
  if (likely(tlvs.empty())) return 0;
  std::size_t at = 0;
  while (at < tlvs.size()) {
    const std::size_t left = tlvs.size() - at;
    const std::size_t bytes =
        tlvs[at] == srh_tlv::kPad1 ? 1u : (left < 2 ? left + 1 : 2u + tlvs[at + 1]);
    if (bytes > left) return static_cast<std::uint32_t>(srh.bytes() - left);
    at += bytes;
  }
  return 0;
}

// The packet starts bytes further on from here: meta follows its headers.
void follow_headers(PacketMeta& meta, SpentHeaders::Place popped, std::uint16_t bytes) {
  const auto follow = [&](std::uint16_t& at) {
    if (at > popped.offset) at = static_cast<std::uint16_t>(at - bytes);
  };
  const auto follow_name = [&](std::uint16_t& at) {
    if (at == popped.offset) at = popped.named_at;
    follow(at);
  };
  follow(meta.upper_layer_offset);
  follow_name(meta.upper_layer_named_at);
  if (meta.srh_offset == popped.offset) {
    meta.srh_offset = meta.srh_named_at = 0;
  } else {
    follow(meta.srh_offset);
    follow_name(meta.srh_named_at);
  }
}

// Moves an IPv6 header over the extension header behind it. Field by field, as they were written,
// and word by word: a wider load of what was just stored waits until the store is done.
void move_ipv6_header(Ipv6Header& ip, std::uint8_t* to, std::uint8_t next_header,
                      std::uint16_t payload_length) {
  const Be32 first = ip.version_class_label;
  const std::uint8_t hop_limit = ip.hop_limit;
  const Ipv6Words source(ip.source);
  const Ipv6Words destination(ip.destination);
  Ipv6Header& moved = *reinterpret_cast<Ipv6Header*>(to);
  source.store(moved.source);
  destination.store(moved.destination);
  moved.version_class_label = first;
  moved.payload_length = Be16(payload_length);
  moved.next_header = next_header;
  moved.hop_limit = hop_limit;
}

}  // namespace

Refusal<Verdict> select_srh_behind(ForwardContext& context, Packet packet, const LocalSidEntry& sid,
                                   SpentHeaders* spent) noexcept {
  PacketMeta& meta = packet.meta();
  SpentHeaders::Place last_srh{0, 0};
  do {
    const Srh& srh = *packet.srh();
    const bool is_srh = srh.routing_type == kRoutingTypeSegmentRouting;
    if (srh.segments_left != 0) {
      if (is_srh) [[likely]]
        return std::nullopt;
      // RFC 8200 section 4.4: an unrecognized type is ignored when nothing is left, else an error.
      return erroneous_header(DropReason::end_routing_type_unknown,
                              meta.srh_offset + offsetof(Srh, routing_type));
    }
    if (is_srh) {
      last_srh = {meta.srh_offset, meta.srh_named_at};
      spent->places[spent->count++] = last_srh;
    }
  } while (next_routing_header(packet));
  meta.srh_offset = last_srh.offset;
  meta.srh_named_at = last_srh.named_at;
  return verify_hmac(context, packet, sid);
}

Refusal<Verdict> check_odd_srh(const Srh& srh, std::uint32_t srh_offset) noexcept {
  if (!srh.consistent()) {
    return erroneous_header(DropReason::end_srh_malformed, srh_offset + kSegmentsLeftAt);
  }
  if (const std::uint32_t at = malformed_tlv(srh)) {
    return erroneous_header(DropReason::end_srh_malformed, srh_offset + at);
  }
  return std::nullopt;
}

void pop_header(Packet packet, SpentHeaders::Place place) noexcept {
  const auto* header = packet.at<Ipv6ExtensionHeader>(place.offset);
  const std::uint16_t bytes = static_cast<std::uint16_t>(header->bytes());
  Ipv6Header& ip = packet.ipv6();
  const auto payload = static_cast<std::uint16_t>(ip.payload_length.host() - bytes);
  if (likely(place.offset == sizeof(Ipv6Header))) {
    move_ipv6_header(ip, packet.data() + bytes, header->next_header, payload);
  } else {
    *packet.at<std::uint8_t>(place.named_at) = header->next_header;
    ip.payload_length = Be16(payload);
    std::memmove(packet.data() + bytes, packet.data(), place.offset);
  }
  packet.cut_front(bytes);
  follow_headers(packet.meta(), place, bytes);
}

void pop_all(Packet packet, const SpentHeaders& spent) noexcept {
  // From the back: what stands before a popped header keeps its offset.
  for (unsigned i = spent.count; i > 0; --i)
    pop_header(packet, spent.places[i - 1]);
}

}  // namespace sextant
