// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Backoff: how long to wait after failures in a row.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace sextant::k8s {

// Doubles from min to max; each delay is between a half and the whole of its step, so that the
// nodes of a cluster do not come back all at once. The seed makes tests repeatable.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;
  Backoff(Duration min, Duration max, std::uint64_t seed) : min_(min), max_(max), random_(seed) {}

  void reset() { failures_ = 0; }
  [[nodiscard]] int failures() const { return failures_; }
  [[nodiscard]] Duration next() {
    const int doublings = std::min(failures_++, 20);
    return jittered(std::min(max_, min_ * (std::int64_t{1} << doublings)));
  }
  // From a half to the whole of it.
  [[nodiscard]] Duration jittered(Duration whole) {
    const std::int64_t count = whole.count();
    return Duration(count / 2 + static_cast<std::int64_t>(
                                    random_() % static_cast<std::uint64_t>(count - count / 2 + 1)));
  }

 private:
  Duration min_;
  Duration max_;
  std::mt19937_64 random_;
  int failures_ = 0;
};

}  // namespace sextant::k8s
