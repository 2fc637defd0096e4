// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SR Policies: from a steered packet to its segment list, or to a copy for each list.
#include "policy.hpp"

#include "flow_hash.hpp"
#include "headends/headend_function.hpp"
#include "sticky.hpp"
#include "trace.hpp"
#include "translate.hpp"

namespace sextant {

namespace {

// No packet exists to route: the drop of the copy is counted here.
void count_missing_copy(ForwardContext& context, DropReason reason, std::uint32_t bytes) {
  context.lcore.counters.drops[static_cast<std::size_t>(reason)].add(1, bytes);
}

// One packet onto one list; counted there with its bytes before the push.
Verdict push_and_count(ForwardContext& context, Lane lane, SegmentListId id) {
  if (unlikely(context.lcore.tracer != nullptr)) context.lcore.tracer->pushed(lane, id);
  const SegmentListEntry* list = TableSet::at(context.tables.segment_lists, id);
  if (list == nullptr) return Verdict::drop(DropReason::lookup_stale_result);
  const Packet packet = context.burst.packet(lane);
  const std::uint32_t bytes = packet.bytes();
  const Verdict verdict = push_segment_list(context, packet, *list);
  if (!verdict.dropped()) {
    Counters& counters = context.lcore.counters;
    counters.of(counters.segment_lists, id).add(1, bytes);
  }
  return verdict;
}

// A copy for every list but the first, which the packet itself takes.
Verdict spray(ForwardContext& context, Lane lane, const PolicyEntry& policy) {
  // Once for all copies, so that the flow keeps one flow label on every path.
  static_cast<void>(flow_hash(context.burst.packet(lane)));
  for (unsigned i = 1; i < policy.list_count; ++i) {
    Lane copy = 0;
    if (!replicate(context, lane, &copy)) continue;
    route(context, copy, push_and_count(context, copy, policy.lists[i]));
  }
  return push_and_count(context, lane, policy.lists[0]);
}

SegmentListId choose_list(ForwardContext& context, const PolicyEntry& policy, PolicyId id,
                          Packet packet) {
  if (unlikely(policy.sticky)) {
    return policy.lists[choose_sticky_list(context, packet, policy, id)];
  }
  if (policy.slots == nullptr) return policy.lists[0];
  return policy.lists[policy.slots[flow_hash(packet) & policy.mask]];
}

}  // namespace

Verdict enter_policy(ForwardContext& context, Lane lane, PolicyId id) noexcept {
  const PolicyEntry* policy = TableSet::at(context.tables.policies, id);
  if (policy == nullptr) return Verdict::drop(DropReason::lookup_stale_result);
  if (!policy->valid || policy->list_count == 0) {
    return Verdict::drop(DropReason::headend_policy_invalid);
  }
  const Packet packet = context.burst.packet(lane);
  if (unlikely(policy->sticky)) {
    if (const auto elsewhere = error_to_own_backend(context, packet)) return *elsewhere;
  }
  const std::uint32_t bytes = packet.bytes();
  const Verdict verdict =
      policy->spray ? spray(context, lane, *policy)
                    : push_and_count(context, lane, choose_list(context, *policy, id, packet));
  if (!verdict.dropped()) {
    Counters& counters = context.lcore.counters;
    counters.of(counters.policies, id).add(1, bytes);
  }
  return verdict;
}

bool replicate(ForwardContext& context, Lane lane, Lane* copy) noexcept {
  const Packet packet = context.burst.packet(lane);
  if (context.burst.room() == 0) {
    count_missing_copy(context, DropReason::replicate_burst_full, packet.bytes());
    return false;
  }
  rte_mempool* pool = context.lcore.pool;
  // A deep copy: headers of copies are written independently. It starts behind fresh headroom.
  rte_mbuf* mbuf =
      pool == nullptr ? nullptr : rte_pktmbuf_copy(packet.mbuf(), pool, 0, packet.bytes());
  if (mbuf == nullptr) {
    count_missing_copy(context, DropReason::replicate_no_mbuf, packet.bytes());
    return false;
  }
  *copy = context.burst.add(mbuf);
  context.burst.meta(*copy) = packet.meta();
  if (unlikely(context.lcore.tracer != nullptr)) context.lcore.tracer->copied(context, lane, *copy);
  return true;
}

}  // namespace sextant
