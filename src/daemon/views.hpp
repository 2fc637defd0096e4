// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Views: what the data plane knows and counted, with names instead of ids, as JSON for "sextant
// show".
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <sextant/tables/forwarding_tables.hpp>
#include <sextant/telemetry/counters.hpp>
#include <sextant/telemetry/lcore_statistics.hpp>

#include "control/compile/compile.hpp"
#include "dataplane/slow_path/neighbor_table.hpp"

namespace sextant {

struct ViewSource {
  const ForwardingTables& tables;
  CountersSnapshot counters;
  const std::vector<PolicyStatus>& policies;
  std::vector<PortState> ports;
  std::vector<NeighborInfo> neighbors;
  std::vector<LcoreStatistics> lcores = {};
};

// Pure. name: localsids, policies, steering, drops, ports, neighbors, fib or lcores; null for
// another one.
[[nodiscard]] nlohmann::json make_view(const std::string& name, const ViewSource& source);

}  // namespace sextant
