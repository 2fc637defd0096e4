// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Frames for explanations, from the inside out.
#include "packet_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include <sextant/net/checksum.hpp>
#include <sextant/net/headers.hpp>
#include <sextant/srv6/srh.hpp>

#include "dataplane/replay/capture_file.hpp"
#include "packet_query.hpp"

namespace sextant {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMaxFrame = 9700;
// A neighbor on the link; nothing depends on it.
constexpr MacAddress kSender{{0x02, 0, 0, 0, 0, 0xfe}};

template <typename Header>
void prepend(Bytes& packet, const Header& header) {
  const auto* const raw = reinterpret_cast<const std::uint8_t*>(&header);
  packet.insert(packet.begin(), raw, raw + sizeof header);
}

Bytes with_link_layer(Bytes packet, const LinkLayer& link) {
  const std::uint16_t type =
      !packet.empty() && packet[0] >> 4 == 4 ? ether_type::kIpv4 : ether_type::kIpv6;
  if (link.vlan != 0) prepend(packet, VlanHeader{Be16(link.vlan), Be16(type)});
  prepend(packet, EthernetHeader{link.destination, kSender,
                                 Be16(link.vlan != 0 ? ether_type::kVlan : type)});
  return packet;
}

Result<Bytes> bytes_from_hex(const std::string& key, const std::string& text, std::size_t max) {
  Bytes out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == ':' || c == '\n' || c == '\t') continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) {
      return Error{fmt::format("{}: '{}' is not a hexadecimal digit", key, c)};
    }
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (high < 0) {
      high = digit;
      continue;
    }
    out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
    high = -1;
    if (out.size() > max) return Error{fmt::format("{}: more than {} bytes", key, max)};
  }
  if (high >= 0) return Error{fmt::format("{}: an odd number of digits", key)};
  if (out.empty()) return Error{fmt::format("{}: no bytes", key)};
  return out;
}

// A whole IP packet whose length field agrees; a frame hardly ever looks like that.
bool is_ip_packet(const Bytes& bytes) {
  if (bytes[0] >> 4 == 6 && bytes.size() >= sizeof(Ipv6Header)) {
    return (bytes[4] << 8 | bytes[5]) + sizeof(Ipv6Header) == bytes.size();
  }
  if (bytes[0] >> 4 == 4 && bytes.size() >= sizeof(Ipv4Header)) {
    return static_cast<std::size_t>(bytes[2] << 8 | bytes[3]) == bytes.size();
  }
  return false;
}

// What is asked for in fields.
struct Fields {
  IpAddress source;
  IpAddress destination;
  bool has_inner = false;  // segments and a destination: an encapsulated packet
  Ipv6Address outer_source;
  std::vector<Ipv6Address> segments;  // in travel order
  std::uint8_t segments_left = 0;
  std::uint8_t protocol = ip_protocol::kUdp;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t hop_limit = 64;
  std::uint64_t size = 0;  // 0: as small as possible
};

const std::string* find(const Query& query, const char* key) {
  const auto at = query.find(key);
  return at == query.end() || at->second.empty() ? nullptr : &at->second;
}

Result<IpAddress> address_of(const Query& query, const char* key) {
  const std::string* const text = find(query, key);
  if (text == nullptr) return Error{fmt::format("{}: an address is needed", key)};
  const auto address = IpAddress::parse(*text);
  if (!address) return Error{fmt::format("{}: '{}' is not an IP address", key, *text)};
  return *address;
}

Result<std::uint8_t> protocol_of(const Query& query, bool ipv6) {
  const std::string* const text = find(query, "proto");
  if (text == nullptr || *text == "udp") return ip_protocol::kUdp;
  if (*text == "tcp") return ip_protocol::kTcp;
  if (*text == "sctp") return ip_protocol::kSctp;
  if (*text == "icmp" || *text == "icmp6") return ipv6 ? ip_protocol::kIcmp6 : ip_protocol::kIcmp;
  auto number = read_number(query, "proto", 0, 0, 255);
  if (number) return static_cast<std::uint8_t>(*number);
  return Error{fmt::format(
      "proto: '{}' is none of tcp, udp, sctp, icmp and not a number from 0 to 255", *text)};
}

Status read_segments(const Query& query, Fields& fields) {
  const std::string* const text = find(query, "segments");
  if (text == nullptr) return Ok{};
  for (std::size_t at = 0; at <= text->size();) {
    const std::size_t comma = std::min(text->find(',', at), text->size());
    const std::string one = text->substr(at, comma - at);
    const auto segment = Ipv6Address::parse(one);
    if (!segment) return Error{fmt::format("segments: '{}' is not an IPv6 address", one)};
    fields.segments.push_back(*segment);
    at = comma + 1;
  }
  if (fields.segments.size() > kMaxSegments) {
    return Error{fmt::format("segments: {} of them, and there can be {} at most",
                             fields.segments.size(), kMaxSegments)};
  }
  const std::uint64_t last = fields.segments.size() - 1;
  auto left = read_number(query, "segments_left", last, 0, last);
  if (!left) return left.error();
  fields.segments_left = static_cast<std::uint8_t>(*left);
  return Ok{};
}

