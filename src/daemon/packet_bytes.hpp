// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Frames made of hex digits, of a capture, or of fields.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/tables/forwarding_tables.hpp>

namespace sextant {

// What a frame to an interface starts with.
struct LinkLayer {
  MacAddress destination;
  std::uint16_t vlan = 0;
};
[[nodiscard]] LinkLayer link_layer_of(const ForwardingTables& tables, PortIndex port,
                                      std::uint16_t vlan);

// Bytes as hex digits, blanks and colons allowed. What is not an Ethernet frame but a whole IP
// packet gets the header. An error in words.
[[nodiscard]] Result<std::vector<std::uint8_t>> frame_from_hex(const std::string& hex,
                                                               const LinkLayer& link);
// The first packet of a pcap or pcapng file, given as hex digits.
[[nodiscard]] Result<std::vector<std::uint8_t>> frame_from_pcap(const std::string& hex,
                                                                const LinkLayer& link);
// Keys: src, dst, proto, sport, dport, size, hop_limit, segments, segments_left, outer_src.
[[nodiscard]] Result<std::vector<std::uint8_t>> frame_from_fields(
    const std::map<std::string, std::string>& query, const LinkLayer& link);

}  // namespace sextant
