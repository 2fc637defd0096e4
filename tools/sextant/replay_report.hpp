// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What `sextant replay` says at its end: a table for people, JSON for programs.
#pragma once

#include <string>
#include <vector>

#include <sextant/tables/forwarding_tables.hpp>
#include <sextant/telemetry/counters.hpp>

#include "dataplane/replay/replay.hpp"

namespace sextant {

struct ReplayReport {
  const ForwardingTables& tables;
  const std::vector<ReplayPortTotal>& ports;
  const CountersSnapshot& counters;
};

// Only what counted something, but every port.
[[nodiscard]] std::string to_text(const ReplayReport& report);
// Every object; drop reasons only when they counted something.
[[nodiscard]] std::string to_json(const ReplayReport& report);

}  // namespace sextant
