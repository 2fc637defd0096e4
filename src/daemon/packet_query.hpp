// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A packet described by a person, as hex, capture or fields, and filters, read from a query.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/tables/forwarding_tables.hpp>

#include "dataplane/capture.hpp"
#include "dataplane/trace.hpp"

namespace sextant {

using Query = std::map<std::string, std::string>;

// What queries refer to by name.
struct QueryContext {
  const ForwardingTables& tables;
  const std::vector<std::string>& ports;  // by PortIndex
};

struct PacketQuery {
  PortIndex port = 0;
  std::vector<std::uint8_t> frame;  // with its Ethernet header
};

// Reads port (or from) and hex, pcap or fields; README.md has the list. An error says which key is
// wrong and what it may be. Pure but for pcap, which goes through libpcap in memory.
[[nodiscard]] Result<PacketQuery> read_packet(const Query& query, const QueryContext& context);

// A number within bounds; fallback when the key is not there.
[[nodiscard]] Result<std::uint64_t> read_number(const Query& query, const std::string& key,
                                                std::uint64_t fallback, std::uint64_t min,
                                                std::uint64_t max);

// port, src, dst, sid, reason.
[[nodiscard]] Result<TraceFilter> read_trace_filter(const Query& query,
                                                    const QueryContext& context);
// point, port, src, dst, reason.
[[nodiscard]] Result<CaptureFilter> read_capture_filter(const Query& query,
                                                        const QueryContext& context);

}  // namespace sextant
