// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Spreading receive queues over lcores, or checking how the configuration does it.
#include "queue_assignment.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sextant {

namespace {

Status check(const PortConfig& port, unsigned lcores) {
  std::vector<unsigned> polled(port.queues);
  for (const QueueAssignment& assignment : port.assignments) {
    if (assignment.queue >= port.queues) {
      return Error{fmt::format("port '{}': queue {} is assigned, the port has queues 0 to {}",
                               port.name, assignment.queue, port.queues - 1)};
    }
    if (assignment.lcore >= lcores) {
      return Error{
          fmt::format("port '{}': queue {} is assigned to lcore {}, there are lcores 0 to {}",
                      port.name, assignment.queue, assignment.lcore, lcores - 1)};
    }
    ++polled[assignment.queue];
  }
  for (unsigned queue = 0; queue < polled.size(); ++queue) {
    if (polled[queue] == 1) continue;
    return Error{fmt::format("port '{}': queue {} is assigned to {} lcores, it must be exactly one",
                             port.name, queue, polled[queue])};
  }
  return Ok{};
}

}  // namespace

Status assign_queues(const PortConfig& port, PortIndex index, LcoreQueues& queues) {
  if (port.assignments.empty()) {
    for (std::uint16_t queue = 0; queue < port.queues; ++queue) {
      const auto idlest =
          std::min_element(queues.begin(), queues.end(),
                           [](const auto& a, const auto& b) { return a.size() < b.size(); });
      idlest->push_back({index, queue});
    }
    return Ok{};
  }
  if (auto status = check(port, static_cast<unsigned>(queues.size())); !status) return status;
  for (const QueueAssignment& assignment : port.assignments) {
    queues[assignment.lcore].push_back({index, assignment.queue});
  }
  return Ok{};
}

Result<LcoreQueues> assign_queues(const RuntimeConfig& config, unsigned lcores) {
  if (lcores == 0) return Error{"no forwarding lcore"};
  LcoreQueues out(lcores);
  for (PortIndex index = 0; index < config.ports.size(); ++index) {
    if (auto status = assign_queues(config.ports[index], index, out); !status) {
      return status.error();
    }
  }
  return out;
}

}  // namespace sextant
