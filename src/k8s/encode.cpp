// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// encode().
#include "k8s/encode.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "k8s/encode_common.hpp"

namespace sextant::k8s {

namespace {

using Json = nlohmann::json;

template <typename T>
Json texts(const std::vector<T>& list) {
  Json out = Json::array();
  for (const T& item : list)
    out.push_back(item.to_string());
  return out;
}

const char* text_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kTcp: return "TCP";
    case Protocol::kUdp: return "UDP";
    case Protocol::kSctp: return "SCTP";
  }
  return "";
}

const char* text_of(ServiceType type) {
  switch (type) {
    case ServiceType::kClusterIp: return "ClusterIP";
    case ServiceType::kNodePort: return "NodePort";
    case ServiceType::kLoadBalancer: return "LoadBalancer";
    case ServiceType::kExternalName: return "ExternalName";
  }
  return "";
}

const char* text_of(PodPhase phase) {
  switch (phase) {
    case PodPhase::kPending: return "Pending";
    case PodPhase::kRunning: return "Running";
    case PodPhase::kSucceeded: return "Succeeded";
    case PodPhase::kFailed: return "Failed";
    case PodPhase::kUnknown: return "Unknown";
  }
  return "";
}

const char* text_of(TrafficPolicy policy) {
  return policy == TrafficPolicy::kLocal ? "Local" : "Cluster";
}

Json ready_condition(bool ready) {
  return Json::array({{{"type", "Ready"}, {"status", ready ? "True" : "False"}}});
}

Json ports_of(const EndpointSubset& subset) {
  Json out = Json::array();
  for (const EndpointPort& port : subset.ports) {
    Json entry = {{"name", port.name}, {"protocol", text_of(port.protocol)}};
    if (port.port != 0) entry["port"] = port.port;
    out.push_back(std::move(entry));
  }
  return out;
}

void add_target(const ServiceEndpoint& endpoint, Json& out) {
  if (!endpoint.node.empty()) out["nodeName"] = endpoint.node;
  if (endpoint.pod.empty()) return;
  const std::size_t slash = endpoint.pod.find('/');
  out["targetRef"] = {{"kind", "Pod"},
                      {"namespace", endpoint.pod.substr(0, slash)},
                      {"name", endpoint.pod.substr(slash + 1)}};
}

Json discovery_endpoint(const ServiceEndpoint& endpoint) {
  Json out = {{"addresses", {endpoint.address.to_string()}},
              {"conditions",
               {{"ready", endpoint.ready},
                {"serving", endpoint.serving},
                {"terminating", endpoint.terminating}}}};
  add_target(endpoint, out);
  Json zones = Json::array();
  for (const std::string& zone : endpoint.hint_zones)
    zones.push_back({{"name", zone}});
  if (!zones.empty()) out["hints"] = {{"forZones", std::move(zones)}};
  return out;
}

bool one_family(const EndpointSubset& subset) {
  return std::all_of(subset.endpoints.begin(), subset.endpoints.end(), [&](const auto& endpoint) {
    return endpoint.address.family == subset.endpoints.front().address.family;
  });
}

Json discovery_form(const EndpointSlice& slice) {
  Json out = {{"kind", "EndpointSlice"}, {"metadata", encode_metadata(slice.meta)}};
  if (!slice.service.empty()) {
    out["metadata"]["labels"] = {{"kubernetes.io/service-name", slice.service}};
  }
  if (slice.subsets.empty()) {
    out["addressType"] = "FQDN";
    return out;
  }
  const EndpointSubset& subset = slice.subsets.front();
  const bool v6 = subset.endpoints.empty() || subset.endpoints.front().address.is_v6();
  out["addressType"] = v6 ? "IPv6" : "IPv4";
  out["ports"] = ports_of(subset);
  Json endpoints = Json::array();
  for (const ServiceEndpoint& endpoint : subset.endpoints)
    endpoints.push_back(discovery_endpoint(endpoint));
  out["endpoints"] = std::move(endpoints);
  return out;
}

Json core_form(const EndpointSlice& slice) {
  Json subsets = Json::array();
  for (const EndpointSubset& subset : slice.subsets) {
    Json ready = Json::array();
    Json not_ready = Json::array();
    for (const ServiceEndpoint& endpoint : subset.endpoints) {
      Json entry = {{"ip", endpoint.address.to_string()}};
      add_target(endpoint, entry);
      (endpoint.ready ? ready : not_ready).push_back(std::move(entry));
    }
    subsets.push_back({{"ports", ports_of(subset)},
                       {"addresses", std::move(ready)},
                       {"notReadyAddresses", std::move(not_ready)}});
  }
  return {{"kind", "Endpoints"}, {"metadata", encode_metadata(slice.meta)}, {"subsets", subsets}};
}

}  // namespace

