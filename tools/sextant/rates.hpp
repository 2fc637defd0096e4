// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Rates: what counters did between two looks at the same rows.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace sextant {

class Rates {
 public:
  // All numbers of each row, under the row's key. now_s: a steady clock.
  void sample(const nlohmann::json& rows, double now_s);

  // Of the counter at a JSON pointer ("/good/packets") in a row. Nothing before the second sample,
  // for a row that was not there before, or when the counter went back because the daemon was
  // started again.
  [[nodiscard]] std::optional<double> per_second(const nlohmann::json& row,
                                                 const std::string& pointer) const;
  // "-" for nothing.
  [[nodiscard]] std::string text(const nlohmann::json& row, const std::string& pointer) const;
  [[nodiscard]] bool ready() const { return seconds_ > 0; }

  // What makes a row the same row: its names, not its counters.
  [[nodiscard]] static std::string key_of(const nlohmann::json& row);

 private:
  std::map<std::string, nlohmann::json> before_;
  std::map<std::string, nlohmann::json> now_;
  double sampled_s_ = 0;
  double seconds_ = 0;  // between the last two samples
  bool has_sample_ = false;
};

}  // namespace sextant
