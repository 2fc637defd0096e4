// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IcmpLimiter: token bucket for ICMP errors (RFC 4443 section 2.4 f), one per lcore.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sextant {

class IcmpLimiter {
 public:
  // True when one more error may be sent now. now_tsc and hz are of the same clock.
  bool take(std::uint64_t now_tsc, std::uint64_t hz, std::uint32_t per_second,
            std::uint32_t burst) {
    if (per_second == 0) return false;
    const std::uint64_t cost = hz / per_second;
    const std::uint64_t capacity = cost * std::max<std::uint32_t>(burst, 1);
    const std::uint64_t earned = now_tsc - last_tsc_;
    credit_ = earned >= capacity || credit_ + earned > capacity ? capacity : credit_ + earned;
    last_tsc_ = now_tsc;
    if (credit_ < cost) return false;
    credit_ -= cost;
    return true;
  }

 private:
  // A fresh bucket is full: the first call has earned all the time since 0.
  std::uint64_t last_tsc_ = 0;
  std::uint64_t credit_ = 0;
};

}  // namespace sextant
