// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Backends: the endpoints of a service, where they are, and which of them a port uses. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "k8s/translate.hpp"

namespace sextant::k8s {

// One endpoint address of a service.
struct Backend {
  ServiceEndpoint endpoint;
  std::string node;  // by name or by address; empty: on no node of the cluster
  bool local = false;
  bool host_network = false;
  std::vector<Ipv6Address> segments;  // empty: it cannot be reached
  std::string why;                    // why not
};

struct PortBackend {
  std::size_t backend = 0;  // into ServiceBackends::all
  std::uint16_t target_port = 0;
  bool draining = false;  // keeps the connections that it has, gets no new ones

  friend auto operator<=>(const PortBackend&, const PortBackend&) = default;
};

struct ServiceBackends {
  std::vector<Backend> all;                       // sorted by address
  std::vector<std::vector<PortBackend>> by_port;  // by place in Service::ports; sorted
};

[[nodiscard]] ServiceBackends collect_backends(const Cluster& cluster, const Service& service,
                                               const std::vector<const EndpointSlice*>& slices);

// Which backends of one family a port uses, as kube-proxy chooses: ready ones, by hints for this
// node's zone unless only local ones are asked for; with none of them, those that are terminating
// and still serve. The others that are not ready drain. What cannot be reached is left out. Empty:
// nobody takes new connections.
[[nodiscard]] std::vector<PortBackend> select_backends(const Cluster& cluster,
                                                       const Service& service,
                                                       const ServiceBackends& backends,
                                                       std::size_t port, Family family,
                                                       bool local_only);

}  // namespace sextant::k8s