Json encode_pairs(const StringPairs& list) {
  Json out = Json::object();
  for (const auto& [key, value] : list)
    out[key] = value;
  return out;
}

Json encode_metadata(const Metadata& meta) {
  Json out = {{"name", meta.name}};
  if (!meta.namespace_name.empty()) out["namespace"] = meta.namespace_name;
  if (!meta.uid.empty()) out["uid"] = meta.uid;
  if (!meta.annotations.empty()) out["annotations"] = encode_pairs(meta.annotations);
  return out;
}

Json encode(const Node& node) {
  Json addresses = Json::array();
  for (const IpAddress& address : node.internal_addresses)
    addresses.push_back({{"type", "InternalIP"}, {"address", address.to_string()}});
  for (const IpAddress& address : node.external_addresses)
    addresses.push_back({{"type", "ExternalIP"}, {"address", address.to_string()}});
  Json out = {{"kind", "Node"},
              {"metadata", encode_metadata(node.meta)},
              {"spec", {{"podCIDRs", texts(node.pod_cidrs)}}},
              {"status",
               {{"addresses", std::move(addresses)}, {"conditions", ready_condition(node.ready)}}}};
  if (!node.zone.empty()) out["metadata"]["labels"] = {{"topology.kubernetes.io/zone", node.zone}};
  return out;
}

Json encode(const Service& service) {
  Json spec = {{"type", text_of(service.type)},
               {"externalIPs", texts(service.external_ips)},
               {"loadBalancerSourceRanges", texts(service.source_ranges)},
               {"internalTrafficPolicy", text_of(service.internal_policy)},
               {"externalTrafficPolicy", text_of(service.external_policy)},
               {"healthCheckNodePort", service.health_check_port},
               {"publishNotReadyAddresses", service.publish_not_ready}};
  spec["clusterIPs"] = texts(service.cluster_ips);
  if (service.headless) spec["clusterIPs"].push_back("None");
  if (service.affinity_timeout_s != 0) {
    spec["sessionAffinity"] = "ClientIP";
    spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"] = service.affinity_timeout_s;
  }
  Json ports = Json::array();
  for (const ServicePort& port : service.ports) {
    Json entry = {{"name", port.name},
                  {"protocol", text_of(port.protocol)},
                  {"port", port.port},
                  {"nodePort", port.node_port}};
    if (!port.target_port_name.empty()) {
      entry["targetPort"] = port.target_port_name;
    } else if (port.target_port != 0) {
      entry["targetPort"] = port.target_port;
    }
    ports.push_back(std::move(entry));
  }
  spec["ports"] = std::move(ports);
  Json ingress = Json::array();
  for (const IpAddress& address : service.ingress_ips)
    ingress.push_back({{"ip", address.to_string()}});
  Json out = {
      {"kind", "Service"}, {"metadata", encode_metadata(service.meta)}, {"spec", std::move(spec)}};
  out["status"]["loadBalancer"]["ingress"] = std::move(ingress);
  if (!service.proxy_name.empty()) {
    out["metadata"]["labels"]["service.kubernetes.io/service-proxy-name"] = service.proxy_name;
  }
  return out;
}

Json encode(const EndpointSlice& slice) {
  const std::size_t subsets = slice.subsets.size();
  const bool discovery = subsets == 1 ? one_family(slice.subsets.front())
                                      : subsets == 0 && slice.service != slice.meta.name;
  return discovery ? discovery_form(slice) : core_form(slice);
}

Json encode(const Pod& pod) {
  Json ips = Json::array();
  for (const IpAddress& address : pod.ips)
    ips.push_back({{"ip", address.to_string()}});
  Json out = {{"kind", "Pod"},
              {"metadata", encode_metadata(pod.meta)},
              {"spec", {{"nodeName", pod.node}, {"hostNetwork", pod.host_network}}},
              {"status",
               {{"podIPs", std::move(ips)},
                {"phase", text_of(pod.phase)},
                {"conditions", ready_condition(pod.ready)}}}};
  if (!pod.labels.empty()) out["metadata"]["labels"] = encode_pairs(pod.labels);
  // The time itself does not count.
  if (pod.deleted) out["metadata"]["deletionTimestamp"] = "1970-01-01T00:00:00Z";
  return out;
}

}  // namespace sextant::k8s
