// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The list of services: what became of each, and what is behind it.
#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "k8s/translator.hpp"
#include "view_parts.hpp"
#include "views.hpp"

namespace sextant {

namespace {

using k8s::Service;
using k8s::ServiceTranslation;
using nlohmann::json;

std::string_view text_of(k8s::Protocol protocol) {
  switch (protocol) {
    case k8s::Protocol::kTcp: return "TCP";
    case k8s::Protocol::kUdp: return "UDP";
    case k8s::Protocol::kSctp: return "SCTP";
  }
  return "";
}

std::string_view text_of(k8s::ServiceType type) {
  switch (type) {
    case k8s::ServiceType::kClusterIp: return "ClusterIP";
    case k8s::ServiceType::kNodePort: return "NodePort";
    case k8s::ServiceType::kLoadBalancer: return "LoadBalancer";
    case k8s::ServiceType::kExternalName: return "ExternalName";
  }
  return "";
}

json addresses_of(const ServiceTranslation& made) {
  json out = json::array();
  for (const k8s::ServiceAddress& one : made.addresses) {
    out.push_back(
        {{"address", one.address.to_string()}, {"kind", k8s::name_of(one.kind)}, {"why", one.why}});
  }
  return out;
}

json backends_of(const ServiceTranslation& made) {
  json out = json::array();
  for (const k8s::Backend& one : made.backends.all) {
    out.push_back({{"address", one.endpoint.address.to_string()},
                   {"pod", one.endpoint.pod},
                   {"node", one.node},
                   {"local", one.local},
                   {"host_network", one.host_network},
                   {"ready", one.endpoint.ready},
                   {"serving", one.endpoint.serving},
                   {"terminating", one.endpoint.terminating},
                   {"segments", views::strings_of(one.segments)},
                   {"why", one.why}});
  }
  return out;
}

// One row for each port, family and kind of traffic that the service has.
json ports_of(const Service& service, const ServiceTranslation& made) {
  json out = json::array();
  for (const k8s::PortForwarding& one : made.ports) {
    const k8s::ServicePort& port = service.ports[one.port];
    json backends = json::array();
    for (const k8s::PortBackend& backend : one.backends) {
      backends.push_back(
          {{"address", made.backends.all[backend.backend].endpoint.address.to_string()},
           {"port", backend.target_port},
           {"draining", backend.draining}});
    }
    out.push_back({{"name", port.name},
                   {"protocol", text_of(port.protocol)},
                   {"port", port.port},
                   {"node_port", port.node_port},
                   {"family", one.family == Family::kIpv6 ? "IPv6" : "IPv4"},
                   {"traffic", one.external ? "external" : "internal"},
                   {"policy", one.policy},
                   {"backends", std::move(backends)}});
  }
  return out;
}

json policies_of(const ViewSource& source, const CountersSnapshot& counters,
                 const ServiceTranslation& made) {
  std::set<std::string> names;
  for (const k8s::PortForwarding& one : made.ports) {
    if (!one.policy.empty()) names.insert(one.policy);
  }
  const std::vector<PolicyStatus>& all = source.policies();
  json out = json::array();
  for (const std::string& name : names) {
    const auto at = std::lower_bound(
        all.begin(), all.end(), name,
        [](const PolicyStatus& one, const std::string& value) { return one.name < value; });
    if (at != all.end() && at->name == name) {
      out.push_back(views::policy_row(source.tables(), counters, *at));
    }
  }
  return out;
}

json service_row(const ViewSource& source, const CountersSnapshot& counters, const std::string& key,
                 const Service& service) {
  const ServiceTranslation made = source.cluster()->service(key).value_or(ServiceTranslation());
  json notes = made.notes;
  for (const std::string& lost : source.cluster()->lost(key))
    notes.push_back(lost);
  return {{"name", key},
          {"type", text_of(service.type)},
          {"programmed", made.why.empty()},
          {"why", made.why},
          {"notes", std::move(notes)},
          {"affinity_timeout_s", service.affinity_timeout_s},
          {"addresses", addresses_of(made)},
          {"ports", ports_of(service, made)},
          {"backends", backends_of(made)},
          {"policies", policies_of(source, counters, made)}};
}

}  // namespace

Result<ListReader> open_services(const ViewSource& source, const ViewQuery& query) {
  using Entry = k8s::Store<Service>::Objects::value_type;
  std::vector<const Entry*> all;
  if (source.cluster() != nullptr) {
    for (const Entry& entry : source.cluster()->stores().services.objects())
      all.push_back(&entry);
  }
  const std::string* const name = views::filter(query, "name");
  const std::string* const space = views::filter(query, "namespace");
  const std::string* const programmed = views::filter(query, "programmed");
  ListReader reader;
  reader.size = all.size();
  reader.cursor = [all](std::size_t i) { return all[i]->first; };
  reader.after = [all](const std::string& cursor) -> std::optional<std::size_t> {
    return static_cast<std::size_t>(
        std::upper_bound(
            all.begin(), all.end(), cursor,
            [](const std::string& value, const Entry* one) { return value < one->first; }) -
        all.begin());
  };
  reader.matches = [&source, all, name = name ? *name : "", space = space ? *space : "",
                    programmed = programmed ? *programmed : ""](std::size_t i) {
    if (!name.empty() && all[i]->first != name) return false;
    if (!space.empty() && all[i]->second->meta.namespace_name != space) return false;
    if (programmed.empty()) return true;
    const auto made = source.cluster()->service(all[i]->first);
    return (made && made->why.empty()) == (programmed == "true");
  };
  reader.row = [&source, all, counters = source.counters()](std::size_t i) {
    return service_row(source, *counters, all[i]->first, *all[i]->second);
  };
  return reader;
}

}  // namespace sextant
