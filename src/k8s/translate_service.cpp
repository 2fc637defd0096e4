// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One service: which backends each port has, one policy for each set of backends, and steering.
#include "k8s/translate_service.hpp"

#include <algorithm>
#include <map>
#include <sextant/net/headers.hpp>
#include <utility>

namespace sextant::k8s {

namespace {

// RFC 9256 knows no limit; the hash that chooses among lists does.
constexpr std::size_t kMaxLists = 4096;

std::uint8_t number_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kTcp: return ip_protocol::kTcp;
    case Protocol::kUdp: return ip_protocol::kUdp;
    case Protocol::kSctp: return ip_protocol::kSctp;
  }
  return 0;
}

std::string_view text_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kTcp: return "tcp";
    case Protocol::kUdp: return "udp";
    case Protocol::kSctp: return "sctp";
  }
  return "";
}

std::string label_of(const ServicePort& port) {
  return port.name.empty() ? std::to_string(port.port) + "/" + std::string(text_of(port.protocol))
                           : port.name;
}

// Why an address cannot be one of a service; empty: it can.
std::string unusable(const KubernetesSettings& settings, const IpAddress& a) {
  const bool special = a.is_v6() ? a.v6.is_unspecified() || a.v6.is_multicast() ||
                                       a.v6.is_loopback() || a.v6.is_link_local()
                                 : a.v4.is_unspecified() || a.v4.is_multicast() ||
                                       a.v4.is_loopback() || a.v4.is_reserved();
  if (special) return "such an address cannot be routed";
  for (const IpPrefix& prefix : sid_space_of(settings.sids)) {
    if (prefix.contains(a)) return "it lies in " + prefix.to_string() + ", which is for SIDs";
  }
  return "";
}

// Why there is nothing to translate; empty: there is.
std::string not_ours(const Cluster& cluster, const Service& service) {
  if (!cluster.settings.services) return "kubernetes.services is false";
  if (!service.proxy_name.empty()) {
    return "label service.kubernetes.io/service-proxy-name leaves it to " + service.proxy_name;
  }
  if (service.type == ServiceType::kExternalName) return "type ExternalName is a name, no address";
  if (service.headless) return "headless: clients talk to its pods";
  if (service.ports.empty()) return "it has no ports";
  const ClusterNode* const self = cluster.self();
  if (self == nullptr) return "there is no Node object " + cluster.node_name + " for this node";
  if (!self->planned) return "this node has no SIDs: " + self->problem;
  return "";
}

class Translator {
 public:
  Translator(const Cluster& cluster, const Service& service, const AddressUse& use,
             ServiceTranslation& out)
      : cluster_(cluster), service_(service), use_(use), out_(out) {}

  void run() {
    const bool dual = has(Family::kIpv6) && has(Family::kIpv4);
    for (const Family family : {Family::kIpv6, Family::kIpv4}) {
      if (!has(family)) continue;
      base_ = service_.meta.key();
      if (dual) base_ += family == Family::kIpv6 ? "/ipv6" : "/ipv4";
      groups_.clear();
      for (const bool external : {false, true}) {
        if (has(family, external)) forward(family, external);
      }
    }
    for (const ServiceAddress& address : out_.addresses) {
      if (address.why.empty()) steer_address(address);
    }
    const std::string* const delivery = service_.meta.annotation(kDeliveryAnnotation);
    if (delivery == nullptr || *delivery != "dsr") {
      for (std::size_t port = 0; port < service_.ports.size(); ++port)
        translate(port);
    }
    note();
  }

 private:
  [[nodiscard]] bool has(Family family) const { return has(family, false) || has(family, true); }
  [[nodiscard]] bool has(Family family, bool external) const {
    return std::any_of(
        out_.addresses.begin(), out_.addresses.end(), [&](const ServiceAddress& one) {
          return one.why.empty() && one.address.family == family && one.external() == external;
        });
  }

  using BackendSet = std::vector<std::pair<std::size_t, bool>>;  // backend, draining

  // All ports of one family for one kind of traffic.
  void forward(Family family, bool external) {
    const bool local_only =
        (external ? service_.external_policy : service_.internal_policy) == TrafficPolicy::kLocal;
    for (std::size_t i = 0; i < service_.ports.size(); ++i) {
      PortForwarding one{
          .port = i, .family = family, .external = external, .policy = "", .backends = {}};
      one.backends = select_backends(cluster_, service_, out_.backends, i, family, local_only);
      if (one.backends.size() > kMaxLists) one.backends.resize(kMaxLists);
      if (!one.backends.empty()) one.policy = policy_for(one);
      out_.ports.push_back(std::move(one));
    }
  }

