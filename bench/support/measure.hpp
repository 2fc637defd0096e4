// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Measuring one case: cycles per packet, several runs, median and spread, and how long bursts take.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>

#include "support/cases.hpp"

namespace sextant::bench {

struct Summary {
  double min = 0;
  double median = 0;
  double max = 0;
};
[[nodiscard]] Summary summarize(std::vector<double> values);

// How long one burst takes from receive to transmit, in microseconds.
struct BurstTimes {
  double median = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};

// Summaries are TSC cycles per packet; a run's figure is that of its median burst.
struct Measured {
  Summary forward;  // forward_burst() alone
  Summary loop;     // with rte_eth_rx_burst() and rte_eth_tx_burst() on in-memory ports
  BurstTimes burst;
  double table_mib = 0;  // what the tables take of memory, once
};

struct MeasureOptions {
  unsigned burst = 64;
  unsigned runs = 5;
  std::chrono::milliseconds run_time{20};
};

// Sends packets of the case through the real path. An error when a packet does not leave as it
// should.
[[nodiscard]] Result<Measured> measure(const Case& c, const MeasureOptions& options);

// Sends so many bursts for callgrind to count: it writes one dump per case, named by its id.
// Without callgrind nothing is counted.
[[nodiscard]] Status run_counted(const Case& c, unsigned burst, unsigned bursts);

// Writes so many bursts, as received and as sent, to FOLDER/<id>.in.pcap and .out.pcap, blanks in
// the id as '_'; what port 1 received before to .prime.pcap.
[[nodiscard]] Status run_recorded(const Case& c, unsigned burst, unsigned bursts,
                                  const std::string& folder);

}  // namespace sextant::bench
