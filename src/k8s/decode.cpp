// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// decode_node(), decode_service(), decode_pod(), and what all decoders share.
#include "k8s/decode.hpp"

#include <algorithm>
#include <utility>

#include "k8s/decode_common.hpp"

namespace sextant::k8s {

namespace {

// "a.sextant.io/b" is ours, "sextant.io.example.com/b" is not.
bool is_ours(std::string_view key) {
  const std::string_view domain = key.substr(0, key.find('/'));
  if (domain.size() == key.size()) return false;
  return domain == "sextant.io" || domain == "contivpp.io" || domain.ends_with(".sextant.io");
}

std::vector<IpAddress> addresses_of(const JsonReader& list) {
  std::vector<IpAddress> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (const auto address = list.item(i).address()) out.push_back(*address);
  }
  return out;
}

std::vector<IpPrefix> prefixes_of(const JsonReader& list) {
  std::vector<IpPrefix> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (const auto prefix = list.item(i).prefix()) out.push_back(prefix->masked());
  }
  return out;
}

// True when status.conditions says "True" about the condition.
bool condition_is_true(const JsonReader& status, std::string_view wanted) {
  const JsonReader conditions = status.at("conditions");
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const JsonReader condition = conditions.item(i);
    if (condition.at("type").text_or_empty() != wanted) continue;
    return condition.at("status").text_or_empty() == "True";
  }
  return false;
}

ServicePort read_service_port(const JsonReader& json) {
  ServicePort port;
  port.name = json.at("name").text_or_empty();
  port.protocol = read_protocol(json.at("protocol"));
  const JsonReader number = json.at("port");
  if (!number.present()) number.error("missing");
  port.port = static_cast<std::uint16_t>(number.number(1, 65535).value_or(0));
  const JsonReader target = json.at("targetPort");
  if (target.is_text()) {
    port.target_port_name = target.text_or_empty();
  } else {
    // 0 is what a client that sets nothing sends.
    port.target_port = static_cast<std::uint16_t>(target.number(0, 65535).value_or(0));
  }
  port.node_port = static_cast<std::uint16_t>(json.at("nodePort").number(0, 65535).value_or(0));
  return port;
}

ServiceType read_service_type(const JsonReader& json) {
  const std::string type = json.text_or_empty();
  if (type.empty() || type == "ClusterIP") return ServiceType::kClusterIp;
  if (type == "NodePort") return ServiceType::kNodePort;
  if (type == "LoadBalancer") return ServiceType::kLoadBalancer;
  if (type == "ExternalName") return ServiceType::kExternalName;
  json.error("\"" + type + "\" is not a type of service that Sextant knows");
  return ServiceType::kClusterIp;
}

TrafficPolicy read_traffic_policy(const JsonReader& json) {
  const std::string policy = json.text_or_empty();
  if (policy == "Local") return TrafficPolicy::kLocal;
  if (!policy.empty() && policy != "Cluster") {
    json.error("\"" + policy + "\" is neither Cluster nor Local");
  }
  return TrafficPolicy::kCluster;
}

// clusterIPs is missing before 1.20, and empty where only clusterIP was written.
void read_cluster_ips(const JsonReader& spec, Service& out) {
  const JsonReader list = spec.at("clusterIPs");
  const JsonReader single = spec.at("clusterIP");
  const auto add = [&out](const JsonReader& ip) {
    const std::string text = ip.text_or_empty();
    if (text == "None") {
      out.headless = true;
    } else if (!text.empty()) {
      if (const auto address = ip.address()) out.cluster_ips.push_back(*address);
    }
  };
  for (std::size_t i = 0; i < list.size(); ++i)
    add(list.item(i));
  if (list.size() == 0) add(single);
}

void read_ingress(const JsonReader& status, Service& out) {
  const JsonReader balancer = status.at("loadBalancer");
  const JsonReader ingress = balancer.at("ingress");
  for (std::size_t i = 0; i < ingress.size(); ++i) {
    const JsonReader entry = ingress.item(i);
    if (entry.at("ipMode").text_or_empty() == "Proxy") continue;
    if (entry.at("ip").text_or_empty().empty()) continue;  // a host name only
    if (const auto address = entry.at("ip").address()) out.ingress_ips.push_back(*address);
  }
}

