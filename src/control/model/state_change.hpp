// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// StateChange: a few objects more, less or different in a DesiredState; and StateIndex, which finds
// objects of a DesiredState by their natural keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <sextant/common/diagnostic.hpp>

#include "control/model/desired_state.hpp"

namespace sextant {

// Natural keys: what makes two objects the same one. Prefixes are masked, as in the objects.
using PolicyKey = std::string;  // its name
struct InterfaceKey {
  std::string name;

  friend auto operator<=>(const InterfaceKey&, const InterfaceKey&) = default;
};
struct TableKey {
  std::string name;

  friend auto operator<=>(const TableKey&, const TableKey&) = default;
};
struct BridgeKey {
  std::string name;

  friend auto operator<=>(const BridgeKey&, const BridgeKey&) = default;
};
using RouteKey = std::tuple<std::string, IpPrefix>;  // table, prefix
using SidKey = std::tuple<std::string, IpPrefix>;    // table, SID as a prefix
// Interface, address.
using DesiredNeighborKey = std::tuple<std::string, IpAddress>;
// Match, then what counts for it and nothing else: table and prefix (kPrefix), interface
// (kInterface), table, host prefix, protocol and port (kPort).
using SteeringKey = std::tuple<SteeringRule::Match, std::string, IpPrefix, std::string,
                               std::uint8_t, std::uint16_t>;

// Interface, address, protocol, port.
using TranslationKey = std::tuple<std::string, IpAddress, std::uint8_t, std::uint16_t>;

[[nodiscard]] InterfaceKey key_of(const DesiredInterface& interface);
[[nodiscard]] TableKey key_of(const DesiredTable& table);
[[nodiscard]] BridgeKey key_of(const DesiredBridge& bridge);
[[nodiscard]] PolicyKey key_of(const SrPolicy& policy);
[[nodiscard]] RouteKey key_of(const DesiredRoute& route);
[[nodiscard]] SidKey key_of(const DesiredLocalSid& sid);
[[nodiscard]] DesiredNeighborKey key_of(const DesiredNeighbor& neighbor);
[[nodiscard]] SteeringKey key_of(const SteeringRule& rule);
[[nodiscard]] TranslationKey key_of(const DesiredTranslation& translation);

// For people: "policy web", "route 2001:db8::/32 in table main".
[[nodiscard]] std::string name_of_key(const InterfaceKey& key);
[[nodiscard]] std::string name_of_key(const TableKey& key);
[[nodiscard]] std::string name_of_key(const BridgeKey& key);
[[nodiscard]] std::string name_of_key(const PolicyKey& key);
[[nodiscard]] std::string name_of_key(const DesiredNeighborKey& key);
[[nodiscard]] std::string name_of_key(const SteeringKey& key);
[[nodiscard]] std::string name_of_key(const TranslationKey& key);

template <typename T, typename KeyType>
struct ObjectEdits {
  using Object = T;
  using Key = KeyType;
  std::vector<T> upserts;     // new, or in place of the one with the same key
  std::vector<Key> removals;  // must be there

  [[nodiscard]] bool empty() const { return upserts.empty() && removals.empty(); }
  [[nodiscard]] std::size_t size() const { return upserts.size() + removals.size(); }
};

// All of it happens at once: the order of the members and of their elements does not matter. No key
// may stand twice.
struct StateChange {
  ObjectEdits<DesiredTable, TableKey> tables;
  ObjectEdits<DesiredInterface, InterfaceKey> interfaces;
  ObjectEdits<DesiredBridge, BridgeKey> bridges;
  ObjectEdits<SrPolicy, PolicyKey> policies;
  ObjectEdits<DesiredRoute, RouteKey> routes;
  ObjectEdits<DesiredLocalSid, SidKey> local_sids;
  ObjectEdits<SteeringRule, SteeringKey> steering;
  ObjectEdits<DesiredNeighbor, DesiredNeighborKey> neighbors;
  ObjectEdits<DesiredTranslation, TranslationKey> translations;

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const {
    return tables.size() + interfaces.size() + bridges.size() + policies.size() + routes.size() +
           local_sids.size() + steering.size() + neighbors.size() + translations.size();
  }
};

struct KeyHash {
  std::size_t operator()(const std::string& text) const { return std::hash<std::string>()(text); }
  std::size_t operator()(const InterfaceKey& key) const { return (*this)(key.name); }
  std::size_t operator()(const TableKey& key) const { return (*this)(key.name); }
  std::size_t operator()(const BridgeKey& key) const { return (*this)(key.name); }
  std::size_t operator()(const std::tuple<std::string, IpPrefix>& key) const;
  std::size_t operator()(const DesiredNeighborKey& key) const;
  std::size_t operator()(const SteeringKey& key) const;
  std::size_t operator()(const TranslationKey& key) const;
};

// Where the objects of a DesiredState stand. Knows a state only while nobody else modifies it.
class StateIndex {
 public:
  template <typename Key>
  using Places = std::unordered_map<Key, std::uint32_t, KeyHash>;

  StateIndex() = default;
  explicit StateIndex(const DesiredState& state);

  // The object with a key; nullptr when there is none.
  [[nodiscard]] const DesiredInterface* find(const DesiredState& state,
                                             const InterfaceKey& key) const;
  [[nodiscard]] const SrPolicy* find(const DesiredState& state, const PolicyKey& key) const;
  [[nodiscard]] const DesiredRoute* route(const DesiredState& state, const RouteKey& key) const;
  [[nodiscard]] const DesiredLocalSid* sid(const DesiredState& state, const SidKey& key) const;
  [[nodiscard]] const SteeringRule* find(const DesiredState& state, const SteeringKey& key) const;
  [[nodiscard]] const DesiredNeighbor* find(const DesiredState& state,
                                            const DesiredNeighborKey& key) const;
  [[nodiscard]] const DesiredTranslation* find(const DesiredState& state,
                                               const TranslationKey& key) const;

  // Findings about the change itself: a key that stands twice, a removal of what is not there.
  [[nodiscard]] Diagnostics check(const StateChange& change) const;

  // Costs what the change costs: the last object takes the place of a removed one. The change must
  // have passed check().
  void apply(DesiredState& state, StateChange change);

  // False when an object was not understood or a key stands twice: such a state cannot be changed
  // object by object.
  [[nodiscard]] bool clean() const { return clean_; }

 private:
  template <typename T, typename Key>
  void fill(const std::vector<T>& objects, Places<Key>& places);

  Places<TableKey> tables_;
  Places<InterfaceKey> interfaces_;
  Places<BridgeKey> bridges_;
  Places<PolicyKey> policies_;
  Places<RouteKey> routes_;
  Places<SidKey> sids_;
  Places<SteeringKey> steering_;
  Places<DesiredNeighborKey> neighbors_;
  Places<TranslationKey> translations_;
  bool clean_ = true;
};

}  // namespace sextant
