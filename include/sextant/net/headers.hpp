// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Wire layout of the headers that the forwarder reads and writes. All structs have alignment 1
// and no padding: they may be laid over packet bytes anywhere.
#pragma once

#include <cstdint>

#include <sextant/net/byte_order.hpp>
#include <sextant/net/ip_address.hpp>

namespace sextant {

// IANA protocol numbers (IPv4 protocol, IPv6 next header).
namespace ip_protocol {
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kIpv4 = 4;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIpv6 = 41;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kEsp = 50;
inline constexpr std::uint8_t kAuth = 51;
inline constexpr std::uint8_t kIcmp6 = 58;
inline constexpr std::uint8_t kNoNext = 59;
inline constexpr std::uint8_t kDestOptions = 60;
inline constexpr std::uint8_t kSctp = 132;
inline constexpr std::uint8_t kEthernet = 143;  // RFC 8986 section 11
}  // namespace ip_protocol

namespace ether_type {
inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kArp = 0x0806;
inline constexpr std::uint16_t kVlan = 0x8100;
inline constexpr std::uint16_t kQinQ = 0x88a8;
inline constexpr std::uint16_t kIpv6 = 0x86dd;
}  // namespace ether_type

struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  Be16 type;
};
static_assert(sizeof(EthernetHeader) == 14);

// IEEE 802.1Q tag: follows the source address, before the type.
struct VlanHeader {
  Be16 tci;   // priority 3 bits, DEI 1 bit, VLAN id 12 bits
  Be16 type;  // of what follows
};
static_assert(sizeof(VlanHeader) == 4);

struct Ipv4Header {
  std::uint8_t version_ihl;
  std::uint8_t tos;
  Be16 total_length;  // bytes, header included
  Be16 id;
  Be16 fragment;  // flags 3 bits (0, DF, MF), offset 13 bits in units of 8 bytes
  std::uint8_t ttl;
  std::uint8_t protocol;
  Be16 checksum;
  Ipv4Address source;
  Ipv4Address destination;

  [[nodiscard]] unsigned header_bytes() const { return (version_ihl & 0x0fu) * 4u; }
  static constexpr std::uint16_t kDontFragment = 0x4000;
  static constexpr std::uint16_t kMoreFragments = 0x2000;
  static constexpr std::uint16_t kOffsetMask = 0x1fff;
};
static_assert(sizeof(Ipv4Header) == 20);

struct Ipv6Header {
  Be32 version_class_label;  // version 4 bits, traffic class 8, flow label 20
  Be16 payload_length;       // bytes behind this header
  std::uint8_t next_header;
  std::uint8_t hop_limit;
  Ipv6Address source;
  Ipv6Address destination;

  [[nodiscard]] std::uint8_t traffic_class() const {
    return static_cast<std::uint8_t>(version_class_label.host() >> 20);
  }
  [[nodiscard]] std::uint32_t flow_label() const { return version_class_label.host() & 0xfffffu; }
  static constexpr Be32 first_word(std::uint8_t traffic_class, std::uint32_t flow_label) {
    return Be32(6u << 28 | static_cast<std::uint32_t>(traffic_class) << 20 |
                (flow_label & 0xfffffu));
  }
};
static_assert(sizeof(Ipv6Header) == 40);

// First 8 bytes shared by hop-by-hop, routing and destination options headers.
struct Ipv6ExtensionHeader {
  std::uint8_t next_header;
  std::uint8_t hdr_ext_len;  // in 8-byte units, not counting the first 8 bytes
  std::uint8_t data[6];

  [[nodiscard]] unsigned bytes() const { return (hdr_ext_len + 1u) * 8u; }
};
static_assert(sizeof(Ipv6ExtensionHeader) == 8);

struct Ipv6FragmentHeader {
  std::uint8_t next_header;
  std::uint8_t reserved;
  Be16 offset;  // 13 bits in units of 8 bytes, 2 reserved, M
  Be32 id;
};
static_assert(sizeof(Ipv6FragmentHeader) == 8);

// ICMPv4 and ICMPv6 share this start.
struct IcmpHeader {
  std::uint8_t type;
  std::uint8_t code;
  Be16 checksum;
  Be32 parameter;  // pointer, MTU, or identifier and sequence
};
static_assert(sizeof(IcmpHeader) == 8);

struct UdpHeader {
  Be16 source_port;
  Be16 destination_port;
  Be16 length;
  Be16 checksum;
};
static_assert(sizeof(UdpHeader) == 8);

struct TcpHeader {
  Be16 source_port;
  Be16 destination_port;
  Be32 sequence;
  Be32 acknowledgement;
  std::uint8_t data_offset;  // upper 4 bits, in 4-byte units
  std::uint8_t flags;
  Be16 window;
  Be16 checksum;
  Be16 urgent;
};
static_assert(sizeof(TcpHeader) == 20);

struct ArpPacket {
  Be16 hardware_type;  // 1
  Be16 protocol_type;  // 0x0800
  std::uint8_t hardware_len;
  std::uint8_t protocol_len;
  Be16 operation;  // 1 request, 2 reply
  MacAddress sender_mac;
  Ipv4Address sender_ip;
  MacAddress target_mac;
  Ipv4Address target_ip;
};
static_assert(sizeof(ArpPacket) == 28);

namespace icmp6 {
inline constexpr std::uint8_t kDestinationUnreachable = 1;
inline constexpr std::uint8_t kPacketTooBig = 2;
inline constexpr std::uint8_t kTimeExceeded = 3;
inline constexpr std::uint8_t kParameterProblem = 4;
inline constexpr std::uint8_t kEchoRequest = 128;
inline constexpr std::uint8_t kEchoReply = 129;
inline constexpr std::uint8_t kRouterSolicitation = 133;
inline constexpr std::uint8_t kRouterAdvertisement = 134;
inline constexpr std::uint8_t kNeighborSolicitation = 135;
inline constexpr std::uint8_t kNeighborAdvertisement = 136;
inline constexpr std::uint8_t kRedirect = 137;
}  // namespace icmp6

namespace icmp4 {
inline constexpr std::uint8_t kEchoReply = 0;
inline constexpr std::uint8_t kDestinationUnreachable = 3;
inline constexpr std::uint8_t kCodeFragmentationNeeded = 4;
inline constexpr std::uint8_t kEchoRequest = 8;
inline constexpr std::uint8_t kTimeExceeded = 11;
inline constexpr std::uint8_t kParameterProblem = 12;
}  // namespace icmp4

}  // namespace sextant
