// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// apply_diff(): a TableDiff on ForwardingTables.
#include "control/compile/table_edit.hpp"

#include <tuple>

namespace sextant {

namespace {

template <typename T>
void apply_objects(std::vector<T>& objects, const ObjectChanges<T>& changes) {
  if (changes.empty()) return;
  edit_sorted(objects, changes.removals, changes.upserts,
              [](const T& object) { return std::uint32_t{object.id}; });
}

}  // namespace

void apply_diff(ForwardingTables& tables, const TableDiff& change) {
  if (change.settings) tables.settings = *change.settings;
  apply_objects(tables.tables, change.tables);
  apply_objects(tables.interfaces, change.interfaces);
  apply_objects(tables.adjacencies, change.adjacencies);
  apply_objects(tables.ecmp_groups, change.ecmp_groups);
  apply_objects(tables.local_sids, change.local_sids);
  apply_objects(tables.segment_lists, change.segment_lists);
  apply_objects(tables.policies, change.policies);
  apply_objects(tables.steerings, change.steerings);
  apply_objects(tables.port_steerings, change.port_steerings);
  apply_objects(tables.vlan_tables, change.vlan_tables);
  apply_objects(tables.bridges, change.bridges);
  apply_objects(tables.translations, change.translations);
  if (change.fib_upserts.empty() && change.fib_removals.empty()) return;
  using Key = std::tuple<TableId, IpPrefix>;
  std::vector<Key> removals;
  for (const FibKey& gone : change.fib_removals)
    removals.emplace_back(gone.table, gone.prefix);
  edit_sorted(tables.fib, std::move(removals), change.fib_upserts,
              [](const FibEntry& entry) { return Key(entry.table, entry.prefix); });
}

}  // namespace sextant
