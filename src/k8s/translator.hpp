// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Translator: the stores of a cluster as changes of this node's desired state, at the cost of what
// changes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/model/kubernetes_settings.hpp"
#include "k8s/object_owners.hpp"
#include "k8s/problems.hpp"
#include "k8s/store.hpp"
#include "k8s/translate_chain.hpp"
#include "k8s/translate_service.hpp"

namespace sextant::k8s {

// Remembers what was made of each object, and which objects others were made of. Whatever the
// order of events, its objects equal those of a Translator that sees the stores for the first time.
// Control thread.
class Translator {
 public:
  // stores outlives it.
  Translator(const KubernetesSettings& settings, std::string node_name,
             const ClusterStores& stores);
  Translator(const Translator&) = delete;

  // Keys that changed in a store.
  void nodes_changed(const std::set<std::string>& keys);
  void services_changed(const std::set<std::string>& keys);
  void endpoint_slices_changed(const std::set<std::string>& keys);
  void pods_changed(const std::set<std::string>& keys);
  void chains_changed(const std::set<std::string>& keys);
  void external_interfaces_changed(const std::set<std::string>& keys);
  void networks_changed() { networks_stale_ = true; }
  // What this node's own configuration says now.
  void set_links(LocalLinks links);

  // Works out what has changed since the last call.
  [[nodiscard]] StateChange take();
  // Objects whose problems take() has found to be others than before.
  [[nodiscard]] std::vector<ObjectProblems> take_problems() {
    return std::exchange(changed_problems_, {});
  }

  [[nodiscard]] const ClusterStores& stores() const { return stores_; }
  [[nodiscard]] const ClusterNodes& nodes() const { return nodes_; }
  // What became of a service, worked out again; none: there is no such service.
  [[nodiscard]] std::optional<ServiceTranslation> service(const std::string& key) const;
  // Whose address or SID of this node it is: "Pod default/web-1", "Node a", "Service default/web";
  // empty: of nobody known.
  [[nodiscard]] std::string name_of(const IpAddress& address) const;
  // Objects that a service wants and another owner has, in words.
  [[nodiscard]] std::vector<std::string> lost(const std::string& key) const;
  // The same of a chain.
  [[nodiscard]] std::optional<ChainTranslation> chain(const std::string& key) const;
  [[nodiscard]] std::vector<std::string> lost_of_chain(const std::string& key) const;
  // Chains that were translated anew since the last call and whose status this node writes.
  [[nodiscard]] std::map<std::string, ChainTranslation> take_chains() {
    return std::exchange(translated_chains_, {});
  }
  // Everything that is wanted, for tests.
  [[nodiscard]] StateChange all() const { return owners_.all(); }

 private:
  struct KnownService {
    std::vector<IpAddress> addresses;  // that it claims
    std::set<std::string> nodes;       // that its endpoints name; "": one names none
    std::set<IpAddress> endpoints;     // all of them
    std::set<IpAddress> local;         // that are pods of this node
  };
  struct KnownChain {
    std::string name;                  // without its namespace
    std::set<std::string> nodes;       // of its members
    std::set<std::string> externals;   // that it names
    std::set<std::string> interfaces;  // of this node that its members name
    std::set<IpAddress> addresses;     // of members on this node
  };
  template <typename Key>
  using Users = std::map<Key, std::set<std::string>>;  // services that use something

  [[nodiscard]] Cluster cluster() const;
  [[nodiscard]] AddressUse use_by(const std::string& key) const;
  [[nodiscard]] std::vector<const EndpointSlice*> slices_of(const std::string& key) const;
  void mark(const std::set<std::string>& services);
  void mark_all_services();
  void mark_users_of(const ClusterNode& node);
  void update_nodes();
  void update_claims();
  void update_services();
  void update_service(const std::string& key);
  void update_problems();
  void set_problems(ObjectReference object, std::vector<Problem> problems);
  void update_pods();
  void mark_chains(const std::set<std::string>& chains);
  void update_chains();
  void update_chain(const std::string& key);
  [[nodiscard]] ChainTranslation translate(const ServiceFunctionChain& chain) const;
  void update_networks();

  const KubernetesSettings settings_;
  const std::string node_name_;
  const ClusterStores& stores_;
  ClusterNodes nodes_;
  LocalLinks links_;
  ObjectOwners owners_;

  // What to work out anew.
  std::set<std::string> changed_nodes_;
  std::set<std::string> changed_services_;
  std::set<IpAddress> changed_pods_;
  bool networks_stale_ = false;  // there are few of them

  std::set<std::string> changed_chains_;
  std::map<std::string, ChainTranslation> translated_chains_;  // for take_chains()

  std::unordered_map<std::string, KnownChain> chains_;
  ChainSelections selections_;
  Users<std::string> chains_by_name_;  // of one name in several namespaces
  Users<std::string> chains_on_node_;
  Users<std::string> chains_with_external_;
  Users<std::string> chains_at_interface_;
  Users<IpAddress> chains_at_address_;

  std::unordered_map<std::string, KnownService> services_;
  std::unordered_map<std::string, std::set<std::string>> slices_;  // of a service
  std::unordered_map<std::string, std::string> service_of_slice_;
  Users<IpAddress> claims_;                // addresses of services
  Users<std::string> on_node_;             // KnownService::nodes
  std::set<std::string> with_node_ports_;  // services that come by the addresses of all nodes
  Users<IpAddress> at_address_;            // endpoints
  std::unordered_map<std::string, std::vector<IpAddress>> pod_addresses_;
  std::map<std::string, std::vector<Problem>> service_problems_;  // of those translated anew
  std::map<std::string, std::vector<Problem>> problems_;          // by path; none is left out
  std::vector<ObjectProblems> changed_problems_;
  std::set<std::string> pods_with_interfaces_;
  std::set<std::string> networks_;
  Users<IpAddress> pods_;  // who says that it is a pod of this node: pods and services
};

}  // namespace sextant::k8s
