// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Powers of 1000 and spans of time.
#include "units.hpp"

#include <fmt/format.h>

#include <cmath>

namespace sextant {

std::string rate_text(double per_second) {
  if (!std::isfinite(per_second)) return "-";
  if (per_second < 0) return "-" + rate_text(-per_second);
  if (per_second < 0.05) return "0";
  if (per_second < 9.95) return fmt::format("{:.1f}", per_second);
  if (per_second < 999.5) return fmt::format("{:.0f}", per_second);
  double value = per_second;
  const char* unit = "";
  // 999.5 would be printed as "1000".
  for (const char* const next : {"k", "M", "G", "T", "P", "E"}) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, digits, unit);
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const auto total = static_cast<std::uint64_t>(seconds);
  if (total < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3600) return fmt::format("{} min {} s", total / 60, total % 60);
  if (total < 86400) return fmt::format("{} h {} min", total / 3600, total / 60 % 60);
  return fmt::format("{} d {} h", total / 86400, total / 3600 % 24);
}

}  // namespace sextant
