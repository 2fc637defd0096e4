// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Spreading receive queues over lcores, or checking how the configuration does it.
#include "queue_assignment.hpp"

#include <fmt/format.h>

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

Result<std::vector<std::vector<RxQueue>>> assign_queues(const RuntimeConfig& config,
                                                        unsigned lcores) {
  if (lcores == 0) return Error{"no forwarding lcore"};
  std::vector<std::vector<RxQueue>> out(lcores);
  unsigned next = 0;
  for (PortIndex index = 0; index < config.ports.size(); ++index) {
    const PortConfig& port = config.ports[index];
    if (port.assignments.empty()) {
      for (std::uint16_t queue = 0; queue < port.queues; ++queue) {
        out[next++ % lcores].push_back({index, queue});
      }
      continue;
    }
    if (auto status = check(port, lcores); !status) return status.error();
    for (const QueueAssignment& assignment : port.assignments) {
      out[assignment.lcore].push_back({index, assignment.queue});
    }
  }
  return out;
}

}  // namespace sextant
