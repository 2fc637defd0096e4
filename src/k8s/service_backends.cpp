// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Endpoints -> backends with segment lists.
#include "k8s/service_backends.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace sextant::k8s {

namespace {

// On which node an endpoint is: by its own word, else by its address.
const ClusterNode* node_of(const Cluster& cluster, const ServiceEndpoint& endpoint, bool& host) {
  if (!endpoint.node.empty()) {
    const ClusterNode* const named = cluster.nodes.find(endpoint.node);
    // Whoever else claims that address.
    host = named != nullptr && std::find(named->addresses.begin(), named->addresses.end(),
                                         endpoint.address) != named->addresses.end();
    return named;
  }
  const ClusterNode* const owner = cluster.nodes.owner_of(endpoint.address);
  host = owner != nullptr;
  return host ? owner : cluster.nodes.home_of(endpoint.address);
}

void place(const Cluster& cluster, Backend& out) {
  const IpAddress& address = out.endpoint.address;
  const ClusterNode* const node = node_of(cluster, out.endpoint, out.host_network);
  out.node = node != nullptr ? node->name : out.endpoint.node;
  out.local = out.node == cluster.node_name;
  if (node == nullptr) {
    out.why =
        out.node.empty() ? "it is on no node of the cluster" : "node " + out.node + " is not known";
    return;
  }
  if (!node->planned) {
    out.why = "node " + node->name + " has no SIDs: " + node->problem;
    return;
  }
  const Ipv6Address last = out.host_network
                               ? (address.is_v6() ? node->sids.host_dx6 : node->sids.host_dx4)
                               : pod_sid(cluster.settings.sids, *node->planned, address);
  if (!out.local) {
    out.segments = {node->sids.end, last};
  } else if (out.host_network && cluster.links.host_interface().empty()) {
    out.why = "table " + cluster.settings.table + " has no exception interface to the host";
  } else if (!out.host_network && cluster.links.way_to(address) == nullptr) {
    out.why = "the pod is not attached to this node";
  } else {
    out.segments = {last};
  }
}

bool has_family(const Backend& backend, Family family) {
  return backend.endpoint.address.family == family;
}

bool is_ready(const Service& service, const Backend& backend) {
  return backend.endpoint.ready || service.publish_not_ready;
}

// Hints hold when all have them and some name this zone (kube-proxy's rule).
void apply_hints(const std::string& zone, const ServiceBackends& backends,
                 std::vector<PortBackend>& used) {
  const auto endpoint = [&](const PortBackend& one) -> const ServiceEndpoint& {
    return backends.all[one.backend].endpoint;
  };
  const auto is_hinted = [&](const PortBackend& one) {
    const auto& zones = endpoint(one).hint_zones;
    return std::find(zones.begin(), zones.end(), zone) != zones.end();
  };
  const bool all_have = std::none_of(used.begin(), used.end(), [&](const PortBackend& one) {
    return endpoint(one).hint_zones.empty();
  });
  if (zone.empty() || !all_have || std::none_of(used.begin(), used.end(), is_hinted)) return;
  std::erase_if(used, [&](const PortBackend& one) { return !is_hinted(one); });
}

// Which port of the service a port of endpoints is.
std::optional<std::size_t> port_of(const Service& service, const EndpointPort& port) {
  for (std::size_t i = 0; i < service.ports.size(); ++i) {
    if (service.ports[i].name == port.name && service.ports[i].protocol == port.protocol) return i;
  }
  return std::nullopt;
}

}  // namespace

ServiceBackends collect_backends(const Cluster& cluster, const Service& service,
                                 const std::vector<const EndpointSlice*>& slices) {
  // An address can stand in two slices while it moves between them; what is ready counts.
  std::map<IpAddress, Backend> found;
  std::vector<std::map<IpAddress, std::uint16_t>> targets(service.ports.size());
  for (const EndpointSlice* slice : slices) {
    for (const EndpointSubset& subset : slice->subsets) {
      for (const ServiceEndpoint& endpoint : subset.endpoints) {
        Backend& backend = found[endpoint.address];
        if (backend.endpoint.address != endpoint.address || !backend.endpoint.ready) {
          backend.endpoint = endpoint;
        }
        for (const EndpointPort& port : subset.ports) {
          const auto at = port_of(service, port);
          if (!at) continue;
          const std::uint16_t target = port.port != 0 ? port.port : service.ports[*at].port;
          targets[*at].emplace(endpoint.address, target);
        }
      }
    }
  }
  ServiceBackends out;
  std::map<IpAddress, std::size_t> places;
  for (auto& [address, backend] : found) {
    place(cluster, backend);
    places[address] = out.all.size();
    out.all.push_back(std::move(backend));
  }
  for (const auto& port : targets) {
    auto& backends = out.by_port.emplace_back();
    for (const auto& [address, target] : port)
      backends.push_back({places.at(address), target});
  }
  return out;
}

std::vector<PortBackend> select_backends(const Cluster& cluster, const Service& service,
                                         const ServiceBackends& backends, std::size_t port,
                                         Family family, bool local_only) {
  std::vector<PortBackend> ready;
  std::vector<PortBackend> ending;
  std::vector<PortBackend> gone;
  for (const PortBackend& one : backends.by_port[port]) {
    const Backend& backend = backends.all[one.backend];
    if (!has_family(backend, family) || (local_only && !backend.local)) continue;
    if (is_ready(service, backend)) {
      ready.push_back(one);
    } else if (backend.endpoint.serving && backend.endpoint.terminating) {
      ending.push_back(one);
    } else {
      gone.push_back(one);
    }
  }
  const ClusterNode* const self = cluster.self();
  if (!local_only && self != nullptr) apply_hints(self->zone, backends, ready);
  std::vector<PortBackend> used = std::exchange(ready.empty() ? ending : ready, {});
  const auto unreachable = [&](const PortBackend& one) {
    return backends.all[one.backend].segments.empty();
  };
  std::erase_if(used, unreachable);
  if (used.empty()) return used;
  for (const auto* drained : {&ending, &gone}) {
    for (PortBackend one : *drained) {
      if (unreachable(one)) continue;
      one.draining = true;
      used.push_back(one);
    }
  }
  std::sort(used.begin(), used.end());
  return used;
}

}  // namespace sextant::k8s