Status read_addresses(const Query& query, Fields& fields) {
  auto source = address_of(query, "src");
  if (!source) return source.error();
  fields.source = *source;
  fields.has_inner = !fields.segments.empty() && find(query, "dst") != nullptr;
  if (fields.segments.empty() || fields.has_inner) {
    auto destination = address_of(query, "dst");
    if (!destination) return destination.error();
    fields.destination = *destination;
    if (fields.source.family != fields.destination.family) {
      return Error{"src and dst must both be IPv6 or both be IPv4"};
    }
  } else if (!fields.source.is_v6()) {
    return Error{"src: with segments and no dst the packet is IPv6, so src must be, too"};
  }
  if (fields.segments.empty()) return Ok{};
  if (find(query, "outer_src") != nullptr || !fields.source.is_v6()) {
    auto outer = address_of(query, "outer_src");
    if (!outer) return outer.error();
    if (!outer->is_v6()) return Error{"outer_src: must be an IPv6 address"};
    fields.outer_source = outer->v6;
  } else {
    fields.outer_source = fields.source.v6;
  }
  return Ok{};
}

Result<Fields> read_fields(const Query& query) {
  Fields fields;
  if (auto status = read_segments(query, fields); !status) return status.error();
  if (auto status = read_addresses(query, fields); !status) return status.error();
  auto protocol = protocol_of(query, fields.source.is_v6());
  if (!protocol) return protocol.error();
  fields.protocol = *protocol;
  auto sport = read_number(query, "sport", 40000, 0, 65535);
  if (!sport) return sport.error();
  auto dport = read_number(query, "dport", 40000, 0, 65535);
  if (!dport) return dport.error();
  auto hop_limit = read_number(query, "hop_limit", 64, 0, 255);
  if (!hop_limit) return hop_limit.error();
  auto size = read_number(query, "size", 0, 1, 9600);
  if (!size) return size.error();
  fields.source_port = static_cast<std::uint16_t>(*sport);
  fields.destination_port = static_cast<std::uint16_t>(*dport);
  fields.hop_limit = static_cast<std::uint8_t>(*hop_limit);
  fields.size = *size;
  return fields;
}

Bytes upper_layer(const Fields& fields) {
  Bytes out;
  const Be16 source(fields.source_port);
  const Be16 destination(fields.destination_port);
  switch (fields.protocol) {
    case ip_protocol::kUdp: prepend(out, UdpHeader{source, destination, Be16(0), Be16(0)}); break;
    case ip_protocol::kTcp: {
      TcpHeader tcp{};
      tcp.source_port = source;
      tcp.destination_port = destination;
      tcp.data_offset = 5 << 4;
      tcp.flags = 2;  // SYN
      tcp.window = Be16(65535);
      prepend(out, tcp);
      break;
    }
    case ip_protocol::kSctp:
      prepend(out, Be32(0));
      prepend(out, Be32(0));
      prepend(out, destination);
      prepend(out, source);
      break;
    case ip_protocol::kIcmp6:
      prepend(out, IcmpHeader{icmp6::kEchoRequest, 0, Be16(0), Be32(1 << 16 | 1)});
      break;
    case ip_protocol::kIcmp:
      prepend(out, IcmpHeader{icmp4::kEchoRequest, 0, Be16(0), Be32(1 << 16 | 1)});
      break;
    default: break;
  }
  return out;
}

std::size_t ip_header_bytes(const Fields& fields) {
  return fields.source.is_v6() ? sizeof(Ipv6Header) : sizeof(Ipv4Header);
}

// Checksums are right: the forwarder answers what it can verify only.
void finish_checksum(const Fields& fields, const Ipv6Address* final_destination, Bytes& upper) {
  std::size_t at = 0;
  switch (fields.protocol) {
    case ip_protocol::kUdp: {
      const Be16 length(static_cast<std::uint16_t>(upper.size()));
      std::memcpy(upper.data() + offsetof(UdpHeader, length), &length, sizeof length);
      at = offsetof(UdpHeader, checksum);
      break;
    }
    case ip_protocol::kTcp: at = offsetof(TcpHeader, checksum); break;
    case ip_protocol::kIcmp:
    case ip_protocol::kIcmp6: at = offsetof(IcmpHeader, checksum); break;
    default: return;
  }
  ChecksumAccumulator sum;
  const auto bytes = static_cast<std::uint32_t>(upper.size());
  if (fields.source.is_v6()) {
    const bool alone = !fields.segments.empty() && !fields.has_inner;
    add_pseudo_header(sum, alone ? fields.outer_source : fields.source.v6, *final_destination,
                      bytes, fields.protocol);
  } else if (fields.protocol != ip_protocol::kIcmp) {
    sum.add(fields.source.v4.bytes);
    sum.add(fields.destination.v4.bytes);
    sum.add(Be32(bytes));
    sum.add(Be32(fields.protocol));
  }
  sum.add(upper);
  const Be16 checksum = sum.finish();
  std::memcpy(upper.data() + at, &checksum, sizeof checksum);
}

