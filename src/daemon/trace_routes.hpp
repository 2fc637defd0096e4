// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// GET /v1/trace, /v1/capture and /v1/explain; README.md has parameters and formats.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/tables/forwarding_tables.hpp>

#include "api.hpp"
#include "dataplane/ports/packet_watch.hpp"
#include "dataplane/replay/explain.hpp"

namespace sextant {

class Dataplane;
class ViewSource;

// Where packets are watched. Functions are called on the control thread, for every request anew.
struct TraceSource {
  std::function<PacketWatch*()> watch;  // null: nothing runs
  std::function<const ForwardingTables&()> tables;
  std::function<std::vector<std::string>()> ports;  // names by PortIndex
  std::function<Result<Explanation>(PortIndex, std::span<const std::uint8_t> frame)> explain;
};

// Handlers keep loop and what source refers to; both outlive api. They poll on the loop while a
// trace or a capture runs, and give up when the client is gone.
void add_trace_routes(Api& api, TraceSource source, boost::asio::io_context& loop);
void add_trace_routes(Api& api, Dataplane& dataplane, const ViewSource& view,
                      boost::asio::io_context& loop);

}  // namespace sextant
