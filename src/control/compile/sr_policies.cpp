// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SR Policies (RFC 9256): valid segment lists, the active candidate path, and what it forwards by.
#include <sextant/srv6/srh.hpp>
#include <string>
#include <tuple>
#include <utility>

#include "control/compile/compile_context.hpp"
#include "control/compile/consistent_hash.hpp"
#include "control/compile/policy_graph.hpp"

namespace sextant {

namespace {

// What a person may have got wrong; reported for every list, whether its path is active or not.
void check_list(CompileContext& context, const WeightedSegmentList& list) {
  if (list.segments.size() > kMaxSegments) {
    context.error(list.origin, "segments",
                  "more than 16 segments; use binding SIDs or NEXT-CSIDs for longer paths");
  }
  for (std::size_t i = 0; i < list.segments.size(); ++i) {
    const Ipv6Address& sid = list.segments[i];
    if (sid.is_unspecified() || sid.is_multicast() || sid.is_loopback() || sid.is_link_local()) {
      context.error(list.origin, "segments[" + std::to_string(i) + "]",
                    sid.to_string() + " cannot be a segment");
    }
  }
}

PolicyStatus::List list_status(const CompileContext& context, const PolicyGraph& graph,
                               const SrPolicy& policy, PolicyId id,
                               const WeightedSegmentList& list) {
  PolicyStatus::List out;
  out.segments = list.segments;
  out.weight = list.weight;
  out.draining = list.draining;
  if (list.segments.empty()) {
    out.reason = "the list is empty";
  } else if (list.weight == 0) {
    out.reason = "its weight is 0";
  } else if (list.segments.size() > kMaxSegments) {
    out.reason = "more than 16 segments";
  } else {
    const auto table = context.tables.find(policy.table);
    if (table == context.tables.end()) {
      out.reason = "there is no table " + policy.table;
    } else {
      auto found = graph.resolve(id, table->second, list.segments[0]);
      out.valid = found.result.has_value();
      out.reason = std::move(found.reason);
    }
  }
  return out;
}

// RFC 9256 section 2.9: what makes one candidate path better than another; the smallest wins. The
// last members only make the outcome independent of the order in which equal paths were written.
auto selection_order(const CandidatePath& path) {
  Ipv6Address node = path.originator_node.v6;
  if (!path.originator_node.is_v6()) {
    // Section 2.4: an IPv4 address stands in the lowest 32 bits.
    std::copy(path.originator_node.v4.bytes.begin(), path.originator_node.v4.bytes.end(),
              node.bytes.begin() + 12);
  }
  std::vector<std::pair<std::vector<Ipv6Address>, std::uint32_t>> lists;
  for (const WeightedSegmentList& list : path.segment_lists) {
    lists.emplace_back(list.segments, list.weight);
  }
  std::sort(lists.begin(), lists.end());
  return std::tuple(~path.preference, static_cast<std::uint8_t>(~path.protocol_origin),
                    path.originator_asn, node, ~path.discriminator, path.name, std::move(lists));
}

std::string label_of(const PolicyStatus::Path& path) {
  return "candidate path " + path.name;
}

// Why a valid path is not the active one.
std::string why_not_active(const PolicyStatus::Path& path, const PolicyStatus::Path& active) {
  if (path.preference != active.preference) {
    return "preference " + std::to_string(path.preference) + " is lower than the " +
           std::to_string(active.preference) + " of " + label_of(active);
  }
  if (path.protocol_origin != active.protocol_origin) {
    return "equal preference, lower protocol origin than " + label_of(active);
  }
  if (path.originator != active.originator) {
    return "equal preference, higher originator than " + label_of(active);
  }
  if (path.discriminator != active.discriminator) {
    return "equal preference, lower discriminator than " + label_of(active);
  }
  return "in all respects equal to " + label_of(active);
}

PolicyStatus::Path path_status(const CompileContext& context, const PolicyGraph& graph,
                               const SrPolicy& policy, PolicyId id, std::size_t index) {
  const CandidatePath& path = policy.candidate_paths[index];
  PolicyStatus::Path out;
  out.name = path.name.empty() ? std::to_string(index + 1) : path.name;
  out.preference = path.preference;
  out.protocol_origin = path.protocol_origin;
  out.originator = std::to_string(path.originator_asn) + ":" + path.originator_node.to_string();
  out.discriminator = path.discriminator;
  for (const WeightedSegmentList& list : path.segment_lists) {
    out.lists.push_back(list_status(context, graph, policy, id, list));
    out.valid = out.valid || out.lists.back().valid;
  }
  if (!out.valid) {
    out.reason = out.lists.empty() ? "it has no segment list"
                                   : "no valid segment list: " + out.lists[0].reason;
  }
  return out;
}

// Fills in which path is active; its index in candidate_paths.
std::optional<std::size_t> select_path(const SrPolicy& policy, PolicyStatus& status) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < status.paths.size(); ++i) {
    if (!status.paths[i].valid) continue;
    if (!best || selection_order(policy.candidate_paths[i]) <
                     selection_order(policy.candidate_paths[*best])) {
      best = i;
    }
  }
  if (!best) {
    status.reason = status.paths.empty() ? "it has no candidate path"
                                         : "no valid candidate path: " + status.paths[0].reason;
    return best;
  }
  status.valid = true;
  status.paths[*best].active = true;
  for (PolicyStatus::Path& path : status.paths) {
    if (path.valid && !path.active) path.reason = why_not_active(path, status.paths[*best]);
  }
  return best;
}

