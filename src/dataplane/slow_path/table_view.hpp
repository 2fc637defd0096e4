// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableView: what the slow path has to know of compile()'s tables.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <sextant/tables/table_diff.hpp>

#include "neighbor_table.hpp"

namespace sextant {

// fe80::/64 with the modified EUI-64 of a MAC address (RFC 4291 appendix A).
[[nodiscard]] Ipv6Address link_local_of(const MacAddress& mac);

// What a change of compile()'s tables touches of what was learned on top of them.
struct TableChanges {
  std::set<NeighborKey> next_hops;       // whose adjacency came, went or is another
  std::vector<AdjacencyId> adjacencies;  // ids that are compile()'s now
  std::vector<FibKey> reached;           // within them neighbors may be reached by other tables
  std::vector<InterfaceId> interfaces;   // new, changed or gone
  std::vector<BridgeId> bridges;         // new, changed or gone
};

class TableView {
 public:
  // Takes a change over; costs what the change costs.
  TableChanges apply(const TableDiff& change);

  // The object of an id; null when there is none.
  [[nodiscard]] const Interface* interface(InterfaceId id) const;
  [[nodiscard]] const Adjacency* adjacency(AdjacencyId id) const;
  [[nodiscard]] const Bridge* bridge(BridgeId id) const;
  [[nodiscard]] const Adjacency* adjacency_of(const NeighborKey& key) const;

  [[nodiscard]] const std::map<InterfaceId, Interface>& interfaces() const { return interfaces_; }
  [[nodiscard]] const std::map<AdjacencyId, Adjacency>& adjacencies() const { return adjacencies_; }
  [[nodiscard]] const NodeSettings& settings() const { return settings_; }

  // The FIB entry of the longest prefix that contains the address; null when none does.
  [[nodiscard]] const FibEntry* lookup(TableId table, const IpAddress& address) const;
  // Whether the FIB has an entry for exactly this host.
  [[nodiscard]] bool has_host_entry(TableId table, const IpAddress& address) const;
  // Tables in which the address is reached as a neighbor on the interface: that is where a learned
  // neighbor needs a host entry.
  [[nodiscard]] std::vector<TableId> tables_gleaning(const NeighborKey& key) const;
  // The table in which an address that some packet came from is reached: the one with the longest
  // prefix that forwards to it, the lowest id of equals, 0 when no table does.
  [[nodiscard]] TableId table_reaching(const IpAddress& address) const;

  // Own addresses of an interface, its link-local one included.
  [[nodiscard]] bool owns(const Interface& interface, const IpAddress& address) const;
  // An own address of any interface, or the source of an encapsulation.
  [[nodiscard]] bool is_own(const IpAddress& address) const;
  // Whether the address lies in a subnet of the interface or is link-local.
  [[nodiscard]] bool on_link(const Interface& interface, const IpAddress& address) const;
  // The configured link-local address, else the one made from the MAC address.
  [[nodiscard]] Ipv6Address link_local(const Interface& interface) const;
  // The address to speak from: of the interface, in the subnet of the peer when there is one; else
  // of the lowest interface in the table that has one; never a link-local one.
  [[nodiscard]] std::optional<IpAddress> source_for(const IpAddress& peer, InterfaceId interface,
                                                    TableId table) const;

 private:
  using Scope = std::pair<TableId, Family>;
  // How many entries of a scope have which prefix length, longest first.
  using Lens = std::map<std::uint8_t, std::size_t, std::greater<>>;

  // By table and prefix alone.
  struct FibHash {
    std::size_t operator()(const FibEntry& entry) const;
  };
  struct FibSame {
    bool operator()(const FibEntry& a, const FibEntry& b) const {
      return a.table == b.table && a.prefix == b.prefix;
    }
  };

  void apply_interfaces(const ObjectChanges<Interface>& change, TableChanges& out);
  void apply_adjacencies(const ObjectChanges<Adjacency>& change, TableChanges& out);
  void apply_sources(const ObjectChanges<SegmentList>& change);
  void apply_fib(const TableDiff& change, TableChanges& out);
  void forget_interface(InterfaceId id);
  void forget_adjacency(AdjacencyId id, TableChanges& out);
  void forget_source(SegmentListId id);
  void forget_route(const FibEntry& entry);
  void disown(const IpAddress& address);
  [[nodiscard]] bool is_gleaned(TableId table, const IpPrefix& prefix) const;
  [[nodiscard]] const FibEntry* route(TableId table, const IpPrefix& masked) const;

  NodeSettings settings_;
  std::map<InterfaceId, Interface> interfaces_;
  std::map<AdjacencyId, Adjacency> adjacencies_;
  std::map<BridgeId, Bridge> bridges_;
  std::map<NeighborKey, AdjacencyId> adjacency_ids_;
  std::map<IpAddress, std::size_t> own_;                        // how often
  std::unordered_map<SegmentListId, Ipv6Address> list_source_;  // of the outer header
  std::unordered_set<FibEntry, FibHash, FibSame> fib_;
  std::map<Scope, Lens> lens_;    // prefix lengths in use
  std::map<Scope, Lens> gleans_;  // the same of connected subnets
};

}  // namespace sextant
