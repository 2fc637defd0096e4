// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What depends on what: from changed keys to the objects to translate anew.
#include "k8s/translator.hpp"

#include <utility>

#include "k8s/object_users.hpp"
#include "k8s/translate_network.hpp"

namespace sextant::k8s {

namespace {

std::string service_owner(const std::string& key) {
  return "Service " + key;
}

// Behind chains by name: what one of them takes out of a network is steered by the chain.
std::string network_owner(const std::string& key) {
  return "network " + key;
}

std::string pod_owner(const IpAddress& address) {
  return "pod " + address.to_string();
}

}  // namespace

Translator::Translator(const KubernetesSettings& settings, std::string node_name,
                       const ClusterStores& stores)
    : settings_(settings), node_name_(std::move(node_name)), stores_(stores), nodes_(settings_) {}

Cluster Translator::cluster() const {
  return {settings_, node_name_, nodes_, links_};
}

AddressUse Translator::use_by(const std::string& key) const {
  return {
      .shared = [this](const IpAddress& address) { return users_of(claims_, address).size() > 1; },
      .first =
          [this, key](const IpAddress& address) {
            const auto& all = users_of(claims_, address);
            return !all.empty() && *all.begin() == key;
          }};
}

std::vector<const EndpointSlice*> Translator::slices_of(const std::string& key) const {
  std::vector<const EndpointSlice*> out;
  const auto found = slices_.find(key);
  if (found == slices_.end()) return out;
  for (const std::string& slice : found->second) {
    if (const EndpointSlice* object = stores_.endpoint_slices.find(slice)) out.push_back(object);
  }
  return out;
}

void Translator::nodes_changed(const std::set<std::string>& keys) {
  changed_nodes_.insert(keys.begin(), keys.end());
}

void Translator::services_changed(const std::set<std::string>& keys) {
  mark(keys);
}

void Translator::endpoint_slices_changed(const std::set<std::string>& keys) {
  for (const std::string& key : keys) {
    const auto known = service_of_slice_.find(key);
    if (known != service_of_slice_.end()) {
      changed_services_.insert(known->second);
      const auto slices = slices_.find(known->second);
      slices->second.erase(key);
      if (slices->second.empty()) slices_.erase(slices);
      service_of_slice_.erase(known);
    }
    const EndpointSlice* const slice = stores_.endpoint_slices.find(key);
    if (slice == nullptr || slice->service.empty()) continue;
    const std::string service = slice->meta.namespace_name + "/" + slice->service;
    service_of_slice_[key] = service;
    slices_[service].insert(key);
    changed_services_.insert(service);
  }
}

void Translator::pods_changed(const std::set<std::string>& keys) {
  for (const std::string& key : keys) {
    std::vector<IpAddress> now;
    const Pod* const pod = stores_.pods.find(key);
    const bool more = pod != nullptr && !pod->interfaces.empty();
    if (more || pods_with_interfaces_.contains(key)) networks_stale_ = true;
    if (more) pods_with_interfaces_.insert(key);
    if (!more) pods_with_interfaces_.erase(key);
    const bool here = pod != nullptr && !pod->host_network && pod->node == node_name_ &&
                      pod->phase != PodPhase::kSucceeded && pod->phase != PodPhase::kFailed;
    if (here) now = pod->ips;
    std::vector<IpAddress>& before = pod_addresses_[key];
    use(pods_, "Pod " + key, before, now,
        [&](const IpAddress& address) { changed_pods_.insert(address); });
    before = std::move(now);
    if (before.empty()) pod_addresses_.erase(key);
    mark_chains(selections_.pod_changed(key, pod));
  }
}

void Translator::set_links(LocalLinks links) {
  const auto difference = links_.difference(links);
  for (const std::string& interface : links_.interface_difference(links))
    mark_chains(users_of(chains_at_interface_, interface));
  if (!difference || !links_.interface_difference(links).empty()) networks_stale_ = true;
  links_ = std::move(links);
  if (!difference) {
    for (const auto& [name, node] : nodes_.all())
      owners_.set("Node " + name, translate_node(cluster(), node));
    mark_all_services();
    for (const auto& [address, users] : pods_)
      changed_pods_.insert(address);
    mark_chains(users_of(chains_on_node_, node_name_));
    return;
  }
  for (const IpAddress& address : *difference) {
    if (pods_.contains(address)) changed_pods_.insert(address);
    mark(users_of(at_address_, address));
    mark_chains(users_of(chains_at_address_, address));
  }
}

void Translator::mark(const std::set<std::string>& services) {
  changed_services_.insert(services.begin(), services.end());
}

void Translator::mark_all_services() {
  for (const auto& [key, known] : services_)
    changed_services_.insert(key);
}

// Services whose backends or addresses may be seen differently with this node.
void Translator::mark_users_of(const ClusterNode& node) {
  mark(users_of(on_node_, node.name));
  for (const IpAddress& address : node.addresses) {
    mark(users_of(at_address_, address));
    mark(users_of(claims_, address));
  }
}

StateChange Translator::take() {
  update_nodes();
  update_networks();
  update_claims();
  update_services();
  update_pods();
  update_chains();
  update_problems();
  return owners_.take();
}

void Translator::update_nodes() {
  for (const std::string& name : std::exchange(changed_nodes_, {})) {
    std::optional<ClusterNode> before;
    if (const ClusterNode* known = nodes_.find(name)) before = *known;
    if (!nodes_.set(name, stores_.nodes.find(name))) continue;
    networks_stale_ = true;
    if (before) mark_users_of(*before);
    const ClusterNode* const now = nodes_.find(name);
    if (now != nullptr) mark_users_of(*now);
    // Endpoints that name no node are found by pod CIDRs.
    mark(users_of(on_node_, ""));
    mark(with_node_ports_);
    mark_chains(users_of(chains_on_node_, name));
    owners_.set("Node " + name, now != nullptr ? translate_node(cluster(), *now) : StateChange());
    if (name != node_name_) continue;
    for (const auto& [key, known] : chains_)
      changed_chains_.insert(key);
    mark_all_services();
    for (const auto& [address, users] : pods_)
      changed_pods_.insert(address);
  }
}

void Translator::update_networks() {
  if (!std::exchange(networks_stale_, false)) return;
  std::set<std::string> gone = std::exchange(networks_, {});
  for (const auto& [key, network] : stores_.networks.objects()) {
    owners_.set(network_owner(key), translate_network(cluster(), stores_, *network));
    networks_.insert(key);
    gone.erase(key);
  }
  for (const std::string& key : gone)
    owners_.set(network_owner(key), StateChange());
}

// Who else has an address decides on steering and binding SIDs.
void Translator::update_claims() {
  const std::set<std::string> changed = changed_services_;
  for (const std::string& key : changed) {
    std::vector<IpAddress> now;
    const Service* const service = stores_.services.find(key);
    if (service != nullptr && settings_.services && service->proxy_name.empty()) {
      for (const ServiceAddress& address : addresses_of(cluster(), *service)) {
        if (address.why.empty()) now.push_back(address.address);
      }
    }
    std::vector<IpAddress>& before = services_[key].addresses;
    use(claims_, key, before, now,
        [&](const IpAddress& address) { mark(users_of(claims_, address)); });
    before = std::move(now);
  }
}

void Translator::update_services() {
  for (const std::string& key : std::exchange(changed_services_, {}))
    update_service(key);
}

void Translator::update_service(const std::string& key) {
  KnownService now;
  const Service* const service = stores_.services.find(key);
  StateChange objects;
  with_node_ports_.erase(key);
  if (service != nullptr) {
    const auto& ports = service->ports;
    if (std::any_of(ports.begin(), ports.end(),
                    [](const ServicePort& port) { return port.node_port != 0; })) {
      with_node_ports_.insert(key);
    }
    ServiceTranslation made = translate_service(cluster(), *service, slices_of(key), use_by(key));
    service_problems_[key] = problems_of(cluster(), *service, made);
    objects = std::move(made.objects);
    for (const Backend& backend : made.backends.all) {
      now.nodes.insert(backend.endpoint.node);
      now.endpoints.insert(backend.endpoint.address);
      if (backend.local && !backend.host_network) now.local.insert(backend.endpoint.address);
    }
  }
  KnownService& known = services_[key];
  use(on_node_, key, known.nodes, now.nodes, [](const std::string&) {});
  use(at_address_, key, known.endpoints, now.endpoints, [](const IpAddress&) {});
  use(pods_, service_owner(key), known.local, now.local,
      [&](const IpAddress& address) { changed_pods_.insert(address); });
  now.addresses = std::move(known.addresses);
  known = std::move(now);
  if (service == nullptr) {
    services_.erase(key);
    service_problems_[key] = {};
  }
  owners_.set(service_owner(key), std::move(objects));
}

// When all services have what they want: only then it shows who loses.
void Translator::update_problems() {
  for (auto& [key, found] : std::exchange(service_problems_, {})) {
    const Service* const service = stores_.services.find(key);
    if (service == nullptr) {
      Service gone;
      const std::size_t slash = key.find('/');
      gone.meta.namespace_name = key.substr(0, slash);
      gone.meta.name = key.substr(slash + 1);
      set_problems(reference_to(gone), {});
      continue;
    }
    const auto conflicts = conflicts_of(cluster(), *service, owners_.lost(service_owner(key)));
    found.insert(found.end(), conflicts.begin(), conflicts.end());
    set_problems(reference_to(*service), std::move(found));
  }
  const Node* const self = stores_.nodes.find(node_name_);
  const ClusterNode* const known = nodes_.find(node_name_);
  if (self != nullptr && known != nullptr) {
    set_problems(reference_to(*self), problems_of(cluster(), *known));
  }
}

void Translator::set_problems(ObjectReference object, std::vector<Problem> problems) {
  const std::string path = object.path();
  const auto before = problems_.find(path);
  if (before == problems_.end() ? problems.empty() : before->second == problems) return;
  if (problems.empty()) {
    problems_.erase(before);
  } else {
    problems_[path] = problems;
  }
  changed_problems_.push_back({std::move(object), std::move(problems)});
}

void Translator::update_pods() {
  for (const IpAddress& address : std::exchange(changed_pods_, {})) {
    owners_.set(pod_owner(address),
                pods_.contains(address) ? translate_pod(cluster(), address) : StateChange());
  }
}

std::optional<ServiceTranslation> Translator::service(const std::string& key) const {
  const Service* const service = stores_.services.find(key);
  if (service == nullptr) return std::nullopt;
  return translate_service(cluster(), *service, slices_of(key), use_by(key));
}

std::string Translator::name_of(const IpAddress& address) const {
  for (const std::string& user : users_of(pods_, address)) {
    if (user.starts_with("Pod ")) return user;
  }
  if (const ClusterNode* owner = nodes_.owner_of(address)) return "Node " + owner->name;
  const auto& services = users_of(claims_, address);
  if (!services.empty()) return service_owner(*services.begin());
  const ClusterNode* const self = nodes_.find(node_name_);
  if (self == nullptr || !self->planned || !address.is_v6()) return "";
  const NodeSids& sids = self->sids;
  const bool own = address.v6 == sids.end || address.v6 == sids.pods || address.v6 == sids.host;
  return own ? "Node " + self->name : "";
}

std::vector<std::string> Translator::lost(const std::string& key) const {
  return owners_.lost(service_owner(key));
}

}  // namespace sextant::k8s
