// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CounterBook: whose counter is whose, over changes of the tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <sextant/tables/table_diff.hpp>
#include <sextant/telemetry/counters.hpp>

#include "counters_storage.hpp"

namespace sextant {

// Counters are indexed by ids, and an id is given to another object once its owner is gone. lcores
// alone write them, so nothing is reset: the book remembers what former owners counted and takes it
// off. Control thread only.
class CounterBook {
 public:
  // Before a change is published, and after every lcore has left the tables in which its new ids
  // had other owners: writes down what stands on them. counters: of all who count.
  void open(const TableDiff& change, std::span<const Counters* const> counters);
  // The change is published.
  void commit(const TableDiff& change);

  // What the objects of the tables have counted, summed up.
  [[nodiscard]] CountersSnapshot snapshot(std::span<const Counters* const> counters) const;

 private:
  // Ids of one kind; Total: what is counted of each.
  template <typename Total>
  struct Kind {
    std::vector<bool> used;
    std::unordered_map<std::uint32_t, Total> former;
  };

  Kind<SidTotal> local_sids_;
  Kind<PacketTotal> policies_;
  Kind<PacketTotal> segment_lists_;
  Kind<PacketTotal> steerings_;
  Kind<PacketTotal> interfaces_rx_;
  Kind<PacketTotal> interfaces_tx_;
};

}  // namespace sextant
