// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Be16, Be32: integers in network byte order that never convert silently.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace sextant {

namespace detail {
constexpr std::uint16_t swap_if_little(std::uint16_t v) {
  return std::endian::native == std::endian::little ? __builtin_bswap16(v) : v;
}
constexpr std::uint32_t swap_if_little(std::uint32_t v) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(v) : v;
}
}  // namespace detail

// A big-endian integer as it stands on the wire. There is deliberately no implicit conversion in
// either direction: a forgotten swap does not compile. Kept as bytes, so that its alignment is 1
// and wire structs made of it have no padding and may lie at any address.
template <typename T>
class BigEndian {
 public:
  BigEndian() = default;
  explicit constexpr BigEndian(T host)
      : bytes_(std::bit_cast<Bytes>(detail::swap_if_little(host))) {}

  // The value in host byte order.
  [[nodiscard]] constexpr T host() const { return detail::swap_if_little(raw()); }
  // The bits as stored (network byte order), for hashing, comparing and checksums.
  [[nodiscard]] constexpr T raw() const { return std::bit_cast<T>(bytes_); }
  static constexpr BigEndian from_raw(T raw) {
    BigEndian v{};
    v.bytes_ = std::bit_cast<Bytes>(raw);
    return v;
  }
  friend constexpr bool operator==(BigEndian, BigEndian) = default;

 private:
  using Bytes = std::array<std::uint8_t, sizeof(T)>;
  Bytes bytes_;
};

using Be16 = BigEndian<std::uint16_t>;
using Be32 = BigEndian<std::uint32_t>;

static_assert(sizeof(Be16) == 2 && sizeof(Be32) == 4 && alignof(Be32) == 1);

}  // namespace sextant
