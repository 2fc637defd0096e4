// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Explicit congestion notification through tunnels (RFC 6040) and traffic class handling.
#pragma once

#include <cstdint>

namespace sextant {

namespace ecn {
inline constexpr std::uint8_t kMask = 3;
inline constexpr std::uint8_t kNotEct = 0;
inline constexpr std::uint8_t kEct1 = 1;
inline constexpr std::uint8_t kEct0 = 2;
inline constexpr std::uint8_t kCe = 3;

// What decapsulation makes of the two fields (RFC 6040 section 4.2, figure 4).
struct Decapsulated {
  std::uint8_t inner;  // new ECN field of the inner header
  bool drop;           // outer says congestion, inner cannot carry it
};
constexpr Decapsulated decapsulate(std::uint8_t outer, std::uint8_t inner) {
  outer &= kMask;
  inner &= kMask;
  if (outer == kCe) return inner == kNotEct ? Decapsulated{inner, true} : Decapsulated{kCe, false};
  if (outer == kEct1 && inner == kEct0) return {kEct1, false};
  return {inner, false};
}
}  // namespace ecn

}  // namespace sextant
