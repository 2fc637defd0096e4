// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableView: what it takes over of a change, and lookups; slow but rare.
#include "table_view.hpp"

#include <algorithm>

#include "dataplane/tables/exact_table.hpp"

namespace sextant {

namespace {

template <typename Map>
const typename Map::mapped_type* find_in(const Map& map, typename Map::key_type id) {
  const auto found = map.find(id);
  return found == map.end() ? nullptr : &found->second;
}

IpPrefix host_prefix(const IpAddress& address) {
  return {address, static_cast<std::uint8_t>(address.bits())};
}

bool is_global(const IpAddress& address) {
  return !address.is_v6() || !address.v6.is_link_local();
}

const IpPrefix* pick_source(const Interface& interface, const IpAddress& peer) {
  const IpPrefix* first = nullptr;
  for (const IpPrefix& own : interface.addresses) {
    if (own.address.family != peer.family || !is_global(own.address)) continue;
    if (own.contains(peer)) return &own;
    if (first == nullptr) first = &own;
  }
  return first;
}

}  // namespace

Ipv6Address link_local_of(const MacAddress& mac) {
  const auto& m = mac.bytes;
  Ipv6Address out;
  out.bytes = {0xfe, 0x80, 0,    0,    0,    0,    0,   0, static_cast<std::uint8_t>(m[0] ^ 2),
               m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
  return out;
}

std::size_t TableView::FibHash::operator()(const FibEntry& entry) const {
  // LookupKey's hash mixes all bits; an IPv4 address takes the place of an IPv6 one.
  const IpAddress& address = entry.prefix.address;
  const TableScope scope = table_scope(entry.table, address.family) << 8 | entry.prefix.len;
  return ExactTable::hash(address.is_v6() ? LookupKey(scope, address.v6)
                                          : LookupKey(scope, address.v4));
}

TableChanges TableView::apply(const TableDiff& change) {
  TableChanges out;
  if (change.settings) settings_ = *change.settings;
  apply_interfaces(change.interfaces, out);
  apply_adjacencies(change.adjacencies, out);
  for (const BridgeId id : change.bridges.removals) {
    bridges_.erase(id);
    out.bridges.push_back(id);
  }
  for (const Bridge& bridge : change.bridges.upserts) {
    bridges_[bridge.id] = bridge;
    out.bridges.push_back(bridge.id);
  }
  apply_sources(change.segment_lists);
  apply_fib(change, out);
  return out;
}

void TableView::disown(const IpAddress& address) {
  const auto found = own_.find(address);
  if (found != own_.end() && --found->second == 0) own_.erase(found);
}

void TableView::forget_interface(InterfaceId id) {
  const auto found = interfaces_.find(id);
  if (found == interfaces_.end()) return;
  for (const IpPrefix& own : found->second.addresses)
    disown(own.address);
  disown(link_local(found->second));
  interfaces_.erase(found);
}

void TableView::apply_interfaces(const ObjectChanges<Interface>& change, TableChanges& out) {
  for (const std::uint32_t id : change.removals) {
    forget_interface(static_cast<InterfaceId>(id));
    out.interfaces.push_back(static_cast<InterfaceId>(id));
  }
  for (const Interface& interface : change.upserts) {
    forget_interface(interface.id);
    for (const IpPrefix& own : interface.addresses)
      ++own_[own.address];
    ++own_[link_local(interface)];
    interfaces_.emplace(interface.id, interface);
    out.interfaces.push_back(interface.id);
  }
}

void TableView::forget_adjacency(AdjacencyId id, TableChanges& out) {
  const auto found = adjacencies_.find(id);
  if (found == adjacencies_.end()) return;
  const NeighborKey key{found->second.interface, found->second.next_hop};
  const auto by_key = adjacency_ids_.find(key);
  // Another adjacency may have taken the next hop over within the same change.
  if (by_key != adjacency_ids_.end() && by_key->second == id) adjacency_ids_.erase(by_key);
  adjacencies_.erase(found);
  out.next_hops.insert(key);
}

void TableView::apply_adjacencies(const ObjectChanges<Adjacency>& change, TableChanges& out) {
  for (const AdjacencyId id : change.removals)
    forget_adjacency(id, out);
  for (const Adjacency& adjacency : change.upserts) {
    forget_adjacency(adjacency.id, out);
    const NeighborKey key{adjacency.interface, adjacency.next_hop};
    adjacencies_.emplace(adjacency.id, adjacency);
    adjacency_ids_[key] = adjacency.id;
    out.next_hops.insert(key);
    out.adjacencies.push_back(adjacency.id);
  }
}

void TableView::forget_source(SegmentListId id) {
  const auto found = list_source_.find(id);
  if (found == list_source_.end()) return;
  disown(found->second);
  list_source_.erase(found);
}

void TableView::apply_sources(const ObjectChanges<SegmentList>& change) {
  for (const SegmentListId id : change.removals)
    forget_source(id);
  for (const SegmentList& list : change.upserts) {
    forget_source(list.id);
    ++own_[list.outer.source];
    list_source_.emplace(list.id, list.outer.source);
  }
}

void TableView::forget_route(const FibEntry& entry) {
  const auto found = fib_.find(entry);
  if (found == fib_.end()) return;
  const Scope scope{entry.table, entry.prefix.address.family};
  const auto leave = [&](std::map<Scope, Lens>& counts) {
    Lens& lens = counts[scope];
    if (--lens[entry.prefix.len] == 0) lens.erase(entry.prefix.len);
    if (lens.empty()) counts.erase(scope);
  };
  leave(lens_);
  if (found->result.kind() == LookupResult::Kind::kGlean) leave(gleans_);
  fib_.erase(found);
}

// Only what lies in a connected subnet, or is one, says where neighbors are reached.
void TableView::apply_fib(const TableDiff& change, TableChanges& out) {
  for (const FibKey& gone : change.fib_removals) {
    if (is_gleaned(gone.table, gone.prefix)) out.reached.push_back(gone);
    forget_route({gone.table, gone.prefix, {}});
  }
  for (const FibEntry& entry : change.fib_upserts) {
    const Scope scope{entry.table, entry.prefix.address.family};
    const bool glean = entry.result.kind() == LookupResult::Kind::kGlean;
    if (glean || is_gleaned(entry.table, entry.prefix)) {
      out.reached.push_back({entry.table, entry.prefix});
    }
    forget_route(entry);
    fib_.insert(entry);
    ++lens_[scope][entry.prefix.len];
    if (glean) ++gleans_[scope][entry.prefix.len];
  }
}

// Whether the prefix is a connected subnet or part of one.
bool TableView::is_gleaned(TableId table, const IpPrefix& prefix) const {
  const auto* lens = find_in(gleans_, Scope{table, prefix.address.family});
  if (lens == nullptr) return false;
  return std::any_of(lens->begin(), lens->end(), [&](const auto& count) {
    if (count.first > prefix.len) return false;
    const FibEntry* found = route(table, IpPrefix{prefix.address, count.first}.masked());
    return found != nullptr && found->result.kind() == LookupResult::Kind::kGlean;
  });
}

const FibEntry* TableView::route(TableId table, const IpPrefix& masked) const {
  const auto found = fib_.find({table, masked, {}});
  return found == fib_.end() ? nullptr : &*found;
}

const Interface* TableView::interface(InterfaceId id) const {
  return find_in(interfaces_, id);
}
const Adjacency* TableView::adjacency(AdjacencyId id) const {
  return find_in(adjacencies_, id);
}
const Bridge* TableView::bridge(BridgeId id) const {
  return find_in(bridges_, id);
}

const Adjacency* TableView::adjacency_of(const NeighborKey& key) const {
  const AdjacencyId* id = find_in(adjacency_ids_, key);
  return id == nullptr ? nullptr : adjacency(*id);
}

const FibEntry* TableView::lookup(TableId table, const IpAddress& address) const {
  const auto* lens = find_in(lens_, Scope{table, address.family});
  if (lens == nullptr) return nullptr;
  for (const auto& [len, count] : *lens) {
    if (const FibEntry* found = route(table, IpPrefix{address, len}.masked())) return found;
  }
  return nullptr;
}

bool TableView::has_host_entry(TableId table, const IpAddress& address) const {
  return route(table, host_prefix(address)) != nullptr;
}

std::vector<TableId> TableView::tables_gleaning(const NeighborKey& key) const {
  const LookupResult glean(LookupResult::Kind::kGlean, key.interface);
  std::vector<TableId> out;
  for (const auto& [scope, lens] : lens_) {
    if (scope.second != key.address.family) continue;
    const FibEntry* found = lookup(scope.first, key.address);
    if (found != nullptr && found->result == glean) out.push_back(scope.first);
  }
  return out;
}

TableId TableView::table_reaching(const IpAddress& address) const {
  TableId best = 0;
  int best_len = -1;
  for (const auto& [scope, lens] : lens_) {
    if (scope.second != address.family) continue;
    const FibEntry* found = lookup(scope.first, address);
    if (found == nullptr || found->result.kind() == LookupResult::Kind::kDrop) continue;
    if (found->prefix.len > best_len) {
      best = scope.first;
      best_len = found->prefix.len;
    }
  }
  return best;
}

bool TableView::owns(const Interface& interface, const IpAddress& address) const {
  if (address.is_v6() && address.v6 == link_local(interface)) return true;
  return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                     [&](const IpPrefix& own) { return own.address == address; });
}

bool TableView::is_own(const IpAddress& address) const {
  return own_.contains(address);
}

bool TableView::on_link(const Interface& interface, const IpAddress& address) const {
  if (address.is_v6() && address.v6.is_link_local()) return true;
  return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                     [&](const IpPrefix& own) { return own.contains(address); });
}

Ipv6Address TableView::link_local(const Interface& interface) const {
  for (const IpPrefix& own : interface.addresses) {
    if (own.address.is_v6() && own.address.v6.is_link_local()) return own.address.v6;
  }
  return link_local_of(interface.mac);
}

std::optional<IpAddress> TableView::source_for(const IpAddress& peer, InterfaceId interface,
                                               TableId table) const {
  if (const Interface* first = this->interface(interface)) {
    if (const IpPrefix* own = pick_source(*first, peer)) return own->address;
  }
  for (const auto& [id, other] : interfaces_) {
    if (other.table != table) continue;
    if (const IpPrefix* own = pick_source(other, peer)) return own->address;
  }
  return std::nullopt;
}

}  // namespace sextant
