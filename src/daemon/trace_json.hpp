// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Traces and explanations as JSON, each step with a sentence; the format is in README.md.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include <sextant/tables/forwarding_tables.hpp>

#include "dataplane/replay/explain.hpp"
#include "dataplane/trace.hpp"

namespace sextant {

// What turns ids into names. The tables may be newer than the trace: what does not fit any more is
// left out or shown as "#id".
struct TraceNames {
  const ForwardingTables& tables;
  const std::vector<std::string>& ports;  // by PortIndex
};

// Pure. time_ns: since 1970; 0: none is shown.
[[nodiscard]] nlohmann::json trace_json(const TracedPacket& packet, const TraceNames& names,
                                        std::uint64_t time_ns);
[[nodiscard]] nlohmann::json explanation_json(const Explanation& explanation,
                                              std::span<const std::uint8_t> frame,
                                              const TraceNames& names);
// "2026-01-31T12:00:00.123456789Z"
[[nodiscard]] std::string time_text(std::uint64_t time_ns);

}  // namespace sextant
