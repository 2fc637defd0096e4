// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Networks beside that of all pods: a table or a bridge on every node, and SRv6 between them. Pure.
#pragma once

#include <string>
#include <vector>

#include "k8s/chain_objects.hpp"
#include "k8s/store.hpp"
#include "k8s/translate.hpp"

namespace sextant::k8s {

// The parts of the network's subnets that a node gives addresses from: as many places into the
// subnet as the node's pod CIDR is into the cluster's. An Error says what does not fit.
[[nodiscard]] Result<std::vector<IpPrefix>> parts_of_node(const KubernetesSettings& settings,
                                                          const ClusterNode& node,
                                                          const CustomNetwork& network);

// L3: a table, End.DT46 of this node for it, and a policy with steering to the parts of every other
// node and to the subnets of its external interfaces. L2: a bridge with what is attached here,
// End.DT2U and End.DT2M, and policies to the bridges of all other nodes. Nothing while this node
// has no SIDs.
[[nodiscard]] StateChange translate_network(const Cluster& cluster, const ClusterStores& stores,
                                            const CustomNetwork& network);

}  // namespace sextant::k8s
