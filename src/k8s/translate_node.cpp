// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Nodes and pods.
#include <algorithm>
#include <optional>
#include <utility>

#include "k8s/translate.hpp"

namespace sextant::k8s {

namespace {

DesiredLocalSid local_sid(const Cluster& cluster, const Ipv6Address& sid, Behavior behavior) {
  DesiredLocalSid out;
  out.sid = {sid, 128};
  out.table = cluster.settings.table;
  out.behavior = behavior;
  return out;
}

// Decapsulates what there can be: of one family, or of both.
template <typename Items>
Behavior table_lookup(const Items& items, Family (*family)(const typename Items::value_type&)) {
  const auto has = [&](Family wanted) {
    return std::any_of(items.begin(), items.end(),
                       [&](const auto& item) { return family(item) == wanted; });
  };
  if (has(Family::kIpv4) == has(Family::kIpv6)) return Behavior::kEndDt46;
  return has(Family::kIpv4) ? Behavior::kEndDt4 : Behavior::kEndDt6;
}

Family family_of_prefix(const IpPrefix& prefix) {
  return prefix.address.family;
}
Family family_of_address(const IpAddress& address) {
  return address.family;
}

DesiredLocalSid cross_connect(const Cluster& cluster, const Ipv6Address& sid,
                              const IpAddress& next_hop, const std::string& interface) {
  DesiredLocalSid out =
      local_sid(cluster, sid, next_hop.is_v6() ? Behavior::kEndDx6 : Behavior::kEndDx4);
  DesiredNextHop hop;
  hop.address = next_hop;
  hop.interface = interface;
  out.next_hops.push_back(std::move(hop));
  return out;
}

// Backends in this node's own network: to the kernel, as if it were the next hop.
void add_host_sids(const Cluster& cluster, const ClusterNode& node, StateChange& out) {
  const std::string& interface = cluster.links.host_interface();
  if (interface.empty()) return;
  for (const Family family : {Family::kIpv6, Family::kIpv4}) {
    const auto own = std::find_if(node.addresses.begin(), node.addresses.end(),
                                  [&](const IpAddress& a) { return a.family == family; });
    if (own == node.addresses.end()) continue;
    out.local_sids.upserts.push_back(cross_connect(
        cluster, own->is_v6() ? node.sids.host_dx6 : node.sids.host_dx4, *own, interface));
  }
}

StateChange translate_self(const Cluster& cluster, const ClusterNode& node) {
  StateChange out;
  const auto& cidrs = node.planned->pod_cidrs;
  auto& sids = out.local_sids.upserts;
  sids.push_back(local_sid(cluster, node.sids.end, Behavior::kEnd));
  sids.push_back(local_sid(cluster, node.sids.pods, table_lookup(cidrs, family_of_prefix)));
  sids.push_back(
      local_sid(cluster, node.sids.host, table_lookup(node.addresses, family_of_address)));
  for (DesiredLocalSid& sid : sids) {
    if (spec_of(sid.behavior).argument == ArgumentKind::kTable) {
      sid.lookup_table = cluster.settings.table;
    }
  }
  add_host_sids(cluster, node, out);
  // A pod that is not there is not somewhere else.
  for (const IpPrefix& cidr : cidrs) {
    if (cluster.links.way_to(cidr.address) == nullptr) {
      out.routes.upserts.push_back(unreachable(cluster, cidr.masked()));
    }
  }
  return out;
}

SrPolicy policy_to(const Cluster& cluster, std::string name, const Ipv6Address& sid,
                   const std::optional<Ipv6Address>& binding_sid) {
  SrPolicy out;
  out.name = std::move(name);
  out.binding_sid = binding_sid;
  out.headend = Headend::kHEncapsRed;
  out.table = cluster.settings.table;
  // What is meant for a node must not leave without its header, whatever default route there is.
  out.drop_upon_invalid = true;
  CandidatePath path;
  WeightedSegmentList list;
  list.segments = {sid};
  path.segment_lists.push_back(std::move(list));
  out.candidate_paths.push_back(std::move(path));
  return out;
}

void add_routes(const Cluster& cluster, const ClusterNode& node, StateChange& out) {
  const IpAddress next_hop = node.planned->address;
  if (!cluster.settings.sid_routes || !cluster.links.is_neighbor(next_hop)) return;
  for (const IpPrefix& prefix : node.sids.prefixes) {
    DesiredRoute route;
    route.table = cluster.settings.table;
    route.prefix = prefix;
    DesiredNextHop hop;
    hop.address = next_hop;
    route.next_hops.push_back(std::move(hop));
    out.routes.upserts.push_back(std::move(route));
  }
}

StateChange translate_other(const Cluster& cluster, const ClusterNode& node) {
  StateChange out;
  add_routes(cluster, node, out);
  const auto& cidrs = node.planned->pod_cidrs;
  if (!cidrs.empty()) {
    const std::string name = pods_policy_name(node.name);
    out.policies.upserts.push_back(
        policy_to(cluster, name, node.sids.pods, node.sids.pods_binding_sid));
    for (const IpPrefix& cidr : cidrs)
      out.steering.upserts.push_back(steer(cluster, cidr.masked(), name));
  }
  const std::string name = host_policy_name(node.name);
  out.policies.upserts.push_back(
      policy_to(cluster, name, node.sids.host, node.sids.host_binding_sid));
  for (const IpAddress& address : node.addresses) {
    if (cluster.links.is_own(address)) continue;
    out.steering.upserts.push_back(steer(cluster, host_prefix(address), name));
  }
  return out;
}

}  // namespace

std::string pods_policy_name(const std::string& node) {
  return "node " + node + " pods";
}

std::string host_policy_name(const std::string& node) {
  return "node " + node + " host";
}

IpPrefix host_prefix(const IpAddress& address) {
  return {address, static_cast<std::uint8_t>(address.bits())};
}

SteeringRule steer(const Cluster& cluster, const IpPrefix& prefix, const std::string& policy) {
  SteeringRule out;
  out.table = cluster.settings.table;
  out.prefix = prefix;
  out.policy = policy;
  return out;
}

DesiredRoute unreachable(const Cluster& cluster, const IpPrefix& prefix) {
  DesiredRoute out;
  out.table = cluster.settings.table;
  out.prefix = prefix;
  out.type = RouteType::kUnreachable;
  return out;
}

StateChange translate_node(const Cluster& cluster, const ClusterNode& node) {
  if (!node.planned) return {};
  return node.name == cluster.node_name ? translate_self(cluster, node)
                                        : translate_other(cluster, node);
}

StateChange translate_pod(const Cluster& cluster, const IpAddress& pod) {
  StateChange out;
  const ClusterNode* self = cluster.self();
  const LocalLinks::Way* way = cluster.links.way_to(pod);
  if (self == nullptr || !self->planned || way == nullptr || cluster.links.is_own(pod)) return out;
  out.local_sids.upserts.push_back(
      cross_connect(cluster, pod_sid(cluster.settings.sids, *self->planned, pod),
                    way->next_hop.value_or(pod), way->interface));
  return out;
}

}  // namespace sextant::k8s
