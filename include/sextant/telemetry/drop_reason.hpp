// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DropReason: the reasons of drop_reasons.def as an enumeration, with label and help text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sextant {

// Enumerators are spelled as the metric label: DropReason::lookup_no_route.
enum class DropReason : std::uint8_t {
#define SEXTANT_DROP(name, help) name,
#include <sextant/telemetry/drop_reasons.def>
#undef SEXTANT_DROP
};

struct DropReasonSpec {
  std::string_view name;
  std::string_view help;
};

inline constexpr auto kDropReasons = std::to_array<DropReasonSpec>({
#define SEXTANT_DROP(name, help) {#name, help},
#include <sextant/telemetry/drop_reasons.def>
#undef SEXTANT_DROP
});
inline constexpr std::size_t kDropReasonCount = kDropReasons.size();
static_assert(kDropReasonCount <= 255);

constexpr std::string_view name_of(DropReason reason) {
  return kDropReasons[static_cast<std::size_t>(reason)].name;
}

}  // namespace sextant
