// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// LearnedState: learned next hops as a change to compile()'s tables: adjacencies and host routes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <sextant/tables/table_diff.hpp>

#include "table_view.hpp"

namespace sextant {

// Ids of adjacencies that compile() does not know start here, far above those that it hands out.
// Not higher than needed, because a table set reserves room for every id below the largest one.
inline constexpr AdjacencyId kFirstLearnedAdjacency = 1u << 16;

// Which MAC address forwarding may use for which next hop, and what of it is published. A next hop
// of compile()'s adjacencies is resolved by replacing that adjacency. One that is reached through a
// connected subnet only gets an adjacency of its own and host routes to it.
class LearnedState {
 public:
  explicit LearnedState(const TableView& view) : view_(view) {}

  void resolve(const NeighborKey& key, const MacAddress& mac);
  void lose(const NeighborKey& key);

  // The view changed, and what changed is or will be published over ours: what it touches is due
  // again. Returns the keys for which forwarding has no use any longer.
  std::vector<NeighborKey> rebase(const TableChanges& changes);

  // The adjacency of a resolved key.
  [[nodiscard]] std::optional<AdjacencyId> adjacency_of(const NeighborKey& key) const;
  // The key of an adjacency that was learned here or comes from compile().
  [[nodiscard]] std::optional<NeighborKey> key_of(AdjacencyId id) const;

  [[nodiscard]] bool dirty() const { return !dirty_.empty(); }
  // Adds what is not published yet.
  void append_changes(TableDiff& out) const;
  // What append_changes() gave is published.
  void commit();
  // Adds everything that was learned.
  void append_overlay(TableDiff& out) const;

 private:
  struct Route {
    Adjacency adjacency;
    bool allocated = false;       // the adjacency is ours
    std::vector<TableId> tables;  // with a host route to it
  };

  [[nodiscard]] std::set<NeighborKey> touched_by(const TableChanges& changes) const;
  [[nodiscard]] Route route_for(const NeighborKey& key, const MacAddress& mac);
  [[nodiscard]] AdjacencyId allocate();
  void append_upsert(const Route& want, const Route* have, TableDiff& out) const;
  void append_removal(const Route& have, const Route* want, TableDiff& out) const;

  const TableView& view_;
  std::map<NeighborKey, Route> wanted_;
  std::set<std::pair<IpAddress, InterfaceId>> wanted_by_address_;  // the keys of wanted_
  std::map<NeighborKey, Route> published_;
  std::set<NeighborKey> overwritten_;  // published, but compile()'s tables came later
  std::set<NeighborKey> dirty_;
  std::map<AdjacencyId, NeighborKey> allocated_;  // wanted or still published
};

}  // namespace sextant
