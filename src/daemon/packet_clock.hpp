// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The time of day of what lcores saw.
#pragma once

#include <chrono>
#include <cstdint>

#include "dataplane/dpdk.hpp"

namespace sextant {

// Nanoseconds since 1970 of a recent reading of the TSC; 0: now. Whoever asks at once about
// readings that follow each other may see them a microsecond out of order.
inline std::uint64_t time_of_tsc(std::uint64_t tsc) {
  using std::chrono::system_clock;
  const auto since_1970 = system_clock::now().time_since_epoch();
  const auto now_ns = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count());
  const std::uint64_t now_tsc = rte_rdtsc();
  if (tsc == 0 || tsc >= now_tsc) return now_ns;
  const double age_ns =
      static_cast<double>(now_tsc - tsc) * 1e9 / static_cast<double>(rte_get_tsc_hz());
  return age_ns < static_cast<double>(now_ns) ? now_ns - static_cast<std::uint64_t>(age_ns)
                                              : now_ns;
}

}  // namespace sextant
