// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PacketBuilder: wire packets for tests, layer by layer; what is not given is filled in correctly.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/net/checksum.hpp>
#include <sextant/net/headers.hpp>
#include <sextant/srv6/srh.hpp>

namespace sextant::test {

using Bytes = std::vector<std::uint8_t>;

// "60 00 00..." without blanks; the form that a failed comparison should print.
inline std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xf];
  }
  return out;
}

// Blanks and line ends are skipped.
inline Bytes from_hex(std::string_view text) {
  Bytes out;
  int high = -1;
  for (const char c : text) {
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else if (c == ' ' || c == '\n' || c == '\t') {
      continue;
    } else {
      throw std::invalid_argument("not hexadecimal: " + std::string(text));
    }
    if (high < 0) {
      high = digit;
    } else {
      out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  if (high >= 0) throw std::invalid_argument("odd number of digits: " + std::string(text));
  return out;
}

namespace detail {
template <typename T>
T parse_or_throw(std::string_view text) {
  const auto value = T::parse(text);
  if (!value) throw std::invalid_argument("not an address or prefix: " + std::string(text));
  return *value;
}
}  // namespace detail

// Values that tests may also write as text.
struct V6 : Ipv6Address {
  V6(const Ipv6Address& a) : Ipv6Address(a) {}                                      // NOLINT
  V6(const char* text) : Ipv6Address(detail::parse_or_throw<Ipv6Address>(text)) {}  // NOLINT
};
struct V4 : Ipv4Address {
  V4(const Ipv4Address& a) : Ipv4Address(a) {}                                      // NOLINT
  V4(const char* text) : Ipv4Address(detail::parse_or_throw<Ipv4Address>(text)) {}  // NOLINT
};
struct Mac : MacAddress {
  Mac(const MacAddress& a) : MacAddress(a) {}                                      // NOLINT
  Mac(const char* text) : MacAddress(detail::parse_or_throw<MacAddress>(text)) {}  // NOLINT
};
struct Prefix : IpPrefix {
  Prefix(const IpPrefix& p) : IpPrefix(p) {}                                      // NOLINT
  Prefix(const char* text) : IpPrefix(detail::parse_or_throw<IpPrefix>(text)) {}  // NOLINT
};

// Optional fields replace what the builder would fill in: for malformed packets.
struct EthernetOptions {
  std::uint8_t priority = 0;
  std::optional<std::uint16_t> type;  // of the last tag or header
};
struct Ipv6Options {
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
  std::uint32_t flow_label = 0;
  std::uint8_t version = 6;
  std::optional<std::uint16_t> payload_length;
  std::optional<std::uint8_t> next_header;
};
struct SrhOptions {
  bool reduced = false;  // leave segments[0] out of the list
  Bytes tlvs;            // padded to 8 bytes
  std::uint8_t flags = 0;
  std::uint16_t tag = 0;
  std::uint8_t routing_type = kRoutingTypeSegmentRouting;
  std::optional<std::uint8_t> next_header;
  std::optional<std::uint8_t> hdr_ext_len;
  std::optional<std::uint8_t> last_entry;
};
struct ExtensionOptions {
  Bytes options;  // padded to 8 bytes with PadN
  std::optional<std::uint8_t> next_header;
  std::optional<std::uint8_t> hdr_ext_len;
};
struct FragmentOptions {
  std::uint16_t offset = 0;  // in units of 8 bytes
  bool more = false;
  std::uint32_t id = 1;
  std::optional<std::uint8_t> next_header;
};
struct Ipv4Options {
  std::uint8_t ttl = 64;
  std::uint8_t tos = 0;
  std::uint16_t id = 0;
  std::uint16_t fragment = 0;  // flags and offset as in the header
  Bytes options;               // a multiple of 4 bytes
  std::optional<std::uint8_t> version_ihl;
  std::optional<std::uint16_t> total_length;
  std::optional<std::uint8_t> protocol;
  std::optional<std::uint16_t> checksum;
};
struct UdpOptions {
  std::optional<std::uint16_t> length;
  std::optional<std::uint16_t> checksum;
};
struct TcpOptions {
  std::uint8_t flags = 0x10;  // ACK
  std::uint32_t sequence = 1;
  std::uint32_t acknowledgement = 1;
  std::optional<std::uint16_t> checksum;
};
struct IcmpOptions {
  std::uint32_t parameter = 0;
  std::optional<std::uint16_t> checksum;
};

// Layers are given from the outside in: PacketBuilder().ipv6("a::", "b::").udp(1, 2).payload(64).
// Each call appends one layer; build() may be called any number of times.
class PacketBuilder {
 public:
  // vlan 0: untagged. Inside an IP layer: an encapsulated frame (next header 143).
  PacketBuilder& ethernet(Mac destination, Mac source, std::uint16_t vlan = 0,
                          EthernetOptions options = {});
  // One more 802.1Q (or other) tag behind ethernet().
  PacketBuilder& vlan(std::uint16_t id, std::uint16_t tpid = ether_type::kVlan);
  PacketBuilder& ipv6(V6 source, V6 destination, Ipv6Options options = {});
  // segments in travel order; the header holds them reversed.
  PacketBuilder& srh(std::vector<V6> segments, std::uint8_t segments_left, SrhOptions options = {});
  PacketBuilder& hop_by_hop(ExtensionOptions options = {});
  PacketBuilder& dest_options(ExtensionOptions options = {});
  PacketBuilder& fragment(FragmentOptions options = {});
  PacketBuilder& ipv4(V4 source, V4 destination, Ipv4Options options = {});
  PacketBuilder& udp(std::uint16_t source, std::uint16_t destination, UdpOptions options = {});
  PacketBuilder& tcp(std::uint16_t source, std::uint16_t destination, TcpOptions options = {});
  PacketBuilder& icmp6(std::uint8_t type, std::uint8_t code = 0, IcmpOptions options = {});
  PacketBuilder& icmp4(std::uint8_t type, std::uint8_t code = 0, IcmpOptions options = {});
  PacketBuilder& arp(const ArpPacket& packet);
  // Bytes as they are. protocol: what the header before it says (default: no next header).
  PacketBuilder& raw(Bytes bytes, std::uint8_t protocol = ip_protocol::kNoNext);
  // n bytes: first, first + 1, ...
  PacketBuilder& payload(std::size_t n, std::uint8_t first = 0);
  // Bytes behind the packet that no length field counts, like the padding of a short frame.
  PacketBuilder& padding(std::size_t n, std::uint8_t value = 0);

  [[nodiscard]] Bytes build() const;
  operator Bytes() const { return build(); }  // NOLINT(*-explicit-*)

 private:
  enum class Kind { kEthernet, kIpv6, kSrh, kExtension, kFragment, kIpv4, kUdp, kTcp, kIcmp, kRaw };
  struct Layer {
    Kind kind;
    std::uint8_t protocol;  // how an IP header names this layer
    std::uint16_t type;     // how an Ethernet header names it
    Bytes bytes;            // header, fields to fill in still zero
    // What the test fixed instead of the builder.
    std::optional<std::uint16_t> next, length, checksum;
  };

  PacketBuilder& add(Layer layer);
  PacketBuilder& extension(std::uint8_t protocol, ExtensionOptions options);
  [[nodiscard]] Be16 upper_layer_checksum(std::size_t layer,
                                          std::span<const std::uint8_t> segment) const;
  void finish(std::size_t layer, Bytes& whole, const Layer* inner) const;

  std::vector<Layer> layers_;
  Bytes padding_;
};

}  // namespace sextant::test
