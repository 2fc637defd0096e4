// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Flow hash over addresses, label, protocol and ports.
#include "flow_hash.hpp"

#include <bit>

#include "parse.hpp"

namespace sextant {

namespace {

// Multiplies pairs of 64-bit words to 128 bits and folds the halves; not a defence against crafted
// flows, which can at worst choose their own path.
class FlowHasher {
 public:
  void add(std::uint64_t a, std::uint64_t b) {
    // Pairs do not wait for each other; where they are differs, so that their order matters.
    state_ = std::rotl(state_, 23) ^ fold(a ^ 0xa0761d6478bd642fu, b ^ 0xe7037ed1a0b428dbu);
  }
  [[nodiscard]] std::uint32_t finish(std::uint64_t last) const {
    const std::uint64_t h = fold(state_ ^ 0x8ebc6af09c88c6e3u, last ^ 0x589965cc75374cc3u);
    return static_cast<std::uint32_t>(h ^ h >> 32);
  }

 private:
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Uint128 = unsigned __int128;
    const Uint128 product = static_cast<Uint128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t state_ = 0;
};

bool has_ports(std::uint8_t protocol) {
  static_assert(ip_protocol::kTcp < 64 && ip_protocol::kUdp < 64 && ip_protocol::kSctp >= 64);
  constexpr std::uint64_t kWithPorts =
      std::uint64_t{1} << ip_protocol::kTcp | std::uint64_t{1} << ip_protocol::kUdp;
  return protocol < 64 ? (kWithPorts >> protocol & 1) != 0 : protocol == ip_protocol::kSctp;
}

// Source and destination port as one word; 0 when they lie behind what was captured.
std::uint32_t ports_at(const std::uint8_t* data, std::uint32_t at, std::uint32_t end) {
  std::uint32_t ports = 0;
  if (at + sizeof ports <= end) std::memcpy(&ports, data + at, sizeof ports);
  return ports;
}

// data holds end contiguous bytes from an IPv6 header on. upper and at: the upper-layer header
// where the caller knows it, else what follows the fixed header.
[[gnu::always_inline]] inline std::uint32_t hash_ipv6(FlowHasher hasher, const std::uint8_t* data,
                                                      std::uint32_t end, std::uint8_t upper,
                                                      std::uint32_t at) {
  const auto& ip = *reinterpret_cast<const Ipv6Header*>(data);
  hasher.add(ip.source.raw_high(), ip.source.raw_low());
  hasher.add(ip.destination.raw_high(), ip.destination.raw_low());
  // The label of a TCP flow may change while it lives; its ports do not.
  const std::uint32_t flow = has_ports(upper) ? ports_at(data, at, end) : ip.flow_label();
  return hasher.finish(static_cast<std::uint64_t>(upper) << 32 | flow);
}

[[gnu::always_inline]] inline std::uint32_t hash_ipv4(FlowHasher hasher, const std::uint8_t* data,
                                                      std::uint32_t end) {
  const auto& ip = *reinterpret_cast<const Ipv4Header*>(data);
  std::uint64_t addresses;
  std::memcpy(&addresses, &ip.source, sizeof addresses);
  constexpr std::uint16_t kAnyFragment = Ipv4Header::kMoreFragments | Ipv4Header::kOffsetMask;
  const bool fragment = (ip.fragment.host() & kAnyFragment) != 0;
  const std::uint32_t ports =
      has_ports(ip.protocol) && !fragment ? ports_at(data, ip.header_bytes(), end) : 0;
  hasher.add(addresses, 0);
  return hasher.finish(static_cast<std::uint64_t>(ip.protocol) << 32 | ports);
}

std::uint32_t hash_frame(const std::uint8_t* data, std::uint32_t end) {
  FlowHasher hasher;
  std::uint64_t first;
  std::uint32_t rest;
  std::memcpy(&first, data, sizeof first);
  std::memcpy(&rest, data + sizeof first, sizeof rest);
  std::uint64_t second = rest;
  std::uint32_t at = sizeof(EthernetHeader);
  std::uint16_t type = reinterpret_cast<const EthernetHeader*>(data)->type.host();
  if (type == ether_type::kVlan && at + sizeof(VlanHeader) <= end) {
    const auto& tag = *reinterpret_cast<const VlanHeader*>(data + at);
    second |= static_cast<std::uint64_t>(tag.tci.host() & 0x0fff) << 32;
    type = tag.type.host();
    at += sizeof tag;
  }
  hasher.add(first, second);
  if (type == ether_type::kIpv6 && at + sizeof(Ipv6Header) <= end) {
    const auto& ip = *reinterpret_cast<const Ipv6Header*>(data + at);
    return hash_ipv6(hasher, data + at, end - at, ip.next_header, sizeof ip);
  }
  if (type == ether_type::kIpv4 && at + sizeof(Ipv4Header) <= end) {
    return hash_ipv4(hasher, data + at, end - at);
  }
  return hasher.finish(0);
}

// Behind extension headers.
[[gnu::noinline]] std::uint32_t hash_extended_ipv6(Packet packet) {
  const PacketMeta& meta = packet.meta();
  if (meta.upper_layer_offset == 0 && parse_ipv6_chain(packet)) packet.meta().clear_chain();
  const std::uint8_t* const data = packet.data();
  const std::uint32_t end = packet.contiguous_bytes();
  return meta.upper_layer_offset != 0
             ? hash_ipv6({}, data, end, meta.upper_layer, meta.upper_layer_offset)
             : hash_ipv6({}, data, end, packet.ipv6().next_header, sizeof(Ipv6Header));
}

[[gnu::noinline]] std::uint32_t hash_if_frame(Packet packet) {
  const std::uint32_t end = packet.contiguous_bytes();
  return end >= sizeof(EthernetHeader) ? hash_frame(packet.data(), end) : 0;
}

std::uint32_t hash_packet(Packet packet) {
  const std::uint8_t* const data = packet.data();
  const std::uint32_t end = packet.contiguous_bytes();
  if (likely(packet.meta().kind == PacketKind::kIpv6)) {
    const std::uint8_t next = packet.ipv6().next_header;
    const bool extended = next == ip_protocol::kHopByHop || next == ip_protocol::kRouting ||
                          next == ip_protocol::kDestOptions;
    return unlikely(extended) ? hash_extended_ipv6(packet)
                              : hash_ipv6({}, data, end, next, sizeof(Ipv6Header));
  }
  return packet.meta().kind == PacketKind::kIpv4 ? hash_ipv4({}, data, end) : hash_if_frame(packet);
}

}  // namespace

std::uint32_t make_flow_hash(Packet packet) noexcept {
  const std::uint32_t hash = hash_packet(packet);
  packet.meta().flow_hash = hash;
  packet.meta().has_flow_hash = true;
  return hash;
}

}  // namespace sextant
