// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ClusterNodes: the nodes of the cluster as SID plans see them, by name and by address.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>

#include "control/compile/sid_plan.hpp"
#include "k8s/objects.hpp"

namespace sextant::k8s {

// Annotations of a Node.
inline constexpr std::string_view kLocatorAnnotation = "sextant.io/locator";
inline constexpr std::string_view kUnderlayAnnotation = "sextant.io/underlay-address";

// What a plan takes of a node: its first InternalIP of IPv6 unless an annotation says another. An
// Error says what is missing.
[[nodiscard]] Result<PlannedNode> plan_node(const KubernetesSettings& settings, const Node& node);

struct ClusterNode {
  std::string name;
  std::optional<PlannedNode> planned;
  NodeSids sids;                     // with planned only
  std::vector<IpAddress> addresses;  // of the node itself, both families
  std::string zone;
  std::string problem;  // why it is not planned

  friend bool operator==(const ClusterNode& a, const ClusterNode& b) {
    return a.name == b.name && a.planned == b.planned && a.addresses == b.addresses &&
           a.zone == b.zone && a.problem == b.problem;
  }
};

class ClusterNodes {
 public:
  explicit ClusterNodes(const KubernetesSettings& settings) : settings_(settings) {}

  // nullptr: the node is gone. False: nothing that counts has changed.
  bool set(const std::string& name, const Node* node);

  [[nodiscard]] const ClusterNode* find(const std::string& name) const;
  // Whose own address it is.
  [[nodiscard]] const ClusterNode* owner_of(const IpAddress& address) const;
  // In whose pod CIDRs it lies.
  [[nodiscard]] const ClusterNode* home_of(const IpAddress& pod) const;
  [[nodiscard]] const std::map<std::string, ClusterNode>& all() const { return nodes_; }

 private:
  [[nodiscard]] const ClusterNode* first(const std::set<std::string>& names) const;

  const KubernetesSettings& settings_;
  std::map<std::string, ClusterNode> nodes_;
  std::map<IpAddress, std::set<std::string>> by_address_;
  std::map<IpPrefix, std::set<std::string>> by_cidr_;
  std::map<std::pair<Family, std::uint8_t>, unsigned> cidr_lengths_;  // which there are
};

}  // namespace sextant::k8s
