// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Measuring one case: cycles per packet, several runs, median and spread.
#pragma once

#include <chrono>
#include <string>

#include <sextant/common/result.hpp>

#include "support/cases.hpp"

namespace sextant::bench {

struct Summary {
  double min = 0;
  double median = 0;
  double max = 0;
};

// TSC cycles per packet.
struct Measured {
  Summary forward;  // forward_burst() alone
  Summary loop;     // with rte_eth_rx_burst() and rte_eth_tx_burst() on in-memory ports
};

struct MeasureOptions {
  unsigned burst = 64;
  unsigned runs = 5;
  std::chrono::milliseconds run_time{20};
};

// The EAL without devices or huge pages; once.
[[nodiscard]] Status start_eal();

// CPU, TSC, huge pages and compiler in one line: figures mean nothing without.
[[nodiscard]] std::string machine_facts();

// Sends packets of the case through the real path. An error when a packet does not leave as it
// should.
[[nodiscard]] Result<Measured> measure(const Case& c, const MeasureOptions& options);

// Sends so many bursts for callgrind to count: it writes one dump per case, named by its id.
// Without callgrind nothing is counted.
[[nodiscard]] Status run_counted(const Case& c, unsigned burst, unsigned bursts);

}  // namespace sextant::bench
