// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Translation: what one object of the cluster means for this node, in SRv6 words. Pure.
#pragma once

#include <string>

#include "control/model/state_change.hpp"
#include "k8s/cluster_nodes.hpp"
#include "k8s/local_links.hpp"

namespace sextant::k8s {

// What translation reads besides the object.
struct Cluster {
  const KubernetesSettings& settings;
  const std::string& node_name;  // this node
  const ClusterNodes& nodes;
  const LocalLinks& links;

  [[nodiscard]] const ClusterNode* self() const { return nodes.find(node_name); }
};

// This node: its SIDs. Another one: policies and steering for its pods and for itself, and routes
// to its SIDs when it is a neighbor. Nothing for a node that could not be planned.
[[nodiscard]] StateChange translate_node(const Cluster& cluster, const ClusterNode& node);

// End.DX6 or End.DX4 for an address of a pod of this node. Nothing while it is not attached.
[[nodiscard]] StateChange translate_pod(const Cluster& cluster, const IpAddress& pod);

// The policies that lead to the pods of a node, and to the node itself.
[[nodiscard]] std::string pods_policy_name(const std::string& node);
[[nodiscard]] std::string host_policy_name(const std::string& node);

// What several translations need.
[[nodiscard]] IpPrefix host_prefix(const IpAddress& address);
[[nodiscard]] SteeringRule steer(const Cluster& cluster, const IpPrefix& prefix,
                                 const std::string& policy);
[[nodiscard]] DesiredRoute unreachable(const Cluster& cluster, const IpPrefix& prefix);

}  // namespace sextant::k8s
