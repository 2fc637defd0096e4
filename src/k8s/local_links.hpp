// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// LocalLinks: what this node's own configuration says about addresses of the cluster.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/model/desired_state.hpp"

namespace sextant::k8s {

// A value: made of the desired state without what comes from the cluster.
class LocalLinks {
 public:
  struct Way {
    std::string interface;
    std::optional<IpAddress> next_hop;  // none: the address itself

    friend bool operator==(const Way&, const Way&) = default;
  };

  LocalLinks() = default;
  // Of one table.
  LocalLinks(const DesiredState& state, const std::string& table);

  // Whether an address is in a connected subnet, so that it can be a next hop.
  [[nodiscard]] bool is_neighbor(const IpAddress& address) const;
  [[nodiscard]] bool is_own(const IpAddress& address) const { return own_.contains(address); }
  // The way to an address by subnets, static neighbors and routes out of an interface.
  [[nodiscard]] const Way* way_to(const IpAddress& address) const;
  // Of any table.
  [[nodiscard]] bool has_interface(const std::string& name) const {
    return interfaces_.contains(name);
  }
  // Interfaces that only one of both has.
  [[nodiscard]] std::vector<std::string> interface_difference(const LocalLinks& other) const;
  // To the kernel; empty: none.
  [[nodiscard]] const std::string& host_interface() const { return host_interface_; }

  // Addresses whose way differs; none: more differs than ways to single addresses and interfaces.
  [[nodiscard]] std::optional<std::vector<IpAddress>> difference(const LocalLinks& other) const;

  friend bool operator==(const LocalLinks&, const LocalLinks&) = default;

 private:
  std::set<IpAddress> own_;
  std::vector<IpPrefix> subnets_;
  std::map<IpAddress, Way> hosts_;
  std::map<IpPrefix, Way> prefixes_;
  std::string host_interface_;
  std::set<std::string> interfaces_;
};

}  // namespace sextant::k8s