  // Ports with the same backends share a policy; that of the first has the name of the service.
  const std::string& policy_for(const PortForwarding& port) {
    BackendSet set;
    for (const PortBackend& one : port.backends)
      set.emplace_back(one.backend, one.draining);
    const auto found = groups_.find(set);
    if (found != groups_.end()) return found->second;
    std::string name = base_;
    if (!groups_.empty()) {
      name += ":" + label_of(service_.ports[port.port]) + (port.external ? "/external" : "");
    }
    out_.objects.policies.upserts.push_back(make_policy(name, port));
    return groups_.emplace(std::move(set), std::move(name)).first->second;
  }

  SrPolicy make_policy(const std::string& name, const PortForwarding& port) {
    SrPolicy policy;
    policy.name = name;
    policy.headend = Headend::kHEncapsRed;
    policy.table = cluster_.settings.table;
    policy.sticky = true;
    policy.affinity_timeout_s = service_.affinity_timeout_s;
    if (groups_.empty()) policy.binding_sid = binding_sid(port.family);
    CandidatePath path;
    std::map<std::vector<Ipv6Address>, std::size_t> places;
    for (const PortBackend& one : port.backends) {
      const auto& segments = out_.backends.all[one.backend].segments;
      // Two addresses of a node lead to one SID.
      const auto [at, fresh] = places.emplace(segments, path.segment_lists.size());
      if (fresh) {
        WeightedSegmentList list;
        list.segments = segments;
        list.draining = one.draining;
        path.segment_lists.push_back(std::move(list));
      } else {
        ++path.segment_lists[at->second].weight;
      }
    }
    policy.candidate_paths.push_back(std::move(path));
    return policy;
  }

  [[nodiscard]] std::optional<Ipv6Address> binding_sid(Family family) const {
    std::optional<IpAddress> lowest;
    for (const ServiceAddress& one : out_.addresses) {
      if (!one.why.empty() || one.kind == AddressKind::kNodePort) continue;
      if (one.address.family != family || (lowest && *lowest < one.address)) continue;
      lowest = one.address;
    }
    if (!lowest || !use_.first(*lowest)) return std::nullopt;
    return service_binding_sid(cluster_.settings.sids, *lowest);
  }

  // All of an address goes one way when that is certain; else port by port.
  void steer_address(const ServiceAddress& address) {
    const bool node_port = address.kind == AddressKind::kNodePort;
    const bool of_node = node_port || cluster_.links.is_own(address.address) ||
                         cluster_.nodes.owner_of(address.address) != nullptr;
    const IpPrefix prefix = host_prefix(address.address);
    std::vector<const PortForwarding*> ports;
    for (const PortForwarding& one : out_.ports) {
      if (one.family == address.address.family && one.external == address.external()) {
        ports.push_back(&one);
      }
    }
    // What nobody serves is answered, not sent elsewhere.
    if (!of_node) out_.objects.routes.upserts.push_back(unreachable(cluster_, prefix));
    const bool one_way = std::all_of(ports.begin(), ports.end(), [&](const PortForwarding* one) {
      return one->policy == ports[0]->policy;
    });
    auto& rules = out_.objects.steering.upserts;
    if (one_way && !of_node && !use_.shared(address.address)) {
      if (!ports[0]->policy.empty()) rules.push_back(steer(cluster_, prefix, ports[0]->policy));
      return;
    }
    for (const PortForwarding* one : ports) {
      const ServicePort& port = service_.ports[one->port];
      const std::uint16_t number = node_port ? port.node_port : port.port;
      if (one->policy.empty() || number == 0) continue;
      SteeringRule rule = steer(cluster_, prefix, one->policy);
      rule.match = SteeringRule::Match::kPort;
      rule.protocol = number_of(port.protocol);
      rule.port = number;
      rules.push_back(std::move(rule));
    }
  }

  // What other nodes and this one send to local backends, under all addresses of the service.
  void translate(std::size_t port_index) {
    const ServicePort& port = service_.ports[port_index];
    std::map<std::string, IpAddress> behind;  // whom an interface leads to
    for (const PortBackend& one : out_.backends.by_port[port_index]) {
      const Backend& backend = out_.backends.all[one.backend];
      if (!backend.local || backend.segments.empty()) continue;
      DesiredTranslation made;
      made.target = backend.endpoint.address;
      made.target_port = one.target_port;
      made.protocol = number_of(port.protocol);
      made.draining = !takes_new(port_index, one.backend);
      made.interface = backend.host_network ? cluster_.links.host_interface()
                                            : cluster_.links.way_to(made.target)->interface;
      const std::string family = made.target.is_v6() ? " IPv6" : " IPv4";
      const IpAddress first = behind.emplace(made.interface + family, made.target).first->second;
      if (first != made.target) {
        out_.notes.push_back("port " + label_of(port) + ": " + made.target.to_string() +
                             " gets it untranslated, " + first.to_string() + " is behind " +
                             made.interface + ", too");
        continue;
      }
      for (const ServiceAddress& address : out_.addresses) {
        if (!address.why.empty() || address.address.family != made.target.family) continue;
        if (address.kind == AddressKind::kNodePort) continue;
        made.address = address.address;
        made.port = port.port;
        out_.objects.translations.upserts.push_back(made);
      }
      if (port.node_port != 0) translate_node_port(port, made);
    }
  }

