// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// pcapng_blocks(): takes a pcapng stream apart, independently of the code that writes it.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::test {

struct PcapngBlock {
  std::uint32_t type = 0;
  std::uint32_t interface = 0;  // of packets and statistics
  std::string bytes;            // of packets
  std::uint32_t length = 0;     // of packets: original length
  std::map<std::uint16_t, std::string> options;
};

// Throws when the stream is not made of whole blocks that agree with themselves.
inline std::vector<PcapngBlock> pcapng_blocks(std::string_view stream) {
  std::vector<PcapngBlock> out;
  const auto word = [&](std::size_t at) {
    std::uint32_t value = 0;
    if (at + sizeof value > stream.size()) throw std::runtime_error("block is cut");
    std::memcpy(&value, stream.data() + at, sizeof value);
    return value;
  };
  const auto half = [&](std::size_t at) {
    std::uint16_t value = 0;
    if (at + sizeof value > stream.size()) throw std::runtime_error("option is cut");
    std::memcpy(&value, stream.data() + at, sizeof value);
    return value;
  };
  for (std::size_t at = 0; at < stream.size();) {
    PcapngBlock block;
    block.type = word(at);
    const std::size_t total = word(at + 4);
    if (total % 4 != 0 || at + total > stream.size() || word(at + total - 4) != total) {
      throw std::runtime_error("lengths of a block differ");
    }
    std::size_t options = at + 8;
    switch (block.type) {
      case 0x0a0d0d0a: options += 16; break;
      case 1: options += 8; break;
      case 5:
        block.interface = word(options);
        options += 12;
        break;
      case 6: {
        block.interface = word(options);
        const std::size_t captured = word(options + 12);
        block.length = word(options + 16);
        block.bytes = std::string(stream.substr(options + 20, captured));
        options += 20 + (captured + 3) / 4 * 4;
        break;
      }
      default: throw std::runtime_error("unknown block");
    }
    const std::size_t end = at + total - 4;
    while (options < end) {
      const std::uint16_t code = half(options);
      const std::size_t length = half(options + 2);
      if (code == 0) {
        options += 4;
        break;
      }
      block.options[code] = std::string(stream.substr(options + 4, length));
      options += 4 + (length + 3) / 4 * 4;
    }
    if (options != end) throw std::runtime_error("options do not end with their block");
    out.push_back(block);
    at += total;
  }
  return out;
}

}  // namespace sextant::test
