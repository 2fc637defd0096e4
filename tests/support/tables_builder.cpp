// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TablesBuilder: ids in order, sorted vectors, first hops by longest prefix.
#include "support/tables_builder.hpp"

#include <algorithm>
#include <tuple>

namespace sextant::test {

namespace {

template <typename Id, typename T>
Id next_id(const std::vector<T>& objects) {
  return static_cast<Id>(objects.size());
}

template <typename T>
void sort_by_id(std::vector<T>& objects) {
  std::sort(objects.begin(), objects.end(), [](const T& a, const T& b) { return a.id < b.id; });
}

}  // namespace

InterfaceId TablesBuilder::port(PortIndex port, const std::vector<Prefix>& addresses,
                                TableId table) {
  return subinterface(port, 0, addresses, table);
}

InterfaceId TablesBuilder::subinterface(PortIndex port, std::uint16_t vlan,
                                        const std::vector<Prefix>& addresses, TableId table_id) {
  Interface interface;
  interface.id = next_id<InterfaceId>(tables_.interfaces);
  interface.name = "pg" + std::to_string(port) + (vlan == 0 ? "" : "." + std::to_string(vlan));
  interface.port = port;
  interface.vlan = vlan;
  interface.table = table_id;
  interface.mac = port_mac(port);
  for (const Prefix& address : addresses) {
    interface.addresses.push_back(address);
    const IpPrefix host{address.address, static_cast<std::uint8_t>(address.address.bits())};
    route(host, {LookupResult::Kind::kLocalAddress, interface.id}, table_id);
    if (!address.is_host()) route(address, {LookupResult::Kind::kGlean, interface.id}, table_id);
  }
  tables_.interfaces.push_back(interface);
  return interface.id;
}

void TablesBuilder::table(TableId id, InterfaceId exception) {
  tables_.tables.push_back({id, "table " + std::to_string(id), exception});
}

LookupResult TablesBuilder::via(InterfaceId interface, const std::string& next_hop,
                                std::optional<MacAddress> mac) {
  return adjacency(interface, next_hop, true,
                   mac.value_or(peer_mac(tables_.interfaces.at(interface).port)));
}

LookupResult TablesBuilder::unresolved_via(InterfaceId interface, const std::string& next_hop) {
  return adjacency(interface, next_hop, false, {});
}

LookupResult TablesBuilder::adjacency(InterfaceId interface, const std::string& next_hop,
                                      bool resolved, MacAddress mac) {
  Adjacency added;
  added.id = next_id<AdjacencyId>(tables_.adjacencies);
  added.interface = interface;
  added.next_hop = detail::parse_or_throw<IpAddress>(next_hop);
  added.mac = mac;
  added.resolved = resolved;
  for (const Adjacency& known : tables_.adjacencies) {
    Adjacency same = added;
    same.id = known.id;
    if (known == same) return {LookupResult::Kind::kAdjacency, known.id};
  }
  tables_.adjacencies.push_back(added);
  return {LookupResult::Kind::kAdjacency, added.id};
}

LookupResult TablesBuilder::ecmp(std::vector<LookupResult> slots) {
  const auto id = next_id<EcmpGroupId>(tables_.ecmp_groups);
  tables_.ecmp_groups.push_back({id, std::move(slots)});
  return {LookupResult::Kind::kEcmpGroup, id};
}

void TablesBuilder::route(const Prefix& prefix, LookupResult result, TableId table) {
  const FibEntry added{table, prefix.masked(), result};
  const auto [known, is_new] =
      fib_index_.emplace(std::pair(table, added.prefix), tables_.fib.size());
  // The index is a hint: tests may edit the vector behind our back.
  if (!is_new && known->second < tables_.fib.size()) {
    FibEntry& entry = tables_.fib[known->second];
    if (entry.table == table && entry.prefix == added.prefix) {
      entry.result = result;
      return;
    }
  }
  known->second = tables_.fib.size();
  tables_.fib.push_back(added);
}

LocalSidId TablesBuilder::local_sid(const V6& sid, Behavior behavior, const SidOptions& options) {
  LocalSid added;
  added.id = next_id<LocalSidId>(tables_.local_sids);
  added.sid = sid;
  added.prefix_len = options.prefix_len;
  added.table = options.table;
  added.behavior = behavior;
  added.flavors = options.flavors;
  added.csid = options.csid;
  added.hmac_required = options.hmac_required;
  added.args = options.args;
  tables_.local_sids.push_back(added);
  route(IpPrefix{Ipv6Address(sid), options.prefix_len}, {LookupResult::Kind::kLocalSid, added.id},
        options.table);
  return added.id;
}

SegmentListId TablesBuilder::segment_list(const std::vector<V6>& segments,
                                          const ListOptions& options) {
  SegmentList list;
  list.id = next_id<SegmentListId>(tables_.segment_lists);
  list.segments.assign(segments.begin(), segments.end());
  list.headend = options.headend;
  list.outer = {options.source, options.hop_limit, options.traffic_class, options.hmac_key_id};
  list.path_mtu = options.path_mtu;
  list.segments_done = options.segments_done;
  if (options.first_hop) {
    list.first_hop = *options.first_hop;
  } else {
    unresolved_lists_[list.id] = options.egress_table;
  }
  tables_.segment_lists.push_back(list);
  return list.id;
}

PolicyId TablesBuilder::policy(std::vector<SegmentListId> lists, const PolicyOptions& options) {
  Policy policy;
  policy.id = next_id<PolicyId>(tables_.policies);
  policy.name = "policy " + std::to_string(policy.id);
  policy.egress_table = options.egress_table;
  policy.valid = options.valid;
  policy.spray = options.spray;
  policy.sticky = options.sticky;
  policy.affinity_timeout_s = options.affinity_timeout_s;
  policy.slots = options.slots;
  if (policy.slots.empty() && lists.size() > 1) {
    for (std::size_t i = 0; i < 64; ++i) {
      policy.slots.push_back(static_cast<std::uint16_t>(i % lists.size()));
    }
  }
  policy.lists = std::move(lists);
  tables_.policies.push_back(policy);
  return policy.id;
}

LookupResult TablesBuilder::steering(PolicyId policy) {
  const auto id = next_id<SteeringId>(tables_.steerings);
  tables_.steerings.push_back({id, policy, "steering " + std::to_string(id)});
  return {LookupResult::Kind::kPolicy, id};
}

SteeringId TablesBuilder::steer(const Prefix& prefix, PolicyId policy, TableId table) {
  const LookupResult result = steering(policy);
  route(prefix, result, table);
  return result.index();
}

SteeringId TablesBuilder::steer_interface(InterfaceId id, PolicyId policy) {
  const LookupResult result = steering(policy);
  interface(id).role = InterfaceRole::kL2Steered;
  interface(id).role_index = result.index();
  return result.index();
}

LookupResult TablesBuilder::port_steering(std::vector<PortSteering::Rule> rules,
                                          LookupResult otherwise) {
  std::sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) {
    return std::tie(a.protocol, a.port) < std::tie(b.protocol, b.port);
  });
  const auto id = next_id<PortSteeringId>(tables_.port_steerings);
  tables_.port_steerings.push_back({id, std::move(rules), otherwise});
  return {LookupResult::Kind::kPortSteering, id};
}