  // A node that got it sent it on as it was: the address can be that of any node.
  void translate_node_port(const ServicePort& port, DesiredTranslation made) {
    made.port = port.node_port;
    for (const auto& [name, node] : cluster_.nodes.all()) {
      if (service_.external_policy == TrafficPolicy::kLocal && name != cluster_.node_name) continue;
      for (const IpAddress& address : node.addresses) {
        if (address.family != made.target.family) continue;
        made.address = address;
        out_.objects.translations.upserts.push_back(made);
      }
    }
  }

  [[nodiscard]] bool takes_new(std::size_t port, std::size_t backend) const {
    if (out_.backends.all[backend].endpoint.ready || service_.publish_not_ready) return true;
    return std::any_of(out_.ports.begin(), out_.ports.end(), [&](const PortForwarding& one) {
      return one.port == port &&
             std::any_of(one.backends.begin(), one.backends.end(), [&](const PortBackend& used) {
               return used.backend == backend && !used.draining;
             });
    });
  }

  void note() {
    std::vector<std::string>& notes = out_.notes;
    if (!service_.source_ranges.empty()) {
      notes.emplace_back("loadBalancerSourceRanges are not enforced");
    }
    if (service_.health_check_port != 0) {
      notes.push_back("healthCheckNodePort " + std::to_string(service_.health_check_port) +
                      " is not served");
    }
    std::sort(notes.begin(), notes.end());
    notes.erase(std::unique(notes.begin(), notes.end()), notes.end());
  }

  const Cluster& cluster_;
  const Service& service_;
  const AddressUse& use_;
  ServiceTranslation& out_;
  std::string base_;  // of the names of policies
  std::map<BackendSet, std::string> groups_;
};

}  // namespace

std::string_view name_of(AddressKind kind) {
  switch (kind) {
    case AddressKind::kClusterIp: return "ClusterIP";
    case AddressKind::kExternalIp: return "externalIP";
    case AddressKind::kLoadBalancer: return "LoadBalancer";
    case AddressKind::kNodePort: return "NodePort";
  }
  return "";
}

std::vector<ServiceAddress> addresses_of(const Cluster& cluster, const Service& service) {
  std::vector<ServiceAddress> out;
  const auto add = [&](const std::vector<IpAddress>& addresses, AddressKind kind) {
    for (const IpAddress& address : addresses) {
      const bool known = std::any_of(out.begin(), out.end(), [&](const ServiceAddress& one) {
        return one.address == address;
      });
      if (!known) out.push_back({address, kind, unusable(cluster.settings, address)});
    }
  };
  if (service.headless || service.type == ServiceType::kExternalName) return out;
  add(service.cluster_ips, AddressKind::kClusterIp);
  add(service.external_ips, AddressKind::kExternalIp);
  add(service.ingress_ips, AddressKind::kLoadBalancer);
  return out;
}

ServiceTranslation translate_service(const Cluster& cluster, const Service& service,
                                     const std::vector<const EndpointSlice*>& slices,
                                     const AddressUse& use) {
  ServiceTranslation out;
  out.addresses = addresses_of(cluster, service);
  out.backends = collect_backends(cluster, service, slices);
  out.why = not_ours(cluster, service);
  if (!out.why.empty()) return out;
  const bool node_ports = std::any_of(service.ports.begin(), service.ports.end(),
                                      [](const ServicePort& port) { return port.node_port != 0; });
  if (node_ports) {
    // Of the families that the service has.
    for (const IpAddress& address : cluster.self()->addresses) {
      const bool wanted =
          std::any_of(service.cluster_ips.begin(), service.cluster_ips.end(),
                      [&](const IpAddress& one) { return one.family == address.family; });
      if (wanted) out.addresses.push_back({address, AddressKind::kNodePort, ""});
    }
  }
  Translator(cluster, service, use, out).run();
  if (out.addresses.empty()) {
    out.why = "it has no address yet";
  } else if (std::all_of(out.addresses.begin(), out.addresses.end(),
                         [](const ServiceAddress& one) { return !one.why.empty(); })) {
    out.why = out.addresses[0].address.to_string() + ": " + out.addresses[0].why;
  } else if (std::all_of(out.ports.begin(), out.ports.end(),
                         [](const PortForwarding& one) { return one.policy.empty(); })) {
    out.why = "no backend is ready and can be reached";
  }
  return out;
}

}  // namespace sextant::k8s
