// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Subnets, neighbors and routes of one table.
#include "k8s/local_links.hpp"

#include <algorithm>
#include <iterator>

namespace sextant::k8s {

LocalLinks::LocalLinks(const DesiredState& state, const std::string& table) {
  std::set<std::string> here;
  for (const DesiredInterface& interface : state.interfaces) {
    if (interface.origin.broken) continue;
    interfaces_.insert(interface.name);
    if (interface.table != table) continue;
    here.insert(interface.name);
    for (const IpPrefix& address : interface.addresses) {
      own_.insert(address.address);
      if (address.is_host()) continue;
      subnets_.push_back(address.masked());
      prefixes_.emplace(address.masked(), Way{interface.name, std::nullopt});
    }
  }
  std::sort(subnets_.begin(), subnets_.end());
  for (const DesiredNeighbor& neighbor : state.neighbors) {
    if (neighbor.origin.broken || !here.contains(neighbor.interface)) continue;
    hosts_.emplace(neighbor.address, Way{neighbor.interface, std::nullopt});
  }
  for (const DesiredRoute& route : state.routes) {
    if (route.origin.broken || route.table != table || route.next_hops.size() != 1) continue;
    const DesiredNextHop& hop = route.next_hops[0];
    if (hop.interface.empty()) continue;
    const Way way{hop.interface, hop.address};
    if (route.prefix.is_host()) {
      hosts_.insert_or_assign(route.prefix.address, way);
    } else {
      prefixes_.insert_or_assign(route.prefix, way);
    }
  }
  for (const DesiredTable& one : state.tables) {
    if (one.name == table) host_interface_ = one.exception;
  }
}

bool LocalLinks::is_neighbor(const IpAddress& address) const {
  return !is_own(address) &&
         std::any_of(subnets_.begin(), subnets_.end(),
                     [&](const IpPrefix& subnet) { return subnet.contains(address); });
}

const LocalLinks::Way* LocalLinks::way_to(const IpAddress& address) const {
  if (const auto host = hosts_.find(address); host != hosts_.end()) return &host->second;
  const Way* best = nullptr;
  int length = 0;  // a default route leads to no pod
  for (const auto& [prefix, way] : prefixes_) {
    if (prefix.len <= length || !prefix.contains(address)) continue;
    best = &way;
    length = prefix.len;
  }
  return best;
}

std::vector<std::string> LocalLinks::interface_difference(const LocalLinks& other) const {
  std::vector<std::string> out;
  std::set_symmetric_difference(interfaces_.begin(), interfaces_.end(), other.interfaces_.begin(),
                                other.interfaces_.end(), std::back_inserter(out));
  return out;
}

std::optional<std::vector<IpAddress>> LocalLinks::difference(const LocalLinks& other) const {
  if (own_ != other.own_ || subnets_ != other.subnets_ || prefixes_ != other.prefixes_ ||
      host_interface_ != other.host_interface_) {
    return std::nullopt;
  }
  std::vector<IpAddress> out;
  for (const auto& [address, way] : hosts_) {
    const auto there = other.hosts_.find(address);
    if (there == other.hosts_.end() || there->second != way) out.push_back(address);
  }
  for (const auto& [address, way] : other.hosts_) {
    if (!hosts_.contains(address)) out.push_back(address);
  }
  return out;
}

}  // namespace sextant::k8s
