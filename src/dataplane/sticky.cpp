// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Which list a flow has: remembered, by affinity, or by consistent hash.
//
// The memory is shared by all lcores: what a port's RSS, or the lcore that took over a queue, makes
// of a flow must not decide where its packets go. A flow costs a read of two shared cache lines per
// packet, and a write when its phase changes or a second has passed.
#include "sticky.hpp"

#include "flow_hash.hpp"
#include "flow_memory.hpp"
#include "flow_tables.hpp"

namespace sextant {

namespace {

using Found = FlowTable::Found;
using Kind = FlowTuple::Kind;

// Fragments are known by the node, not by a policy: which one they take follows from their ports.
constexpr std::uint32_t kAnyPolicy = (1u << 20) - 1;

std::uint32_t hash_of(const FlowTuple& flow) {
  std::uint64_t h = 0x2545f4914f6cdd1du;
  const std::uint64_t ports = static_cast<std::uint64_t>(flow.protocol) << 32 |
                              static_cast<std::uint64_t>(flow.source.port) << 16 |
                              flow.destination.port;
  for (const std::uint64_t word :
       {flow.source.address.high, flow.source.address.low, flow.destination.address.high,
        flow.destination.address.low, ports}) {
    h = (h ^ word) * 0x9fb21c651e98df25u;
    h ^= h >> 35;
  }
  return static_cast<std::uint32_t>((h * 0xd6e8feb86659fd93u) >> 32);
}

unsigned list_by_hash(const PolicyEntry& policy, std::uint32_t hash) {
  return policy.slots == nullptr ? 0 : policy.slots[hash & policy.mask];
}

// What is remembered of a choice: the list, and where it stood in the policy.
FlowValue value_of(const PolicyEntry& policy, unsigned list) {
  return {{policy.lists[list], list, 0}};
}

// Where the remembered list stands now; list_count: nowhere.
unsigned place_of(const PolicyEntry& policy, const FlowValue& value) {
  const auto list = static_cast<SegmentListId>(value.words[0]);
  const auto hint = static_cast<unsigned>(value.words[1]);
  if (hint < policy.list_count && policy.lists[hint] == list) return hint;
  const SegmentListId* const end = policy.lists + policy.list_count;
  return static_cast<unsigned>(std::find(policy.lists, end, list) - policy.lists);
}

bool takes_new_flows(const PolicyEntry& policy, unsigned list) {
  return list < policy.list_count && (policy.draining == nullptr || policy.draining[list] == 0);
}

// UDP is kept as if it was answered, and TCP in its middle as established.
FlowPhase client_phase(const FlowTuple& flow) {
  const FlowPhase phase = first_phase(flow);
  if (phase == FlowPhase::kUdpUnanswered) return FlowPhase::kUdpAnswered;
  if (phase == FlowPhase::kSctpOpening) return FlowPhase::kSctpEstablished;
  return phase == FlowPhase::kTcpOpening && !begins_flow(flow) ? FlowPhase::kTcpEstablished : phase;
}

// The choice for a flow that has none.
unsigned choose(FlowTable& table, const PolicyEntry& policy, PolicyId id, const FlowTuple& flow,
                std::uint64_t now_tsc, bool dry_run) {
  if (policy.affinity_timeout_s == 0) return list_by_hash(policy, hash_of(flow));
  const FlowKey key = make_flow_key(FlowKeyKind::kAffinity, id, flow.family, 0, flow.source.address,
                                    flow.destination.address, 0);
  FlowTable::Hit hit;
  unsigned list = policy.list_count;
  if (table.find(key, now_tsc, hit) == Found::kYes && hit.idle_s < policy.affinity_timeout_s) {
    list = place_of(policy, hit.value);
  }
  if (!takes_new_flows(policy, list)) list = list_by_hash(policy, hash_of(flow));
  if (!dry_run) {
    table.store(key, value_of(policy, list), FlowPhase::kAffinity, now_tsc,
                FlowTable::OnTaken::kReplace);
  }
  return list;
}

}  // namespace

bool read_client_flow(ForwardContext& context, Packet packet, FlowTuple& flow) noexcept {
  LcoreState& lcore = context.lcore;
  if (packet.meta().kind == PacketKind::kFrame) return false;
  flow = read_flow(packet);
  switch (flow.kind) {
    case Kind::kWhole:
      if (flow.first_fragment && lcore.flows != nullptr && !lcore.dry_run) {
        remember_ports(lcore.flows->choices, kAnyPolicy, flow, lcore.now_tsc);
      }
      return true;
    case Kind::kLaterFragment:
      return lcore.flows != nullptr &&
             recall_ports(lcore.flows->choices, kAnyPolicy, flow, lcore.now_tsc);
    case Kind::kIcmpError: std::swap(flow.source, flow.destination); return true;
    default: return false;
  }
}

unsigned choose_sticky_list(ForwardContext& context, Packet packet, const PolicyEntry& policy,
                            PolicyId id) noexcept {
  LcoreState& lcore = context.lcore;
  FlowTuple flow;
  if (!read_client_flow(context, packet, flow)) return list_by_hash(policy, flow_hash(packet));
  if (lcore.flows == nullptr) return list_by_hash(policy, hash_of(flow));
  FlowTable& table = lcore.flows->choices;
  const FlowKey key = make_flow_key(id, flow.family, flow.protocol, flow.source, flow.destination);
  FlowTable::Hit hit;
  const Found found = table.find(key, lcore.now_tsc, hit);
  if (found == Found::kYes && !begins_flow(flow)) {
    const unsigned list = place_of(policy, hit.value);
    if (list < policy.list_count) {
      // Answers do not come this way: the client alone tells how far the flow is.
      if (!lcore.dry_run && flow.kind == Kind::kWhole) {
        const bool opening = hit.phase == FlowPhase::kTcpOpening;
        table.touch(hit, next_phase(opening ? FlowPhase::kTcpEstablished : hit.phase, flow, true),
                    lcore.now_tsc);
      }
      return list;
    }
  }
  if (flow.kind == Kind::kIcmpError) return list_by_hash(policy, hash_of(flow));
  const unsigned list = choose(table, policy, id, flow, lcore.now_tsc, lcore.dry_run);
  if (!lcore.dry_run && found != Found::kBusy) {
    // Full or busy: the flow follows the hash, and is remembered with a later packet.
    table.store(key, value_of(policy, list), client_phase(flow), lcore.now_tsc,
                FlowTable::OnTaken::kReplace);
  }
  return list;
}

}  // namespace sextant
