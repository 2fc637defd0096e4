// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Numbers for people.
#pragma once

#include <cstdint>
#include <string>

namespace sextant {

// Three digits and a power of 1000: "0", "12", "1.23 k", "45.6 M". Rates below 10 keep one digit
// after the point. What is no finite number is "-".
[[nodiscard]] std::string rate_text(double per_second);

// "17 s", "3 min 5 s", "2 h 11 min", "40 d 3 h".
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace sextant
