// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stopwatch: how long the parts of an attempt take.
#pragma once

#include <chrono>
#include <utility>

namespace sextant {

// Measures from its making, and from each lap, to the next lap().
class Stopwatch {
 public:
  std::chrono::microseconds lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration_cast<std::chrono::microseconds>(now - std::exchange(start_, now));
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace sextant
