// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Block lengths, as the section header's byte order says.
#include "pcapng_blocks.hpp"

#include <cstring>

namespace sextant {

namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::size_t kMinBlock = 12;
// Larger than any packet with its options.
constexpr std::size_t kMaxBlock = 16u << 20;

std::uint32_t raw_word(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::uint32_t PcapngBlocks::word_at(std::size_t offset) const {
  const std::uint32_t value = raw_word(buffer_, offset);
  return swapped_ ? __builtin_bswap32(value) : value;
}

Result<std::string> PcapngBlocks::take(std::string_view chunk) {
  buffer_ += chunk;
  std::size_t end = 0;
  std::string out;
  for (;;) {
    if (buffer_.size() - end < kMinBlock) break;
    const bool is_header = raw_word(buffer_, end) == kSectionHeader;
    if (is_header) {
      const std::uint32_t magic = raw_word(buffer_, end + 8);
      swapped_ = magic == __builtin_bswap32(kByteOrderMagic);
      if (!swapped_ && magic != kByteOrderMagic) return Error{"what came is not pcapng"};
      started_ = true;
    }
    if (!started_) return Error{"what came is not pcapng"};
    const std::size_t length = word_at(end + 4);
    if (length < kMinBlock || length > kMaxBlock || length % 4 != 0) {
      return Error{"what came is damaged pcapng"};
    }
    if (buffer_.size() - end < length) break;
    if (word_at(end + length - 4) != length) return Error{"what came is damaged pcapng"};
    if (!is_header && word_at(end) == kEnhancedPacket) ++packets_;
    end += length;
  }
  out = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return out;
}

}  // namespace sextant
