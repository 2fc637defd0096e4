// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CountersStorage: memory for one lcore's counters, and summing up over lcores.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sextant/common/result.hpp>
#include <sextant/tables/forwarding_tables.hpp>
#include <sextant/telemetry/counters.hpp>

#include "dataplane/counters.hpp"

namespace sextant {

// How many objects of each kind can be counted. The defaults cost address space, not memory: a page
// is used from its first counted packet on.
struct CounterLimits {
  std::size_t local_sids = 1u << 20;
  std::size_t policies = 1u << 18;
  std::size_t segment_lists = 1u << 20;
  std::size_t steerings = 1u << 20;
  std::size_t interfaces = 1u << 16;
};
// The smallest limits that cover all ids of these tables: what a reader has to look at.
[[nodiscard]] CounterLimits limits_of(const ForwardingTables& tables);

// Reserves arrays that never move. Owned by the control thread, filled by one lcore.
class CountersStorage {
 public:
  CountersStorage() = default;
  ~CountersStorage();
  CountersStorage(const CountersStorage&) = delete;
  CountersStorage& operator=(const CountersStorage&) = delete;

  // Reserves, and makes the spans of counters point here. Once.
  Status attach(Counters& counters, const CounterLimits& limits = {});

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

// Adds one lcore's counters to a snapshot; of the arrays only what limits cover. Any thread.
void add_counters(CountersSnapshot& sum, const Counters& counters, const CounterLimits& limits);

}  // namespace sextant
