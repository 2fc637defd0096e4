// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ObjectOwners: who wants which objects. An object is there as long as anybody wants it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control/model/state_change.hpp"

namespace sextant::k8s {

// Owners are Kubernetes objects by kind and name ("Service default/web"). Of several who want an
// object with one key, that of the first by name counts.
class ObjectOwners {
 public:
  // Everything that an owner wants from now on (upserts only); nothing: it is gone. Sets
  // origin.where.file of the objects.
  void set(const std::string& owner, StateChange wanted);

  // What changed since the last call.
  [[nodiscard]] StateChange take();
  // Everything that counts.
  [[nodiscard]] StateChange all() const;
  // What an owner wants and another one has, in words.
  [[nodiscard]] std::vector<std::string> lost(const std::string& owner) const;

 private:
  template <typename T, typename Key>
  struct Kind {
    using Wants = std::vector<std::pair<std::string, T>>;  // sorted by owner
    std::unordered_map<Key, Wants, KeyHash> objects;
    std::unordered_map<std::string, std::vector<Key>> keys;     // by owner
    std::unordered_map<Key, std::optional<T>, KeyHash> before;  // what was touched since take()

    void touch(const Key& key);
    void remove(const std::string& owner);
    void add(const std::string& owner, std::vector<T> wanted);
    void take(ObjectEdits<T, Key>& out);
  };

  // Calls f for each kind of object.
  template <typename Self, typename F>
  static void each(Self& self, F f) {
    f(self.tables_, &StateChange::tables);
    f(self.interfaces_, &StateChange::interfaces);
    f(self.bridges_, &StateChange::bridges);
    f(self.neighbors_, &StateChange::neighbors);
    f(self.policies_, &StateChange::policies);
    f(self.routes_, &StateChange::routes);
    f(self.local_sids_, &StateChange::local_sids);
    f(self.steering_, &StateChange::steering);
    f(self.translations_, &StateChange::translations);
  }

  Kind<DesiredTable, TableKey> tables_;
  Kind<DesiredInterface, InterfaceKey> interfaces_;
  Kind<DesiredBridge, BridgeKey> bridges_;
  Kind<DesiredNeighbor, DesiredNeighborKey> neighbors_;
  Kind<SrPolicy, PolicyKey> policies_;
  Kind<DesiredRoute, RouteKey> routes_;
  Kind<DesiredLocalSid, SidKey> local_sids_;
  Kind<SteeringRule, SteeringKey> steering_;
  Kind<DesiredTranslation, TranslationKey> translations_;
};

}  // namespace sextant::k8s
