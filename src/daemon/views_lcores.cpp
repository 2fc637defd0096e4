// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// How forwarding lcores spend their time.
#include <algorithm>
#include <memory>

#include "view_parts.hpp"
#include "views.hpp"

namespace sextant {

namespace {

using nlohmann::json;

// Of what was counted since start; 0 before the first of them.
double share(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

json lcore_row(const LcoreStatistics& lcore) {
  json stages = json::object();
  for (std::size_t i = 0; i < kLcoreStages.size(); ++i) {
    stages[std::string(kLcoreStages[i])] = share(lcore.stage_cycles[i], lcore.sampled_packets);
  }
  json sizes = json::array();
  for (std::size_t i = 0; i < kBurstBuckets; ++i)
    sizes.push_back({{"from", 1u << i}, {"bursts", lcore.bursts_by_size[i]}});
  const std::uint64_t busy = std::min(lcore.busy_cycles, lcore.total_cycles);
  return {{"lcore", lcore.index},
          {"cpu", lcore.cpu},
          {"running", lcore.running},
          {"tsc_hz", lcore.tsc_hz},
          {"bursts", lcore.bursts},
          {"packets", lcore.packets},
          {"packets_per_burst", share(lcore.packets, lcore.bursts)},
          {"cycles_per_packet", share(lcore.busy_cycles, lcore.packets)},
          {"busy_cycles", lcore.busy_cycles},
          {"total_cycles", lcore.total_cycles},
          {"idle_share", share(lcore.total_cycles - busy, lcore.total_cycles)},
          {"sleeps", lcore.sleeps},
          {"longest_turn_us", 1e6 * share(lcore.longest_turn_cycles, lcore.tsc_hz)},
          {"sampled_bursts", lcore.sampled_bursts},
          {"stage_cycles_per_packet", std::move(stages)},
          {"bursts_by_size", std::move(sizes)}};
}

}  // namespace

Result<ListReader> open_lcores(const ViewSource& source, const ViewQuery&) {
  const auto lcores = std::make_shared<const std::vector<LcoreStatistics>>(source.lcores());
  ListReader reader;
  views::cursors_by_position(reader, lcores->size());
  reader.matches = [](std::size_t) { return true; };
  reader.row = [lcores](std::size_t i) { return lcore_row((*lcores)[i]); };
  return reader;
}

}  // namespace sextant
