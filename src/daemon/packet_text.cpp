// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A walk over headers; every step checks that its header is there.
#include "packet_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include <sextant/net/headers.hpp>
#include <sextant/srv6/srh.hpp>

namespace sextant {

namespace {

constexpr unsigned kMaxHeaders = 24;

std::string protocol_text(std::uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::kHopByHop: return "hop-by-hop options";
    case ip_protocol::kIcmp: return "ICMP";
    case ip_protocol::kIpv4: return "IPv4";
    case ip_protocol::kTcp: return "TCP";
    case ip_protocol::kUdp: return "UDP";
    case ip_protocol::kIpv6: return "IPv6";
    case ip_protocol::kRouting: return "routing";
    case ip_protocol::kFragment: return "fragment";
    case ip_protocol::kEsp: return "ESP";
    case ip_protocol::kAuth: return "AH";
    case ip_protocol::kIcmp6: return "ICMPv6";
    case ip_protocol::kNoNext: return "no next header";
    case ip_protocol::kDestOptions: return "destination options";
    case ip_protocol::kSctp: return "SCTP";
    case ip_protocol::kEthernet: return "Ethernet";
    default: return "protocol " + std::to_string(protocol);
  }
}

std::string ether_type_text(std::uint16_t type) {
  switch (type) {
    case ether_type::kIpv6: return "IPv6";
    case ether_type::kIpv4: return "IPv4";
    case ether_type::kArp: return "ARP";
    case ether_type::kVlan: return "VLAN";
    case ether_type::kQinQ: return "QinQ";
    default: return fmt::format("type 0x{:04x}", type);
  }
}

std::string tcp_flags(std::uint8_t flags) {
  static constexpr const char* kNames[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
  std::string out;
  for (unsigned i = 0; i < 6; ++i) {
    if ((flags >> i & 1) != 0) out += (out.empty() ? "" : ",") + std::string(kNames[i]);
  }
  return out.empty() ? "none" : out;
}

class Walk {
 public:
  Walk(std::span<const std::uint8_t> bytes, std::size_t length) : rest_(bytes), length_(length) {}

  void ethernet();
  void by_ether_type(std::uint16_t type);
  void by_protocol(std::uint8_t protocol);
  void arp();

  PacketText out;

 private:
  // A copy of the header, so that it needs no alignment; nullopt when it is cut.
  template <typename Header>
  std::optional<Header> peek() const {
    if (rest_.size() < sizeof(Header)) return std::nullopt;
    Header header;
    std::memcpy(static_cast<void*>(&header), rest_.data(), sizeof header);
    return header;
  }
  template <typename Header>
  std::optional<Header> take() {
    auto header = peek<Header>();
    if (header) skip(sizeof(Header));
    return header;
  }
  void skip(std::size_t n) {
    rest_ = rest_.subspan(std::min(n, rest_.size()));
    length_ -= std::min(n, length_);
  }
  void line(std::string text) { out.headers.push_back(std::move(text)); }
  void cut(const std::string& what) { line(what + ", cut off"); }
  void payload() {
    if (length_ != 0) line(fmt::format("{} bytes of payload", length_));
  }
  void ipv6();
  void ipv4();
  void routing();
  void extension(const std::string& name);
  void fragment();
  void ports(std::uint8_t protocol);
  void icmp(const char* name);

  std::span<const std::uint8_t> rest_;
  std::size_t length_;
  unsigned headers_ = 0;
  bool has_ip_ = false;  // the outermost IP header was seen
  bool inner_ = false;   // and an IP header behind it
};

void Walk::ethernet() {
  const auto header = take<EthernetHeader>();
  if (!header) return cut("Ethernet");
  std::uint16_t type = header->type.host();
  std::string tags;
  while (type == ether_type::kVlan || type == ether_type::kQinQ) {
    const auto tag = take<VlanHeader>();
    if (!tag) return cut("VLAN tag");
    tags += fmt::format(", VLAN {}", tag->tci.host() & 0xfff);
    if (!has_ip_ && !out.fields.contains("vlan")) out.fields["vlan"] = tag->tci.host() & 0xfff;
    type = tag->type.host();
  }
  line(fmt::format("Ethernet {} > {}{}, {}", header->source.to_string(),
                   header->destination.to_string(), tags, ether_type_text(type)));
  if (!has_ip_) {
    out.fields["source_mac"] = header->source.to_string();
    out.fields["destination_mac"] = header->destination.to_string();
  }
  by_ether_type(type);
}

void Walk::by_ether_type(std::uint16_t type) {
  if (++headers_ > kMaxHeaders) return;
  switch (type) {
    case ether_type::kIpv6: return ipv6();
    case ether_type::kIpv4: return ipv4();
    case ether_type::kArp: return arp();
    default: return payload();
  }
}

void Walk::by_protocol(std::uint8_t protocol) {
  if (++headers_ > kMaxHeaders) return;
  switch (protocol) {
    case ip_protocol::kIpv6: return ipv6();
    case ip_protocol::kIpv4: return ipv4();
    case ip_protocol::kEthernet: return ethernet();
    case ip_protocol::kRouting: return routing();
    case ip_protocol::kHopByHop:
    case ip_protocol::kDestOptions: return extension(protocol_text(protocol));
    case ip_protocol::kFragment: return fragment();
    case ip_protocol::kTcp:
    case ip_protocol::kUdp:
    case ip_protocol::kSctp: return ports(protocol);
    case ip_protocol::kIcmp: return icmp("ICMP");
    case ip_protocol::kIcmp6: return icmp("ICMPv6");
    default: return payload();
  }
}

void Walk::ipv6() {
  const auto ip = take<Ipv6Header>();
  if (!ip) return cut("IPv6");
  line(
      fmt::format("IPv6 {} > {}, hop limit {}, next header {} ({}), payload {} bytes, traffic "
                  "class {}, flow label 0x{:05x}",
                  ip->source.to_string(), ip->destination.to_string(), ip->hop_limit,
                  ip->next_header, protocol_text(ip->next_header), ip->payload_length.host(),
                  ip->traffic_class(), ip->flow_label()));
  inner_ = has_ip_;
  if (!has_ip_) {
    has_ip_ = true;
    out.source = ip->source;
    out.destination = ip->destination;
    out.fields.update({{"source", ip->source.to_string()},
                       {"destination", ip->destination.to_string()},
                       {"hop_limit", ip->hop_limit},
                       {"next_header", ip->next_header},
                       {"payload_length", ip->payload_length.host()},
                       {"traffic_class", ip->traffic_class()},
                       {"flow_label", ip->flow_label()}});
  }
  by_protocol(ip->next_header);
}

void Walk::ipv4() {
  const auto ip = take<Ipv4Header>();
  if (!ip) return cut("IPv4");
  const std::uint16_t fragment = ip->fragment.host();
  const unsigned offset = (fragment & Ipv4Header::kOffsetMask) * 8u;
  line(fmt::format("IPv4 {} > {}, TTL {}, protocol {} ({}), total length {} bytes, TOS {}{}{}",
                   ip->source.to_string(), ip->destination.to_string(), ip->ttl, ip->protocol,
                   protocol_text(ip->protocol), ip->total_length.host(), ip->tos,
                   (fragment & Ipv4Header::kDontFragment) != 0 ? ", DF" : "",
                   (fragment & Ipv4Header::kMoreFragments) != 0 || offset != 0
                       ? fmt::format(", fragment at {}", offset)
                       : ""));
  inner_ = has_ip_;
  if (!has_ip_) {
    has_ip_ = true;
    out.source = ip->source;
    out.destination = ip->destination;
    out.fields.update({{"source", ip->source.to_string()},
                       {"destination", ip->destination.to_string()},
                       {"ttl", ip->ttl},
                       {"protocol", ip->protocol},
                       {"total_length", ip->total_length.host()},
                       {"tos", ip->tos}});
  }
  if (ip->header_bytes() > sizeof(Ipv4Header)) skip(ip->header_bytes() - sizeof(Ipv4Header));
  if (offset != 0) return payload();
  by_protocol(ip->protocol);
}

void Walk::routing() {
  const auto srh = peek<Srh>();
  if (!srh) return cut("routing header");
  const std::size_t bytes = srh->bytes();
  if (srh->routing_type != kRoutingTypeSegmentRouting) {
    line(fmt::format("routing header of type {}, segments left {}", srh->routing_type,
                     srh->segments_left));
  } else {
    nlohmann::json segments = nlohmann::json::array();
    std::string list;
    const std::size_t room = std::min(bytes, rest_.size());
    for (std::size_t i = 0; i <= srh->last_entry && srh_bytes(i + 1) <= room; ++i) {
      Ipv6Address segment;
      std::memcpy(segment.bytes.data(), rest_.data() + srh_bytes(i), sizeof segment);
      list += fmt::format("{}[{}] {}", i == 0 ? "" : ", ", i, segment.to_string());
      segments.push_back(segment.to_string());
    }
    line(fmt::format("SRH segments left {}, last entry {}, next header {} ({}), segments {}{}",
                     srh->segments_left, srh->last_entry, srh->next_header,
                     protocol_text(srh->next_header), list,
                     srh_bytes(srh->last_entry + std::size_t{1}) < bytes ? ", with TLVs" : ""));
    if (!inner_ && !out.fields.contains("srh")) {
      out.fields["srh"] = {{"next_header", srh->next_header}, {"segments_left", srh->segments_left},
                           {"last_entry", srh->last_entry},   {"flags", srh->flags},
                           {"tag", srh->tag.host()},          {"segments", std::move(segments)}};
    }
  }
  if (bytes > rest_.size()) return;
  skip(bytes);
  by_protocol(srh->next_header);
}

void Walk::extension(const std::string& name) {
  const auto header = peek<Ipv6ExtensionHeader>();
  if (!header) return cut(name);
  line(fmt::format("{}, next header {} ({})", name, header->next_header,
                   protocol_text(header->next_header)));
  if (header->bytes() > rest_.size()) return;
  skip(header->bytes());
  by_protocol(header->next_header);
}

void Walk::fragment() {
  const auto header = take<Ipv6FragmentHeader>();
  if (!header) return cut("fragment header");
  const unsigned offset = header->offset.host() & 0xfff8u;
  line(fmt::format("fragment at {}{}, identification 0x{:08x}, next header {} ({})", offset,
                   (header->offset.host() & 1) != 0 ? ", more follow" : ", the last",
                   header->id.host(), header->next_header, protocol_text(header->next_header)));
  if (offset != 0) return payload();
  by_protocol(header->next_header);
}

void Walk::ports(std::uint8_t protocol) {
  struct Ports {
    Be16 source, destination;
  };
  const auto ports = peek<Ports>();
  if (!ports) return cut(protocol_text(protocol));
  std::string text = fmt::format("{} {} > {}", protocol_text(protocol), ports->source.host(),
                                 ports->destination.host());
  if (!inner_) {
    out.fields["source_port"] = ports->source.host();
    out.fields["destination_port"] = ports->destination.host();
  }
  std::size_t bytes = protocol == ip_protocol::kSctp ? 12 : sizeof(UdpHeader);
  if (protocol == ip_protocol::kTcp) {
    const auto tcp = peek<TcpHeader>();
    if (!tcp) return cut(text);
    text += ", flags " + tcp_flags(tcp->flags);
    bytes = std::max<std::size_t>((tcp->data_offset >> 4) * std::size_t{4}, sizeof(TcpHeader));
  }
  line(std::move(text));
  skip(bytes);
  payload();
}

void Walk::icmp(const char* name) {
  const auto header = take<IcmpHeader>();
  if (!header) return cut(name);
  line(fmt::format("{} type {} code {}, parameter {}", name, header->type, header->code,
                   header->parameter.host()));
  payload();
}

void Walk::arp() {
  const auto arp = take<ArpPacket>();
  if (!arp) return cut("ARP");
  const bool request = arp->operation.host() == 1;
  line(fmt::format("ARP {}: {} ({}) {} {}", request ? "request" : "reply",
                   arp->sender_ip.to_string(), arp->sender_mac.to_string(),
                   request ? "asks for" : "tells", arp->target_ip.to_string()));
}

}  // namespace

PacketText packet_text(std::span<const std::uint8_t> bytes, bool has_link_layer, std::size_t length,
                       bool is_arp) {
  Walk walk(bytes, length);
  if (has_link_layer) {
    walk.ethernet();
  } else if (is_arp) {
    walk.arp();
  } else if (!bytes.empty()) {
    walk.by_ether_type(bytes[0] >> 4 == 4 ? ether_type::kIpv4 : ether_type::kIpv6);
  }
  return std::move(walk.out);
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xf];
  }
  return out;
}

}  // namespace sextant
