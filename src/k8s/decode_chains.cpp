// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// decode_chain(), decode_external_interface() and decode_custom_network(). What the schemas of
// config/crds refuse is refused here, too: manifests of a folder have passed none.
#include <utility>

#include "k8s/decode_common.hpp"

namespace sextant::k8s {

namespace {

constexpr std::uint64_t kMaxVlan = 4094;

// A value out of few, by its number in names; 0 when it is absent or wrong.
std::size_t read_word(const JsonReader& json, std::initializer_list<std::string_view> names) {
  if (!json.present()) return 0;
  const std::string text = json.text_or_empty();
  std::string all;
  std::size_t number = 0;
  for (const std::string_view name : names) {
    if (name == text) return number;
    all += (number++ == 0 ? "" : number == names.size() ? " or " : ", ") + std::string(name);
  }
  if (json.is_text()) json.error("\"" + text + "\" is not one of " + all);
  return 0;
}

LabelRequirement read_requirement(const JsonReader& json) {
  using Operator = LabelRequirement::Operator;
  LabelRequirement out;
  out.key = json.at("key").text_or_empty();
  if (out.key.empty()) json.error("has no key");
  const JsonReader op = json.at("operator");
  if (!op.present()) op.error("missing");
  out.op = static_cast<Operator>(read_word(op, {"In", "NotIn", "Exists", "DoesNotExist"}));
  const JsonReader values = json.at("values");
  for (std::size_t i = 0; i < values.size(); ++i)
    out.values.push_back(values.item(i).text_or_empty());
  const bool takes = out.op == Operator::kIn || out.op == Operator::kNotIn;
  if (takes && out.values.empty()) json.error("In and NotIn need values");
  if (!takes && !out.values.empty()) values.error("Exists and DoesNotExist take no values");
  return out;
}

LabelSelector read_selector(const JsonReader& json) {
  LabelSelector out;
  out.labels = read_pairs(json.at("podSelector"), [](std::string_view) { return true; });
  const JsonReader expressions = json.at("matchExpressions");
  for (std::size_t i = 0; i < expressions.size(); ++i)
    out.expressions.push_back(read_requirement(expressions.item(i)));
  return out;
}

std::uint32_t read_weight(const JsonReader& json) {
  return static_cast<std::uint32_t>(json.number(0, kMaxWeight).value_or(1));
}

ChainElement read_element(const JsonReader& json) {
  ChainElement out;
  out.name = json.at("name").text_or_empty();
  const JsonReader type = json.at("type");
  if (!type.present()) type.error("missing");
  out.type = static_cast<ChainElement::Type>(read_word(type, {"Pod", "ExternalInterface"}));
  out.pods = read_selector(json);
  out.selector_namespace = json.at("selectorNamespace").text_or_empty();
  const std::string both = json.at("interface").text_or_empty();
  out.input_interface = json.at("inputInterface").text_or_empty();
  out.output_interface = json.at("outputInterface").text_or_empty();
  if (out.input_interface.empty()) out.input_interface = both;
  if (out.output_interface.empty()) out.output_interface = both;
  out.proxy = static_cast<ProxyKind>(read_word(json.at("proxy"), {"AD", "AS", "AM"}));
  out.weight = read_weight(json.at("weight"));
  const JsonReader branches = json.at("branches");
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const JsonReader entry = branches.item(i);
    out.branches.push_back({read_selector(entry), read_weight(entry.at("weight"))});
  }
  if (out.type == ChainElement::Type::kPod) {
    if (out.pods.empty()) json.error("needs podSelector or matchExpressions");
  } else if (out.input_interface.empty() && out.output_interface.empty()) {
    json.error("needs interface: the name of an ExternalInterface");
  }
  return out;
}

// Others may write it, too: what is wrong there is as good as nothing.
ChainStatus read_status(const nlohmann::json* status) {
  ChainStatus out;
  if (status == nullptr) return out;
  JsonFindings ignored;
  const JsonReader root(*status, ignored);
  out.paths = root.at("paths").number(0, ~std::uint32_t{0}).value_or(0);
  const JsonReader nodes = root.at("nodes");
  for (std::size_t i = 0; i < nodes.size(); ++i)
    out.nodes.push_back(nodes.item(i).text_or_empty());
  const JsonReader conditions = root.at("conditions");
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const JsonReader one = conditions.item(i);
    if (one.at("type").text_or_empty() != kRenderedCondition) continue;
    out.rendered = one.at("status").text_or_empty();
    out.reason = one.at("reason").text_or_empty();
    out.message = one.at("message").text_or_empty();
    out.since = one.at("lastTransitionTime").text_or_empty();
  }
  return out;
}

