// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Members: the pods and ports that can stand at each element of a chain, and why others cannot.
// Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "k8s/chain_objects.hpp"
#include "k8s/store.hpp"
#include "k8s/translate.hpp"

namespace sextant::k8s {

// Where traffic enters or leaves a member.
struct ChainSide {
  std::string name;       // inside the pod; of the ExternalInterface
  std::string interface;  // what the node calls it; empty: the pod's main one
  std::string network;    // as PodInterface::network; kStubNetwork: frames
  std::vector<IpAddress> addresses;
  std::vector<IpPrefix> subnets;  // behind it: of a pod its addresses

  [[nodiscard]] bool frames() const { return network == kStubNetwork; }
  [[nodiscard]] const IpAddress* address(Family family) const;
};

struct ChainMember {
  std::string name;  // "default/fw-0"; "uplink on node1"
  std::string node;
  std::optional<IpAddress> address;  // of the pod, or of the interface itself
  bool external = false;
  std::uint32_t weight = 1;
  ChainSide input;
  ChainSide output;
  bool present = false;  // its interfaces are there, on a node that has SIDs
  std::string why;       // why it takes no traffic; empty: it does

  [[nodiscard]] bool takes_traffic() const { return present && why.empty(); }
};

// Members by element, sorted by name: every node finds the same.
using ChainMembers = std::vector<std::vector<ChainMember>>;

// "element 2 (fw)"
[[nodiscard]] std::string title_of(const ServiceFunctionChain& chain, std::size_t element);

// pods: by element, those that it selects. A pod stands at the first element that selects it.
[[nodiscard]] ChainMembers collect_members(const Cluster& cluster, const ClusterStores& stores,
                                           const ServiceFunctionChain& chain,
                                           const std::vector<std::set<std::string>>& pods);

// Which pods the elements of each chain select, kept up to date pod by pod.
class ChainSelections {
 public:
  using Selected = std::vector<std::set<std::string>>;  // by element

  // nullptr: it is gone. Looks at all pods.
  void set_chain(const std::string& key, const ServiceFunctionChain* chain, const Store<Pod>& pods);
  // nullptr: it is gone. The chains that select it, or did.
  [[nodiscard]] std::set<std::string> pod_changed(const std::string& key, const Pod* pod);
  [[nodiscard]] const Selected& of(const std::string& chain) const;

 private:
  struct Chain {
    std::vector<ChainElement> elements;
    Selected selected;
  };
  std::map<std::string, Chain> chains_;
};

}  // namespace sextant::k8s