PolicyStatus make_status(const CompileContext& context, const PolicyGraph& graph,
                         const SrPolicy& policy, PolicyId id) {
  PolicyStatus out;
  out.name = policy.name;
  out.color = policy.color;
  if (policy.policy_endpoint) out.policy_endpoint = policy.policy_endpoint->to_string();
  out.binding_sid = policy.binding_sid;
  out.headend = name_of(policy.headend);
  out.drop_upon_invalid = policy.drop_upon_invalid;
  for (std::size_t i = 0; i < policy.candidate_paths.size(); ++i) {
    out.paths.push_back(path_status(context, graph, policy, id, i));
  }
  return out;
}

// The segments as bytes: names a list within its policy.
std::string bytes_of(const std::vector<Ipv6Address>& segments) {
  std::string out;
  out.reserve(segments.size() * sizeof(Ipv6Address));
  for (const Ipv6Address& segment : segments)
    out.append(segment.bytes.begin(), segment.bytes.end());
  return out;
}

// The valid lists of the active path, sorted by their segments.
void add_lists(CompileContext& context, const PolicyGraph& graph, const SrPolicy& policy,
               const PolicyStatus::Path& path, Policy& out) {
  const OuterHeader outer =
      outer_header(context, policy.origin, policy.encapsulation, policy.headend);
  std::vector<const PolicyStatus::List*> valid;
  for (const PolicyStatus::List& list : path.lists) {
    if (list.valid) valid.push_back(&list);
  }
  std::stable_sort(valid.begin(), valid.end(),
                   [](const auto* a, const auto* b) { return a->segments < b->segments; });
  const bool all_drain =
      std::all_of(valid.begin(), valid.end(), [](const auto* list) { return list->draining; });
  std::vector<HashMember> members;
  std::vector<std::uint16_t> places;  // of the members in out.lists
  std::vector<std::pair<InterfaceId, IpAddress>> gleaned;
  for (const PolicyStatus::List* list : valid) {
    SegmentList made;
    made.id = context.ids.id(IdKind::kSegmentList, segment_list_key(policy.name, list->segments));
    made.segments = list->segments;
    made.headend = policy.headend;
    made.outer = outer;
    made.path_mtu = policy.path_mtu;
    const auto found = graph.resolve(out.id, out.egress_table, made.segments[0]);
    made.first_hop = graph.first_hop(found, made.segments[0]);
    if (found.result && found.result->kind() == LookupResult::Kind::kGlean) {
      gleaned.emplace_back(static_cast<InterfaceId>(found.result->index()),
                           IpAddress(made.segments[0]));
    }
    if (!list->draining || all_drain) {
      members.push_back({bytes_of(list->segments), list->weight});
      places.push_back(static_cast<std::uint16_t>(out.lists.size()));
    }
    out.lists.push_back(made.id);
    context.segment_lists.insert_or_assign(made.id, std::move(made));
  }
  context.node(out.id).gleaned = std::move(gleaned);
  if (policy.spray || members.size() > kMaxHashMembers) return;
  out.slots = fill_slots(members);
  for (std::uint16_t& slot : out.slots)
    slot = places[slot];
  if (members.size() == 1 && out.lists.size() > 1) out.slots = places;
}

