// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableDiff: what has to change to get from one ForwardingTables to another; diff() computes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <sextant/tables/forwarding_tables.hpp>

namespace sextant {

// Changes to the objects of one kind: new or changed ones whole, gone ones by id.
template <typename T>
struct ObjectChanges {
  std::vector<T> upserts;
  std::vector<std::uint32_t> removals;

  [[nodiscard]] bool empty() const { return upserts.empty() && removals.empty(); }
};

struct FibKey {
  TableId table = 0;
  IpPrefix prefix;
};

// Applied as a whole or not at all. The order in which TableSet applies it (objects, FIB, removals)
// makes every intermediate state self-consistent.
struct TableDiff {
  std::optional<NodeSettings> settings;
  ObjectChanges<Table> tables;
  ObjectChanges<Interface> interfaces;
  ObjectChanges<Adjacency> adjacencies;
  ObjectChanges<EcmpGroup> ecmp_groups;
  ObjectChanges<LocalSid> local_sids;
  ObjectChanges<SegmentList> segment_lists;
  ObjectChanges<Policy> policies;
  ObjectChanges<Steering> steerings;
  ObjectChanges<PortSteering> port_steerings;
  ObjectChanges<VlanTable> vlan_tables;
  ObjectChanges<Bridge> bridges;
  ObjectChanges<Translation> translations;
  std::vector<FibEntry> fib_upserts;
  std::vector<FibKey> fib_removals;

  [[nodiscard]] bool empty() const {
    return !settings && tables.empty() && interfaces.empty() && adjacencies.empty() &&
           ecmp_groups.empty() && local_sids.empty() && segment_lists.empty() && policies.empty() &&
           steerings.empty() && port_steerings.empty() && vlan_tables.empty() && bridges.empty() &&
           translations.empty() && fib_upserts.empty() && fib_removals.empty();
  }
};

namespace detail {

// Merge of two vectors sorted by key; calls added(T), removed(T) for what differs.
template <typename T, typename Key, typename Upsert, typename Remove>
void diff_sorted(const std::vector<T>& before, const std::vector<T>& after, Key key, Upsert upsert,
                 Remove remove) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    if (j == after.size() || (i < before.size() && key(before[i]) < key(after[j]))) {
      remove(before[i++]);
    } else if (i == before.size() || key(after[j]) < key(before[i])) {
      upsert(after[j++]);
    } else {
      if (!(before[i] == after[j])) upsert(after[j]);
      ++i;
      ++j;
    }
  }
}

template <typename T>
ObjectChanges<T> diff_objects(const std::vector<T>& before, const std::vector<T>& after) {
  ObjectChanges<T> out;
  diff_sorted(
      before, after, [](const T& t) { return t.id; }, [&](const T& t) { out.upserts.push_back(t); },
      [&](const T& t) { out.removals.push_back(t.id); });
  return out;
}

}  // namespace detail

// The change from before to after. Pure; linear in the size of both.
inline TableDiff diff(const ForwardingTables& before, const ForwardingTables& after) {
  TableDiff out;
  if (!(before.settings == after.settings)) out.settings = after.settings;
  out.tables = detail::diff_objects(before.tables, after.tables);
  out.interfaces = detail::diff_objects(before.interfaces, after.interfaces);
  out.adjacencies = detail::diff_objects(before.adjacencies, after.adjacencies);
  out.ecmp_groups = detail::diff_objects(before.ecmp_groups, after.ecmp_groups);
  out.local_sids = detail::diff_objects(before.local_sids, after.local_sids);
  out.segment_lists = detail::diff_objects(before.segment_lists, after.segment_lists);
  out.policies = detail::diff_objects(before.policies, after.policies);
  out.steerings = detail::diff_objects(before.steerings, after.steerings);
  out.port_steerings = detail::diff_objects(before.port_steerings, after.port_steerings);
  out.vlan_tables = detail::diff_objects(before.vlan_tables, after.vlan_tables);
  out.bridges = detail::diff_objects(before.bridges, after.bridges);
  out.translations = detail::diff_objects(before.translations, after.translations);
  detail::diff_sorted(
      before.fib, after.fib, [](const FibEntry& e) { return std::make_tuple(e.table, e.prefix); },
      [&](const FibEntry& e) { out.fib_upserts.push_back(e); },
      [&](const FibEntry& e) {
        out.fib_removals.push_back({e.table, e.prefix});
      });
  return out;
}

}  // namespace sextant
