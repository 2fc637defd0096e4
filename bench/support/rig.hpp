// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What benches run on: the EAL without devices or huge pages, in-memory ports, CPUs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>

struct rte_mempool;
struct rte_ring;

namespace sextant::bench {

// CPUs that this process may use; asked for once, before the EAL pins the main thread.
[[nodiscard]] const std::vector<int>& allowed_cpus();

// Puts the calling thread on the n-th allowed CPU from the end, alone, and before others where that
// is allowed. Much else prefers the first CPUs.
void take_cpu(std::size_t n);

// Starts the EAL, once. The calling thread gets the last allowed CPU, by take_cpu(0).
[[nodiscard]] Status start_eal();

// CPU, TSC, huge pages and compiler in one line: figures mean nothing without.
[[nodiscard]] std::string machine_facts();

// An Ethernet device (net_ring) that receives from a ring and sends into it. One queue each way.
struct RingPort {
  rte_ring* ring = nullptr;
  std::uint16_t id = 0;

  // slots: a power of two. The ring has one producer and one consumer.
  static Result<RingPort> open(const std::string& name, unsigned slots, rte_mempool* pool);
};

}  // namespace sextant::bench
