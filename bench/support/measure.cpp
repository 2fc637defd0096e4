// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A case measured, counted or written down.
#include "support/measure.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#ifdef SEXTANT_HAS_CALLGRIND
#include <valgrind/callgrind.h>
#endif

#include "dataplane/replay/capture_file.hpp"
#include "support/bed.hpp"

namespace sextant::bench {

namespace {

BurstTimes times_of(std::vector<std::uint64_t> cycles) {
  std::sort(cycles.begin(), cycles.end());
  const double us = 1e6 / static_cast<double>(rte_get_tsc_hz());
  const auto at = [&](std::size_t per_mille) {
    const std::size_t i = cycles.size() * per_mille / 1000;
    return us * static_cast<double>(cycles[std::min(i, cycles.size() - 1)]);
  };
  return {at(500), at(990), at(999), at(1000)};
}

// Not the mean: a burst during which the kernel took the CPU away would weigh as much as thousands.
double median_of(std::vector<std::uint64_t> cycles) {
  const auto middle = cycles.begin() + static_cast<long>(cycles.size() / 2);
  std::nth_element(cycles.begin(), middle, cycles.end());
  return static_cast<double>(*middle);
}

}  // namespace

Summary summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values.back()};
}

Result<Measured> measure(const Case& c, const MeasureOptions& options) {
  Bed bed(c, options.burst);
  if (const Status ready = bed.prepare(); !ready) return ready.error();
  // Caches, branch predictors and lazily touched memory first.
  for (unsigned i = 0; i < 2000; ++i) {
    if (const auto turn = bed.turn(); !turn) return turn.error();
  }
  std::vector<double> forward;
  std::vector<double> loop;
  std::vector<std::uint64_t> all;
  for (unsigned run = 0; run < options.runs; ++run) {
    std::vector<std::uint64_t> forward_cycles;
    std::vector<std::uint64_t> loop_cycles;
    const auto end = std::chrono::steady_clock::now() + options.run_time;
    do {
      const auto turn = bed.turn();
      if (!turn) return turn.error();
      forward_cycles.push_back(turn->forward);
      loop_cycles.push_back(turn->loop);
    } while (std::chrono::steady_clock::now() < end);
    forward.push_back(median_of(forward_cycles) / options.burst);
    loop.push_back(median_of(loop_cycles) / options.burst);
    all.insert(all.end(), loop_cycles.begin(), loop_cycles.end());
  }
  return Measured{summarize(forward), summarize(loop), times_of(std::move(all)),
                  static_cast<double>(bed.table_bytes()) / (1 << 20)};
}

Status run_counted(const Case& c, unsigned burst, unsigned bursts) {
  Bed bed(c, burst);
  if (Status ready = bed.prepare(); !ready) return ready;
  // Callgrind writes its dump some time after it was asked to, from this string.
  [[maybe_unused]] static std::vector<std::unique_ptr<std::string>> ids;
  ids.push_back(std::make_unique<std::string>(c.id()));
  // The first burst finds empty caches of the data path itself.
  if (const auto turn = bed.turn(); !turn) return turn.error();
#ifdef SEXTANT_HAS_CALLGRIND
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
#endif
  for (unsigned i = 0; i < bursts; ++i) {
    if (const auto turn = bed.turn(); !turn) return turn.error();
  }
#ifdef SEXTANT_HAS_CALLGRIND
  CALLGRIND_DUMP_STATS_AT(ids.back()->c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
#endif
  return Ok{};
}

Status run_recorded(const Case& c, unsigned burst, unsigned bursts, const std::string& folder) {
  Bed bed(c, burst);
  if (Status ready = bed.prepare(); !ready) return ready;
  std::string path = c.id();
  std::replace(path.begin(), path.end(), ' ', '_');
  path = folder + "/" + path;
  if (bed.workload().prime) {
    auto prime = CaptureWriter::create(path + ".prime.pcap", LinkType::kEthernet);
    if (!prime) return prime.error();
    for (unsigned flow = 0; flow < kFlows; ++flow) {
      if (Status written = prime->write(0, bed.workload().prime(flow)); !written) return written;
    }
    if (Status closed = prime->close(); !closed) return closed;
  }
  auto in = CaptureWriter::create(path + ".in.pcap", LinkType::kEthernet);
  if (!in) return in.error();
  auto out = CaptureWriter::create(path + ".out.pcap", LinkType::kEthernet);
  if (!out) return out.error();
  for (unsigned i = 0; i < bursts; ++i) {
    if (Status done = bed.turn_recorded(*in, *out); !done) return done;
  }
  if (Status closed = in->close(); !closed) return closed;
  return out->close();
}

}  // namespace sextant::bench
