// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The FIB as a list, and the chain of decisions behind one destination.
#include <algorithm>
#include <map>
#include <utility>

#include "table_names.hpp"
#include "view_parts.hpp"
#include "views.hpp"

namespace sextant {

namespace {

using nlohmann::json;
using views::filter;

// "0,2001:db8::/32"
std::optional<std::pair<TableId, IpPrefix>> entry_of(const std::string& cursor) {
  const std::size_t comma = cursor.find(',');
  if (comma == std::string::npos) return std::nullopt;
  const auto table = views::number_of(std::string_view(cursor).substr(0, comma));
  const auto prefix = IpPrefix::parse(std::string_view(cursor).substr(comma + 1));
  if (!table || *table > 0xffff || !prefix) return std::nullopt;
  return std::pair{static_cast<TableId>(*table), *prefix};
}

json fib_row(const TableNames& names, const FibEntry& entry) {
  return {{"table", names.table(entry.table)},
          {"prefix", entry.prefix.to_string()},
          {"type", names.kind(entry.result)},
          {"target", names.target(entry.result)}};
}

// Follows one destination. Chains do not loop: a policy's first hop is no policy, a SID ends them.
class Chain {
 public:
  Chain(const ViewSource& source, const IpAddress& destination)
      : tables_(source.tables()),
        names_(tables_),
        neighbors_(source.neighbors()),
        destination_(destination) {}

  void follow(LookupResult result, unsigned depth) {
    using Kind = LookupResult::Kind;
    json step = {{"type", names_.kind(result)}, {"target", names_.target(result)}};
    if (depth >= kMaxDepth || steps_.size() >= kMaxSteps) {
      steps_.push_back({{"type", "more"}, {"target", "not followed any further"}});
      return;
    }
    switch (result.kind()) {
      case Kind::kAdjacency: return add_adjacency(std::move(step), result.index());
      case Kind::kGlean:
        add_neighbor(step, {static_cast<InterfaceId>(result.index()), destination_});
        break;
      case Kind::kEcmpGroup: return add_ecmp(std::move(step), result.index(), depth);
      case Kind::kLocalSid: {
        const LocalSid* const sid = find_by_id(tables_.local_sids, result.index());
        if (sid == nullptr) break;
        step["sid"] = IpPrefix{sid->sid, sid->prefix_len}.to_string();
        step["arguments"] = names_.arguments(*sid);
        break;
      }
      case Kind::kPolicy: return add_policy(std::move(step), result.index(), depth);
      case Kind::kPortSteering: return add_ports(std::move(step), result.index(), depth);
      default: break;
    }
    steps_.push_back(std::move(step));
  }

  json take() { return std::move(steps_); }

 private:
  static constexpr unsigned kMaxDepth = 8;
  static constexpr std::size_t kMaxSteps = 256;

  void add_neighbor(json& step, const NeighborKey& key) {
    const auto found = std::lower_bound(
        neighbors_.begin(), neighbors_.end(), key,
        [](const NeighborInfo& one, const NeighborKey& value) { return one.key < value; });
    const bool known = found != neighbors_.end() && found->key == key;
    step["neighbor"] = {{"address", key.address.to_string()},
                        {"state", known ? std::string(name_of(found->state)) : "unknown"},
                        {"mac", known && !found->mac.is_zero() ? found->mac.to_string() : ""}};
  }

  void add_adjacency(json step, AdjacencyId id) {
    const Adjacency* const adjacency = find_by_id(tables_.adjacencies, id);
    if (adjacency != nullptr) {
      step["interface"] = names_.interface(adjacency->interface);
      add_neighbor(step, {adjacency->interface, adjacency->next_hop});
      if (adjacency->permanent) {
        step["neighbor"]["state"] = "permanent";
        step["neighbor"]["mac"] = adjacency->mac.to_string();
      }
    }
    steps_.push_back(std::move(step));
  }

  void add_ecmp(json step, EcmpGroupId id, unsigned depth) {
    const EcmpGroup* const group = find_by_id(tables_.ecmp_groups, id);
    std::map<std::uint32_t, std::size_t> slots;
    if (group != nullptr) {
      step["slots"] = group->slots.size();
      for (const LookupResult slot : group->slots)
        ++slots[slot.word()];
    }
    steps_.push_back(std::move(step));
    for (const auto& [word, count] : slots) {
      const std::size_t at = steps_.size();
      follow(LookupResult::from_word(word), depth + 1);
      if (at < steps_.size()) steps_[at]["share_slots"] = count;
    }
  }

