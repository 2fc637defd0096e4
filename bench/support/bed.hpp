// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Bed: one case on in-memory ports.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <sextant/common/result.hpp>

#include "dataplane/forward.hpp"
#include "dataplane/ports/counters_storage.hpp"
#include "dataplane/proxy_cache.hpp"
#include "dataplane/tables/table_set.hpp"
#include "support/cases.hpp"
#include "support/rig.hpp"
#include "support/traffic.hpp"

namespace sextant {
class CaptureWriter;
}

namespace sextant::bench {

// TSC cycles of one burst.
struct BurstCycles {
  std::uint64_t forward = 0;  // of forward_burst() alone
  std::uint64_t loop = 0;     // with rte_eth_rx_burst() and rte_eth_tx_burst()
};

// Frames are laid into mbufs outside the measured time, then received, forwarded and sent as an
// lcore does it.
class Bed {
 public:
  // Needs start_eal(). burst: 1 to kMaxRxBurst.
  Bed(const Case& c, unsigned burst);
  // Applies the tables and sends what must come before. Once.
  Status prepare();
  // One burst. An error when a packet does not leave as a frame.
  Result<BurstCycles> turn();
  // The same, not measured, with all frames written down: what was received, and what left.
  Status turn_recorded(CaptureWriter& in, CaptureWriter& out);

  [[nodiscard]] const Workload& workload() const { return workload_; }
  // Of the forwarding tables, in bytes; the counters not included.
  [[nodiscard]] std::size_t table_bytes() const { return table_bytes_; }

 private:
  struct Ports {
    RingPort in, out;
    rte_mempool* pool = nullptr;
  };
  static Result<Ports> open_ports();
  Status prime();
  Status receive_burst();
  [[nodiscard]] std::string why_not() const;
  void drain();

  Case case_;
  Workload workload_;
  unsigned burst_;
  Traffic traffic_;
  Ports ports_;
  TableSet tables_;
  std::size_t table_bytes_ = 0;
  CountersStorage storage_;
  std::unique_ptr<LcoreState> lcore_;
  std::unique_ptr<ProxyCache> proxy_cache_;
};

}  // namespace sextant::bench
