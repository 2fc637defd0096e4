// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What `sextant top` shows: rates of two samples, sorted, as JSON and as a screen. Pure.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "rates.hpp"
#include "terminal.hpp"

namespace sextant {

// By the name of the view: "ports", "localsids", "policies", "drops".
struct TopSamples {
  std::map<std::string, nlohmann::json> rows;
  std::map<std::string, Rates> rates;

  void add(const std::string& view, nlohmann::json view_rows, double now_s);
};

enum class TopSort { kPackets, kBits, kName };

// {"ports":[...],"localsids":[...],"policies":[...],"drops":[...]}; each row has its names,
// "packets_per_s" and "bits_per_s" (of ports: of both directions together), null when a rate is not
// known. Sorted; equal rates by name.
[[nodiscard]] nlohmann::json top_rates(const TopSamples& samples, TopSort sort);

struct TopScreen {
  Canvas canvas;
  std::size_t rows = 0;  // lines of the screen; 0: as many as there are
  int section = 0;       // 1 to 4: this one alone; 0: all
  std::string heading;
};

// Rows without traffic are left out when the screen is too small for all.
[[nodiscard]] std::string top_text(const nlohmann::json& rates, const TopScreen& screen);

}  // namespace sextant
