// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// StateLayers: one DesiredState out of that of the file and of what other sources want beside it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include <sextant/common/diagnostic.hpp>

#include "control/model/state_change.hpp"

namespace sextant {

// Of several objects with one key the file's counts, then that of the first of these.
enum class StateLayer : std::uint8_t {
  kPods,        // what is attached to this node
  kExternal,    // its ports for external interfaces of the cluster
  kKubernetes,  // what the cluster wants
};
inline constexpr std::size_t kStateLayers = 3;

// Objects of layers carry in origin.where.file the name of their owner ("service default/web"):
// what is wrong with one of them concerns its owner alone. An object that is marked as broken only
// takes its key.
class StateLayers {
 public:
  // The file's state from now on.
  void set_base(DesiredState base);
  [[nodiscard]] const DesiredState& base() const { return base_; }
  // Base, and what layers add to it.
  [[nodiscard]] DesiredState compose() const { return compose(base_); }
  // The same on top of another one.
  [[nodiscard]] DesiredState compose(DesiredState base) const {
    return compose(std::move(base), kStateLayers);
  }
  // With the layers before one.
  [[nodiscard]] DesiredState compose(DesiredState base, StateLayer end) const {
    return compose(std::move(base), static_cast<std::size_t>(end));
  }

  // Takes a change of a layer in, and gives what it means for compose(). A removal of what the
  // layer does not have is nothing. found gets a warning for each new object that the file has,
  // too; both are named.
  [[nodiscard]] StateChange change(StateLayer layer, StateChange change, Diagnostics& found);
  // The same warnings for all objects.
  [[nodiscard]] Diagnostics conflicts() const;

  // Marks all objects of these owners as broken; of whom there were any. A later upsert is as good
  // as new.
  std::set<std::string> leave_out(const std::set<std::string>& owners);
  // Gives the objects that are marked another chance.
  void forgive();
  [[nodiscard]] std::set<std::string> left_out() const;

 private:
  template <typename T, typename Key>
  struct Objects {
    std::unordered_map<Key, const T*, KeyHash> base;  // into base_
    std::array<std::unordered_map<Key, T, KeyHash>, kStateLayers> layers;

    // The object of a layer that counts; nullptr: the file's, or none.
    [[nodiscard]] const T* winner(const Key& key) const;
    void change(std::size_t layer, ObjectEdits<T, Key>& edits, ObjectEdits<T, Key>& out);
    void compare(const Key& key, const T& object, Diagnostics& found) const;
  };

  // Calls f for each kind of object.
  template <typename Self, typename F>
  static void each(Self& self, F f) {
    f(self.tables_, &DesiredState::tables, &StateChange::tables);
    f(self.interfaces_, &DesiredState::interfaces, &StateChange::interfaces);
    f(self.bridges_, &DesiredState::bridges, &StateChange::bridges);
    f(self.policies_, &DesiredState::policies, &StateChange::policies);
    f(self.routes_, &DesiredState::routes, &StateChange::routes);
    f(self.local_sids_, &DesiredState::local_sids, &StateChange::local_sids);
    f(self.steering_, &DesiredState::steering, &StateChange::steering);
    f(self.neighbors_, &DesiredState::neighbors, &StateChange::neighbors);
    f(self.translations_, &DesiredState::translations, &StateChange::translations);
  }

  [[nodiscard]] DesiredState compose(DesiredState base, std::size_t layers) const;

  DesiredState base_;
  Objects<DesiredTable, TableKey> tables_;
  Objects<DesiredInterface, InterfaceKey> interfaces_;
  Objects<DesiredBridge, BridgeKey> bridges_;
  Objects<SrPolicy, PolicyKey> policies_;
  Objects<DesiredRoute, RouteKey> routes_;
  Objects<DesiredLocalSid, SidKey> local_sids_;
  Objects<SteeringRule, SteeringKey> steering_;
  Objects<DesiredNeighbor, DesiredNeighborKey> neighbors_;
  Objects<DesiredTranslation, TranslationKey> translations_;
};

}  // namespace sextant