ServiceFunctionChain read_chain(const JsonReader& root) {
  ServiceFunctionChain out;
  const JsonReader spec = root.at("spec");
  const JsonReader elements = spec.at("chain");
  for (std::size_t i = 0; i < elements.size(); ++i)
    out.elements.push_back(read_element(elements.item(i)));
  if (out.elements.size() < 2) elements.error("a chain has a start and an end: two elements");
  out.bidirectional = spec.at("bidirectional").flag(false);
  out.fail_open = spec.at("failOpen").flag(false);
  out.network = spec.at("network").text_or_empty();
  const JsonReader status = root.at("status");
  if (status.present()) out.status = read_status(status.object());
  return out;
}

ExternalInterface read_external_interface(const JsonReader& root) {
  ExternalInterface out;
  const JsonReader spec = root.at("spec");
  out.layer2 = read_word(spec.at("type"), {"L3", "L2"}) == 1;
  const std::string network = spec.at("network").text_or_empty();
  if (!network.empty()) out.network = read_metadata(root).namespace_name + "/" + network;
  const JsonReader nodes = spec.at("nodes");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const JsonReader entry = nodes.item(i);
    ExternalInterface::OnNode one;
    one.node = entry.at("node").text_or_empty();
    one.interface = entry.at("vppInterfaceName").text_or_empty();
    if (one.node.empty()) entry.error("has no node");
    if (one.interface.empty()) entry.error("has no vppInterfaceName");
    one.vlan = static_cast<std::uint16_t>(entry.at("vlan").number(0, kMaxVlan).value_or(0));
    if (!entry.at("ip").text_or_empty().empty()) one.address = entry.at("ip").prefix();
    for (const ExternalInterface::OnNode& other : out.nodes) {
      if (other.node == one.node) entry.error("node " + one.node + " stands there twice");
    }
    out.nodes.push_back(std::move(one));
  }
  return out;
}

void read_subnet(const JsonReader& json, const JsonReader& cidr, const JsonReader& node_len,
                 CustomNetwork& out) {
  const auto prefix = cidr.prefix();
  if (!prefix) {
    if (!cidr.present()) cidr.error("missing");
    return;
  }
  const auto bits = static_cast<std::uint64_t>(prefix->address.bits());
  const auto len = node_len.number(prefix->len, bits);
  if (!node_len.present()) node_len.error("missing: the length of the part that a node gets");
  for (const CustomNetwork::Subnet& other : out.subnets) {
    if (other.prefix.address.family == prefix->address.family) {
      json.error("a network has one subnet of each family");
    }
  }
  out.subnets.push_back({prefix->masked(), static_cast<std::uint8_t>(len.value_or(bits))});
}

CustomNetwork read_custom_network(const JsonReader& root) {
  CustomNetwork out;
  const JsonReader spec = root.at("spec");
  const JsonReader type = spec.at("type");
  if (!type.present()) type.error("missing");
  out.layer2 = read_word(type, {"L3", "L2"}) == 1;
  if (out.layer2) return out;
  read_subnet(spec, spec.at("subnetCIDR"), spec.at("subnetOneNodePrefixLen"), out);
  const JsonReader more = spec.at("additionalSubnets");
  for (std::size_t i = 0; i < more.size(); ++i) {
    const JsonReader entry = more.item(i);
    read_subnet(entry, entry.at("cidr"), entry.at("oneNodePrefixLen"), out);
  }
  return out;
}

}  // namespace

Decoded<ServiceFunctionChain> decode_chain(const nlohmann::json& json) {
  return decode_with<ServiceFunctionChain>("ServiceFunctionChain", json, read_chain);
}
Decoded<ExternalInterface> decode_external_interface(const nlohmann::json& json) {
  return decode_with<ExternalInterface>("ExternalInterface", json, read_external_interface);
}
Decoded<CustomNetwork> decode_custom_network(const nlohmann::json& json) {
  return decode_with<CustomNetwork>("CustomNetwork", json, read_custom_network);
}

}  // namespace sextant::k8s
