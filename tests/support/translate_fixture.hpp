// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A cluster made of values, and what one of its nodes makes of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/compile/compile.hpp"
#include "control/model/state_layers.hpp"
#include "control/runtime/config_file.hpp"
#include "k8s/translator.hpp"
#include "support/catch.hpp"

namespace sextant::k8s_test {

inline IpAddress ip(std::string_view text) {
  const auto out = IpAddress::parse(text);
  INFO(text);
  REQUIRE(out);
  return *out;
}

inline IpPrefix prefix(std::string_view text) {
  const auto out = IpPrefix::parse(text);
  INFO(text);
  REQUIRE(out);
  return *out;
}

inline std::vector<IpAddress> ips(const std::vector<std::string>& texts) {
  std::vector<IpAddress> out;
  for (const std::string& text : texts)
    out.push_back(ip(text));
  return out;
}

inline k8s::Node node(const std::string& name, const std::vector<std::string>& addresses,
                      const std::vector<std::string>& cidrs) {
  k8s::Node out;
  out.meta.name = name;
  out.internal_addresses = ips(addresses);
  for (const std::string& cidr : cidrs)
    out.pod_cidrs.push_back(prefix(cidr));
  out.ready = true;
  return out;
}

inline k8s::ServicePort port(std::uint16_t number, const std::string& name = "",
                             k8s::Protocol protocol = k8s::Protocol::kTcp,
                             std::uint16_t node_port = 0) {
  k8s::ServicePort out;
  out.port = number;
  out.name = name;
  out.protocol = protocol;
  out.node_port = node_port;
  return out;
}

inline k8s::Service service(const std::string& name, const std::vector<std::string>& addresses,
                            std::vector<k8s::ServicePort> ports = {port(80)}) {
  k8s::Service out;
  out.meta.namespace_name = "default";
  out.meta.name = name;
  out.cluster_ips = ips(addresses);
  out.ports = std::move(ports);
  return out;
}

inline k8s::ServiceEndpoint endpoint(const std::string& address, const std::string& node_name) {
  k8s::ServiceEndpoint out;
  out.address = ip(address);
  out.node = node_name;
  return out;
}

inline k8s::EndpointSlice slice(const std::string& service_name,
                                std::vector<k8s::ServiceEndpoint> endpoints,
                                std::vector<k8s::EndpointPort> ports = {{"", {}, 80}},
                                const std::string& suffix = "-a") {
  k8s::EndpointSlice out;
  out.meta.namespace_name = "default";
  out.meta.name = service_name + suffix;
  out.service = service_name;
  out.subsets.push_back({std::move(ports), std::move(endpoints)});
  return out;
}

inline KubernetesSettings contiv_settings(unsigned generation = 1) {
  KubernetesSettings out;
  out.source = KubernetesSettings::Source::kManifests;
  out.sids = ContivPlan::of_generation(generation);
  return out;
}

inline KubernetesSettings locator_settings() {
  KubernetesSettings out = contiv_settings();
  out.sids = LocatorPlan{prefix("fcbb:100::/48"), 16};
  out.pod_cidrs = {prefix("2001::/48"), prefix("10.1.0.0/16")};
  return out;
}

// The documents' node 1: fabric, pods and the kernel.
inline constexpr std::string_view kNodeFile =
    "tables: [{name: main, exception: kernel0}]\n"
    "ports:\n"
    "  - {name: fabric0, addresses: [\"fe10:f00d::1/90\", 192.168.16.1/24]}\n"
    "  - {name: pods0, trusted: false, addresses: [\"2001:0:0:1::1/64\", 10.1.1.1/24]}\n"
    "  - {name: kernel0}\n";

// Stores and a translator that is told what changes in them.
class ClusterBed {
 public:
  explicit ClusterBed(KubernetesSettings settings = contiv_settings(),
                      std::string_view file = kNodeFile, const std::string& self = "node1")
      : settings_(std::move(settings)), translator(settings_, self, stores) {
    stores.nodes.subscribe([this](const auto& keys) { translator.nodes_changed(keys); });
    stores.services.subscribe([this](const auto& keys) { translator.services_changed(keys); });
    stores.endpoint_slices.subscribe(
        [this](const auto& keys) { translator.endpoint_slices_changed(keys); });
    stores.pods.subscribe([this](const auto& keys) { translator.pods_changed(keys); });
    stores.chains.subscribe([this](const auto& keys) { translator.chains_changed(keys); });
    stores.external_interfaces.subscribe(
        [this](const auto& keys) { translator.external_interfaces_changed(keys); });
    set_file(file);
  }

  void set_file(std::string_view text) {
    const LoadedConfig loaded = parse_config(text, "sextant.yaml");
    REQUIRE(loaded.ok());
    base = loaded.state;
    translator.set_links(k8s::LocalLinks(base, settings_.table));
  }

