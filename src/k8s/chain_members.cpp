// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Who can stand where in a chain.
#include "k8s/chain_members.hpp"

#include <algorithm>
#include <utility>

namespace sextant::k8s {

namespace {

constexpr std::string_view kMainInterface = "eth0";

bool selects(const ChainElement& element, const Pod& pod) {
  if (element.type != ChainElement::Type::kPod || pod.host_network) return false;
  if (!element.selector_namespace.empty() &&
      element.selector_namespace != pod.meta.namespace_name) {
    return false;
  }
  return element.pods.matches(pod.labels);
}

std::uint32_t weight_of(const ChainElement& element, const Pod& pod) {
  for (const ChainElement::Branch& branch : element.branches) {
    if (branch.pods.matches(pod.labels)) return branch.weight;
  }
  return element.weight;
}

// What is missing; empty: nothing.
std::string find_side(const Pod& pod, const std::string& name, ChainSide& out) {
  out.name = name.empty() ? std::string(kMainInterface) : name;
  const auto found = std::find_if(pod.interfaces.begin(), pod.interfaces.end(),
                                  [&](const PodInterface& one) { return one.name == out.name; });
  if (found != pod.interfaces.end()) {
    out.interface = found->interface;
    out.network = found->network;
    out.addresses = found->addresses;
    if (!out.frames() && out.addresses.empty()) {
      return "interface " + out.name + " is a part of the L2 network " + out.network +
             "; frames of chains need network " + std::string(kStubNetwork);
    }
  } else if (out.name == kMainInterface) {
    out.addresses = pod.ips;
    if (pod.ips.empty()) return "it has no address yet";
  } else {
    return "it has no interface " + out.name +
           "; annotate it with contivpp.io/custom-if: " + out.name + "/tap/" +
           std::string(kStubNetwork);
  }
  for (const IpAddress& address : out.addresses)
    out.subnets.push_back(host_prefix(address));
  return "";
}

std::string problem_of(const Cluster& cluster, const std::string& node) {
  const ClusterNode* const known = cluster.nodes.find(node);
  if (known == nullptr)
    return node.empty() ? "it has no node yet" : "node " + node + " is not known";
  return known->planned ? "" : "node " + node + " has no SIDs: " + known->problem;
}

std::string why_not_ready(const Pod& pod) {
  if (pod.deleted) return "it is being deleted";
  if (pod.phase == PodPhase::kSucceeded || pod.phase == PodPhase::kFailed) return "it has ended";
  return pod.ready ? "" : "it is not ready";
}

ChainMember member_of(const Cluster& cluster, const ChainElement& element, const Pod& pod,
                      bool is_start) {
  ChainMember out;
  out.name = pod.meta.key();
  out.node = pod.node;
  out.weight = weight_of(element, pod);
  if (!pod.ips.empty()) out.address = pod.ips[0];
  const std::string& input = element.input_interface;
  const std::string& output = element.output_interface;
  out.why = problem_of(cluster, pod.node);
  if (out.why.empty()) out.why = find_side(pod, input.empty() ? output : input, out.input);
  if (out.why.empty()) out.why = find_side(pod, output.empty() ? input : output, out.output);
  out.present = out.why.empty() && out.address.has_value();
  // Whether a client is ready does not matter to those that it talks to.
  if (out.present && !is_start) out.why = why_not_ready(pod);
  if (out.present && out.why.empty() && out.weight == 0) out.why = "its weight is 0";
  return out;
}

ChainMember member_of(const Cluster& cluster, const ExternalInterface& external,
                      const ExternalInterface::OnNode& port) {
  ChainMember out;
  out.name = external.meta.name + " on " + port.node;
  out.node = port.node;
  out.external = true;
  if (port.address) out.address = port.address->address;
  ChainSide& side = out.input;
  side.name = external.meta.name;
  side.interface = port.full_name();
  side.network = external.layer2 ? std::string(kStubNetwork) : external.network;
  if (port.address && !external.layer2) {
    side.addresses = {port.address->address};
    side.subnets = {port.address->masked()};
  }
  out.output = side;
  out.why = problem_of(cluster, port.node);
  if (out.why.empty() && external.layer2 && !external.network.empty()) {
    out.why = "it is a part of the L2 network " + external.network;
  }
  if (out.why.empty() && !external.layer2 && !port.address) {
    out.why = "type L3 needs an ip for node " + port.node;
  }
  out.present = out.why.empty();
  return out;
}

}  // namespace

const IpAddress* ChainSide::address(Family family) const {
  const auto found =
      std::find_if(addresses.begin(), addresses.end(),
                   [&](const IpAddress& address) { return address.family == family; });
  return found == addresses.end() ? nullptr : &*found;
}

std::string title_of(const ServiceFunctionChain& chain, std::size_t element) {
  const std::string& name = chain.elements[element].name;
  return "element " + std::to_string(element + 1) + (name.empty() ? "" : " (" + name + ")");
}

ChainMembers collect_members(const Cluster& cluster, const ClusterStores& stores,
                             const ServiceFunctionChain& chain,
                             const std::vector<std::set<std::string>>& pods) {
  ChainMembers out(chain.elements.size());
  std::map<std::string, std::size_t> taken;
  for (std::size_t i = 0; i < chain.elements.size(); ++i) {
    const ChainElement& element = chain.elements[i];
    if (element.type == ChainElement::Type::kExternalInterface) {
      const std::string& name =
          element.input_interface.empty() ? element.output_interface : element.input_interface;
      const auto* const external =
          stores.external_interfaces.find(chain.meta.namespace_name + "/" + name);
      if (external == nullptr) continue;
      for (const ExternalInterface::OnNode& port : external->nodes)
        out[i].push_back(member_of(cluster, *external, port));
      std::sort(out[i].begin(), out[i].end(),
                [](const auto& a, const auto& b) { return a.node < b.node; });
      continue;
    }
    if (i >= pods.size()) continue;
    for (const std::string& key : pods[i]) {
      const Pod* const pod = stores.pods.find(key);
      if (pod == nullptr) continue;
      ChainMember& member = out[i].emplace_back(member_of(cluster, element, *pod, i == 0));
      const auto [first, fresh] = taken.emplace(key, i);
      if (fresh) continue;
      member.present = false;
      member.why = "it stands at " + title_of(chain, first->second) + " already";
    }
  }
  return out;
}

void ChainSelections::set_chain(const std::string& key, const ServiceFunctionChain* chain,
                                const Store<Pod>& pods) {
  if (chain == nullptr) {
    chains_.erase(key);
    return;
  }
  Chain& known = chains_[key];
  if (known.elements == chain->elements) return;
  known.elements = chain->elements;
  known.selected.assign(known.elements.size(), {});
  for (const auto& [name, pod] : pods.objects()) {
    for (std::size_t i = 0; i < known.elements.size(); ++i) {
      if (selects(known.elements[i], *pod)) known.selected[i].insert(name);
    }
  }
}

std::set<std::string> ChainSelections::pod_changed(const std::string& key, const Pod* pod) {
  std::set<std::string> out;
  for (auto& [name, chain] : chains_) {
    for (std::size_t i = 0; i < chain.elements.size(); ++i) {
      if (pod != nullptr && selects(chain.elements[i], *pod)) {
        chain.selected[i].insert(key);
        out.insert(name);
      } else if (chain.selected[i].erase(key) != 0) {
        out.insert(name);
      }
    }
  }
  return out;
}

const ChainSelections::Selected& ChainSelections::of(const std::string& chain) const {
  static const Selected none;
  const auto found = chains_.find(chain);
  return found == chains_.end() ? none : found->second.selected;
}

}  // namespace sextant::k8s