// RFC 8754 section 5: a node's own address. The first one that the fabric can know.
std::optional<Ipv6Address> default_source(const CompileContext& context) {
  for (const DesiredInterface& desired : context.state.interfaces) {
    const auto id = context.interface_ids.find(desired.name);
    if (id == context.interface_ids.end() || !desired.trusted) continue;
    const Interface& interface = context.interfaces.at(id->second);
    if (interface.role != InterfaceRole::kRouted) continue;
    for (const IpPrefix& own : interface.addresses) {
      if (own.address.is_v6() && !own.address.v6.is_link_local()) return own.address.v6;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string segment_list_key(const std::string& policy, const std::vector<Ipv6Address>& segments) {
  return "policy|" + policy + "|" + bytes_of(segments);
}

void check_policy(CompileContext& context, const SrPolicy& policy) {
  if (policy.sticky && policy.spray) {
    context.error(policy.origin, "sticky", "with spray every list gets every packet");
  }
  if (policy.affinity_timeout_s != 0 && !policy.sticky) {
    context.error(policy.origin, "affinity_timeout_s", "needs sticky: true");
  }
  for (const CandidatePath& path : policy.candidate_paths) {
    if (path.segment_lists.size() > kMaxHashMembers) {
      context.error(path.origin, "segment_lists",
                    "more than " + std::to_string(kMaxHashMembers) + " segment lists");
    }
    std::map<std::vector<Ipv6Address>, const WeightedSegmentList*> seen;
    for (const WeightedSegmentList& list : path.segment_lists) {
      check_list(context, list);
      if (list.draining && !policy.sticky) {
        context.error(list.origin, "draining",
                      "needs sticky: true of the policy, or no flow is known to stay");
      }
      const auto [first, fresh] = seen.emplace(list.segments, &list);
      if (!fresh) {
        context.error(list.origin, "segments",
                      "the same list stands " + place_of(first->second->origin) +
                          " already; add up the weights");
      }
    }
  }
}

void add_policy(CompileContext& context, const PolicyGraph& graph, const SrPolicy& policy) {
  const PolicyId id = context.policies.at(policy.name).id;
  PolicyStatus status = make_status(context, graph, policy, id);
  const std::optional<std::size_t> active = select_path(policy, status);
  PolicyNode& node = context.node(id);
  node.present = active || policy.drop_upon_invalid || node.layer2;
  if (node.present) {
    Policy out;
    out.id = status.id = id;
    out.name = policy.name;
    out.valid = active.has_value();
    out.spray = policy.spray;
    out.sticky = policy.sticky;
    out.affinity_timeout_s = policy.affinity_timeout_s;
    const auto table = context.tables.find(policy.table);
    if (table != context.tables.end()) out.egress_table = table->second;
    if (active) add_lists(context, graph, policy, status.paths[*active], out);
    context.compiled_policies.insert_or_assign(id, std::move(out));
  }
  context.policy_status.push_back(std::move(status));
}

OuterHeader outer_header(CompileContext& context, const Origin& origin,
                         const DesiredEncapsulation& own, Headend headend) {
  const DesiredEncapsulation& node = context.state.encapsulation;
  OuterHeader out;
  out.hop_limit = own.hop_limit.value_or(node.hop_limit.value_or(64));
  const std::uint16_t traffic_class =
      own.traffic_class.value_or(node.traffic_class.value_or(kCopyTrafficClass));
  if (traffic_class != kCopyTrafficClass) {
    out.traffic_class = static_cast<std::uint8_t>(traffic_class);
  }
  out.hmac_key_id = own.hmac_key.value_or(node.hmac_key.value_or(0));
  const auto& keys = context.state.domain.hmac_keys;
  if (out.hmac_key_id != 0 && std::none_of(keys.begin(), keys.end(), [&](const auto& key) {
        return key.id == out.hmac_key_id;
      })) {
    const Origin& where = own.hmac_key ? origin : node.origin;
    context.error(where, "hmac_key",
                  "no key with id " + std::to_string(out.hmac_key_id) + " in domain.hmac_keys");
  }
  if (headend == Headend::kHInsert) return out;  // keeps the source of the packet
  std::optional<Ipv6Address> source = own.source ? own.source : node.source;
  if (!source) source = default_source(context);
  if (source) {
    out.source = *source;
  } else {
    context.error(
        origin, "source",
        "the outer header needs a source address: give encapsulation.source, or a trusted "
        "port a global IPv6 address");
  }
  return out;
}

void compile_policies(CompileContext& context) {
  const auto by_name = [](const SrPolicy& policy) { return std::string_view(policy.name); };
  std::vector<const SrPolicy*> policies;
  for (const SrPolicy* policy : sorted_by(context.state.policies, by_name)) {
    const auto known = context.policies.find(policy->name);
    if (known == context.policies.end() || known->second.desired != policy)
      continue;  // a duplicate
    check_policy(context, *policy);
    context.table(policy->origin, "table", policy->table);
    policies.push_back(policy);
  }
  PolicyGraph graph(context);
  graph.rank(policies);
  for (const SrPolicy* policy : policies)
    add_policy(context, graph, *policy);
}

FirstHop resolve_segment(CompileContext& context, TableId table, const Ipv6Address& segment) {
  PolicyGraph graph(context);
  const auto found = graph.resolve(kNoObject, table, segment);
  if (!found.result) return {std::nullopt, found.reason};
  return {graph.first_hop(found, segment), ""};
}

}  // namespace sextant
