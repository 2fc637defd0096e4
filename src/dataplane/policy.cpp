// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SR Policies: from a steered packet to its segment list, or to a copy for each list.
#include "policy.hpp"

#include "flow_hash.hpp"
#include "headends/common.hpp"
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

// One packet onto one list.
inline Verdict push(ForwardContext& context, Lane lane, SegmentListId id) {
  if (unlikely(context.lcore.tracer != nullptr)) context.lcore.tracer->pushed(lane, id);
  const SegmentListEntry* list = TableSet::at(context.tables.segment_lists, id);
  if (unlikely(list == nullptr)) return Verdict::drop(DropReason::lookup_stale_result);
  return push_segment_list(context, context.burst.packet(lane), *list);
}

// The same for a copy, which is counted on its list with its bytes before the push.
Verdict push_copy(ForwardContext& context, Lane lane, SegmentListId id) {
  const std::uint32_t bytes = context.burst.packet(lane).bytes();
  const Verdict verdict = push(context, lane, id);
  if (!verdict.dropped()) {
    Counters& counters = context.lcore.counters;
    counters.of(counters.segment_lists, id).add(1, bytes);
  }
  return verdict;
}

// A copy for every list but the first, which the packet itself takes.
[[gnu::noinline]] void spray(ForwardContext& context, Lane lane, const PolicyEntry& policy) {
  // Once for all copies, so that the flow keeps one flow label on every path.
  static_cast<void>(flow_hash(context.burst.packet(lane)));
  for (unsigned i = 1; i < policy.list_count; ++i) {
    Lane copy = 0;
    if (!replicate(context, lane, &copy)) continue;
    route(context, copy, push_copy(context, copy, policy.lists[i]));
  }
}

Refusal<Verdict> refuse_policy(const PolicyEntry* policy) {
  if (unlikely(policy == nullptr)) return Verdict::drop(DropReason::lookup_stale_result);
  if (unlikely(!policy->valid || policy->list_count == 0)) {
    return Verdict::drop(DropReason::headend_policy_invalid);
  }
  return std::nullopt;
}

// The list of the packet itself; a policy that sprays gives its first one to it.
inline SegmentListId choose_list(const PolicyEntry& policy, Packet packet) {
  if (policy.slots == nullptr || policy.spray) return policy.lists[0];
  return policy.lists[policy.slots[flow_hash(packet) & policy.mask]];
}

// A policy and the list chosen of it, as the packets before had it, and what these count for.
class Entrance {
 public:
  // The policy is valid, the list one of its lists.
  void go_to(ForwardContext& context, PolicyId policy, SegmentListId list) {
    if (likely(policy == policy_id_ && list == list_id_)) return;
    Counters& counters = context.lcore.counters;
    policy_id_ = policy;
    list_id_ = list;
    policy_ = TableSet::at(context.tables.policies, policy);
    list_ = TableSet::at(context.tables.segment_lists, list);
    is_ip_encapsulation_ = list_ != nullptr && (list_->headend == Headend::kHEncaps ||
                                                list_->headend == Headend::kHEncapsRed);
    policy_counter_ = &counters.of(counters.policies, policy);
    list_counter_ = &counters.of(counters.segment_lists, list);
  }

  [[gnu::always_inline]] inline Verdict enter(ForwardContext& context, Lane lane) {
    const Packet packet = context.burst.packet(lane);
    const std::uint32_t bytes = packet.bytes();
    if (unlikely(list_ == nullptr)) return Verdict::drop(DropReason::lookup_stale_result);
    if (unlikely(policy_->spray)) spray(context, lane, *policy_);
    if (unlikely(context.lcore.tracer != nullptr)) context.lcore.tracer->pushed(lane, list_id_);
    // The headend of most lists in place, the others by a call.
    const Verdict verdict = likely(is_ip_encapsulation_ && packet.meta().kind != PacketKind::kFrame)
                                ? headends::encapsulate_ip(context, packet, *list_)
                                : push_segment_list(context, packet, *list_);
    if (likely(!verdict.dropped())) {
      policies_.add(*policy_counter_, bytes);
      lists_.add(*list_counter_, bytes);
    }
    return verdict;
  }

 private:
  PolicyId policy_id_ = kNoObject;
  SegmentListId list_id_ = kNoObject;
  const PolicyEntry* policy_ = nullptr;
  const SegmentListEntry* list_ = nullptr;
  bool is_ip_encapsulation_ = false;  // of IP packets
  PacketCounter* policy_counter_ = nullptr;
  PacketCounter* list_counter_ = nullptr;
  CounterRun policies_;
  CounterRun lists_;
};

