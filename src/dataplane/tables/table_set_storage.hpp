// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableSet::Storage: what the entries of a TableSet point into, and what only a change needs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>
#include <vector>

#include "table_set.hpp"

namespace sextant {

// Indexed by object id. Growing an outer vector moves the inner ones without their elements, so
// that pointers into an unchanged object stay.
struct TableSet::Storage {
  std::vector<std::vector<LookupResult>> ecmp_slots;
  std::vector<std::vector<SegmentListId>> policy_lists;
  std::vector<std::vector<std::uint16_t>> policy_slots;
  std::vector<std::vector<std::uint8_t>> policy_draining;
  std::vector<std::vector<PortSteering::Rule>> port_rules;
  std::vector<std::unique_ptr<std::array<InterfaceId, 4096>>> vlan_interfaces;
  std::vector<std::vector<InterfaceId>> bridge_members;
  std::vector<std::vector<SteeringId>> bridge_remotes;
  std::vector<std::vector<Bridge::Mac>> bridge_macs;
  std::vector<Translation> translations;  // kNoObject as id: none
  std::map<IpAddress, std::set<TranslationId>> translations_at;

  // Values of the adjacencies, to make their entries again when their interface changes; kNoObject
  // as id: none. By interface: who depends on it.
  std::vector<Adjacency> adjacencies;
  std::vector<std::unordered_set<AdjacencyId>> adjacencies_of;
  // How many translations an interface has.
  std::vector<std::uint32_t> translations_of;
  // Where the first segment of a list is looked up: says who uses the list.
  std::vector<TableId> list_tables;
  // Lists with an HMAC TLV, and the id of the key.
  std::map<SegmentListId, std::uint32_t> list_keys;
};

// The element of an id; the vector grows as needed, geometrically.
template <typename T>
T& element(std::vector<T>& elements, std::size_t id) {
  if (id >= elements.size()) elements.resize(id + 1);
  return elements[id];
}

// A pointer that is not null although there may be nothing to point at: null means "not present".
template <typename T>
const T* pointer_to(std::vector<T>& elements) {
  if (elements.capacity() == 0) elements.reserve(1);
  return elements.data();
}

}  // namespace sextant
