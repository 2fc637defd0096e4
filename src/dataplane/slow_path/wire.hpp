// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Bytes and WireWriter: packets as values, so that protocol code needs no mbuf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include <sextant/net/checksum.hpp>
#include <sextant/net/headers.hpp>

namespace sextant {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// The header at an offset, or nothing when it is not there as a whole.
template <typename T>
[[nodiscard]] std::optional<T> read_header(ByteView bytes, std::size_t offset = 0) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(static_cast<void*>(&out), bytes.data() + offset, sizeof(T));
  return out;
}

inline void append(Bytes& out, ByteView bytes) {
  if (bytes.empty()) return;
  const std::size_t at = out.size();
  out.resize(at + bytes.size());
  std::memcpy(out.data() + at, bytes.data(), bytes.size());
}

// A header struct, as it lies in memory.
template <typename T>
void append_header(Bytes& out, const T& header) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);
  append(out, {reinterpret_cast<const std::uint8_t*>(&header), sizeof(T)});
}

// The upper-layer header of an IPv6 packet behind its extension headers.
struct Ipv6UpperLayer {
  std::uint8_t protocol = ip_protocol::kNoNext;
  std::size_t offset = 0;
  bool fragment = false;           // the walk ended at a fragment header
  std::uint8_t segments_left = 0;  // the largest of the routing headers
};

// Walks hop-by-hop, routing and destination options; ends at anything else. Nothing when a header
// leaves the bytes. A quoted packet may be cut: its payload length is not looked at.
[[nodiscard]] std::optional<Ipv6UpperLayer> walk_ipv6(ByteView packet);

// A whole ICMPv6 packet: header, checksum and all. message: from the type on, checksum field zero.
[[nodiscard]] Bytes make_icmp6_packet(const Ipv6Address& source, const Ipv6Address& destination,
                                      std::uint8_t hop_limit, Bytes message,
                                      std::uint8_t traffic_class = 0);
// The same for IPv4.
[[nodiscard]] Bytes make_icmp4_packet(const Ipv4Address& source, const Ipv4Address& destination,
                                      Bytes message, std::uint8_t tos = 0);

// Whether the ICMPv6 message from offset to the end of the packet has the right checksum.
[[nodiscard]] bool icmp6_checksum_ok(ByteView packet, std::size_t offset);

}  // namespace sextant
