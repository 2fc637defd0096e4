// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Proxies, from the function: End.AS pushes its configured list, End.AD the cached headers of the
// flow, End.AM restores the active segment (draft-ietf-spring-sr-service-programming section 6).
#include "proxy_return.hpp"

#include "behaviors/proxy.hpp"
#include "headends/common.hpp"
#include "parse.hpp"
#include "proxy_flow.hpp"

namespace sextant {

namespace {

// The packet is back in the SR domain: its own destination decides, in the table of the SID.
Verdict back_to_domain(Packet packet, const LocalSidEntry& sid) {
  PacketMeta& meta = packet.meta();
  meta.kind = PacketKind::kIpv6;
  meta.clear_chain();
  meta.trusted = true;
  meta.hop_limit_done = true;
  meta.has_flow_hash = false;
  meta.link_local =
      packet.ipv6().source.is_link_local() || packet.ipv6().destination.is_link_local();
  meta.table = sid.installed_table;
  return Verdict::lookup();
}

Verdict return_static(ForwardContext& context, Packet packet, const LocalSidEntry& sid) {
  const SegmentListEntry* list = TableSet::at(context.tables.segment_lists, sid.object);
  if (list == nullptr) return Verdict::drop(DropReason::lookup_stale_result);
  const std::uint32_t bytes = packet.bytes();
  const Verdict verdict = push_segment_list(context, packet, *list);
  if (!verdict.dropped()) {
    Counters& counters = context.lcore.counters;
    counters.of(counters.segment_lists, sid.object).add(1, bytes);
  }
  return verdict;
}

// The SID by which a cached header was removed, if it still is a proxy to the same function: its id
// may have gone to another SID.
const LocalSidEntry* sender_of(const TableSet& tables, const ProxyHeader& header,
                               const LocalSidEntry& sid) {
  const LocalSidEntry* sender = TableSet::at(tables.local_sids, header.sid);
  static_assert(sizeof header.sid_address == sizeof sid.sid);
  const bool is_same = sender != nullptr && sender->behavior == sid.behavior &&
                       sender->inner == sid.inner &&
                       sender->return_interface == sid.return_interface &&
                       std::memcmp(&sender->sid, header.sid_address.data(), sizeof sid.sid) == 0;
  return is_same ? sender : nullptr;
}

void push_cached(Packet packet, const ProxyHeader& header) {
  const PacketKind kind = packet.meta().kind;
  std::uint8_t inner_class = 0;
  if (kind == PacketKind::kIpv6) inner_class = packet.ipv6().traffic_class();
  if (kind == PacketKind::kIpv4) inner_class = packet.ipv4().tos;
  std::uint8_t* data = packet.push_front(header.count);
  std::memcpy(data, header.data(), header.count);
  Ipv6Header& ip = packet.ipv6();
  const auto outer_class =
      static_cast<std::uint8_t>(ip.traffic_class() | (inner_class & ecn::kMask));
  ip.version_class_label = Ipv6Header::first_word(outer_class, ip.flow_label());
  ip.payload_length = Be16(static_cast<std::uint16_t>(packet.bytes() - sizeof(Ipv6Header)));
}

// sid becomes the one that the packet went out by.
Verdict return_dynamic(ForwardContext& context, Packet packet, const LocalSidEntry*& sid) {
  const ProxyCache* cache = context.lcore.proxy_cache;
  if (cache == nullptr) return Verdict::drop(DropReason::proxy_flow_unknown);
  ProxyHeader header;
  switch (cache->find(proxy_flow_key(packet, sid->return_interface), header)) {
    case ProxyCache::Found::kUnknown: return Verdict::drop(DropReason::proxy_flow_unknown);
    case ProxyCache::Found::kBusy: return Verdict::drop(DropReason::proxy_state_busy);
    case ProxyCache::Found::kYes: break;
  }
  const LocalSidEntry* sender = sender_of(context.tables, header, *sid);
  if (sender == nullptr) return Verdict::drop(DropReason::proxy_flow_unknown);
  sid = sender;

  const bool is_ip = packet.meta().kind != PacketKind::kFrame;
  if (is_ip) {
    if (const auto exceeded = headends::check_hop_limit(packet)) return *exceeded;
  }
  if (packet.bytes() + header.count > sizeof(Ipv6Header) + headends::kMaxPayloadLength) {
    return Verdict::drop(DropReason::headend_payload_too_long);
  }
  if (!packet.can_push_front(header.count)) return Verdict::drop(DropReason::headend_no_headroom);
  if (is_ip) headends::decrement_hop_limit(packet);
  push_cached(packet, header);
  return back_to_domain(packet, *sid);
}

Verdict return_masqueraded(Packet packet, const LocalSidEntry& sid) {
  if (const auto malformed = parse_ipv6_chain(packet)) return Verdict::drop(*malformed);
  const Srh* srh = packet.srh();
  if (srh == nullptr || srh->routing_type != kRoutingTypeSegmentRouting) {
    return Verdict::drop(DropReason::end_srh_missing);
  }
  Ipv6Header& ip = packet.ipv6();
  if (ip.hop_limit <= 1) {
    return Verdict::drop(DropReason::end_hop_limit_exceeded, IcmpError::kTimeExceeded);
  }
  // A reduced list may leave out the first segment only, and that one was travelled already.
  if (!srh->consistent() || srh->segments_left > srh->last_entry) {
    const auto pointer = packet.meta().srh_offset + offsetof(Srh, segments_left);
    return Verdict::drop(DropReason::end_srh_malformed, IcmpError::kErroneousHeader,
                         static_cast<std::uint32_t>(pointer));
  }
  const Ipv6Address& active = srh->segments()[srh->segments_left];
  if (is_martian_destination(active)) {
    return Verdict::drop(DropReason::end_next_segment_martian);
  }
  // With no segment left the destination is the function's to choose.
  if (srh->segments_left != 0) ip.destination = active;
  --ip.hop_limit;
  return back_to_domain(packet, sid);
}

}  // namespace

Verdict proxy_return(ForwardContext& context, Packet packet, LocalSidId id) noexcept {
  PacketMeta& meta = packet.meta();
  meta.from_function = false;
  meta.object = kNoObject;
  const LocalSidEntry* sid = TableSet::at(context.tables.local_sids, id);
  if (sid == nullptr) return Verdict::drop(DropReason::lookup_stale_result);

  const std::uint32_t bytes = packet.bytes();
  Verdict verdict = Verdict::drop(DropReason::proxy_inner_type);
  if (meta.kind == kind_of(sid->inner)) {
    switch (sid->behavior) {
      case Behavior::kEndAs: verdict = return_static(context, packet, *sid); break;
      case Behavior::kEndAd: verdict = return_dynamic(context, packet, sid); break;
      case Behavior::kEndAm: verdict = return_masqueraded(packet, *sid); break;
      default: verdict = Verdict::drop(DropReason::lookup_stale_result); break;
    }
  }
  SidCounter& counter = context.lcore.counters.local_sid(sid->id);
  (verdict.dropped() ? counter.bad : counter.good).add(1, bytes);
  return verdict;
}

}  // namespace sextant
