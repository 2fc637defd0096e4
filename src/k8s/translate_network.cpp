// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One CustomNetwork as objects of this node.
#include "k8s/translate_network.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace sextant::k8s {

namespace {

class Translation {
 public:
  Translation(const Cluster& cluster, const ClusterStores& stores, const CustomNetwork& network)
      : cluster_(cluster),
        stores_(stores),
        network_(network),
        key_(network.meta.key()),
        name_(network_table(cluster.settings.table, key_)) {}

  StateChange run() {
    const ClusterNode* const self = cluster_.self();
    if (self == nullptr || !self->planned) return {};
    if (network_.layer2) {
      make_bridge(*self);
    } else {
      make_table(*self);
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] NetworkSids sids_of(const ClusterNode& node) const {
    return network_sids(cluster_.settings.sids, *node.planned, key_);
  }

  void add_sid(const Ipv6Address& sid, Behavior behavior) {
    DesiredLocalSid made;
    made.sid = {sid, 128};
    made.table = cluster_.settings.table;
    made.behavior = behavior;
    (network_.layer2 ? made.bridge : made.lookup_table) = name_;
    out_.local_sids.upserts.push_back(std::move(made));
  }

  std::string add_policy(const std::string& name, const Ipv6Address& sid) {
    SrPolicy policy;
    policy.name = name;
    policy.headend = Headend::kHEncapsRed;
    policy.table = cluster_.settings.table;
    policy.drop_upon_invalid = true;
    CandidatePath path;
    path.segment_lists.emplace_back().segments = {sid};
    policy.candidate_paths.push_back(std::move(path));
    out_.policies.upserts.push_back(std::move(policy));
    return name;
  }

  // Only where no prefix of the node holds the SID already.
  void add_route(const ClusterNode& node, const Ipv6Address& sid) {
    const auto holds = [&](const IpPrefix& prefix) { return prefix.contains(IpAddress(sid)); };
    const IpAddress next_hop = node.planned->address;
    if (!cluster_.settings.sid_routes || !cluster_.links.is_neighbor(next_hop) ||
        std::any_of(node.sids.prefixes.begin(), node.sids.prefixes.end(), holds)) {
      return;
    }
    DesiredRoute route;
    route.table = cluster_.settings.table;
    route.prefix = {sid, 128};
    route.next_hops.emplace_back().address = next_hop;
    out_.routes.upserts.push_back(std::move(route));
  }

  // Calls each(node) for those that are planned, but for this one.
  template <typename Each>
  void for_others(Each each) {
    for (const auto& [name, node] : cluster_.nodes.all()) {
      if (name != cluster_.node_name && node.planned) each(node);
    }
  }

  [[nodiscard]] std::string policy_to(const ClusterNode& node) const {
    return "node " + node.name + " " + name_;
  }

  void make_table(const ClusterNode& self) {
    DesiredTable table;
    table.name = name_;
    out_.tables.upserts.push_back(std::move(table));
    add_sid(sids_of(self).pods, Behavior::kEndDt46);
    std::map<std::string, std::vector<IpPrefix>> behind = external_subnets();
    for_others([&](const ClusterNode& node) {
      std::vector<IpPrefix> prefixes = std::move(behind[node.name]);
      if (const auto parts = parts_of_node(cluster_.settings, node, network_)) {
        prefixes.insert(prefixes.end(), parts->begin(), parts->end());
      }
      if (prefixes.empty()) return;
      const Ipv6Address sid = sids_of(node).pods;
      const std::string policy = add_policy(policy_to(node), sid);
      add_route(node, sid);
      for (const IpPrefix& prefix : prefixes) {
        SteeringRule rule = steer(cluster_, prefix, policy);
        rule.table = name_;
        out_.steering.upserts.push_back(std::move(rule));
      }
    });
  }

  // By node.
  [[nodiscard]] std::map<std::string, std::vector<IpPrefix>> external_subnets() const {
    std::map<std::string, std::vector<IpPrefix>> out;
    for (const auto& [key, external] : stores_.external_interfaces.objects()) {
      if (external->network != key_ || external->layer2) continue;
      for (const ExternalInterface::OnNode& port : external->nodes) {
        if (port.address) out[port.node].push_back(port.address->masked());
      }
    }
    return out;
  }

  void make_bridge(const ClusterNode& self) {
    DesiredBridge bridge;
    bridge.name = name_;
    const NetworkSids own = sids_of(self);
    add_sid(own.unicast, Behavior::kEndDt2u);
    add_sid(own.flood, Behavior::kEndDt2m);
    for (const auto& [key, pod] : stores_.pods.objects()) {
      if (pod->node != cluster_.node_name) continue;
      for (const PodInterface& interface : pod->interfaces) {
        if (interface.network == key_) add_member(bridge, interface.interface);
      }
    }
    for (const auto& [key, external] : stores_.external_interfaces.objects()) {
      if (external->network != key_ || !external->layer2) continue;
      for (const ExternalInterface::OnNode& port : external->nodes) {
        if (port.node == cluster_.node_name) add_member(bridge, port.full_name());
      }
    }
    std::map<std::string, std::set<MacAddress>> macs = macs_by_node();
    for_others([&](const ClusterNode& node) {
      const NetworkSids sids = sids_of(node);
      bridge.remotes.push_back(add_policy(policy_to(node), sids.flood));
      add_route(node, sids.flood);
      add_macs(bridge, node, sids.unicast, macs[node.name]);
    });
    out_.bridges.upserts.push_back(std::move(bridge));
  }

  void add_member(DesiredBridge& bridge, const std::string& interface) const {
    auto& members = bridge.members;
    if (cluster_.links.has_interface(interface) &&
        std::find(members.begin(), members.end(), interface) == members.end()) {
      members.push_back(interface);
    }
  }

  // Of pods whose nodes have told.
  [[nodiscard]] std::map<std::string, std::set<MacAddress>> macs_by_node() const {
    std::map<std::string, std::set<MacAddress>> out;
    for (const auto& [key, pod] : stores_.pods.objects()) {
      for (const PodInterface& interface : pod->interfaces) {
        if (interface.network == key_ && !interface.mac.is_zero())
          out[pod->node].insert(interface.mac);
      }
    }
    return out;
  }

  // Frames to these go to their node alone.
  void add_macs(DesiredBridge& bridge, const ClusterNode& node, const Ipv6Address& sid,
                const std::set<MacAddress>& macs) {
    if (macs.empty()) return;
    const std::string policy = add_policy(policy_to(node) + " unicast", sid);
    add_route(node, sid);
    for (const MacAddress& mac : macs) {
      DesiredBridge::Mac made;
      made.mac = mac;
      made.policy = policy;
      bridge.macs.push_back(std::move(made));
    }
  }

  const Cluster& cluster_;
  const ClusterStores& stores_;
  const CustomNetwork& network_;
  const std::string key_;
  const std::string name_;
  StateChange out_;
};

}  // namespace

Result<std::vector<IpPrefix>> parts_of_node(const KubernetesSettings& settings,
                                            const ClusterNode& node, const CustomNetwork& network) {
  if (!node.planned) return Error{"node " + node.name + " has no SIDs: " + node.problem};
  const auto number = node_number(settings.pod_cidrs, node.planned->pod_cidrs);
  if (!number) {
    return Error{"the podCIDRs of node " + node.name +
                 " are not part of kubernetes.pod_cidrs, so that it has no part of network " +
                 network.meta.key()};
  }
  std::vector<IpPrefix> out;
  for (const CustomNetwork::Subnet& subnet : network.subnets) {
    const auto part = part_of(subnet.prefix, subnet.node_len, *number);
    if (!part) {
      return Error{"node " + node.name + " has number " + std::to_string(*number) +
                   ", and subnet " + subnet.prefix.to_string() + " of network " +
                   network.meta.key() + " has fewer parts of length " +
                   std::to_string(subnet.node_len) + "; make subnetOneNodePrefixLen larger"};
    }
    out.push_back(*part);
  }
  return out;
}

StateChange translate_network(const Cluster& cluster, const ClusterStores& stores,
                              const CustomNetwork& network) {
  return Translation(cluster, stores, network).run();
}

}  // namespace sextant::k8s
