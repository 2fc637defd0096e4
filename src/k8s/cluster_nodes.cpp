// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// From Node objects to planned nodes.
#include "k8s/cluster_nodes.hpp"

#include <algorithm>
#include <utility>

namespace sextant::k8s {

namespace {

Result<Ipv6Address> underlay_of(const Node& node) {
  if (const std::string* text = node.meta.annotation(kUnderlayAnnotation)) {
    const auto address = Ipv6Address::parse(*text);
    if (address && !address->is_multicast() && !address->is_unspecified()) return *address;
    return Error{"annotation " + std::string(kUnderlayAnnotation) + ": \"" + *text +
                 "\" is not an IPv6 address"};
  }
  for (const auto* addresses : {&node.internal_addresses, &node.external_addresses}) {
    for (const IpAddress& address : *addresses) {
      if (address.is_v6()) return address.v6;
    }
  }
  return Error{"has no IPv6 address; annotate it with " + std::string(kUnderlayAnnotation)};
}

Result<IpPrefix> annotated_locator(const LocatorPlan& plan, const std::string& text) {
  const auto locator = IpPrefix::parse(text);
  if (locator && locator->address.is_v6() && locator->len == plan.locator_len() &&
      locator->masked() == *locator && plan.block.contains(locator->address)) {
    return *locator;
  }
  return Error{"annotation " + std::string(kLocatorAnnotation) + ": \"" + text + "\" is not a /" +
               std::to_string(plan.locator_len()) + " of " + plan.block.to_string()};
}

}  // namespace

Result<PlannedNode> plan_node(const KubernetesSettings& settings, const Node& node) {
  PlannedNode out;
  out.pod_cidrs = node.pod_cidrs;
  const auto underlay = underlay_of(node);
  if (!underlay) return underlay.error();
  out.address = *underlay;
  if (const auto* plan = std::get_if<LocatorPlan>(&settings.sids)) {
    const std::string* const text = node.meta.annotation(kLocatorAnnotation);
    const auto locator = text != nullptr ? annotated_locator(*plan, *text)
                                         : locator_of(*plan, settings.pod_cidrs, node.pod_cidrs);
    if (!locator) return locator.error();
    out.locator = *locator;
  }
  return out;
}

bool ClusterNodes::set(const std::string& name, const Node* node) {
  const auto old = nodes_.find(name);
  if (node == nullptr && old == nodes_.end()) return false;
  ClusterNode now;
  if (node != nullptr) {
    now.name = name;
    now.zone = node->zone;
    now.addresses = node->internal_addresses;
    now.addresses.insert(now.addresses.end(), node->external_addresses.begin(),
                         node->external_addresses.end());
    auto planned = plan_node(settings_, *node);
    if (planned) {
      now.sids = node_sids(settings_.sids, *planned);
      now.planned = std::move(planned).value();
    } else {
      now.problem = planned.error().text;
    }
    if (old != nodes_.end() && old->second == now) return false;
  }
  const auto forget = [&](auto& index, const auto& key) {
    const auto found = index.find(key);
    if (found != index.end() && found->second.erase(name) != 0 && found->second.empty()) {
      index.erase(found);
    }
  };
  const auto length_of = [](const IpPrefix& cidr) {
    return std::pair(cidr.address.family, cidr.len);
  };
  if (old != nodes_.end()) {
    for (const IpAddress& address : old->second.addresses)
      forget(by_address_, address);
    if (old->second.planned) {
      for (const IpPrefix& cidr : old->second.planned->pod_cidrs) {
        forget(by_cidr_, cidr.masked());
        if (--cidr_lengths_[length_of(cidr)] == 0) cidr_lengths_.erase(length_of(cidr));
      }
    }
    nodes_.erase(old);
  }
  if (node == nullptr) return true;
  for (const IpAddress& address : now.addresses)
    by_address_[address].insert(name);
  if (now.planned) {
    for (const IpPrefix& cidr : now.planned->pod_cidrs) {
      by_cidr_[cidr.masked()].insert(name);
      ++cidr_lengths_[length_of(cidr)];
    }
  }
  nodes_.emplace(name, std::move(now));
  return true;
}

const ClusterNode* ClusterNodes::find(const std::string& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

const ClusterNode* ClusterNodes::first(const std::set<std::string>& names) const {
  return find(*names.begin());
}

const ClusterNode* ClusterNodes::owner_of(const IpAddress& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : first(found->second);
}

const ClusterNode* ClusterNodes::home_of(const IpAddress& pod) const {
  // The longest first.
  for (auto at = cidr_lengths_.rbegin(); at != cidr_lengths_.rend(); ++at) {
    if (at->first.first != pod.family) continue;
    const auto found = by_cidr_.find(IpPrefix{pod, at->first.second}.masked());
    if (found != by_cidr_.end()) return first(found->second);
  }
  return nullptr;
}

}  // namespace sextant::k8s
