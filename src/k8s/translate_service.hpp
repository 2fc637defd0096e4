// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Services: their addresses, ports and backends as policies and steering, and why not. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "k8s/service_backends.hpp"
#include "k8s/translate.hpp"

namespace sextant::k8s {

// What an address of a service is, which decides on the traffic policy that holds for it.
enum class AddressKind : std::uint8_t { kClusterIp, kExternalIp, kLoadBalancer, kNodePort };
// "ClusterIP", ...
[[nodiscard]] std::string_view name_of(AddressKind kind);

struct ServiceAddress {
  IpAddress address;
  AddressKind kind = AddressKind::kClusterIp;
  std::string why;  // why no traffic to it is taken; empty: it is

  [[nodiscard]] bool external() const { return kind != AddressKind::kClusterIp; }
};

// One port at the addresses of one family and one kind of traffic.
struct PortForwarding {
  std::size_t port = 0;  // into Service::ports
  Family family = Family::kIpv6;
  bool external = false;
  std::string policy;                 // empty: nobody serves it
  std::vector<PortBackend> backends;  // that are used
};

struct ServiceTranslation {
  StateChange objects;
  std::vector<ServiceAddress> addresses;
  ServiceBackends backends;
  std::vector<PortForwarding> ports;
  std::string why;                 // why nothing of it is programmed; empty: something is
  std::vector<std::string> notes;  // what is asked for and not done
};

// What translation has to know about other services.
struct AddressUse {
  // Whether other services have this address, too: then only ports tell them apart.
  std::function<bool(const IpAddress&)> shared;
  // Whether this service is the first of those: one of them has the binding SID.
  std::function<bool(const IpAddress&)> first;
};

// Annotation of a Service; "dsr": backends have the service's addresses themselves, and their ports
// are those of the service. Else the backend's node translates both.
inline constexpr std::string_view kDeliveryAnnotation = "sextant.io/delivery";

// Addresses that a service claims, in the order of the object: with those that are not usable. Node
// ports are no claims.
[[nodiscard]] std::vector<ServiceAddress> addresses_of(const Cluster& cluster,
                                                       const Service& service);

[[nodiscard]] ServiceTranslation translate_service(const Cluster& cluster, const Service& service,
                                                   const std::vector<const EndpointSlice*>& slices,
                                                   const AddressUse& use);

}  // namespace sextant::k8s
