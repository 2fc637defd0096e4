// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// decode_endpoint_slice() and decode_endpoints(): three API versions of the same thing.
#include <utility>

#include "k8s/decode_common.hpp"

namespace sextant::k8s {

namespace {

std::string read_pod_name(const JsonReader& target) {
  if (target.at("kind").text_or_empty() != "Pod") return "";
  const std::string name = target.at("name").text_or_empty();
  if (name.empty()) return "";
  return target.at("namespace").text_or_empty() + "/" + name;
}

std::vector<EndpointPort> read_ports(const JsonReader& list) {
  std::vector<EndpointPort> out;
  out.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonReader entry = list.item(i);
    EndpointPort port;
    port.name = entry.at("name").text_or_empty();
    port.protocol = read_protocol(entry.at("protocol"));
    port.port = static_cast<std::uint16_t>(entry.at("port").number(1, 65535).value_or(0));
    out.push_back(std::move(port));
  }
  return out;
}

// v1 has nodeName; v1beta1 of 1.19 and before has only the topology map.
std::string read_node_name(const JsonReader& endpoint) {
  const std::string name = endpoint.at("nodeName").text_or_empty();
  if (!name.empty()) return name;
  const JsonReader topology = endpoint.at("topology");
  return topology.at("kubernetes.io/hostname").text_or_empty();
}

void read_conditions(const JsonReader& conditions, ServiceEndpoint& out) {
  // "nil should be interpreted as true" for ready; serving is then what ready is.
  out.ready = conditions.at("ready").flag(true);
  out.terminating = conditions.at("terminating").flag(false);
  out.serving = conditions.at("serving").flag(out.ready);
}

void read_hints(const JsonReader& hints, ServiceEndpoint& out) {
  const JsonReader zones = hints.at("forZones");
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const JsonReader zone = zones.item(i);
    std::string name = zone.at("name").text_or_empty();
    if (!name.empty()) out.hint_zones.push_back(std::move(name));
  }
}

EndpointSlice read_endpoint_slice(const JsonReader& root) {
  EndpointSlice out;
  const JsonReader metadata = root.at("metadata");
  const JsonReader labels = metadata.at("labels");
  out.service = labels.at("kubernetes.io/service-name").text_or_empty();
  const JsonReader type = root.at("addressType");
  const std::string family = type.text_or_empty();
  // Names instead of addresses: nothing that could be forwarded to.
  if (family == "FQDN") return out;
  if (family != "IPv4" && family != "IPv6") {
    type.error("\"" + family + "\" is not IPv4, IPv6 or FQDN");
    return out;
  }
  EndpointSubset subset;
  subset.ports = read_ports(root.at("ports"));
  const JsonReader endpoints = root.at("endpoints");
  subset.endpoints.reserve(endpoints.size());
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const JsonReader entry = endpoints.item(i);
    const JsonReader addresses = entry.at("addresses");
    if (addresses.size() == 0) {
      addresses.error("an endpoint needs an address");
      continue;
    }
    const auto address = addresses.item(0).address();
    if (!address) continue;
    if (address->is_v6() != (family == "IPv6")) {
      addresses.error(address->to_string() + " is not " + family + ", the slice's address type");
    }
    ServiceEndpoint& out_endpoint = subset.endpoints.emplace_back();
    out_endpoint.address = *address;
    read_conditions(entry.at("conditions"), out_endpoint);
    out_endpoint.node = read_node_name(entry);
    out_endpoint.pod = read_pod_name(entry.at("targetRef"));
    read_hints(entry.at("hints"), out_endpoint);
  }
  out.subsets.push_back(std::move(subset));
  return out;
}

void read_core_addresses(const JsonReader& list, bool ready, EndpointSubset& out) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonReader entry = list.item(i);
    const JsonReader ip = entry.at("ip");
    if (!ip.present()) ip.error("missing");
    const auto address = ip.address();
    if (!address) continue;
    ServiceEndpoint& endpoint = out.endpoints.emplace_back();
    endpoint.address = *address;
    endpoint.ready = ready;
    endpoint.serving = ready;
    endpoint.node = entry.at("nodeName").text_or_empty();
    endpoint.pod = read_pod_name(entry.at("targetRef"));
  }
}

EndpointSlice read_core_endpoints(const JsonReader& root) {
  EndpointSlice out;
  const JsonReader metadata = root.at("metadata");
  out.service = metadata.at("name").text_or_empty();
  const JsonReader annotations = metadata.at("annotations");
  if (annotations.at("endpoints.kubernetes.io/over-capacity").text_or_empty() == "truncated") {
    annotations.warning(
        "the API server left endpoints out: more than 1000; it has no EndpointSlices");
  }
  const JsonReader subsets = root.at("subsets");
  for (std::size_t i = 0; i < subsets.size(); ++i) {
    const JsonReader entry = subsets.item(i);
    EndpointSubset subset;
    subset.ports = read_ports(entry.at("ports"));
    read_core_addresses(entry.at("addresses"), true, subset);
    read_core_addresses(entry.at("notReadyAddresses"), false, subset);
    out.subsets.push_back(std::move(subset));
  }
  return out;
}

}  // namespace

Decoded<EndpointSlice> decode_endpoint_slice(const nlohmann::json& json) {
  return decode_with<EndpointSlice>("EndpointSlice", json, read_endpoint_slice);
}
Decoded<EndpointSlice> decode_endpoints(const nlohmann::json& json) {
  return decode_with<EndpointSlice>("Endpoints", json, read_core_endpoints);
}

}  // namespace sextant::k8s
