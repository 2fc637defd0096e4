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

// The outer headers as the returning packet will carry them, word by word: bytes written one by one
// would have to reach the cache before the words are compared with those of the flow. Left zero for
// the returning packet to fill in: the payload length, and ECN, which belongs to one packet and not
// to the flow.
void copy_advanced(Packet packet, const LocalSidEntry& sid, ProxyHeader& header) {
  constexpr std::uint64_t kEcn = std::uint64_t{ecn::kMask} << 52;
  constexpr std::uint64_t kPayloadLength = std::uint64_t{0xffff} << 16;
  constexpr std::uint64_t kOneHop = 1;
  constexpr std::uint64_t kOneSegment = std::uint64_t{1} << 32;
  header.sid = sid.id;
  std::memcpy(header.sid_address.data(), &sid.sid, sizeof sid.sid);
  header.count = packet.meta().upper_layer_offset;
  const auto word_at = [&](std::size_t at) {
    std::uint64_t word;
    std::memcpy(&word, packet.data() + at, sizeof word);
    return word;
  };
  for (std::size_t i = 0; i < header.count / 8; ++i)
    header.words[i] = word_at(8 * i);
  const std::uint64_t first = rte_be_to_cpu_64(word_at(0));
  header.words[0] = rte_cpu_to_be_64((first & ~(kEcn | kPayloadLength)) - kOneHop);
  const std::uint16_t srh_at = packet.meta().srh_offset;
  header.words[srh_at / 8u] = rte_cpu_to_be_64(rte_be_to_cpu_64(word_at(srh_at)) - kOneSegment);
  const Srh& srh = *packet.srh();
  const Ipv6Address& next = srh.segments()[srh.segments_left - 1];
  header.words[3] = next.raw_high();
  header.words[4] = next.raw_low();
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