VlanTableId TablesBuilder::vlan_table(std::vector<VlanTable::Entry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.vlan < b.vlan; });
  const auto id = next_id<VlanTableId>(tables_.vlan_tables);
  tables_.vlan_tables.push_back({id, "vlan table " + std::to_string(id), std::move(entries)});
  return id;
}

BridgeId TablesBuilder::bridge(std::vector<InterfaceId> members, std::vector<SteeringId> remotes,
                               std::vector<Bridge::Mac> macs, bool learning) {
  const auto id = next_id<BridgeId>(tables_.bridges);
  for (const InterfaceId member : members) {
    interface(member).role = InterfaceRole::kBridged;
    interface(member).role_index = id;
  }
  std::sort(macs.begin(), macs.end(), [](const auto& a, const auto& b) { return a.mac < b.mac; });
  tables_.bridges.push_back({id, "bridge " + std::to_string(id), std::move(members),
                             std::move(remotes), std::move(macs), learning});
  return id;
}

TranslationId TablesBuilder::translation(InterfaceId interface, const std::string& address,
                                         std::vector<Translation::Rule> rules) {
  const auto id = next_id<TranslationId>(tables_.translations);
  std::sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) {
    return std::tie(a.protocol, a.port) < std::tie(b.protocol, b.port);
  });
  tables_.translations.push_back(
      {id, interface, detail::parse_or_throw<IpAddress>(address), std::move(rules)});
  return id;
}

void TablesBuilder::resolve_first_hops(ForwardingTables& out) const {
  if (unresolved_lists_.empty()) return;
  std::map<std::pair<TableId, IpPrefix>, LookupResult> routes;
  for (const FibEntry& entry : out.fib)
    routes[{entry.table, entry.prefix}] = entry.result;
  const auto lookup = [&](TableId table, const Ipv6Address& address) {
    for (int len = 128; len >= 0; --len) {
      const IpPrefix prefix{address, static_cast<std::uint8_t>(len)};
      const auto found = routes.find({table, prefix.masked()});
      if (found != routes.end()) return found->second;
    }
    return LookupResult();
  };
  for (SegmentList& list : out.segment_lists) {
    const auto found = unresolved_lists_.find(list.id);
    if (found == unresolved_lists_.end() || list.segments_done >= list.segments.size()) continue;
    list.first_hop = lookup(found->second, list.segments[list.segments_done]);
  }
}

ForwardingTables TablesBuilder::take() const {
  ForwardingTables out = tables_;
  resolve_first_hops(out);
  sort_by_id(out.tables);
  sort_by_id(out.interfaces);
  sort_by_id(out.adjacencies);
  sort_by_id(out.ecmp_groups);
  sort_by_id(out.local_sids);
  sort_by_id(out.segment_lists);
  sort_by_id(out.policies);
  sort_by_id(out.steerings);
  sort_by_id(out.port_steerings);
  sort_by_id(out.vlan_tables);
  sort_by_id(out.bridges);
  sort_by_id(out.translations);
  std::sort(out.fib.begin(), out.fib.end(), [](const FibEntry& a, const FibEntry& b) {
    return std::tie(a.table, a.prefix) < std::tie(b.table, b.prefix);
  });
  std::sort(out.settings.hmac_keys.begin(), out.settings.hmac_keys.end(),
            [](const HmacKey& a, const HmacKey& b) { return a.id < b.id; });
  return out;
}

}  // namespace sextant::test