  void add_policy(json step, SteeringId id, unsigned depth) {
    const Steering* const steering = find_by_id(tables_.steerings, id);
    const Policy* const policy =
        steering == nullptr ? nullptr : find_by_id(tables_.policies, steering->policy);
    if (policy == nullptr) return steps_.push_back(std::move(step));
    step["steering"] = steering->name;
    step["valid"] = policy->valid;
    steps_.push_back(std::move(step));
    for (const SegmentListId list_id : policy->lists) {
      const SegmentList* const list = find_by_id(tables_.segment_lists, list_id);
      if (list == nullptr || steps_.size() >= kMaxSteps) continue;
      steps_.push_back({{"type", "segment list"},
                        {"target", names_.target(list->first_hop)},
                        {"segments", views::strings_of(list->segments)},
                        {"headend", name_of(list->headend)}});
      follow(list->first_hop, depth + 1);
    }
  }

  void add_ports(json step, PortSteeringId id, unsigned depth) {
    const PortSteering* const steering = find_by_id(tables_.port_steerings, id);
    steps_.push_back(std::move(step));
    if (steering != nullptr) follow(steering->otherwise, depth + 1);
  }

  const ForwardingTables& tables_;
  TableNames names_;
  std::vector<NeighborInfo> neighbors_;
  IpAddress destination_;
  json steps_ = json::array();
};

}  // namespace

Result<ListReader> open_fib(const ViewSource& source, const ViewQuery& query) {
  const ForwardingTables& tables = source.tables();
  auto prefix = views::prefix_filter(query, "prefix");
  if (!prefix) return prefix.error();
  const auto table = views::table_filter(tables, query);
  if (!table) return table.error();
  const std::string* const type = filter(query, "type");
  ListReader reader;
  reader.size = tables.fib.size();
  reader.cursor = [&tables](std::size_t i) {
    return std::to_string(tables.fib[i].table) + "," + tables.fib[i].prefix.to_string();
  };
  reader.after = [&tables](const std::string& cursor) -> std::optional<std::size_t> {
    const auto key = entry_of(cursor);
    if (!key) return std::nullopt;
    return static_cast<std::size_t>(
        std::upper_bound(tables.fib.begin(), tables.fib.end(), *key,
                         [](const std::pair<TableId, IpPrefix>& value, const FibEntry& entry) {
                           return value < std::pair(entry.table, entry.prefix);
                         }) -
        tables.fib.begin());
  };
  reader.matches = [&tables, prefix = *prefix, table = *table,
                    type = type ? *type : ""](std::size_t i) {
    const FibEntry& entry = tables.fib[i];
    return (table == views::kAnyTable || entry.table == table) &&
           (!prefix || views::inside(entry.prefix, *prefix)) &&
           (type.empty() || TableNames(tables).kind(entry.result) == type);
  };
  reader.row = [&tables](std::size_t i) { return fib_row(TableNames(tables), tables.fib[i]); };
  return reader;
}

Result<json> fib_lookup(const ViewSource& source, const std::string& table,
                        const std::string& address) {
  const ForwardingTables& tables = source.tables();
  const auto destination = IpAddress::parse(address);
  if (!destination) {
    return views::no_such("lookup", address, "an address such as 2001:db8::1 or 192.0.2.1");
  }
  TableId id = tables.tables.empty() ? TableId{0} : tables.tables.front().id;
  if (!table.empty()) {
    const auto found = views::table_filter(tables, {{"table", table}});
    if (!found) return found.error();
    id = static_cast<TableId>(*found);
  }
  const TableNames names(tables);
  json out = {{"table", names.table(id)}, {"address", destination->to_string()}};
  for (int len = destination->bits(); len >= 0; --len) {
    const IpPrefix prefix = IpPrefix{*destination, static_cast<std::uint8_t>(len)}.masked();
    const FibEntry* const entry = find_fib_entry(tables, id, prefix);
    if (entry == nullptr) continue;
    Chain chain(source, *destination);
    chain.follow(entry->result, 0);
    out["match"] = fib_row(names, *entry);
    out["chain"] = chain.take();
    return out;
  }
  out["match"] = nullptr;
  out["chain"] = json::array({{{"type", "drop"}, {"target", "lookup_no_route"}}});
  return out;
}

}  // namespace sextant