void prepend_ipv6(Bytes& packet, const Ipv6Address& source, const Ipv6Address& destination,
                  std::uint8_t next_header, std::uint8_t hop_limit) {
  Ipv6Header ip{};
  ip.version_class_label = Ipv6Header::first_word(0, 0);
  ip.payload_length = Be16(static_cast<std::uint16_t>(packet.size()));
  ip.next_header = next_header;
  ip.hop_limit = hop_limit;
  ip.source = source;
  ip.destination = destination;
  prepend(packet, ip);
}

void prepend_ipv4(Bytes& packet, const Fields& fields) {
  Ipv4Header ip{};
  ip.version_ihl = 0x45;
  ip.total_length = Be16(static_cast<std::uint16_t>(packet.size() + sizeof ip));
  ip.ttl = fields.hop_limit;
  ip.protocol = fields.protocol;
  ip.source = fields.source.v4;
  ip.destination = fields.destination.v4;
  ip.checksum = ipv4_header_checksum(ip);
  prepend(packet, ip);
}

// The outer header with its SRH; none is needed for one segment that is still ahead.
void prepend_segments(Bytes& packet, const Fields& fields, std::uint8_t next_header) {
  const std::size_t count = fields.segments.size();
  if (count > 1) {
    for (std::size_t i = 0; i < count; ++i)
      prepend(packet, fields.segments[i]);  // the last segment ends up in front
    Srh srh{};
    srh.next_header = next_header;
    srh.hdr_ext_len = static_cast<std::uint8_t>(2 * count);
    srh.routing_type = kRoutingTypeSegmentRouting;
    srh.segments_left = fields.segments_left;
    srh.last_entry = static_cast<std::uint8_t>(count - 1);
    prepend(packet, srh);
    next_header = ip_protocol::kRouting;
  }
  prepend_ipv6(packet, fields.outer_source, fields.segments[count - 1 - fields.segments_left],
               next_header, fields.hop_limit);
}

}  // namespace

LinkLayer link_layer_of(const ForwardingTables& tables, PortIndex port, std::uint16_t vlan) {
  LinkLayer out{{}, vlan};
  for (const Interface& interface : tables.interfaces) {
    if (interface.port != port) continue;
    if (interface.vlan == vlan) {
      out.destination = interface.mac;
      break;
    }
    if (interface.vlan == 0) out.destination = interface.mac;
  }
  return out;
}

Result<Bytes> frame_from_hex(const std::string& hex, const LinkLayer& link) {
  auto bytes = bytes_from_hex("hex", hex, kMaxFrame);
  if (!bytes || !is_ip_packet(*bytes)) return bytes;
  return with_link_layer(std::move(bytes).value(), link);
}

Result<Bytes> frame_from_pcap(const std::string& hex, const LinkLayer& link) {
  auto file = bytes_from_hex("pcap", hex, 4 * kMaxFrame);
  if (!file) return file.error();
  auto reader = CaptureReader::from_bytes(*file);
  if (!reader) return Error{"pcap: " + reader.error().text};
  CapturedPacket packet;
  auto found = reader->next(packet);
  if (!found) return Error{"pcap: " + found.error().text};
  if (!*found) return Error{"pcap: the capture holds no packet"};
  if (packet.partial) return Error{"pcap: the capture holds only the start of its first packet"};
  if (packet.bytes.empty() || packet.bytes.size() > kMaxFrame) {
    return Error{fmt::format("pcap: a packet of {} bytes; 1 to {} are possible",
                             packet.bytes.size(), kMaxFrame)};
  }
  Bytes bytes(packet.bytes.begin(), packet.bytes.end());
  return packet.has_link_layer ? bytes : with_link_layer(std::move(bytes), link);
}

Result<Bytes> frame_from_fields(const std::map<std::string, std::string>& query,
                                const LinkLayer& link) {
  auto read = read_fields(query);
  if (!read) return read.error();
  const Fields& fields = *read;
  Bytes packet = upper_layer(fields);
  const bool has_segments = !fields.segments.empty();
  const bool plain = !has_segments || fields.has_inner;
  const std::size_t srh = fields.segments.size() > 1 ? srh_bytes(fields.segments.size()) : 0;
  const std::size_t headers =
      (plain ? ip_header_bytes(fields) : 0) + (has_segments ? sizeof(Ipv6Header) + srh : 0);
  if (fields.size != 0 && fields.size < headers + packet.size()) {
    return Error{fmt::format("size: the headers alone have {} bytes", headers + packet.size())};
  }
  if (fields.size != 0) packet.resize(fields.size - headers);
  finish_checksum(fields, plain ? &fields.destination.v6 : &fields.segments.back(), packet);
  std::uint8_t next_header = fields.protocol;
  if (plain) {
    if (fields.source.is_v6()) {
      prepend_ipv6(packet, fields.source.v6, fields.destination.v6, fields.protocol,
                   fields.hop_limit);
      next_header = ip_protocol::kIpv6;
    } else {
      prepend_ipv4(packet, fields);
      next_header = ip_protocol::kIpv4;
    }
  }
  if (has_segments) prepend_segments(packet, fields, next_header);
  return with_link_layer(std::move(packet), link);
}

}  // namespace sextant