// Lanes that are steered together: enough to overlap their cache misses.
constexpr unsigned kBatch = 64;

// The policies of many packets: each step asks for what the next one reads. Packets of one rule
// often come in a row.
class SteeredBatch {
 public:
  SteeredBatch(ForwardContext& context, std::span<const Lane> lanes)
      : context_(context), lanes_(lanes) {}

  void find_policies() {
    const TableSet& tables = context_.tables;
    Counters& counters = context_.lcore.counters;
    CounterRun steered;
    PolicyId policy = kNoObject;
    PacketCounter* counter = nullptr;
    SteeringId last = kNoObject;  // of no rule
    for (unsigned i = 0; i < lanes_.size(); ++i) {
      const Packet packet = context_.burst.packet(lanes_[i]);
      const SteeringId steering = packet.meta().result.index();
      if (steering != last) {
        last = steering;
        policy = kNoObject;
        if (steering < tables.steering_policy.size()) policy = tables.steering_policy[steering];
        if (policy < tables.policies.size()) {
          rte_prefetch0(&tables.policies[policy]);
          rte_prefetch0(&counters.of(counters.policies, policy));
        }
        counter = &counters.of(counters.steerings, steering);
      }
      policies_[i] = policy;
      if (likely(policy != kNoObject)) steered.add(*counter, packet.bytes());
    }
  }

  // None for a policy that takes no packets, or remembers flows: see enter_policy().
  void choose_lists() {
    const TableSet& tables = context_.tables;
    PolicyId last = kNoObject;
    const PolicyEntry* policy = nullptr;
    for (unsigned i = 0; i < lanes_.size(); ++i) {
      if (policies_[i] != last) {
        last = policies_[i];
        policy = TableSet::at(tables.policies, last);
        if (refuse_policy(policy) || policy->sticky) policy = nullptr;
      }
      lists_[i] = kNoObject;
      if (unlikely(policy == nullptr)) continue;
      lists_[i] = choose_list(*policy, context_.burst.packet(lanes_[i]));
      if (i == 0 || lists_[i] != lists_[i - 1]) prefetch(lists_[i]);
    }
  }

  void enter_all() {
    Entrance entrance;
    for (unsigned i = 0; i < lanes_.size(); ++i) {
      if (unlikely(lists_[i] == kNoObject)) {
        route(context_, lanes_[i], enter_policy(context_, lanes_[i], policies_[i]));
        continue;
      }
      entrance.go_to(context_, policies_[i], lists_[i]);
      route(context_, lanes_[i], entrance.enter(context_, lanes_[i]));
    }
  }

 private:
  void prefetch(SegmentListId id) const {
    const auto& lists = context_.tables.segment_lists;
    if (id >= lists.size()) return;
    rte_prefetch0(&lists[id]);
    rte_prefetch0(lists[id].rewrite.data());
    rte_prefetch0(lists[id].rewrite.data() + 64);
    Counters& counters = context_.lcore.counters;
    rte_prefetch0(&counters.of(counters.segment_lists, id));
  }

  ForwardContext& context_;
  std::span<const Lane> lanes_;
  std::array<PolicyId, kBatch> policies_;
  std::array<SegmentListId, kBatch> lists_;
};

}  // namespace

Verdict enter_policy(ForwardContext& context, Lane lane, PolicyId id) noexcept {
  const PolicyEntry* policy = TableSet::at(context.tables.policies, id);
  if (const auto refused = refuse_policy(policy)) return *refused;
  const Packet packet = context.burst.packet(lane);
  if (unlikely(policy->sticky)) {
    if (const auto elsewhere = error_to_own_backend(context, packet)) return *elsewhere;
  }
  const SegmentListId list = unlikely(policy->sticky) && !policy->spray
                                 ? policy->lists[choose_sticky_list(context, packet, *policy, id)]
                                 : choose_list(*policy, packet);
  Entrance entrance;
  entrance.go_to(context, id, list);
  return entrance.enter(context, lane);
}

void steer(ForwardContext& context, std::span<const Lane> lanes) noexcept {
  while (!lanes.empty()) {
    const auto now = lanes.first(std::min<std::size_t>(lanes.size(), kBatch));
    lanes = lanes.subspan(now.size());
    SteeredBatch batch(context, now);
    batch.find_policies();
    batch.choose_lists();
    batch.enter_all();
  }
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
