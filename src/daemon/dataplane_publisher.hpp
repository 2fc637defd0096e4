// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DataplanePublisher: changes for a data plane that takes whole tables.
#pragma once

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include <sextant/tables/table_publisher.hpp>

#include "dataplane/ports/dataplane.hpp"

namespace sextant {

class DataplanePublisher : public TablePublisher {
 public:
  explicit DataplanePublisher(Dataplane& dataplane) : dataplane_(dataplane) {}

  Result<Generation> publish(const TableDiff& change) override {
    ForwardingTables next = dataplane_.tables();
    if (change.settings) next.settings = *change.settings;
    const auto id = [](const auto& object) { return object.id; };
    const auto same = [](auto removal) { return removal; };
    patch(next.tables, change.tables.upserts, change.tables.removals, id, same);
    patch(next.interfaces, change.interfaces.upserts, change.interfaces.removals, id, same);
    patch(next.adjacencies, change.adjacencies.upserts, change.adjacencies.removals, id, same);
    patch(next.ecmp_groups, change.ecmp_groups.upserts, change.ecmp_groups.removals, id, same);
    patch(next.local_sids, change.local_sids.upserts, change.local_sids.removals, id, same);
    patch(next.segment_lists, change.segment_lists.upserts, change.segment_lists.removals, id,
          same);
    patch(next.policies, change.policies.upserts, change.policies.removals, id, same);
    patch(next.steerings, change.steerings.upserts, change.steerings.removals, id, same);
    patch(next.port_steerings, change.port_steerings.upserts, change.port_steerings.removals, id,
          same);
    patch(next.vlan_tables, change.vlan_tables.upserts, change.vlan_tables.removals, id, same);
    patch(next.bridges, change.bridges.upserts, change.bridges.removals, id, same);
    const auto key = [](const auto& entry) { return std::make_pair(entry.table, entry.prefix); };
    patch(next.fib, change.fib_upserts, change.fib_removals, key, key);
    return dataplane_.apply(next);
  }

 private:
  // Objects sorted by key; upserts and removals, too.
  template <typename T, typename Removal, typename Key, typename RemovalKey>
  static void patch(std::vector<T>& objects, const std::vector<T>& upserts,
                    const std::vector<Removal>& removals, Key key, RemovalKey removal_key) {
    std::vector<T> out;
    out.reserve(objects.size() + upserts.size());
    auto removal = removals.begin();
    auto upsert = upserts.begin();
    for (T& object : objects) {
      for (; upsert != upserts.end() && key(*upsert) < key(object); ++upsert)
        out.push_back(*upsert);
      while (removal != removals.end() && removal_key(*removal) < key(object))
        ++removal;
      if (upsert != upserts.end() && key(*upsert) == key(object)) {
        out.push_back(*upsert++);
      } else if (removal == removals.end() || removal_key(*removal) != key(object)) {
        out.push_back(std::move(object));
      }
    }
    out.insert(out.end(), upsert, upserts.end());
    objects = std::move(out);
  }

  Dataplane& dataplane_;
};

}  // namespace sextant
