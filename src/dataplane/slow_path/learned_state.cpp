// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// LearnedState: difference between what is wanted and what is published.
#include "learned_state.hpp"

#include <algorithm>

namespace sextant {

namespace {

FibEntry host_route(TableId table, const Adjacency& adjacency) {
  const IpAddress& address = adjacency.next_hop;
  return {table,
          {address, static_cast<std::uint8_t>(address.bits())},
          LookupResult(LookupResult::Kind::kAdjacency, adjacency.id)};
}

bool contains(const std::vector<TableId>& tables, TableId table) {
  return std::find(tables.begin(), tables.end(), table) != tables.end();
}

}  // namespace

void LearnedState::resolve(const NeighborKey& key, const MacAddress& mac) {
  wanted_[key] = route_for(key, mac);
  wanted_by_address_.insert({key.address, key.interface});
  dirty_.insert(key);
}

void LearnedState::lose(const NeighborKey& key) {
  if (wanted_.erase(key) == 0) return;
  wanted_by_address_.erase({key.address, key.interface});
  dirty_.insert(key);
}

std::set<NeighborKey> LearnedState::touched_by(const TableChanges& changes) const {
  std::set<NeighborKey> out;
  for (const NeighborKey& key : changes.next_hops) {
    if (wanted_.contains(key) || published_.contains(key)) out.insert(key);
  }
  for (const AdjacencyId id : changes.adjacencies) {
    if (const auto found = allocated_.find(id); found != allocated_.end()) {
      out.insert(found->second);
    }
  }
  for (const FibKey& reached : changes.reached) {
    auto at = wanted_by_address_.lower_bound({reached.prefix.address, 0});
    for (; at != wanted_by_address_.end() && reached.prefix.contains(at->first); ++at)
      out.insert({at->second, at->first});
  }
  return out;
}

std::vector<NeighborKey> LearnedState::rebase(const TableChanges& changes) {
  std::vector<NeighborKey> useless;
  for (const NeighborKey& key : touched_by(changes)) {
    dirty_.insert(key);
    if (published_.contains(key)) overwritten_.insert(key);
    const auto want = wanted_.find(key);
    if (want == wanted_.end()) continue;
    if (view_.adjacency_of(key) == nullptr && view_.tables_gleaning(key).empty()) {
      lose(key);
      useless.push_back(key);
    } else {
      want->second = route_for(key, MacAddress(want->second.adjacency.mac));
    }
  }
  return useless;
}

std::optional<AdjacencyId> LearnedState::adjacency_of(const NeighborKey& key) const {
  const auto found = wanted_.find(key);
  if (found == wanted_.end()) return std::nullopt;
  return found->second.adjacency.id;
}

std::optional<NeighborKey> LearnedState::key_of(AdjacencyId id) const {
  if (const Adjacency* known = view_.adjacency(id)) {
    return NeighborKey{known->interface, known->next_hop};
  }
  const auto found = allocated_.find(id);
  if (found == allocated_.end()) return std::nullopt;
  return found->second;
}

void LearnedState::append_changes(TableDiff& out) const {
  for (const NeighborKey& key : dirty_) {
    const auto want = wanted_.find(key);
    const auto have = published_.find(key);
    const Route* want_route = want == wanted_.end() ? nullptr : &want->second;
    const Route* have_route = have == published_.end() ? nullptr : &have->second;
    if (have_route != nullptr) append_removal(*have_route, want_route, out);
    if (want_route != nullptr) {
      append_upsert(*want_route, overwritten_.contains(key) ? nullptr : have_route, out);
    }
  }
}

void LearnedState::commit() {
  for (const NeighborKey& key : dirty_) {
    const auto want = wanted_.find(key);
    if (want == wanted_.end()) {
      published_.erase(key);
    } else {
      published_[key] = want->second;
    }
  }
  dirty_.clear();
  overwritten_.clear();
  std::erase_if(allocated_, [&](const auto& entry) {
    const auto want = wanted_.find(entry.second);
    return want == wanted_.end() || want->second.adjacency.id != entry.first;
  });
}

void LearnedState::append_overlay(TableDiff& out) const {
  for (const auto& [key, route] : wanted_)
    append_upsert(route, nullptr, out);
}

// Without a connected subnet in any table there is no host route: a SID or an ECMP group leads to
// the interface, and every packet comes here to be sent on by the adjacency.
LearnedState::Route LearnedState::route_for(const NeighborKey& key, const MacAddress& mac) {
  Route out;
  out.tables = view_.tables_gleaning(key);
  if (const Adjacency* known = view_.adjacency_of(key)) {
    out.adjacency = *known;
  } else {
    const auto before = wanted_.find(key);
    const bool keep = before != wanted_.end() && before->second.allocated &&
                      view_.adjacency(before->second.adjacency.id) == nullptr;
    out.adjacency.id = keep ? before->second.adjacency.id : allocate();
    out.adjacency.interface = key.interface;
    out.adjacency.next_hop = key.address;
    out.allocated = true;
    allocated_[out.adjacency.id] = key;
  }
  if (!out.adjacency.permanent) {
    out.adjacency.mac = mac;
    out.adjacency.resolved = true;
  }
  return out;
}

// The lowest id that is neither wanted nor published nor compile()'s.
AdjacencyId LearnedState::allocate() {
  AdjacencyId id = kFirstLearnedAdjacency;
  for (const auto& [used, key] : allocated_) {
    if (used != id) break;
    ++id;
  }
  while (view_.adjacency(id) != nullptr || allocated_.contains(id))
    ++id;
  return id;
}

void LearnedState::append_upsert(const Route& want, const Route* have, TableDiff& out) const {
  const bool same = have != nullptr && have->adjacency == want.adjacency;
  if (!same && !want.adjacency.permanent) out.adjacencies.upserts.push_back(want.adjacency);
  for (const TableId table : want.tables) {
    if (have != nullptr && have->adjacency.id == want.adjacency.id &&
        contains(have->tables, table)) {
      continue;
    }
    out.fib_upserts.push_back(host_route(table, want.adjacency));
  }
}

void LearnedState::append_removal(const Route& have, const Route* want, TableDiff& out) const {
  const Adjacency& before = have.adjacency;
  if (want == nullptr || want->adjacency.id != before.id) {
    const Adjacency* known = view_.adjacency(before.id);
    if (known != nullptr) {
      // Back to what compile() says of it: unresolved. Unless the id has another next hop by now.
      const bool same = known->interface == before.interface && known->next_hop == before.next_hop;
      if (want == nullptr && !have.allocated && !known->permanent && same) {
        out.adjacencies.upserts.push_back(*known);
      }
    } else if (have.allocated) {
      out.adjacencies.removals.push_back(before.id);
    }
  }
  for (const TableId table : have.tables) {
    if (want != nullptr && contains(want->tables, table)) continue;
    // compile() may have a route of its own for the host by now.
    if (view_.has_host_entry(table, before.next_hop)) continue;
    const FibEntry gone = host_route(table, before);
    out.fib_removals.push_back({gone.table, gone.prefix});
  }
}

}  // namespace sextant
