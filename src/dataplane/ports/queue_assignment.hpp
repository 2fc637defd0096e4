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

// Pure. By lcore; ports without assignments are spread over the lcores in turn. Fails on an
// assignment to a queue or lcore that does not exist, and on a queue polled by nobody or twice.
[[nodiscard]] Result<std::vector<std::vector<RxQueue>>> assign_queues(const RuntimeConfig& config,
                                                                      unsigned lcores);

}  // namespace sextant
