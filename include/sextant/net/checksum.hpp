// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Internet checksum (RFC 1071) and its incremental update (RFC 1624), on byte spans.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include <sextant/net/headers.hpp>

namespace sextant {

// Running ones' complement sum of 16-bit words as they lie in memory. Spans added one after another
// must have even length, but for the last.
class ChecksumAccumulator {
 public:
  void add(std::span<const std::uint8_t> bytes) {
    std::size_t i = 0;
    for (; i + 4 <= bytes.size(); i += 4) {
      std::uint32_t word;
      std::memcpy(&word, bytes.data() + i, 4);
      sum_ += word;
    }
    if (i + 2 <= bytes.size()) {
      std::uint16_t half;
      std::memcpy(&half, bytes.data() + i, 2);
      sum_ += half;
      i += 2;
    }
    if (i < bytes.size()) {
      std::uint16_t last = 0;
      std::memcpy(&last, bytes.data() + i, 1);
      sum_ += last;
    }
  }
  void add(Be16 word) { sum_ += word.raw(); }
  void add(Be32 word) { sum_ += word.raw(); }

  // The value for the checksum field.
  [[nodiscard]] Be16 finish() const {
    std::uint64_t s = sum_;
    while ((s >> 16) != 0)
      s = (s & 0xffff) + (s >> 16);
    return Be16::from_raw(static_cast<std::uint16_t>(~s));
  }

 private:
  std::uint64_t sum_ = 0;
};

// Adds the IPv6 pseudo-header (RFC 8200 section 8.1). destination is the final one when the packet
// carries a routing header.
inline void add_pseudo_header(ChecksumAccumulator& sum, const Ipv6Address& source,
                              const Ipv6Address& destination, std::uint32_t upper_layer_bytes,
                              std::uint8_t protocol) {
  sum.add(source.bytes);
  sum.add(destination.bytes);
  sum.add(Be32(upper_layer_bytes));
  sum.add(Be32(protocol));
}

// 0 when the header with its checksum field is consistent.
inline bool ipv4_header_checksum_ok(const Ipv4Header& header) {
  if (header.header_bytes() == sizeof header) [[likely]] {
    std::uint64_t words[2];
    std::uint32_t last;
    std::memcpy(words, &header, sizeof words);
    std::memcpy(&last, reinterpret_cast<const std::uint8_t*>(&header) + sizeof words, sizeof last);
    // Ones' complement sums do not mind the width of the words (RFC 1071 section 2).
    std::uint64_t s = (words[0] >> 32) + (words[0] & 0xffffffff) + (words[1] >> 32) +
                      (words[1] & 0xffffffff) + last;
    s = (s & 0xffffffff) + (s >> 32);
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    return s == 0xffff;
  }
  ChecksumAccumulator sum;
  sum.add({reinterpret_cast<const std::uint8_t*>(&header), header.header_bytes()});
  return sum.finish().raw() == 0;
}

inline Be16 ipv4_header_checksum(Ipv4Header header, std::span<const std::uint8_t> options = {}) {
  header.checksum = Be16(0);
  ChecksumAccumulator sum;
  sum.add({reinterpret_cast<const std::uint8_t*>(&header), sizeof header});
  sum.add(options);
  return sum.finish();
}

// RFC 1624 equation 3: the checksum after one 16-bit word of the covered bytes changed.
inline Be16 checksum_update(Be16 checksum, Be16 before, Be16 after) {
  std::uint32_t s = static_cast<std::uint16_t>(~checksum.raw());
  s += static_cast<std::uint16_t>(~before.raw());
  s += after.raw();
  s = (s & 0xffff) + (s >> 16);
  s = (s & 0xffff) + (s >> 16);
  return Be16::from_raw(static_cast<std::uint16_t>(~s));
}

// One hop less, and the checksum that goes with it (RFC 1624 equation 3).
inline void decrement_ttl(Ipv4Header& header) {
  --header.ttl;
  const std::uint32_t sum = header.checksum.host() + 0x100u;
  header.checksum = Be16(static_cast<std::uint16_t>(sum + (sum >= 0xffff ? 1 : 0)));
}

}  // namespace sextant
