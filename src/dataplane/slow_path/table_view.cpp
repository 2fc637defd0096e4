// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableView: lookups over a copy of compile()'s tables; slow but rare.
#include "table_view.hpp"

#include <algorithm>
#include <tuple>

namespace sextant {

namespace {

bool fib_less(const FibEntry& a, const FibEntry& b) {
  return std::tie(a.table, a.prefix) < std::tie(b.table, b.prefix);
}

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

void TableView::update(const ForwardingTables& tables) {
  *this = TableView{};
  settings_ = tables.settings;
  for (const Interface& interface : tables.interfaces) {
    interfaces_.emplace(interface.id, interface);
    for (const IpPrefix& own : interface.addresses)
      own_.insert(own.address);
    own_.insert(link_local(interface));
  }
  for (const Adjacency& adjacency : tables.adjacencies) {
    adjacencies_.emplace(adjacency.id, adjacency);
    adjacency_ids_.emplace(NeighborKey{adjacency.interface, adjacency.next_hop}, adjacency.id);
  }
  for (const Bridge& bridge : tables.bridges)
    bridges_.emplace(bridge.id, bridge);
  for (const SegmentList& list : tables.segment_lists)
    own_.insert(list.outer.source);
  fib_ = tables.fib;
  std::sort(fib_.begin(), fib_.end(), fib_less);
  for (const FibEntry& entry : fib_) {
    lens_[{entry.table, entry.prefix.address.family}].insert(entry.prefix.len);
  }
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
  for (const std::uint8_t len : *lens) {
    const FibEntry wanted{table, IpPrefix{address, len}.masked(), {}};
    const auto at = std::lower_bound(fib_.begin(), fib_.end(), wanted, fib_less);
    if (at != fib_.end() && at->table == table && at->prefix == wanted.prefix) return &*at;
  }
  return nullptr;
}

bool TableView::has_host_entry(TableId table, const IpAddress& address) const {
  const FibEntry* found = lookup(table, address);
  return found != nullptr && found->prefix == host_prefix(address);
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
