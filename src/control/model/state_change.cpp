// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Natural keys, and edits of a DesiredState by them.
#include "control/model/state_change.hpp"

#include <functional>
#include <unordered_set>
#include <utility>

namespace sextant {

namespace {

std::size_t mix(std::size_t a, std::size_t b) {
  std::uint64_t x = a * 0x9e3779b97f4a7c15u ^ b;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  return static_cast<std::size_t>(x ^ (x >> 32));
}

std::size_t hash_of(const IpAddress& a) {
  if (a.is_v6()) return mix(a.v6.raw_high(), a.v6.raw_low());
  std::size_t out = 4;
  for (const std::uint8_t byte : a.v4.bytes)
    out = out << 8 | byte;
  return out;
}

std::size_t hash_of(const IpPrefix& prefix) {
  return mix(hash_of(prefix.address), prefix.len);
}

template <typename T, typename Key, typename Places>
const T* find_in(const std::vector<T>& objects, const Places& places, const Key& key) {
  const auto at = places.find(key);
  return at == places.end() ? nullptr : &objects[at->second];
}

std::string in_table(const std::string& table) {
  return table == "main" ? "" : " in table " + table;
}

template <typename Key>
std::string label(const char* what, const Key& key) {
  if constexpr (std::is_same_v<Key, RouteKey>) {
    return what + (" " + std::get<1>(key).to_string()) + in_table(std::get<0>(key));
  } else {
    return name_of_key(key);
  }
}

template <typename Edits, typename Places>
void check_edits(const Edits& edits, const Places& places, const char* what, Diagnostics& found) {
  using Key = typename Edits::Key;
  std::unordered_set<Key, KeyHash> seen;
  for (const auto& object : edits.upserts) {
    const Key key = key_of(object);
    if (object.origin.broken) {
      found.error(object.origin.where, object.origin.field,
                  label(what, key) + " was not understood; nothing was changed");
    } else if (!seen.insert(key).second) {
      found.error(object.origin.where, object.origin.field,
                  label(what, key) + " stands twice in one change; leave one of them out");
    }
  }
  for (const Key& key : edits.removals) {
    if (!seen.insert(key).second) {
      found.error({}, "", label(what, key) + " stands twice in one change; leave one of them out");
    } else if (!places.contains(key)) {
      found.error({}, "", "there is no " + label(what, key) + " to remove");
    }
  }
}

template <typename T, typename Key, typename Places>
void apply_edits(std::vector<T>& objects, Places& places, ObjectEdits<T, Key>& edits) {
  for (const Key& key : edits.removals) {
    const auto at = places.find(key);
    const std::uint32_t hole = at->second;
    places.erase(at);
    if (hole + 1 != objects.size()) {
      objects[hole] = std::move(objects.back());
      places[key_of(objects[hole])] = hole;
    }
    objects.pop_back();
  }
  for (T& object : edits.upserts) {
    const auto [at, fresh] =
        places.try_emplace(key_of(object), static_cast<std::uint32_t>(objects.size()));
    if (fresh) {
      objects.push_back(std::move(object));
    } else {
      objects[at->second] = std::move(object);
    }
  }
}

}  // namespace

InterfaceKey key_of(const DesiredInterface& interface) {
  return {interface.name};
}
TableKey key_of(const DesiredTable& table) {
  return {table.name};
}
BridgeKey key_of(const DesiredBridge& bridge) {
  return {bridge.name};
}
PolicyKey key_of(const SrPolicy& policy) {
  return policy.name;
}
RouteKey key_of(const DesiredRoute& route) {
  return {route.table, route.prefix};
}
SidKey key_of(const DesiredLocalSid& sid) {
  return {sid.table, sid.sid};
}
DesiredNeighborKey key_of(const DesiredNeighbor& neighbor) {
  return {neighbor.interface, neighbor.address};
}
SteeringKey key_of(const SteeringRule& rule) {
  switch (rule.match) {
    case SteeringRule::Match::kPrefix: return {rule.match, rule.table, rule.prefix, "", 0, 0};
    case SteeringRule::Match::kInterface: return {rule.match, "", {}, rule.interface, 0, 0};
    case SteeringRule::Match::kPort:
      return {rule.match, rule.table, rule.prefix, "", rule.protocol, rule.port};
  }
  return {};
}

TranslationKey key_of(const DesiredTranslation& translation) {
  return {translation.interface, translation.address, translation.protocol, translation.port};
}

std::string name_of_key(const InterfaceKey& key) {
  return "interface " + key.name;
}
std::string name_of_key(const TableKey& key) {
  return "table " + key.name;
}
std::string name_of_key(const BridgeKey& key) {
  return "bridge " + key.name;
}
std::string name_of_key(const PolicyKey& key) {
  return "policy " + key;
}
std::string name_of_key(const DesiredNeighborKey& key) {
  return "neighbor " + std::get<1>(key).to_string() + " on " + std::get<0>(key);
}
std::string name_of_key(const SteeringKey& key) {
  const auto& [match, table, prefix, interface, protocol, port] = key;
  if (match == SteeringRule::Match::kInterface) return "steering of interface " + interface;
  if (match == SteeringRule::Match::kPrefix) {
    return "steering of " + prefix.to_string() + in_table(table);
  }
  return "steering of " + prefix.address.to_string() + " protocol " + std::to_string(protocol) +
         " port " + std::to_string(port) + in_table(table);
}

std::string name_of_key(const TranslationKey& key) {
  const auto& [interface, address, protocol, port] = key;
  return "translation of " + address.to_string() + " protocol " + std::to_string(protocol) +
         " port " + std::to_string(port) + " on " + interface;
}

std::size_t KeyHash::operator()(const std::tuple<std::string, IpPrefix>& key) const {
  return mix((*this)(std::get<0>(key)), hash_of(std::get<1>(key)));
}
std::size_t KeyHash::operator()(const DesiredNeighborKey& key) const {
  return mix((*this)(std::get<0>(key)), hash_of(std::get<1>(key)));
}
std::size_t KeyHash::operator()(const SteeringKey& key) const {
  const auto& [match, table, prefix, interface, protocol, port] = key;
  const auto numbers =
      static_cast<std::size_t>(match) << 24 | static_cast<std::size_t>(protocol) << 16 | port;
  return mix(mix((*this)(table), hash_of(prefix)), mix((*this)(interface), numbers));
}

std::size_t KeyHash::operator()(const TranslationKey& key) const {
  const auto& [interface, address, protocol, port] = key;
  const auto numbers = static_cast<std::size_t>(protocol) << 16 | port;
  return mix(mix((*this)(interface), hash_of(address)), numbers);
}

template <typename T, typename Key>
void StateIndex::fill(const std::vector<T>& objects, Places<Key>& places) {
  places.reserve(objects.size() + objects.size() / 8);
  for (const T& object : objects) {
    const auto place = static_cast<std::uint32_t>(places.size());
    if (object.origin.broken || !places.emplace(key_of(object), place).second) clean_ = false;
  }
}

StateIndex::StateIndex(const DesiredState& state) {
  fill(state.tables, tables_);
  fill(state.interfaces, interfaces_);
  fill(state.bridges, bridges_);
  fill(state.policies, policies_);
  fill(state.routes, routes_);
  fill(state.local_sids, sids_);
  fill(state.steering, steering_);
  fill(state.neighbors, neighbors_);
  fill(state.translations, translations_);
}

const DesiredInterface* StateIndex::find(const DesiredState& state, const InterfaceKey& key) const {
  return find_in(state.interfaces, interfaces_, key);
}
const SrPolicy* StateIndex::find(const DesiredState& state, const PolicyKey& key) const {
  return find_in(state.policies, policies_, key);
}
const DesiredRoute* StateIndex::route(const DesiredState& state, const RouteKey& key) const {
  return find_in(state.routes, routes_, key);
}
const DesiredLocalSid* StateIndex::sid(const DesiredState& state, const SidKey& key) const {
  return find_in(state.local_sids, sids_, key);
}
const SteeringRule* StateIndex::find(const DesiredState& state, const SteeringKey& key) const {
  return find_in(state.steering, steering_, key);
}
const DesiredNeighbor* StateIndex::find(const DesiredState& state,
                                        const DesiredNeighborKey& key) const {
  return find_in(state.neighbors, neighbors_, key);
}

const DesiredTranslation* StateIndex::find(const DesiredState& state,
                                           const TranslationKey& key) const {
  return find_in(state.translations, translations_, key);
}

Diagnostics StateIndex::check(const StateChange& change) const {
  Diagnostics out;
  check_edits(change.tables, tables_, "table", out);
  check_edits(change.interfaces, interfaces_, "interface", out);
  check_edits(change.bridges, bridges_, "bridge", out);
  check_edits(change.policies, policies_, "policy", out);
  check_edits(change.routes, routes_, "route", out);
  check_edits(change.local_sids, sids_, "local SID", out);
  check_edits(change.steering, steering_, "steering", out);
  check_edits(change.neighbors, neighbors_, "neighbor", out);
  check_edits(change.translations, translations_, "translation", out);
  return out;
}

void StateIndex::apply(DesiredState& state, StateChange change) {
  apply_edits(state.tables, tables_, change.tables);
  apply_edits(state.interfaces, interfaces_, change.interfaces);
  apply_edits(state.bridges, bridges_, change.bridges);
  apply_edits(state.policies, policies_, change.policies);
  apply_edits(state.routes, routes_, change.routes);
  apply_edits(state.local_sids, sids_, change.local_sids);
  apply_edits(state.steering, steering_, change.steering);
  apply_edits(state.neighbors, neighbors_, change.neighbors);
  apply_edits(state.translations, translations_, change.translations);
}

}  // namespace sextant
