// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Dispatch: from the result of a lookup to those who act on it. For lookup(), which has each packet
// at hand, and for behavior(), which settles the rest.
#pragma once

#include <algorithm>

#include "forward.hpp"
#include "parse.hpp"

namespace sextant {

// RFC 8754 section 5.1: whether a source is one of the SR domain, where the node knows them.
inline bool is_from_domain(const TableSet& tables, const Ipv6Address& source) {
  return std::any_of(tables.sources.begin(), tables.sources.end(),
                     [&](const PrefixEntry& prefix) { return prefix.contains(source); });
}

// RFC 8754 section 5.1 and whatever else has to hold before a SID acts; then its header chain.
[[gnu::always_inline]] inline Refusal<Verdict> refuse_local_sid(ForwardContext& context,
                                                                Packet packet) {
  PacketMeta& meta = packet.meta();
  if (unlikely(!meta.trusted)) return Verdict::drop(DropReason::edge_sid_from_untrusted);
  if (unlikely(!context.tables.sources.empty()) && !meta.local_origin &&
      !is_from_domain(context.tables, packet.ipv6().source)) {
    return Verdict::drop(DropReason::edge_source_not_in_domain);
  }
  if (const auto malformed = parse_ipv6_chain(packet)) return Verdict::drop(*malformed);
  return std::nullopt;
}

// The SID of the packets before; most of a burst have few.
struct SidRun {
  LookupResult result;
  const LocalSidEntry* sid = nullptr;
  LaneList* group = nullptr;  // of its behavior
};

// A local SID: the packet joins the group of its behavior.
[[gnu::always_inline]] inline void join_behavior(ForwardContext& context, Lane lane, Packet packet,
                                                 SidRun& run) {
  const LookupResult result = packet.meta().result;
  if (unlikely(!(result == run.result))) {
    run.result = result;
    run.sid = TableSet::at(context.tables.local_sids, result.index());
    if (run.sid != nullptr) {
      run.group = &context.lcore.by_behavior[static_cast<std::size_t>(run.sid->behavior)];
      rte_prefetch0(&context.lcore.counters.local_sid(run.sid->id));
    }
  }
  if (unlikely(run.sid == nullptr)) {
    return route(context, lane, Verdict::drop(DropReason::lookup_stale_result));
  }
  if (const auto refused = refuse_local_sid(context, packet)) {
    context.lcore.counters.local_sid(run.sid->id).bad.add(1, packet.bytes());
    return route(context, lane, *refused);
  }
  run.group->add(lane);
}

// One packet whose result is known, to where most go: its next hop, the group of its behavior, the
// policies. False when the result is of another kind; nothing happened then.
[[gnu::always_inline]] inline bool dispatch(ForwardContext& context, Lane lane, Packet packet,
                                            SidRun& run) {
  using Kind = LookupResult::Kind;
  const Kind kind = packet.meta().result.kind();
  if (kind == Kind::kAdjacency) {
    context.burst.to_transmit.add(lane);
  } else if (kind == Kind::kLocalSid) {
    join_behavior(context, lane, packet, run);
  } else if (kind == Kind::kPolicy) {
    context.lcore.steered.add(lane);
  } else {
    return false;
  }
  return true;
}

}  // namespace sextant
