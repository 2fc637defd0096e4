// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Blocks of the pcapng format (draft-ietf-opsawg-pcapng), for streaming: no file, no library.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sextant::pcapng {

// All times are nanoseconds since 1970, all link types Ethernet; blocks are in the byte order of
// this machine, which the format allows.

enum class Direction : std::uint8_t { kUnknown = 0, kInbound = 1, kOutbound = 2 };

struct Packet {
  std::uint32_t interface = 0;  // by the order of the interface blocks
  std::uint64_t time_ns = 0;
  std::uint32_t length = 0;  // of the whole frame
  std::span<const std::uint8_t> bytes;
  Direction direction = Direction::kUnknown;
  std::string_view comment;  // empty: none
};

struct Statistics {
  std::uint32_t interface = 0;
  std::uint64_t time_ns = 0;
  std::uint64_t received = 0;  // by the capture
  std::uint64_t dropped = 0;   // by the capture, for lack of room or above the rate
  std::string_view comment;
};

// The first block of a stream.
[[nodiscard]] std::string section_header(std::string_view application);
// Once per interface, before its packets. snap_length 0: unlimited.
[[nodiscard]] std::string interface_description(std::string_view name, std::string_view description,
                                                std::uint32_t snap_length);
[[nodiscard]] std::string enhanced_packet(const Packet& packet);
// The last block of an interface.
[[nodiscard]] std::string interface_statistics(const Statistics& statistics);

}  // namespace sextant::pcapng
