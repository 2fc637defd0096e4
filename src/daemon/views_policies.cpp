// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The list of SR Policies: what "sh sr policies" of VPP tells, and why a path is not active.
#include <algorithm>
#include <string_view>
#include <utility>

#include "table_names.hpp"
#include "view_parts.hpp"
#include "views.hpp"

namespace sextant {

namespace {

using nlohmann::json;
using views::filter;
using views::total_of;

json path_of(const PolicyStatus::Path& path) {
  json lists = json::array();
  for (const PolicyStatus::List& list : path.lists) {
    lists.push_back({{"segments", views::strings_of(list.segments)},
                     {"weight", list.weight},
                     {"valid", list.valid},
                     {"reason", list.reason}});
  }
  return {{"name", path.name},
          {"preference", path.preference},
          {"protocol_origin", path.protocol_origin},
          {"originator", path.originator},
          {"discriminator", path.discriminator},
          {"valid", path.valid},
          {"active", path.active},
          {"reason", path.reason},
          {"lists", std::move(lists)}};
}

// Of a list of the active path, by its segments, which no two lists of a path share.
std::uint32_t weight_of(const PolicyStatus& status, const SegmentList& list) {
  for (const PolicyStatus::Path& path : status.paths) {
    if (!path.active) continue;
    for (const PolicyStatus::List& candidate : path.lists) {
      if (candidate.segments == list.segments) return candidate.weight;
    }
  }
  return 1;
}

// The lists that forward now, numbered.
json active_lists(const ForwardingTables& tables, const CountersSnapshot& counters,
                  const PolicyStatus& status, const Policy& policy) {
  json out = json::array();
  for (const SegmentListId id : policy.lists) {
    const SegmentList* const list = find_by_id(tables.segment_lists, id);
    if (list == nullptr) continue;
    json row = {{"index", out.size()},
                {"segments", views::strings_of(list->segments)},
                {"weight", weight_of(status, *list)}};
    views::add_counter(row, total_of(counters.segment_lists, id));
    out.push_back(std::move(row));
  }
  return out;
}

// What a packet to the binding SID gets: "End.B6.Encaps". By the FIB, which is sorted: looking
// through all SIDs for each policy would take too long.
std::string_view binding_behavior(const ForwardingTables& tables, const PolicyStatus& status) {
  if (!status.binding_sid) return "";
  for (const Table& table : tables.tables) {
    const FibEntry* const entry = find_fib_entry(tables, table.id, {*status.binding_sid, 128});
    if (entry == nullptr || entry->result.kind() != LookupResult::Kind::kLocalSid) continue;
    const LocalSid* const sid = find_by_id(tables.local_sids, entry->result.index());
    if (sid == nullptr) continue;
    const BehaviorSpec& spec = spec_of(sid->behavior);
    if (spec.argument == ArgumentKind::kPolicy && sid->args.policy == status.id) return spec.name;
  }
  return "";
}

}  // namespace

json views::policy_row(const ForwardingTables& tables, const CountersSnapshot& counters,
                       const PolicyStatus& status) {
  json paths = json::array();
  for (const PolicyStatus::Path& path : status.paths)
    paths.push_back(path_of(path));
  json row = {{"name", status.name},
              {"binding_sid", status.binding_sid ? status.binding_sid->to_string() : ""},
              {"binding_sid_behavior", ""},
              {"headend", status.headend},
              {"color", status.color},
              {"endpoint", status.policy_endpoint},
              {"valid", status.valid},
              {"drop_upon_invalid", status.drop_upon_invalid},
              {"reason", status.reason},
              {"type", "default"},
              {"table", ""},
              {"lists", json::array()},
              {"paths", std::move(paths)}};
  const Policy* const policy = find_by_id(tables.policies, status.id);
  if (policy != nullptr) {
    row["type"] = policy->spray ? "spray" : "default";
    row["table"] = TableNames(tables).table(policy->egress_table);
    row["binding_sid_behavior"] = binding_behavior(tables, status);
    row["lists"] = active_lists(tables, counters, status, *policy);
  }
  views::add_counter(row,
                     policy == nullptr ? PacketTotal{} : total_of(counters.policies, status.id));
  return row;
}

Result<ListReader> open_policies(const ViewSource& source, const ViewQuery& query) {
  const ForwardingTables& tables = source.tables();
  const std::vector<PolicyStatus>& policies = source.policies();
  const std::string* const name = filter(query, "name");
  const std::string* const match = filter(query, "match");
  const std::string* const valid = filter(query, "valid");
  const std::string* const color_text = filter(query, "color");
  const auto color = color_text ? views::number_of(*color_text) : std::nullopt;
  if (color_text != nullptr && !color) {
    return views::no_such("color", *color_text, "a number of 32 bits");
  }
  std::optional<Ipv6Address> binding;
  if (const std::string* const text = filter(query, "binding_sid")) {
    binding = Ipv6Address::parse(*text);
    if (!binding) return views::no_such("binding_sid", *text, "an IPv6 address");
  }
  ListReader reader;
  reader.size = policies.size();
  reader.cursor = [&policies](std::size_t i) { return policies[i].name; };
  reader.after = [&policies](const std::string& cursor) -> std::optional<std::size_t> {
    return static_cast<std::size_t>(
        std::upper_bound(
            policies.begin(), policies.end(), cursor,
            [](const std::string& value, const PolicyStatus& one) { return value < one.name; }) -
        policies.begin());
  };
  reader.matches = [&policies, color, binding, name = name ? *name : "",
                    match = match ? *match : "", valid = valid ? *valid : ""](std::size_t i) {
    const PolicyStatus& one = policies[i];
    return (name.empty() || one.name == name) && (!color || one.color == *color) &&
           (match.empty() || one.name.find(match) != std::string::npos) &&
           (valid.empty() || one.valid == (valid == "true")) &&
           (!binding || one.binding_sid == binding);
  };
  reader.row = [&tables, &policies, counters = source.counters()](std::size_t i) {
    return views::policy_row(tables, *counters, policies[i]);
  };
  return reader;
}

}  // namespace sextant
