// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Shared steps that read and consume segments: SRH, PSP, USP, NEXT-CSID.
#include <rte_byteorder.h>

#include "common.hpp"

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

// What holds for every packet that got a new destination for its way on.
void note_new_destination(Packet packet) {
  PacketMeta& meta = packet.meta();
  meta.hop_limit_done = true;
  meta.has_flow_hash = false;
  const Ipv6Header& ip = packet.ipv6();
  meta.link_local = ip.source.is_link_local() || ip.destination.is_link_local();
}

// Takes one extension header out: the shorter part, in front of it, moves over it.
void pop_header(Packet packet, SpentHeaders::Place place) {
  PacketMeta& meta = packet.meta();
  const auto* header = packet.at<Ipv6ExtensionHeader>(place.offset);
  const std::uint16_t bytes = static_cast<std::uint16_t>(header->bytes());
  *packet.at<std::uint8_t>(place.named_at) = header->next_header;
  Ipv6Header& ip = packet.ipv6();
  ip.payload_length = Be16(static_cast<std::uint16_t>(ip.payload_length.host() - bytes));
  std::memmove(packet.data() + bytes, packet.data(), place.offset);
  packet.cut_front(bytes);

  const auto follow = [&](std::uint16_t& at) {
    if (at > place.offset) at = static_cast<std::uint16_t>(at - bytes);
  };
  const auto follow_name = [&](std::uint16_t& at) {
    if (at == place.offset) at = place.named_at;
    follow(at);
  };
  follow(meta.upper_layer_offset);
  follow_name(meta.upper_layer_named_at);
  if (meta.srh_offset == place.offset) {
    meta.srh_offset = meta.srh_named_at = 0;
  } else {
    follow(meta.srh_offset);
    follow_name(meta.srh_named_at);
  }
}

// --- 128-bit addresses as numbers, for C-SIDs that need not end at a byte.

__extension__ using Uint128 = unsigned __int128;

Uint128 load(const Ipv6Address& address) {
  std::uint64_t words[2];
  std::memcpy(words, address.bytes.data(), sizeof words);
  return static_cast<Uint128>(rte_be_to_cpu_64(words[0])) << 64 | rte_be_to_cpu_64(words[1]);
}

Ipv6Address store(Uint128 value) {
  const std::uint64_t words[2] = {rte_cpu_to_be_64(static_cast<std::uint64_t>(value >> 64)),
                                  rte_cpu_to_be_64(static_cast<std::uint64_t>(value))};
  Ipv6Address address;
  std::memcpy(address.bytes.data(), words, sizeof words);
  return address;
}

// One bits from position first (0: the most significant) to the end.
Uint128 ones_from(unsigned first) {
  return first >= 128 ? Uint128{0} : ~Uint128{0} >> first;
}

Uint128 csid_argument(const Ipv6Address& destination, const LocalSidEntry& sid) {
  return load(destination) & ones_from(sid.block_bits + unsigned{sid.csid_bits});
}

Ipv6Address shifted(const Ipv6Address& destination, const LocalSidEntry& sid) {
  const Uint128 block = load(destination) & ~ones_from(sid.block_bits);
  return store(block | csid_argument(destination, sid) << sid.csid_bits);
}

}  // namespace

std::optional<Verdict> select_srh_behind(ForwardContext& context, Packet packet,
                                         const LocalSidEntry& sid, SpentHeaders* spent) noexcept {
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

std::optional<Verdict> check_next_segment(ForwardContext& context, Packet packet,
                                          const LocalSidEntry& sid) noexcept {
  const std::uint32_t srh_offset = packet.meta().srh_offset;
  const Srh& srh = *packet.srh();
  // S05 to S07
  if (packet.ipv6().hop_limit <= 1) {
    return Verdict::drop(DropReason::end_hop_limit_exceeded, IcmpError::kTimeExceeded);
  }
  // S08 to S11
  if (!srh.consistent()) {
    return erroneous_header(DropReason::end_srh_malformed, srh_offset + kSegmentsLeftAt);
  }
  if (const std::uint32_t at = malformed_tlv(srh)) {
    return erroneous_header(DropReason::end_srh_malformed, srh_offset + at);
  }
  if (const auto refused = verify_hmac(context, packet, sid)) return refused;
  if (is_martian_destination(srh.segments()[srh.segments_left - 1])) {
    return Verdict::drop(DropReason::end_next_segment_martian);
  }
  return std::nullopt;
}

void next_segment(Packet packet, Flavors flavors) noexcept {
  Ipv6Header& ip = packet.ipv6();
  Srh& srh = *packet.srh();
  --ip.hop_limit;                                      // S12
  --srh.segments_left;                                 // S13
  ip.destination = srh.segments()[srh.segments_left];  // S14
  note_new_destination(packet);
  if (srh.segments_left == 0 && (flavors & kPsp) != 0) {  // S14.1
    const PacketMeta& meta = packet.meta();
    pop_header(packet, {meta.srh_offset, meta.srh_named_at});  // S14.2 to S14.4
  }
}

void pop_all(Packet packet, const SpentHeaders& spent) noexcept {
  // From the back: what stands before a popped header keeps its offset.
  for (unsigned i = spent.count; i > 0; --i)
    pop_header(packet, spent.places[i - 1]);
}

bool has_argument(Packet packet, const LocalSidEntry& sid) noexcept {
  return csid_argument(packet.ipv6().destination, sid) != 0;
}

std::optional<Verdict> shift_csid(ForwardContext& context, Packet packet,
                                  const LocalSidEntry& sid) noexcept {
  Ipv6Header& ip = packet.ipv6();
  // N02 to N04
  if (ip.hop_limit <= 1) {
    return Verdict::drop(DropReason::end_hop_limit_exceeded, IcmpError::kTimeExceeded);
  }
  if (const auto refused = verify_hmac(context, packet, sid)) return refused;
  const Ipv6Address destination = shifted(ip.destination, sid);
  if (is_martian_destination(destination)) {
    return Verdict::drop(DropReason::end_next_segment_martian);
  }
  ip.destination = destination;  // N05, N06
  --ip.hop_limit;                // N07
  note_new_destination(packet);
  return std::nullopt;
}

}  // namespace sextant