std::uint32_t read_affinity(const JsonReader& spec) {
  constexpr std::uint32_t kDefaultTimeoutS = 10800;
  const JsonReader affinity = spec.at("sessionAffinity");
  const std::string text = affinity.text_or_empty();
  if (text.empty() || text == "None") return 0;
  if (text != "ClientIP") {
    affinity.error("\"" + text + "\" is neither None nor ClientIP");
    return 0;
  }
  const JsonReader config = spec.at("sessionAffinityConfig");
  const JsonReader client_ip = config.at("clientIP");
  return static_cast<std::uint32_t>(
      client_ip.at("timeoutSeconds").number(1, 86400).value_or(kDefaultTimeoutS));
}

PodPhase read_phase(const JsonReader& json) {
  const std::string phase = json.text_or_empty();
  if (phase == "Pending") return PodPhase::kPending;
  if (phase == "Running") return PodPhase::kRunning;
  if (phase == "Succeeded") return PodPhase::kSucceeded;
  if (phase == "Failed") return PodPhase::kFailed;
  return PodPhase::kUnknown;
}

Node read_node(const JsonReader& root) {
  Node out;
  const JsonReader spec = root.at("spec");
  const JsonReader cidrs = spec.at("podCIDRs");
  out.pod_cidrs = prefixes_of(cidrs);
  if (cidrs.size() == 0 && !spec.at("podCIDR").text_or_empty().empty()) {
    if (const auto prefix = spec.at("podCIDR").prefix()) out.pod_cidrs = {prefix->masked()};
  }
  const JsonReader status = root.at("status");
  const JsonReader addresses = status.at("addresses");
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const JsonReader entry = addresses.item(i);
    const std::string type = entry.at("type").text_or_empty();
    if (type != "InternalIP" && type != "ExternalIP") continue;
    const auto address = entry.at("address").address();
    if (!address) continue;
    (type == "InternalIP" ? out.internal_addresses : out.external_addresses).push_back(*address);
  }
  const JsonReader metadata = root.at("metadata");
  const JsonReader labels = metadata.at("labels");
  out.zone = labels.at("topology.kubernetes.io/zone").text_or_empty();
  out.ready = condition_is_true(status, "Ready");
  return out;
}

Service read_service(const JsonReader& root) {
  Service out;
  const JsonReader spec = root.at("spec");
  out.type = read_service_type(spec.at("type"));
  read_cluster_ips(spec, out);
  const JsonReader external_ips = spec.at("externalIPs");
  out.external_ips = addresses_of(external_ips);
  read_ingress(root.at("status"), out);
  const JsonReader ranges = spec.at("loadBalancerSourceRanges");
  out.source_ranges = prefixes_of(ranges);
  const JsonReader ports = spec.at("ports");
  for (std::size_t i = 0; i < ports.size(); ++i)
    out.ports.push_back(read_service_port(ports.item(i)));
  out.affinity_timeout_s = read_affinity(spec);
  out.internal_policy = read_traffic_policy(spec.at("internalTrafficPolicy"));
  out.external_policy = read_traffic_policy(spec.at("externalTrafficPolicy"));
  out.health_check_port =
      static_cast<std::uint16_t>(spec.at("healthCheckNodePort").number(0, 65535).value_or(0));
  out.publish_not_ready = spec.at("publishNotReadyAddresses").flag(false);
  const JsonReader metadata = root.at("metadata");
  const JsonReader labels = metadata.at("labels");
  out.proxy_name = labels.at("service.kubernetes.io/service-proxy-name").text_or_empty();
  return out;
}

std::vector<PodInterface> read_interfaces(const JsonReader& list) {
  std::vector<PodInterface> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonReader entry = list.item(i);
    PodInterface& one = out.emplace_back();
    one.name = entry.at("name").text_or_empty();
    one.network = entry.at("network").text_or_empty();
    one.interface = entry.at("interface").text_or_empty();
    const JsonReader addresses = entry.at("addresses");
    one.addresses = addresses_of(addresses);
    const std::string mac = entry.at("mac").text_or_empty();
    const auto parsed = MacAddress::parse(mac);
    if (parsed) one.mac = *parsed;
    if (!parsed && !mac.empty()) entry.error("\"" + mac + "\" is no MAC address");
    if (one.name.empty()) entry.error("has no name");
    if (one.interface.empty()) entry.error("has no interface");
  }
  return out;
}

