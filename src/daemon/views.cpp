// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One function per view. The keys are what scripts see: they do not change without need.
#include "views.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "table_names.hpp"

namespace sextant {

namespace {

using nlohmann::json;

template <typename Total>
Total at(const std::vector<Total>& totals, std::uint32_t id) {
  return id < totals.size() ? totals[id] : Total{};
}

json counter(const PacketTotal& total) {
  return {{"packets", total.packets}, {"bytes", total.bytes}};
}

void add_counter(json& object, const PacketTotal& total) {
  object["packets"] = total.packets;
  object["bytes"] = total.bytes;
}

json segments_of(const std::vector<Ipv6Address>& segments) {
  json out = json::array();
  for (const Ipv6Address& segment : segments)
    out.push_back(segment.to_string());
  return out;
}

json flavors_of(Flavors flavors) {
  json out = json::array();
  for (const Flavors one : {kPsp, kUsp, kUsd, kNextCsid}) {
    if ((flavors & one) != 0) out.push_back(flavors_to_string(one));
  }
  return out;
}

json localsids(const ViewSource& source) {
  const TableNames names(source.tables);
  json out = json::array();
  for (const LocalSid& sid : source.tables.local_sids) {
    const SidTotal total = at(source.counters.local_sids, sid.id);
    const TableNames::Egress egress = names.egress(sid);
    json row = {{"sid", IpPrefix{sid.sid, sid.prefix_len}.to_string()},
                {"table", names.table(sid.table)},
                {"behavior", spec_of(sid.behavior).name},
                {"title", spec_of(sid.behavior).title},
                {"flavors", flavors_of(sid.flavors)},
                {"arguments", names.arguments(sid)},
                {"interface", egress.interface},
                {"next_hop", egress.next_hop},
                {"hmac_required", sid.hmac_required},
                {"good", counter(total.good)},
                {"bad", counter(total.bad)}};
    if ((sid.flavors & kNextCsid) != 0) {
      row["csid"] = {{"block_bits", sid.csid.block_bits}, {"csid_bits", sid.csid.csid_bits}};
    }
    out.push_back(std::move(row));
  }
  return out;
}

json path_of(const PolicyStatus::Path& path) {
  json lists = json::array();
  for (const PolicyStatus::List& list : path.lists) {
    lists.push_back({{"segments", segments_of(list.segments)},
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

// The lists that forward now.
json active_lists(const ViewSource& source, const PolicyStatus& status, const Policy& policy) {
  json out = json::array();
  for (const SegmentListId id : policy.lists) {
    const SegmentList* const list = find_by_id(source.tables.segment_lists, id);
    if (list == nullptr) continue;
    json row = {{"segments", segments_of(list->segments)}, {"weight", weight_of(status, *list)}};
    add_counter(row, at(source.counters.segment_lists, id));
    out.push_back(std::move(row));
  }
  return out;
}

// What a packet to the binding SID gets: "End.B6.Encaps".
std::map<PolicyId, std::string_view> binding_behaviors(const ForwardingTables& tables) {
  std::map<PolicyId, std::string_view> out;
  for (const LocalSid& sid : tables.local_sids) {
    const BehaviorSpec& spec = spec_of(sid.behavior);
    if (spec.argument == ArgumentKind::kPolicy) out.emplace(sid.args.policy, spec.name);
  }
  return out;
}

json policies(const ViewSource& source) {
  const TableNames names(source.tables);
  const auto behaviors = binding_behaviors(source.tables);
  json out = json::array();
  for (const PolicyStatus& status : source.policies) {
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
    const Policy* const policy = find_by_id(source.tables.policies, status.id);
    if (policy != nullptr) {
      row["type"] = policy->spray ? "spray" : "default";
      row["table"] = names.table(policy->egress_table);
      if (const auto found = behaviors.find(status.id); found != behaviors.end()) {
        row["binding_sid_behavior"] = found->second;
      }
      row["lists"] = active_lists(source, status, *policy);
    }
    add_counter(row, policy == nullptr ? PacketTotal{} : at(source.counters.policies, status.id));
    out.push_back(std::move(row));
  }
  return out;
}

json steering(const ViewSource& source) {
  const TableNames names(source.tables);
  json out = json::array();
  for (const Steering& rule : source.tables.steerings) {
    json row = {{"match", rule.name}, {"policy", names.policy(rule.policy)}};
    add_counter(row, at(source.counters.steerings, rule.id));
    out.push_back(std::move(row));
  }
  return out;
}

// All reasons, in the order of the stages; most are 0.
json drops(const ViewSource& source) {
  json out = json::array();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    json row = {{"reason", kDropReasons[i].name}, {"help", kDropReasons[i].help}};
    add_counter(row, source.counters.drops[i]);
    out.push_back(std::move(row));
  }
  return out;
}

json interfaces_of(const ViewSource& source, PortIndex port) {
  const TableNames names(source.tables);
  json out = json::array();
  for (const Interface& interface : source.tables.interfaces) {
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
                   {"rx", counter(at(source.counters.interfaces_rx, interface.id))},
                   {"tx", counter(at(source.counters.interfaces_tx, interface.id))}});
  }
  return out;
}

json ports(const ViewSource& source) {
  json out = json::array();
  for (std::size_t i = 0; i < source.ports.size(); ++i) {
    const PortState& port = source.ports[i];
    out.push_back({{"name", port.name},
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
                   {"tx_errors", port.tx_errors},
                   {"interfaces", interfaces_of(source, static_cast<PortIndex>(i))}});
  }
  return out;
}

json neighbors(const ViewSource& source) {
  const TableNames names(source.tables);
  json out = json::array();
  for (const NeighborInfo& neighbor : source.neighbors) {
    out.push_back({{"interface", names.interface(neighbor.key.interface)},
                   {"address", neighbor.key.address.to_string()},
                   {"mac", neighbor.mac.is_zero() ? "" : neighbor.mac.to_string()},
                   {"state", name_of(neighbor.state)},
                   {"router", neighbor.router},
                   {"in_use", neighbor.in_use},
                   {"held_packets", neighbor.held}});
  }
  return out;
}

json fib(const ViewSource& source) {
  const TableNames names(source.tables);
  json out = json::array();
  for (const FibEntry& entry : source.tables.fib) {
    out.push_back({{"table", names.table(entry.table)},
                   {"prefix", entry.prefix.to_string()},
                   {"type", names.kind(entry.result)},
                   {"target", names.target(entry.result)}});
  }
  return out;
}

// Of what was counted since start; 0 before the first of them.
double share(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

json lcores(const ViewSource& source) {
  json out = json::array();
  for (const LcoreStatistics& lcore : source.lcores) {
    json stages = json::object();
    for (std::size_t i = 0; i < kLcoreStages.size(); ++i) {
      stages[std::string(kLcoreStages[i])] = share(lcore.stage_cycles[i], lcore.sampled_packets);
    }
    json sizes = json::array();
    for (std::size_t i = 0; i < kBurstBuckets; ++i) {
      sizes.push_back({{"from", 1u << i}, {"bursts", lcore.bursts_by_size[i]}});
    }
    const std::uint64_t busy = std::min(lcore.busy_cycles, lcore.total_cycles);
    out.push_back({{"lcore", lcore.index},
                   {"cpu", lcore.cpu},
                   {"running", lcore.running},
                   {"tsc_hz", lcore.tsc_hz},
                   {"bursts", lcore.bursts},
                   {"packets", lcore.packets},
                   {"packets_per_burst", share(lcore.packets, lcore.bursts)},
                   {"cycles_per_packet", share(lcore.busy_cycles, lcore.packets)},
                   {"busy_cycles", lcore.busy_cycles},
                   {"total_cycles", lcore.total_cycles},
                   {"idle_share", share(lcore.total_cycles - busy, lcore.total_cycles)},
                   {"sleeps", lcore.sleeps},
                   {"longest_turn_us", 1e6 * share(lcore.longest_turn_cycles, lcore.tsc_hz)},
                   {"sampled_bursts", lcore.sampled_bursts},
                   {"stage_cycles_per_packet", std::move(stages)},
                   {"bursts_by_size", std::move(sizes)}});
  }
  return out;
}

struct View {
  const char* name;
  json (*make)(const ViewSource&);
};

constexpr std::array<View, 8> kViews = {{{"localsids", localsids},
                                         {"policies", policies},
                                         {"steering", steering},
                                         {"drops", drops},
                                         {"ports", ports},
                                         {"neighbors", neighbors},
                                         {"fib", fib},
                                         {"lcores", lcores}}};

}  // namespace

nlohmann::json make_view(const std::string& name, const ViewSource& source) {
  const auto* const view = std::find_if(
      kViews.begin(), kViews.end(), [&](const View& candidate) { return name == candidate.name; });
  if (view == kViews.end()) return nullptr;
  return {{view->name, view->make(source)}};
}

}  // namespace sextant
