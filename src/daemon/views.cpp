// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Lists but policies and FIB. The keys are what scripts see: they do not change without need.
#include "views.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "k8s/translator.hpp"
#include "table_names.hpp"
#include "view_parts.hpp"

namespace sextant {

namespace {

using nlohmann::json;
using views::counter;
using views::filter;
using views::no_such;
using views::total_of;

json flavors_of(Flavors flavors) {
  json out = json::array();
  for (const Flavors one : {kPsp, kUsp, kUsd, kNextCsid}) {
    if ((flavors & one) != 0) out.push_back(flavors_to_string(one));
  }
  return out;
}

// Of the pod or host that a SID leads to, else of the SID itself.
std::string kubernetes_name(const k8s::Translator* cluster, const LocalSid& sid,
                            const std::string& next_hop) {
  if (cluster == nullptr) return "";
  const auto target = IpAddress::parse(next_hop);
  return cluster->name_of(target ? *target : IpAddress(sid.sid));
}

json localsid_row(const ForwardingTables& tables, const CountersSnapshot& counters,
                  const k8s::Translator* cluster, const LocalSid& sid) {
  const TableNames names(tables);
  const SidTotal total = total_of(counters.local_sids, sid.id);
  const TableNames::Egress egress = names.egress(sid);
  json row = {{"sid", IpPrefix{sid.sid, sid.prefix_len}.to_string()},
              {"table", names.table(sid.table)},
              {"behavior", spec_of(sid.behavior).name},
              {"title", spec_of(sid.behavior).title},
              {"flavors", flavors_of(sid.flavors)},
              {"arguments", names.arguments(sid)},
              {"interface", egress.interface},
              {"next_hop", egress.next_hop},
              {"kubernetes", kubernetes_name(cluster, sid, egress.next_hop)},
              {"hmac_required", sid.hmac_required},
              {"good", counter(total.good)},
              {"bad", counter(total.bad)}};
  if ((sid.flavors & kNextCsid) != 0) {
    row["csid"] = {{"block_bits", sid.csid.block_bits}, {"csid_bits", sid.csid.csid_bits}};
  }
  return row;
}

json interfaces_of(const ForwardingTables& tables, const CountersSnapshot& counters,
                   PortIndex port) {
  const TableNames names(tables);
  json out = json::array();
  for (const Interface& interface : tables.interfaces) {
    if (interface.port != port) continue;
    json addresses = json::array();
    for (const IpPrefix& address : interface.addresses)
      addresses.push_back(address.to_string());
    out.push_back({{"name", interface.name},
                   {"vlan", interface.vlan},
                   {"table", names.table(interface.table)},
                   {"mac", interface.mac.to_string()},
                   {"mtu", interface.mtu},
                   {"trusted", interface.trusted},
                   {"addresses", std::move(addresses)},
                   {"rx", counter(total_of(counters.interfaces_rx, interface.id))},
                   {"tx", counter(total_of(counters.interfaces_tx, interface.id))}});
  }
  return out;
}

json port_row(const PortState& port) {
  return {{"name", port.name},
          {"device", port.device},
          {"driver", port.driver},
          {"mac", port.mac.to_string()},
          {"mtu", port.mtu},
          {"rx_queues", port.rx_queues},
          {"tx_queues", port.tx_queues},
          {"present", port.present},
          {"link", port.link_up ? "up" : "down"},
          {"speed_mbps", port.speed_mbps},
          {"promiscuous", port.promiscuous},
          {"multi_segment_tx", port.multi_segment_tx},
          {"rx", counter(port.rx)},
          {"tx", counter(port.tx)},
          {"rx_missed", port.rx_missed},
          {"rx_errors", port.rx_errors},
          {"rx_no_mbuf", port.rx_no_mbuf},
          {"tx_errors", port.tx_errors}};
}

// "7,fe80::1"
std::string cursor_of(const NeighborKey& key) {
  return std::to_string(key.interface) + "," + key.address.to_string();
}

std::optional<NeighborKey> neighbor_of(const std::string& cursor) {
  const std::size_t comma = cursor.find(',');
  if (comma == std::string::npos) return std::nullopt;
  const auto interface = views::number_of(std::string_view(cursor).substr(0, comma));
  const auto address = IpAddress::parse(std::string_view(cursor).substr(comma + 1));
  if (!interface || *interface > kNoInterface || !address) return std::nullopt;
  return NeighborKey{static_cast<InterfaceId>(*interface), *address};
}

}  // namespace

Result<ListReader> open_localsids(const ViewSource& source, const ViewQuery& query) {
  const ForwardingTables& tables = source.tables();
  auto prefix = views::prefix_filter(query, "prefix");
  if (!prefix) return prefix.error();
  const auto table = views::table_filter(tables, query);
  if (!table) return table.error();
  std::optional<Behavior> behavior;
  if (const std::string* const text = filter(query, "behavior")) {
    const auto* const spec =
        std::find_if(kBehaviors.begin(), kBehaviors.end(),
                     [&](const BehaviorSpec& one) { return one.name == *text; });
    if (spec == kBehaviors.end()) return no_such("behavior", *text, "a behavior such as End.DT46");
    behavior = spec->behavior;
  }
  const std::vector<LocalSid>& sids = tables.local_sids;
  ListReader reader;
  views::cursors_by_id(reader, sids);
  reader.matches = [&sids, prefix = *prefix, table = *table, behavior](std::size_t i) {
    const LocalSid& sid = sids[i];
    return (!behavior || sid.behavior == *behavior) &&
           (table == views::kAnyTable || sid.table == table) &&
           (!prefix || views::inside({sid.sid, sid.prefix_len}, *prefix));
  };
  reader.row = [&tables, &sids, counters = source.counters(), cluster = source.cluster()](
                   std::size_t i) { return localsid_row(tables, *counters, cluster, sids[i]); };
  return reader;
}

Result<ListReader> open_steering(const ViewSource& source, const ViewQuery& query) {
  const ForwardingTables& tables = source.tables();
  const std::string* const policy = filter(query, "policy");
  const std::string* const match = filter(query, "match");
  ListReader reader;
  views::cursors_by_id(reader, tables.steerings);
  reader.matches = [&tables, by_policy = policy != nullptr, by_match = match != nullptr,
                    policy = policy ? *policy : "", match = match ? *match : ""](std::size_t i) {
    const Steering& rule = tables.steerings[i];
    if (by_match && rule.name.find(match) == std::string::npos) return false;
    return !by_policy || TableNames(tables).policy(rule.policy) == policy;
  };
  reader.row = [&tables, counters = source.counters()](std::size_t i) {
    const Steering& rule = tables.steerings[i];
    json row = {{"match", rule.name}, {"policy", TableNames(tables).policy(rule.policy)}};
    views::add_counter(row, total_of(counters->steerings, rule.id));
    return row;
  };
  return reader;
}

// All reasons, in the order of the stages; most are 0.
Result<ListReader> open_drops(const ViewSource& source, const ViewQuery& query) {
  const std::string* const reason = filter(query, "reason");
  if (reason != nullptr &&
      std::none_of(kDropReasons.begin(), kDropReasons.end(),
                   [&](const DropReasonSpec& spec) { return spec.name == *reason; })) {
    return no_such("reason", *reason, "a drop reason");
  }
  const std::string* const text = filter(query, "nonzero");
  const bool nonzero = text != nullptr && *text == "true";
  const auto counters = source.counters();
  ListReader reader;
  views::cursors_by_position(reader, kDropReasonCount);
  reader.matches = [counters, nonzero, wanted = reason ? *reason : ""](std::size_t i) {
    return (wanted.empty() || kDropReasons[i].name == wanted) &&
           (!nonzero || counters->drops[i].packets > 0);
  };
  reader.row = [counters](std::size_t i) {
    json row = {{"reason", kDropReasons[i].name}, {"help", kDropReasons[i].help}};
    views::add_counter(row, counters->drops[i]);
    return row;
  };
  return reader;
}

Result<ListReader> open_ports(const ViewSource& source, const ViewQuery& query) {
  const ForwardingTables& tables = source.tables();
  const std::string* const name = filter(query, "name");
  const auto ports = std::make_shared<const std::vector<PortState>>(source.ports());
  ListReader reader;
  views::cursors_by_position(reader, ports->size());
  reader.matches = [ports, wanted = name ? *name : ""](std::size_t i) {
    const std::string& port = (*ports)[i].name;
    return wanted.empty() ? !port.empty() : port == wanted;
  };
  reader.row = [&tables, ports, counters = source.counters()](std::size_t i) {
    json row = port_row((*ports)[i]);
    row["interfaces"] = interfaces_of(tables, *counters, static_cast<PortIndex>(i));
    return row;
  };
  return reader;
}

Result<ListReader> open_neighbors(const ViewSource& source, const ViewQuery& query) {
  const ForwardingTables& tables = source.tables();
  auto prefix = views::prefix_filter(query, "prefix");
  if (!prefix) return prefix.error();
  const std::string* const state = filter(query, "state");
  const std::string* const interface = filter(query, "interface");
  const auto all = std::make_shared<const std::vector<NeighborInfo>>(source.neighbors());
  ListReader reader;
  reader.size = all->size();
  reader.cursor = [all](std::size_t i) { return cursor_of((*all)[i].key); };
  reader.after = [all](const std::string& cursor) -> std::optional<std::size_t> {
    const auto key = neighbor_of(cursor);
    if (!key) return std::nullopt;
    return static_cast<std::size_t>(
        std::upper_bound(
            all->begin(), all->end(), *key,
            [](const NeighborKey& value, const NeighborInfo& one) { return value < one.key; }) -
        all->begin());
  };
  reader.matches = [&tables, all, prefix = *prefix, state = state ? *state : "",
                    interface = interface ? *interface : ""](std::size_t i) {
    const NeighborInfo& one = (*all)[i];
    return (state.empty() || name_of(one.state) == state) &&
           (!prefix || prefix->contains(one.key.address)) &&
           (interface.empty() || TableNames(tables).interface(one.key.interface) == interface);
  };
  reader.row = [&tables, all](std::size_t i) -> json {
    const NeighborInfo& one = (*all)[i];
    return {{"interface", TableNames(tables).interface(one.key.interface)},
            {"address", one.key.address.to_string()},
            {"mac", one.mac.is_zero() ? "" : one.mac.to_string()},
            {"state", name_of(one.state)},
            {"router", one.router},
            {"in_use", one.in_use},
            {"held_packets", one.held}};
  };
  return reader;
}

}  // namespace sextant
