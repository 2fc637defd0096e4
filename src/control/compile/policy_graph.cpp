// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PolicyGraph: rounds of validity and the lookup of first segments.
#include "control/compile/policy_graph.hpp"

#include <sextant/srv6/srh.hpp>

#include <utility>

namespace sextant {

namespace {

// Whether a route leads a packet anywhere.
bool is_way(LookupResult result) {
  switch (result.kind()) {
    case LookupResult::Kind::kDrop:
    case LookupResult::Kind::kLocalAddress:
    case LookupResult::Kind::kPunt: return false;
    default: return true;
  }
}

bool is_usable(const WeightedSegmentList& list) {
  return !list.segments.empty() && list.weight != 0 && list.segments.size() <= kMaxSegments;
}

}  // namespace

PolicyId PolicyGraph::policy_of(const Rib::Entry& entry) const {
  const std::vector<PolicyId>& owners = entry.result.kind() == LookupResult::Kind::kPolicy
                                            ? context_.policy_of_steering
                                            : context_.policy_of_sid;
  return entry.result.index() < owners.size() ? owners[entry.result.index()] : kNoObject;
}

int PolicyGraph::rank_at(PolicyId id) const {
  return id < context_.nodes.size() ? context_.nodes[id].rank : 0;
}

bool PolicyGraph::reaches(PolicyId from, PolicyId to) const {
  std::vector<PolicyId> waiting{from};
  std::set<PolicyId> seen{from};
  while (!waiting.empty()) {
    const PolicyId at = waiting.back();
    waiting.pop_back();
    if (at == to) return true;
    if (at >= context_.nodes.size()) continue;
    for (const PolicyId next : context_.nodes[at].edges) {
      if (seen.insert(next).second) waiting.push_back(next);
    }
  }
  return false;
}

bool PolicyGraph::may_enter(PolicyId from, PolicyId to) const {
  const int to_rank = rank_at(to);
  if (to_rank == 0) return false;
  if (from == kNoObject) return true;
  const int from_rank = rank_at(from);
  if (from_rank != 0 && to_rank < from_rank) return true;
  return from != to && !reaches(to, from);
}

PolicyGraph::Found PolicyGraph::resolve(PolicyId policy, TableId table,
                                        const Ipv6Address& segment) const {
  const IpAddress address(segment);
  const auto accept = [&](const Rib::Entry& entry) {
    const PolicyId other = policy_of(entry);
    return other != kNoObject && may_enter(policy, other);
  };
  auto found = context_.base.lookup(table, address);
  const auto steered = context_.overlay.lookup(table, address, accept);
  if (steered && (!found || steered->first.len >= found->first.len)) found = steered;
  if (found && is_way(found->second.result)) return {found->second.result, ""};

  const std::string name = segment.to_string();
  if (!found) {
    return {std::nullopt, "no route to " + name + " in table " + context_.table_name(table)};
  }
  switch (found->second.result.kind()) {
    case LookupResult::Kind::kDrop:
      return {std::nullopt, "the route to " + name + " (" + found->first.to_string() + ") drops"};
    case LookupResult::Kind::kLocalAddress:
      return {std::nullopt, name + " is an own address of this node, and no SID"};
    default: return {std::nullopt, "the route to " + name + " leads to the kernel"};
  }
}

LookupResult PolicyGraph::first_hop(const Found& found, const Ipv6Address& segment) const {
  const LookupResult result = found.result.value_or(LookupResult());
  if (result.kind() != LookupResult::Kind::kGlean) return result;
  const auto interface = static_cast<InterfaceId>(result.index());
  return LookupResult(LookupResult::Kind::kAdjacency,
                      context_.adjacency(interface, IpAddress(segment)));
}

int PolicyGraph::round_of(TableId table, const Ipv6Address& segment) const {
  const IpAddress address(segment);
  const auto found = context_.base.lookup(table, address);
  if (found && is_way(found->second.result)) return 1;
  // A steered prefix counts that is not shorter than the route; a policy entered in one round makes
  // this one valid in the next.
  int lowest = 0;
  const auto consider = [&](const Rib::Entry& entry) {
    const PolicyId other = policy_of(entry);
    const int rank = other == kNoObject ? 0 : rank_at(other);
    if (rank != 0 && (lowest == 0 || rank < lowest)) lowest = rank;
    return false;
  };
  static_cast<void>(context_.overlay.lookup(table, address, consider,
                                            found ? found->first.len : std::uint8_t{0}));
  return lowest == 0 ? 0 : lowest + 1;
}

int PolicyGraph::rank_of(const SrPolicy& policy) const {
  const auto table = context_.tables.find(policy.table);
  if (table == context_.tables.end()) return 0;
  int lowest = 0;
  for (const CandidatePath& path : policy.candidate_paths) {
    for (const WeightedSegmentList& list : path.segment_lists) {
      if (!is_usable(list)) continue;
      const int round = round_of(table->second, list.segments[0]);
      if (round == 1) return 1;
      if (round != 0 && (lowest == 0 || round < lowest)) lowest = round;
    }
  }
  return lowest;
}

std::vector<PolicyId> PolicyGraph::edges_of(const SrPolicy& policy, PolicyId id) const {
  std::vector<PolicyId> out;
  const auto table = context_.tables.find(policy.table);
  if (table == context_.tables.end()) return out;
  // Every steered prefix around a segment, not only the longest one: which of them is used depends
  // on which of them may be.
  const auto record = [&](const Rib::Entry& entry) {
    const PolicyId other = policy_of(entry);
    if (other != kNoObject && other != id) out.push_back(other);
    return false;
  };
  for (const CandidatePath& path : policy.candidate_paths) {
    for (const WeightedSegmentList& list : path.segment_lists) {
      if (list.segments.empty()) continue;
      static_cast<void>(
          context_.overlay.lookup(table->second, IpAddress(list.segments[0]), record));
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void PolicyGraph::rank(const std::vector<const SrPolicy*>& policies) {
  struct Waiting {
    const SrPolicy* policy;
    PolicyId id;
  };
  std::vector<Waiting> waiting;
  for (const SrPolicy* policy : policies) {
    waiting.push_back({policy, context_.policies.at(policy->name).id});
    PolicyNode& node = context_.node(waiting.back().id);
    node.desired = policy;
    node.edges = edges_of(*policy, waiting.back().id);
  }
  for (int round = 1; !waiting.empty(); ++round) {
    std::vector<Waiting> rest;
    std::vector<PolicyId> valid;
    for (const Waiting& one : waiting) {
      // In the first round nobody has a rank; later only those that could enter somebody matter.
      const bool look = round == 1 || !context_.nodes[one.id].edges.empty();
      if (look && rank_of(*one.policy) != 0) {
        valid.push_back(one.id);
      } else {
        rest.push_back(one);
      }
    }
    if (valid.empty()) break;
    for (const PolicyId id : valid)
      context_.node(id).rank = round;
    waiting = std::move(rest);
  }
}

}  // namespace sextant
