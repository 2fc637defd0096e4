// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableNames: ids of one ForwardingTables as the names that people gave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sextant/tables/forwarding_tables.hpp>

namespace sextant {

// Keeps a reference to the tables.
class TableNames {
 public:
  explicit TableNames(const ForwardingTables& tables) : tables_(tables) {}

  [[nodiscard]] std::string table(TableId id) const;
  [[nodiscard]] std::string interface(InterfaceId id) const;
  [[nodiscard]] std::string policy(PolicyId id) const;
  // "fabric0 via fe80::2"
  [[nodiscard]] std::string adjacency(AdjacencyId id) const;
  // What kind of destination it is, and which: "policy" and "to-b".
  [[nodiscard]] std::string kind(LookupResult result) const;
  [[nodiscard]] std::string target(LookupResult result) const;
  // The arguments of a SID: "table red", "customer0", "fabric0 via fe80::2"; empty for none.
  [[nodiscard]] std::string arguments(const LocalSid& sid) const;
  // Where packets of a SID leave, when that is one place: the interface, and the next hop on it.
  struct Egress {
    std::string interface;
    std::string next_hop;
  };
  [[nodiscard]] Egress egress(const LocalSid& sid) const;

 private:
  [[nodiscard]] std::string ecmp(EcmpGroupId id) const;
  [[nodiscard]] std::string port_steering(PortSteeringId id) const;
  [[nodiscard]] std::string proxy(const SidArgs& args) const;

  const ForwardingTables& tables_;
};

// The entry of exactly this prefix, or null.
[[nodiscard]] const FibEntry* find_fib_entry(const ForwardingTables& tables, TableId table,
                                             const IpPrefix& prefix);

// The object with this id in a vector sorted by id, or null.
template <typename T>
const T* find_by_id(const std::vector<T>& objects, std::uint32_t id) {
  std::size_t low = 0;
  std::size_t high = objects.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (objects[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < objects.size() && objects[low].id == id ? &objects[low] : nullptr;
}

}  // namespace sextant
