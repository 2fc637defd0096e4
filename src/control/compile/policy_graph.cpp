// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PolicyGraph: rounds of validity and the lookup of first segments.
#include "control/compile/policy_graph.hpp"

#include <sextant/srv6/srh.hpp>

#include <utility>

namespace sextant {

const std::string* PolicyGraph::policy_of(const Rib::Entry& entry) const {
  if (entry.result.kind() == LookupResult::Kind::kPolicy) {
    const auto at = context_.policy_of_steering.find(entry.result.index());
    return at == context_.policy_of_steering.end() ? nullptr : &at->second;
  }
  const auto at = context_.policy_of_sid.find(entry.result.index());
  return at == context_.policy_of_sid.end() ? nullptr : &at->second;
}

bool PolicyGraph::reaches(const std::string& from, const std::string& to) const {
  std::set<std::string> seen{from};
  std::vector<std::string> waiting{from};
  while (!waiting.empty()) {
    const std::string at = std::move(waiting.back());
    waiting.pop_back();
    if (at == to) return true;
    const auto edges = edges_.find(at);
    if (edges == edges_.end()) continue;
    for (const std::string& next : edges->second) {
      if (seen.insert(next).second) waiting.push_back(next);
    }
  }
  return false;
}

bool PolicyGraph::may_enter(const std::string& from, const std::string& to) const {
  const auto to_rank = context_.policy_rank.find(to);
  if (to_rank == context_.policy_rank.end()) return false;
  // During the rounds only what earlier ones found counts; from has no rank yet.
  if (!ranked_ || from.empty()) return true;
  const auto from_rank = context_.policy_rank.find(from);
  if (from_rank != context_.policy_rank.end() && to_rank->second < from_rank->second) return true;
  return from != to && !reaches(to, from);
}

PolicyGraph::Found PolicyGraph::resolve(const std::string& policy, TableId table,
                                        const Ipv6Address& segment) const {
  const IpAddress address(segment);
  const auto accept = [&](const Rib::Entry& entry) {
    const std::string* other = policy_of(entry);
    return other != nullptr && may_enter(policy, *other);
  };
  auto found = context_.base.lookup(table, address);
  const auto steered = context_.overlay.lookup(table, address, accept);
  if (steered && (!found || steered->first.len >= found->first.len)) found = steered;

  const std::string name = segment.to_string();
  if (!found) {
    return {std::nullopt, "no route to " + name + " in table " + context_.table_name(table)};
  }
  const LookupResult result = found->second.result;
  switch (result.kind()) {
    case LookupResult::Kind::kDrop:
      return {std::nullopt, "the route to " + name + " (" + found->first.to_string() + ") drops"};
    case LookupResult::Kind::kLocalAddress:
      return {std::nullopt, name + " is an own address of this node, and no SID"};
    case LookupResult::Kind::kPunt:
      return {std::nullopt, "the route to " + name + " leads to the kernel"};
    default: return {result, ""};
  }
}

LookupResult PolicyGraph::first_hop(const Found& found, const Ipv6Address& segment) const {
  const LookupResult result = found.result.value_or(LookupResult());
  if (result.kind() != LookupResult::Kind::kGlean) return result;
  const auto interface = static_cast<InterfaceId>(result.index());
  return LookupResult(LookupResult::Kind::kAdjacency,
                      context_.adjacency(interface, IpAddress(segment)));
}

bool PolicyGraph::may_be_valid(const SrPolicy& policy) const {
  const auto table = context_.tables.find(policy.table);
  if (table == context_.tables.end()) return false;
  for (const CandidatePath& path : policy.candidate_paths) {
    for (const WeightedSegmentList& list : path.segment_lists) {
      if (list.segments.empty() || list.weight == 0 || list.segments.size() > kMaxSegments) {
        continue;
      }
      if (resolve(policy.name, table->second, list.segments[0]).result) return true;
    }
  }
  return false;
}

void PolicyGraph::add_edges(const SrPolicy& policy) {
  const auto table = context_.tables.find(policy.table);
  if (table == context_.tables.end()) return;
  for (const CandidatePath& path : policy.candidate_paths) {
    for (const WeightedSegmentList& list : path.segment_lists) {
      if (list.segments.empty()) continue;
      // Every steered prefix around the segment, not only the longest one: which of them is used
      // depends on which of them may be.
      const auto record = [&](const Rib::Entry& entry) {
        const std::string* other = policy_of(entry);
        if (other != nullptr) edges_[policy.name].insert(*other);
        return false;
      };
      static_cast<void>(
          context_.overlay.lookup(table->second, IpAddress(list.segments[0]), record));
    }
  }
}

void PolicyGraph::rank(const std::vector<const SrPolicy*>& policies) {
  ranked_ = false;
  std::vector<const SrPolicy*> waiting = policies;
  for (int round = 1; !waiting.empty(); ++round) {
    std::vector<const SrPolicy*> valid;
    std::vector<const SrPolicy*> rest;
    for (const SrPolicy* policy : waiting) {
      (may_be_valid(*policy) ? valid : rest).push_back(policy);
    }
    if (valid.empty()) break;
    for (const SrPolicy* policy : valid)
      context_.policy_rank[policy->name] = round;
    waiting = std::move(rest);
  }
  for (const SrPolicy* policy : policies)
    add_edges(*policy);
  ranked_ = true;
}

}  // namespace sextant
