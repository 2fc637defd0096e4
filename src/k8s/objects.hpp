// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Node, Service, EndpointSlice and Pod: what Sextant uses of the Kubernetes objects, as plain
// values. Those of contivpp.io stand in chain_objects.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sextant/net/ip_address.hpp>

namespace sextant::k8s {

// Pairs sorted by key.
using StringPairs = std::vector<std::pair<std::string, std::string>>;

// What every object has. A cluster-scoped object has no namespace.
struct Metadata {
  std::string namespace_name;
  std::string name;
  std::string uid;
  // Only those of Sextant and Contiv: keys "sextant.io/...", "*.sextant.io/...", "contivpp.io/...".
  StringPairs annotations;

  friend bool operator==(const Metadata&, const Metadata&) = default;
  // "namespace/name", or "name" without a namespace: the key of the store.
  [[nodiscard]] std::string key() const {
    return namespace_name.empty() ? name : namespace_name + "/" + name;
  }
  // The value of an annotation; nullptr when there is none.
  [[nodiscard]] const std::string* annotation(std::string_view wanted) const {
    for (const auto& [name_of, value] : annotations) {
      if (name_of == wanted) return &value;
    }
    return nullptr;
  }
};

struct Node {
  Metadata meta;
  std::vector<IpPrefix> pod_cidrs;            // spec.podCIDRs, else spec.podCIDR
  std::vector<IpAddress> internal_addresses;  // status.addresses of type InternalIP, in order
  std::vector<IpAddress> external_addresses;  // of type ExternalIP
  std::string zone;                           // label topology.kubernetes.io/zone
  bool ready = false;                         // condition Ready is "True"

  friend bool operator==(const Node&, const Node&) = default;
};

enum class Protocol : std::uint8_t { kTcp, kUdp, kSctp };
enum class ServiceType : std::uint8_t { kClusterIp, kNodePort, kLoadBalancer, kExternalName };
enum class TrafficPolicy : std::uint8_t { kCluster, kLocal };

struct ServicePort {
  std::string name;  // empty for the only port of a service
  Protocol protocol = Protocol::kTcp;
  std::uint16_t port = 0;
  // targetPort as written: a number, else a name that the endpoint slices have resolved already.
  // Both unset: the same as port.
  std::uint16_t target_port = 0;
  std::string target_port_name;
  std::uint16_t node_port = 0;  // 0: none

  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

struct Service {
  Metadata meta;
  ServiceType type = ServiceType::kClusterIp;
  bool headless = false;                // clusterIP None
  std::vector<IpAddress> cluster_ips;   // the first is the primary one
  std::vector<IpAddress> external_ips;  // spec.externalIPs
  // status.loadBalancer.ingress[].ip, without those of ipMode Proxy: traffic to these must leave.
  std::vector<IpAddress> ingress_ips;
  std::vector<IpPrefix> source_ranges;  // spec.loadBalancerSourceRanges; empty: any
  std::vector<ServicePort> ports;
  std::uint32_t affinity_timeout_s = 0;  // sessionAffinity ClientIP; 0: none
  TrafficPolicy internal_policy = TrafficPolicy::kCluster;
  TrafficPolicy external_policy = TrafficPolicy::kCluster;
  std::uint16_t health_check_port = 0;  // spec.healthCheckNodePort; 0: none
  bool publish_not_ready = false;
  // Label service.kubernetes.io/service-proxy-name: another proxy serves it; empty: we do.
  std::string proxy_name;

  friend bool operator==(const Service&, const Service&) = default;
};

// One backend of a service.
struct ServiceEndpoint {
  IpAddress address;  // the first one; the API calls all addresses of an endpoint interchangeable
  bool ready = true;
  bool serving = true;
  bool terminating = false;
  std::string node;                     // empty: unknown
  std::string pod;                      // "namespace/name" of targetRef when it is a Pod
  std::vector<std::string> hint_zones;  // hints.forZones; empty: no hint

  friend bool operator==(const ServiceEndpoint&, const ServiceEndpoint&) = default;
};

struct EndpointPort {
  std::string name;
  Protocol protocol = Protocol::kTcp;
  std::uint16_t port = 0;  // 0: all ports

  friend bool operator==(const EndpointPort&, const EndpointPort&) = default;
};

// Endpoints that share their ports.
struct EndpointSubset {
  std::vector<EndpointPort> ports;
  std::vector<ServiceEndpoint> endpoints;

  friend bool operator==(const EndpointSubset&, const EndpointSubset&) = default;
};

// An EndpointSlice of discovery.k8s.io (one subset), or a core Endpoints object (any number).
struct EndpointSlice {
  Metadata meta;
  std::string service;  // its name, in the same namespace; empty: belongs to none
  std::vector<EndpointSubset> subsets;

  friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};

enum class PodPhase : std::uint8_t { kPending, kRunning, kSucceeded, kFailed, kUnknown };

// Annotation of a Pod, by its node: its extra interfaces. A JSON array of {name, network,
// interface, addresses, mac}; network, addresses and mac may be missing.
inline constexpr std::string_view kInterfacesAnnotation = "sextant.io/interfaces";
// A network of this name is none: no address and no table, for frames of chains.
inline constexpr std::string_view kStubNetwork = "stub";

// An interface of a pod beside its main one. That it is listed means that it is there.
struct PodInterface {
  std::string name;       // inside the pod
  std::string network;    // CustomNetwork "namespace/name"; empty: that of all pods; kStubNetwork
  std::string interface;  // what its node calls it: "pod-0123456789ab-tap1"
  std::vector<IpAddress> addresses;
  MacAddress mac;  // in the pod; zero: not told

  friend bool operator==(const PodInterface&, const PodInterface&) = default;
};

struct Pod {
  Metadata meta;
  std::string node;            // spec.nodeName
  std::vector<IpAddress> ips;  // status.podIPs, else status.podIP
  StringPairs labels;          // all: chains select pods by them
  std::vector<PodInterface> interfaces;
  bool host_network = false;
  bool ready = false;    // condition Ready is "True"
  bool deleted = false;  // has a deletionTimestamp
  PodPhase phase = PodPhase::kUnknown;

  friend bool operator==(const Pod&, const Pod&) = default;
};

}  // namespace sextant::k8s
