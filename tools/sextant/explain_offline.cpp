// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The daemon's parts for one packet.
#include "explain_offline.hpp"

#include "daemon/packet_query.hpp"
#include "daemon/trace_json.hpp"
#include "dataplane/replay/explain.hpp"
#include "dataplane/replay/packet_memory.hpp"
#include "dataplane/replay/replay.hpp"
#include "dataplane/tables/rcu_publisher.hpp"

namespace sextant {

namespace {

// A packet and the copies of a spray.
constexpr std::uint32_t kBuffers = 2048;

}  // namespace

Result<nlohmann::json> explain_offline(const ConfigTables& config, const Query& query) {
  Query given;
  for (const auto& [key, value] : query) {
    if (!value.empty()) given[key] = value;
  }
  const auto packet = read_packet(given, {config.tables, config.port_names});
  if (!packet) return packet.error();
  if (Status memory = Replay::start_memory(); !memory) return memory.error();
  const auto buffers = PacketMemory::create(kBuffers);
  if (!buffers) return buffers.error();
  RcuPublisher publisher(1);
  if (auto published = publisher.publish(diff({}, config.tables)); !published) {
    return published.error();
  }
  Explainer explainer(buffers->pool());
  const auto explained =
      explainer.explain(publisher.current(), packet->port, packet->frame, nullptr);
  if (!explained) return explained.error();
  return explanation_json(*explained, packet->frame, {config.tables, config.port_names});
}

}  // namespace sextant