// Written by nodes; what people make of it must not keep a pod's labels from being read.
std::vector<PodInterface> read_interfaces_annotation(const Metadata& meta, const JsonReader& pod) {
  const std::string* const text = meta.annotation(kInterfacesAnnotation);
  if (text == nullptr) return {};
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  JsonFindings findings;
  std::vector<PodInterface> out;
  if (json.is_array()) {
    out = read_interfaces(JsonReader(json, findings));
  } else {
    findings.diagnostics.error({}, "", "not a JSON array");
  }
  if (!findings.diagnostics.has_errors()) return out;
  pod.warning("annotation " + std::string(kInterfacesAnnotation) +
              " is left out: " + findings.diagnostics.list()[0].to_string());
  return {};
}

Pod read_pod(const JsonReader& root) {
  Pod out;
  const JsonReader metadata = root.at("metadata");
  const JsonReader spec = root.at("spec");
  const JsonReader status = root.at("status");
  out.node = spec.at("nodeName").text_or_empty();
  out.host_network = spec.at("hostNetwork").flag(false);
  out.deleted = !metadata.at("deletionTimestamp").text_or_empty().empty();
  out.labels = read_pairs(metadata.at("labels"), [](std::string_view) { return true; });
  const JsonReader ips = status.at("podIPs");
  for (std::size_t i = 0; i < ips.size(); ++i) {
    const JsonReader entry = ips.item(i);
    if (const auto address = entry.at("ip").address()) out.ips.push_back(*address);
  }
  if (ips.size() == 0 && !status.at("podIP").text_or_empty().empty()) {
    if (const auto address = status.at("podIP").address()) out.ips.push_back(*address);
  }
  out.ready = condition_is_true(status, "Ready");
  out.phase = read_phase(status.at("phase"));
  out.interfaces = read_interfaces_annotation(read_metadata(root), root);
  return out;
}

}  // namespace

Protocol read_protocol(const JsonReader& json) {
  const std::string protocol = json.text_or_empty();
  if (protocol.empty() || protocol == "TCP") return Protocol::kTcp;
  if (protocol == "UDP") return Protocol::kUdp;
  if (protocol == "SCTP") return Protocol::kSctp;
  json.error("\"" + protocol + "\" is not TCP, UDP or SCTP");
  return Protocol::kTcp;
}

Metadata read_metadata(const JsonReader& root) {
  Metadata out;
  const JsonReader metadata = root.at("metadata");
  const JsonReader name = metadata.at("name");
  out.name = name.text_or_empty();
  if (!name.present() || (name.is_text() && out.name.empty())) name.error("missing");
  out.namespace_name = metadata.at("namespace").text_or_empty();
  // The key of the store joins both by a slash, which no valid name contains.
  if (out.name.find('/') != std::string::npos) name.error("a name has no slash");
  if (out.namespace_name.find('/') != std::string::npos) {
    metadata.at("namespace").error("a namespace has no slash");
  }
  out.uid = metadata.at("uid").text_or_empty();
  out.annotations = read_pairs(metadata.at("annotations"), is_ours);
  return out;
}

std::string display_name(std::string_view kind, const nlohmann::json& json) {
  // By hand: this is for messages, so what is wrong here is found later and by others.
  std::string name = "?";
  const auto text_of = [](const nlohmann::json& object, const char* key) -> const std::string* {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
  };
  if (json.is_object()) {
    if (const auto metadata = json.find("metadata"); metadata != json.end()) {
      if (const std::string* text = text_of(*metadata, "name")) name = *text;
      if (const std::string* text = text_of(*metadata, "namespace")) name = *text + "/" + name;
    }
  }
  if (name.size() > 300) name = name.substr(0, 297) + "...";
  return std::string(kind) + " " + name;
}

Decoded<Node> decode_node(const nlohmann::json& json) {
  return decode_with<Node>("Node", json, read_node);
}
Decoded<Service> decode_service(const nlohmann::json& json) {
  return decode_with<Service>("Service", json, read_service);
}
Decoded<Pod> decode_pod(const nlohmann::json& json) {
  return decode_with<Pod>("Pod", json, read_pod);
}

}  // namespace sextant::k8s
