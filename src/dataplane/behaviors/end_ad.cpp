// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.AD: dynamic proxy to an SR-unaware function (draft-ietf-spring-sr-service-programming, 6.2).
// The outer headers, advanced by a segment, wait in the flow cache; see proxy_return.cpp for the
// way back.
#include "behavior_function.hpp"
#include "dataplane/ecn.hpp"
#include "dataplane/proxy_flow.hpp"
#include "proxy.hpp"

namespace sextant::behaviors {

namespace {

// The outer headers as the returning packet will carry them. Left zero for it to fill in: the
// payload length, and ECN, which belongs to one packet and not to the flow.
void copy_advanced(Packet packet, const LocalSidEntry& sid, ProxyHeader& header) {
  header.sid = sid.id;
  header.count = packet.meta().upper_layer_offset;
  std::memcpy(header.data(), packet.data(), header.count);
  auto& ip = *reinterpret_cast<Ipv6Header*>(header.data());
  auto& srh = *reinterpret_cast<Srh*>(header.data() + packet.meta().srh_offset);
  const std::uint8_t dscp = ip.traffic_class() & static_cast<std::uint8_t>(~ecn::kMask);
  ip.version_class_label = Ipv6Header::first_word(dscp, ip.flow_label());
  ip.payload_length = Be16(0);
  --ip.hop_limit;
  --srh.segments_left;
  ip.destination = srh.segments()[srh.segments_left];
}

Refusal<DropReason> remember(ForwardContext& context, Packet packet, const LocalSidEntry& sid,
                             const ProxyHeader& header) {
  ProxyCache* cache = context.lcore.proxy_cache;
  if (cache == nullptr) return DropReason::proxy_cache_full;
  const InterfaceEntry* back = TableSet::at(context.tables.interfaces, sid.return_interface);
  if (back == nullptr) return DropReason::lookup_stale_result;
  const ProxyFlowKey key = proxy_flow_key(packet, sid.return_interface, back->vlan != 0);
  const std::uint64_t now = context.lcore.now_tsc;
  const ProxyCache::Stored stored = unlikely(context.lcore.dry_run)
                                        ? cache->would_store(key, header, now)
                                        : cache->store(key, header, now);
  switch (stored) {
    case ProxyCache::Stored::kFull: return DropReason::proxy_cache_full;
    case ProxyCache::Stored::kBusy: return DropReason::proxy_state_busy;
    default: return std::nullopt;
  }
}

Verdict to_function(ForwardContext& context, Packet packet, const LocalSidEntry& sid) noexcept {
  SpentHeaders spent;
  if (const auto refused = select_srh(context, packet, sid, &spent)) return *refused;
  if (packet.srh() == nullptr) return process_upper_layer(packet, DropReason::end_srh_missing);
  if (!has_segments_left(packet)) {
    return process_upper_layer(packet, DropReason::proxy_last_segment);
  }
  if (const auto refused = check_next_segment(context, packet, sid)) return *refused;
  if (const auto refused = check_inner_type(packet, sid)) return *refused;
  if (packet.meta().upper_layer_offset > ProxyHeader::kMaxBytes) {
    return Verdict::drop(DropReason::proxy_header_too_long);
  }
  ProxyHeader header;
  copy_advanced(packet, sid, header);
  if (const auto refused = expose_inner(packet, sid)) return *refused;
  if (const auto reason = remember(context, packet, sid, header)) return Verdict::drop(*reason);
  return send_to_function(context, packet, sid);
}

}  // namespace

void end_ad(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  for_each_packet<to_function>(context, lanes);
}

}  // namespace sextant::behaviors
