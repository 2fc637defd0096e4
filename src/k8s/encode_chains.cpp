// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// encode() of the objects of contivpp.io, and the annotation of pods' interfaces.
#include "k8s/encode.hpp"
#include "k8s/encode_common.hpp"

namespace sextant::k8s {

namespace {

using Json = nlohmann::json;

Json selector(const LabelSelector& selector) {
  using Operator = LabelRequirement::Operator;
  Json out = Json::object();
  if (!selector.labels.empty()) out["podSelector"] = encode_pairs(selector.labels);
  Json expressions = Json::array();
  for (const LabelRequirement& one : selector.expressions) {
    const char* const op = one.op == Operator::kIn       ? "In"
                           : one.op == Operator::kNotIn  ? "NotIn"
                           : one.op == Operator::kExists ? "Exists"
                                                         : "DoesNotExist";
    expressions.push_back({{"key", one.key}, {"operator", op}, {"values", one.values}});
  }
  if (!expressions.empty()) out["matchExpressions"] = std::move(expressions);
  return out;
}

Json element(const ChainElement& one) {
  Json out = selector(one.pods);
  out["name"] = one.name;
  out["type"] = one.type == ChainElement::Type::kPod ? "Pod" : "ExternalInterface";
  out["selectorNamespace"] = one.selector_namespace;
  out["inputInterface"] = one.input_interface;
  out["outputInterface"] = one.output_interface;
  out["proxy"] = one.proxy == ProxyKind::kDynamic  ? "AD"
                 : one.proxy == ProxyKind::kStatic ? "AS"
                                                   : "AM";
  out["weight"] = one.weight;
  Json branches = Json::array();
  for (const ChainElement::Branch& branch : one.branches) {
    Json entry = selector(branch.pods);
    entry["weight"] = branch.weight;
    branches.push_back(std::move(entry));
  }
  out["branches"] = std::move(branches);
  return out;
}

}  // namespace

Json encode(const ChainStatus& status) {
  Json out = {{"paths", status.paths}, {"nodes", status.nodes}, {"conditions", Json::array()}};
  if (status.rendered.empty()) return out;
  Json condition = {{"type", kRenderedCondition},
                    {"status", status.rendered},
                    {"reason", status.reason},
                    {"message", status.message}};
  if (!status.since.empty()) condition["lastTransitionTime"] = status.since;
  out["conditions"].push_back(std::move(condition));
  return out;
}

Json encode(const ServiceFunctionChain& chain) {
  Json elements = Json::array();
  for (const ChainElement& one : chain.elements)
    elements.push_back(element(one));
  return {{"kind", "ServiceFunctionChain"},
          {"metadata", encode_metadata(chain.meta)},
          {"status", encode(chain.status)},
          {"spec",
           {{"chain", std::move(elements)},
            {"bidirectional", chain.bidirectional},
            {"failOpen", chain.fail_open},
            {"network", chain.network}}}};
}

Json encode(const ExternalInterface& interface) {
  Json nodes = Json::array();
  for (const ExternalInterface::OnNode& one : interface.nodes) {
    nodes.push_back({{"node", one.node},
                     {"vppInterfaceName", one.interface},
                     {"vlan", one.vlan},
                     {"ip", one.address ? one.address->to_string() : ""}});
  }
  const std::string& network = interface.network;
  return {{"kind", "ExternalInterface"},
          {"metadata", encode_metadata(interface.meta)},
          {"spec",
           {{"type", interface.layer2 ? "L2" : "L3"},
            {"network", network.substr(network.find('/') + 1)},
            {"nodes", std::move(nodes)}}}};
}

Json encode(const CustomNetwork& network) {
  Json spec = {{"type", network.layer2 ? "L2" : "L3"}};
  for (std::size_t i = 0; i < network.subnets.size(); ++i) {
    const CustomNetwork::Subnet& subnet = network.subnets[i];
    if (i == 0) {
      spec["subnetCIDR"] = subnet.prefix.to_string();
      spec["subnetOneNodePrefixLen"] = subnet.node_len;
    } else {
      spec["additionalSubnets"].push_back(
          {{"cidr", subnet.prefix.to_string()}, {"oneNodePrefixLen", subnet.node_len}});
    }
  }
  return {{"kind", "CustomNetwork"},
          {"metadata", encode_metadata(network.meta)},
          {"spec", std::move(spec)}};
}

std::string interfaces_annotation(const std::vector<PodInterface>& interfaces) {
  Json out = Json::array();
  for (const PodInterface& one : interfaces) {
    Json entry = {{"name", one.name}, {"interface", one.interface}};
    if (!one.network.empty()) entry["network"] = one.network;
    for (const IpAddress& address : one.addresses)
      entry["addresses"].push_back(address.to_string());
    if (!one.mac.is_zero()) entry["mac"] = one.mac.to_string();
    out.push_back(std::move(entry));
  }
  return out.dump();
}

}  // namespace sextant::k8s
