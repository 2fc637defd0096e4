// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Packet bytes in words: one line per header, and the fields of the outermost ones as JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sextant/net/ip_address.hpp>

namespace sextant {

struct PacketText {
  std::vector<std::string> headers;  // from the outside in
  // Keys as src/daemon/README.md says: source, destination, hop_limit, ..., srh.
  nlohmann::json fields = nlohmann::json::object();
  // Of the outermost IP header.
  std::optional<IpAddress> source;
  std::optional<IpAddress> destination;
};

// Pure; reads nothing beyond bytes, whatever they are. has_link_layer: they start with an Ethernet
// header, else with an IP header (or ARP, when is_arp). length: of the whole packet, of which bytes
// may be the start.
[[nodiscard]] PacketText packet_text(std::span<const std::uint8_t> bytes, bool has_link_layer,
                                     std::size_t length, bool is_arp = false);

// "60000000..."
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace sextant
