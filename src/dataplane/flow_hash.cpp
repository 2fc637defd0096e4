// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Flow hash over addresses, label, protocol and ports.
#include "flow_hash.hpp"

#include "parse.hpp"

namespace sextant {

namespace {

// A few multiplications over 64-bit words; not a defence against crafted flows, which can at worst
// choose their own path.
class FlowHasher {
 public:
  void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9fb21c651e98df25u;
    state_ ^= state_ >> 35;
  }
  [[nodiscard]] std::uint32_t finish() const {
    const std::uint64_t h = state_ * 0xd6e8feb86659fd93u;
    return static_cast<std::uint32_t>(h >> 32);
  }

 private:
  std::uint64_t state_ = 0x2545f4914f6cdd1du;
};

bool has_ports(std::uint8_t protocol) {
  return protocol == ip_protocol::kTcp || protocol == ip_protocol::kUdp ||
         protocol == ip_protocol::kSctp;
}

// Source and destination port as one word; 0 when they lie behind what was captured.
std::uint32_t ports_at(const std::uint8_t* data, std::uint32_t at, std::uint32_t end) {
  std::uint32_t ports = 0;
  if (at + sizeof ports <= end) std::memcpy(&ports, data + at, sizeof ports);
  return ports;
}

// data holds end contiguous bytes from an IPv6 header on. upper and at: the upper-layer header
// where the caller knows it, else what follows the fixed header.
[[gnu::always_inline]] inline void add_ipv6(FlowHasher& hasher, const std::uint8_t* data,
                                            std::uint32_t end, std::uint8_t upper,
                                            std::uint32_t at) {
  const auto& ip = *reinterpret_cast<const Ipv6Header*>(data);
  hasher.add(ip.source.raw_high());
  hasher.add(ip.source.raw_low());
  hasher.add(ip.destination.raw_high());
  hasher.add(ip.destination.raw_low());
  if (has_ports(upper)) {
    // The label of a TCP flow may change while it lives; its ports do not.
    hasher.add(static_cast<std::uint64_t>(upper) << 32 | ports_at(data, at, end));
  } else {
    hasher.add(static_cast<std::uint64_t>(upper) << 32 | ip.flow_label());
  }
}

void add_ipv4(FlowHasher& hasher, const std::uint8_t* data, std::uint32_t end) {
  const auto& ip = *reinterpret_cast<const Ipv4Header*>(data);
  std::uint64_t addresses;
  std::memcpy(&addresses, &ip.source, sizeof addresses);
  hasher.add(addresses);
  constexpr std::uint16_t kAnyFragment = Ipv4Header::kMoreFragments | Ipv4Header::kOffsetMask;
  const bool fragment = (ip.fragment.host() & kAnyFragment) != 0;
  const std::uint32_t ports =
      has_ports(ip.protocol) && !fragment ? ports_at(data, ip.header_bytes(), end) : 0;
  hasher.add(static_cast<std::uint64_t>(ip.protocol) << 32 | ports);
}

void add_frame(FlowHasher& hasher, const std::uint8_t* data, std::uint32_t end) {
  std::uint64_t words[2] = {};
  std::memcpy(words, data, 2 * sizeof(MacAddress));
  hasher.add(words[0]);
  hasher.add(words[1]);
  std::uint32_t at = sizeof(EthernetHeader);
  std::uint16_t type = reinterpret_cast<const EthernetHeader*>(data)->type.host();
  if (type == ether_type::kVlan && at + sizeof(VlanHeader) <= end) {
    const auto& tag = *reinterpret_cast<const VlanHeader*>(data + at);
    hasher.add(tag.tci.host() & 0x0fff);
    type = tag.type.host();
    at += sizeof tag;
  }
  if (type == ether_type::kIpv6 && at + sizeof(Ipv6Header) <= end) {
    const auto& ip = *reinterpret_cast<const Ipv6Header*>(data + at);
    add_ipv6(hasher, data + at, end - at, ip.next_header, sizeof ip);
  } else if (type == ether_type::kIpv4 && at + sizeof(Ipv4Header) <= end) {
    add_ipv4(hasher, data + at, end - at);
  }
}

}  // namespace

std::uint32_t flow_hash(Packet packet) noexcept {
  PacketMeta& meta = packet.meta();
  if (meta.has_flow_hash) return meta.flow_hash;
  FlowHasher hasher;
  const std::uint32_t end = packet.contiguous_bytes();
  switch (meta.kind) {
    case PacketKind::kIpv6: {
      const std::uint8_t next = packet.ipv6().next_header;
      const bool extended = next == ip_protocol::kHopByHop || next == ip_protocol::kRouting ||
                            next == ip_protocol::kDestOptions;
      if (extended && meta.upper_layer_offset == 0 && parse_ipv6_chain(packet)) meta.clear_chain();
      if (meta.upper_layer_offset != 0) {
        add_ipv6(hasher, packet.data(), end, meta.upper_layer, meta.upper_layer_offset);
      } else {
        add_ipv6(hasher, packet.data(), end, next, sizeof(Ipv6Header));
      }
      break;
    }
    case PacketKind::kIpv4: add_ipv4(hasher, packet.data(), end); break;
    default:
      if (end >= sizeof(EthernetHeader)) add_frame(hasher, packet.data(), end);
      break;
  }
  meta.flow_hash = hasher.finish();
  meta.has_flow_hash = true;
  return meta.flow_hash;
}

}  // namespace sextant
