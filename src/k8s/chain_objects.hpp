// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ServiceFunctionChain, ExternalInterface and CustomNetwork of contivpp.io/v1, as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sextant/net/ip_address.hpp>

#include "k8s/objects.hpp"

namespace sextant::k8s {

inline constexpr std::string_view kChainGroup = "contivpp.io";

// One of matchExpressions.
struct LabelRequirement {
  enum class Operator : std::uint8_t { kIn, kNotIn, kExists, kDoesNotExist };

  std::string key;
  Operator op = Operator::kExists;
  std::vector<std::string> values;  // kIn, kNotIn: at least one

  friend bool operator==(const LabelRequirement&, const LabelRequirement&) = default;
};

// podSelector and matchExpressions: all must hold.
struct LabelSelector {
  StringPairs labels;
  std::vector<LabelRequirement> expressions;

  [[nodiscard]] bool empty() const { return labels.empty() && expressions.empty(); }
  [[nodiscard]] bool matches(const StringPairs& of_pod) const;
  friend bool operator==(const LabelSelector&, const LabelSelector&) = default;
};

enum class ProxyKind : std::uint8_t { kDynamic, kStatic, kMasquerading };  // End.AD, AS, AM
inline constexpr std::uint32_t kMaxWeight = 1000;

struct ChainElement {
  enum class Type : std::uint8_t { kPod, kExternalInterface };
  // Pods of the element that match have this weight instead; the first that matches counts.
  struct Branch {
    LabelSelector pods;
    std::uint32_t weight = 1;

    friend bool operator==(const Branch&, const Branch&) = default;
  };

  std::string name;
  Type type = Type::kPod;
  LabelSelector pods;              // kPod
  std::string selector_namespace;  // kPod: of the pods; empty: all
  // kPod: names inside the pod; empty: the main interface. kExternalInterface: both name the
  // object, in the namespace of the chain.
  std::string input_interface;
  std::string output_interface;
  ProxyKind proxy = ProxyKind::kDynamic;  // of an element between the ends
  std::uint32_t weight = 1;               // of each pod; 0: no new traffic
  std::vector<Branch> branches;

  friend bool operator==(const ChainElement&, const ChainElement&) = default;
};

inline constexpr std::string_view kRenderedCondition = "Rendered";

// Status of a chain, with what its condition Rendered says.
struct ChainStatus {
  std::string rendered;  // "True", "False"; empty: nobody has said
  std::string reason;
  std::string message;
  std::string since;  // lastTransitionTime
  std::uint64_t paths = 0;
  std::vector<std::string> nodes;

  friend bool operator==(const ChainStatus&, const ChainStatus&) = default;
};

struct ServiceFunctionChain {
  Metadata meta;
  ChainStatus status;                  // as it stands in the API
  std::vector<ChainElement> elements;  // in the direction of traffic
  bool bidirectional = false;          // the way back crosses the same functions
  bool fail_open = false;              // without a path, traffic goes as if there were no chain
  std::string network;                 // as written; the interfaces decide

  friend bool operator==(const ServiceFunctionChain&, const ServiceFunctionChain&) = default;
};

// One name for a port on each of several nodes.
struct ExternalInterface {
  struct OnNode {
    std::string node;
    std::string interface;            // spec.nodes[].vppInterfaceName: a port of the configuration
    std::uint16_t vlan = 0;           // 0: the port itself
    std::optional<IpPrefix> address;  // spec.nodes[].ip, with its host bits

    // What the node calls it: "port1", "port1.200".
    [[nodiscard]] std::string full_name() const {
      return vlan == 0 ? interface : interface + "." + std::to_string(vlan);
    }
    friend bool operator==(const OnNode&, const OnNode&) = default;
  };

  Metadata meta;
  bool layer2 = false;        // spec.type L2
  std::string network;        // CustomNetwork "namespace/name"; empty: that of all pods
  std::vector<OnNode> nodes;  // at most one for each node

  friend bool operator==(const ExternalInterface&, const ExternalInterface&) = default;
};

struct CustomNetwork {
  struct Subnet {
    IpPrefix prefix;            // of the whole network
    std::uint8_t node_len = 0;  // of the part that a node gets

    friend bool operator==(const Subnet&, const Subnet&) = default;
  };

  Metadata meta;
  bool layer2 = false;          // spec.type L2
  std::vector<Subnet> subnets;  // of an L3 network: at most one of each family

  friend bool operator==(const CustomNetwork&, const CustomNetwork&) = default;
};

// The table of a network: that of the cluster for the network of all pods.
[[nodiscard]] inline std::string network_table(const std::string& cluster_table,
                                               const std::string& network) {
  return network.empty() ? cluster_table : "network " + network;
}

}  // namespace sextant::k8s
