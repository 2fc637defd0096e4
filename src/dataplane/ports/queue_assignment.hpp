// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Which lcore polls which receive queues.
#pragma once

#include <cstdint>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/ports/runtime_config.hpp>

namespace sextant {

// A receive queue as an lcore polls it.
struct RxQueue {
  PortIndex port = 0;
  std::uint16_t queue = 0;

  friend bool operator==(const RxQueue&, const RxQueue&) = default;
};

// By lcore.
using LcoreQueues = std::vector<std::vector<RxQueue>>;

// Pure. Gives each queue of one more port to an lcore: as the port says, else to the one that polls
// the fewest. Fails on an assignment to a queue or lcore that does not exist, and on a queue polled
// by nobody or twice; nothing has changed then.
Status assign_queues(const PortConfig& port, PortIndex index, LcoreQueues& queues);

// Pure. The same for all ports of a configuration.
[[nodiscard]] Result<LcoreQueues> assign_queues(const RuntimeConfig& config, unsigned lcores);

}  // namespace sextant