  void put(k8s::Node object) { put_in(stores.nodes, std::move(object)); }
  void put(k8s::Service object) { put_in(stores.services, std::move(object)); }
  void put(k8s::EndpointSlice object) { put_in(stores.endpoint_slices, std::move(object)); }
  void put(k8s::Pod object) { put_in(stores.pods, std::move(object)); }
  void put(k8s::ServiceFunctionChain object) { put_in(stores.chains, std::move(object)); }
  void put(k8s::ExternalInterface object) { put_in(stores.external_interfaces, std::move(object)); }
  template <typename T>
  void erase(k8s::Store<T>& store, const std::string& key) {
    store.erase(key);
    store.flush();
  }
  // node1 (this one) to node3 with both families.
  void put_nodes() {
    for (const char* number : {"1", "2", "3"}) {
      const std::string n = number;
      put(node("node" + n, {"fe10:f00d::" + n, "192.168.16." + n},
               {"2001:0:0:" + n + "::/64", "10.1." + n + ".0/24"}));
    }
  }

  // What this node is to do now, compiled with the file.
  CompileResult compiled() {
    static_cast<void>(translator.take());
    StateLayers layers;
    layers.set_base(base);
    Diagnostics found;
    static_cast<void>(layers.change(StateLayer::kKubernetes, translator.all(), found));
    CHECK(found.list().empty());
    CompileResult out = compile(layers.compose());
    for (const Diagnostic& finding : out.diagnostics.list())
      UNSCOPED_INFO(finding.to_string());
    CHECK(out.ok());
    return out;
  }

 private:
  template <typename T>
  void put_in(k8s::Store<T>& store, T object) {
    const std::string key = object.meta.key();
    store.put({key, std::make_shared<const T>(std::move(object)), {}});
    store.flush();
  }

  const KubernetesSettings settings_;

 public:
  k8s::ClusterStores stores;
  k8s::Translator translator;
  DesiredState base;
};

// Objects of a change by their names, as people read them.
inline const SrPolicy* policy_of(const StateChange& objects, const std::string& name) {
  for (const SrPolicy& policy : objects.policies.upserts) {
    if (policy.name == name) return &policy;
  }
  return nullptr;
}

// "6666:0:0:1::5", "7766:f00d::2, 6666::5": the segment lists of a policy with weights above 1.
inline std::vector<std::string> lists_of(const StateChange& objects, const std::string& name) {
  const SrPolicy* const policy = policy_of(objects, name);
  std::vector<std::string> out;
  if (policy == nullptr) return {"no policy " + name};
  REQUIRE(policy->candidate_paths.size() == 1);
  for (const WeightedSegmentList& list : policy->candidate_paths[0].segment_lists) {
    std::string text;
    for (const Ipv6Address& segment : list.segments)
      text += (text.empty() ? "" : ", ") + segment.to_string();
    if (list.draining) text += " draining";
    if (list.weight != 1) text += " * " + std::to_string(list.weight);
    out.push_back(text);
  }
  return out;
}

// "2096::d765/128 -> default/web", "tcp 10.96.0.1 80 -> default/web".
inline std::vector<std::string> steering_of(const StateChange& objects) {
  std::vector<std::string> out;
  for (const SteeringRule& rule : objects.steering.upserts) {
    std::string text = rule.prefix.to_string();
    if (rule.match == SteeringRule::Match::kPort) {
      const char* const protocol = rule.protocol == 6    ? "tcp "
                                   : rule.protocol == 17 ? "udp "
                                                         : "sctp ";
      text = protocol + rule.prefix.address.to_string() + " " + std::to_string(rule.port);
    }
    out.push_back(text + " -> " + rule.policy);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// "End.DX6 6666:0:0:1::5 via 2001:0:0:1::5 pods0"
inline std::vector<std::string> sids_of(const StateChange& objects) {
  std::vector<std::string> out;
  for (const DesiredLocalSid& sid : objects.local_sids.upserts) {
    std::string text = std::string(spec_of(sid.behavior).name) + " " + sid.sid.address.to_string();
    for (const DesiredNextHop& hop : sid.next_hops)
      text += " via " + hop.address.value_or(IpAddress()).to_string() + " " + hop.interface;
    out.push_back(text);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// "pods0 10.96.0.10 tcp 80 -> 10.1.1.5 8080"
inline std::vector<std::string> translations_of(const StateChange& objects) {
  std::vector<std::string> out;
  for (const DesiredTranslation& one : objects.translations.upserts) {
    const char* const protocol = one.protocol == 6 ? "tcp" : one.protocol == 17 ? "udp" : "sctp";
    out.push_back(one.interface + " " + one.address.to_string() + " " + protocol + " " +
                  std::to_string(one.port) + " -> " + one.target.to_string() + " " +
                  std::to_string(one.target_port) + (one.draining ? " draining" : ""));
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace sextant::k8s_test
