// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PacketBuilder: headers as given, then lengths, next headers and checksums from the inside out.
#include "support/packet_builder.hpp"

namespace sextant::test {

namespace {

template <typename T>
void append(Bytes& out, const T& value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

template <typename T>
Bytes bytes_of(const T& value) {
  Bytes out;
  append(out, value);
  return out;
}

void store(Bytes& bytes, std::size_t at, Be16 value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

// Options or TLVs to a multiple of 8 bytes; used: bytes before them. Type 1 (options) and 4 (TLVs
// of an SRH) mean PadN, type 0 means Pad1 in both.
void pad_to_8(Bytes& bytes, std::uint8_t pad_n) {
  const std::size_t missing = (8 - bytes.size() % 8) % 8;
  if (missing == 0) return;
  if (missing == 1) {
    bytes.push_back(0);
    return;
  }
  bytes.push_back(pad_n);
  bytes.push_back(static_cast<std::uint8_t>(missing - 2));
  bytes.insert(bytes.end(), missing - 2, 0);
}

}  // namespace

PacketBuilder& PacketBuilder::add(Layer layer) {
  layers_.push_back(std::move(layer));
  return *this;
}

PacketBuilder& PacketBuilder::ethernet(Mac destination, Mac source, std::uint16_t vlan_id,
                                       EthernetOptions options) {
  Layer layer{Kind::kEthernet, ip_protocol::kEthernet, 0, {}, options.type, {}, {}};
  append(layer.bytes, MacAddress(destination));
  append(layer.bytes, MacAddress(source));
  if (vlan_id != 0 || options.priority != 0) {
    append(layer.bytes, Be16(ether_type::kVlan));
    append(layer.bytes, Be16(static_cast<std::uint16_t>(options.priority << 13 | vlan_id)));
  }
  append(layer.bytes, Be16(0));
  return add(std::move(layer));
}

PacketBuilder& PacketBuilder::vlan(std::uint16_t id, std::uint16_t tpid) {
  Bytes& bytes = layers_.back().bytes;
  store(bytes, bytes.size() - 2, Be16(tpid));
  append(bytes, Be16(id));
  append(bytes, Be16(0));
  return *this;
}

PacketBuilder& PacketBuilder::ipv6(V6 source, V6 destination, Ipv6Options options) {
  Ipv6Header header{};
  const std::uint32_t class_label =
      Ipv6Header::first_word(options.traffic_class, options.flow_label).host() & 0x0fffffffu;
  header.version_class_label = Be32(std::uint32_t{options.version} << 28 | class_label);
  header.hop_limit = options.hop_limit;
  header.source = source;
  header.destination = destination;
  return add({Kind::kIpv6,
              ip_protocol::kIpv6,
              ether_type::kIpv6,
              bytes_of(header),
              options.next_header,
              options.payload_length,
              {}});
}

PacketBuilder& PacketBuilder::srh(std::vector<V6> segments, std::uint8_t segments_left,
                                  SrhOptions options) {
  const std::size_t first = options.reduced ? 1 : 0;
  const std::size_t count = segments.size() - first;
  Srh header{};
  header.routing_type = options.routing_type;
  header.segments_left = segments_left;
  header.last_entry = options.last_entry.value_or(static_cast<std::uint8_t>(count - 1));
  header.flags = options.flags;
  header.tag = Be16(options.tag);
  Layer layer{Kind::kSrh, ip_protocol::kRouting, 0, {}, options.next_header, {}, {}};
  append(layer.bytes, header);
  for (std::size_t i = segments.size(); i > first; --i) {
    append(layer.bytes, Ipv6Address(segments[i - 1]));
  }
  layer.bytes.insert(layer.bytes.end(), options.tlvs.begin(), options.tlvs.end());
  pad_to_8(layer.bytes, srh_tlv::kPadN);
  layer.bytes[1] =
      options.hdr_ext_len.value_or(static_cast<std::uint8_t>(layer.bytes.size() / 8 - 1));
  return add(std::move(layer));
}

PacketBuilder& PacketBuilder::extension(std::uint8_t protocol, ExtensionOptions options) {
  Layer layer{Kind::kExtension, protocol, 0, {0, 0}, options.next_header, {}, {}};
  layer.bytes.insert(layer.bytes.end(), options.options.begin(), options.options.end());
  pad_to_8(layer.bytes, 1);
  layer.bytes[1] =
      options.hdr_ext_len.value_or(static_cast<std::uint8_t>(layer.bytes.size() / 8 - 1));
  return add(std::move(layer));
}

PacketBuilder& PacketBuilder::hop_by_hop(ExtensionOptions options) {
  return extension(ip_protocol::kHopByHop, std::move(options));
}

PacketBuilder& PacketBuilder::dest_options(ExtensionOptions options) {
  return extension(ip_protocol::kDestOptions, std::move(options));
}

PacketBuilder& PacketBuilder::fragment(FragmentOptions options) {
  Ipv6FragmentHeader header{};
  header.offset = Be16(static_cast<std::uint16_t>(options.offset << 3 | (options.more ? 1 : 0)));
  header.id = Be32(options.id);
  return add(
      {Kind::kFragment, ip_protocol::kFragment, 0, bytes_of(header), options.next_header, {}, {}});
}

PacketBuilder& PacketBuilder::ipv4(V4 source, V4 destination, Ipv4Options options) {
  Ipv4Header header{};
  const unsigned words = static_cast<unsigned>(5 + options.options.size() / 4);
  header.version_ihl = options.version_ihl.value_or(static_cast<std::uint8_t>(0x40 | words));
  header.tos = options.tos;
  header.id = Be16(options.id);
  header.fragment = Be16(options.fragment);
  header.ttl = options.ttl;
  header.source = source;
  header.destination = destination;
  Layer layer{Kind::kIpv4,      ip_protocol::kIpv4,   ether_type::kIpv4, bytes_of(header),
              options.protocol, options.total_length, options.checksum};
  layer.bytes.insert(layer.bytes.end(), options.options.begin(), options.options.end());
  return add(std::move(layer));
}

PacketBuilder& PacketBuilder::udp(std::uint16_t source, std::uint16_t destination,
                                  UdpOptions options) {
  const UdpHeader header{Be16(source), Be16(destination), Be16(0), Be16(0)};
  return add(
      {Kind::kUdp, ip_protocol::kUdp, 0, bytes_of(header), {}, options.length, options.checksum});
}

PacketBuilder& PacketBuilder::tcp(std::uint16_t source, std::uint16_t destination,
                                  TcpOptions options) {
  TcpHeader header{};
  header.source_port = Be16(source);
  header.destination_port = Be16(destination);
  header.sequence = Be32(options.sequence);
  header.acknowledgement = Be32(options.acknowledgement);
  header.data_offset = 5 << 4;
  header.flags = options.flags;
  header.window = Be16(0xffff);
  return add({Kind::kTcp, ip_protocol::kTcp, 0, bytes_of(header), {}, {}, options.checksum});
}

PacketBuilder& PacketBuilder::icmp6(std::uint8_t type, std::uint8_t code, IcmpOptions options) {
  const IcmpHeader header{type, code, Be16(0), Be32(options.parameter)};
  return add({Kind::kIcmp, ip_protocol::kIcmp6, 0, bytes_of(header), {}, {}, options.checksum});
}

PacketBuilder& PacketBuilder::icmp4(std::uint8_t type, std::uint8_t code, IcmpOptions options) {
  const IcmpHeader header{type, code, Be16(0), Be32(options.parameter)};
  return add({Kind::kIcmp, ip_protocol::kIcmp, 0, bytes_of(header), {}, {}, options.checksum});
}

PacketBuilder& PacketBuilder::arp(const ArpPacket& packet) {
  return add({Kind::kRaw, ip_protocol::kNoNext, ether_type::kArp, bytes_of(packet), {}, {}, {}});
}

PacketBuilder& PacketBuilder::raw(Bytes bytes, std::uint8_t protocol) {
  return add({Kind::kRaw, protocol, 0, std::move(bytes), {}, {}, {}});
}

PacketBuilder& PacketBuilder::payload(std::size_t n, std::uint8_t first) {
  Bytes bytes(n);
  for (std::size_t i = 0; i < n; ++i)
    bytes[i] = static_cast<std::uint8_t>(first + i);
  return raw(std::move(bytes));
}

PacketBuilder& PacketBuilder::padding(std::size_t n, std::uint8_t value) {
  padding_.insert(padding_.end(), n, value);
  return *this;
}

// The pseudo-header's destination is the last segment while segments are left (RFC 8200
// section 8.1).
Be16 PacketBuilder::upper_layer_checksum(std::size_t layer,
                                         std::span<const std::uint8_t> segment) const {
  const std::uint8_t protocol = layers_[layer].protocol;
  ChecksumAccumulator sum;
  std::optional<Ipv6Address> last_segment;
  for (std::size_t i = layer; i > 0 && protocol != ip_protocol::kIcmp; --i) {
    const Layer& outer = layers_[i - 1];
    if (outer.kind == Kind::kSrh && outer.bytes.size() >= srh_bytes(1)) {
      const auto& srh = *reinterpret_cast<const Srh*>(outer.bytes.data());
      if (srh.segments_left > 0) last_segment = srh.segments()[0];
    } else if (outer.kind == Kind::kIpv6) {
      const auto& header = *reinterpret_cast<const Ipv6Header*>(outer.bytes.data());
      add_pseudo_header(sum, header.source, last_segment.value_or(header.destination),
                        static_cast<std::uint32_t>(segment.size()), protocol);
      break;
    } else if (outer.kind == Kind::kIpv4) {
      const auto& header = *reinterpret_cast<const Ipv4Header*>(outer.bytes.data());
      sum.add(header.source.bytes);
      sum.add(header.destination.bytes);
      sum.add(Be16(protocol));
      sum.add(Be16(static_cast<std::uint16_t>(segment.size())));
      break;
    }
  }
  sum.add(segment);
  const Be16 checksum = sum.finish();
  return protocol == ip_protocol::kUdp && checksum.raw() == 0 ? Be16(0xffff) : checksum;
}

// whole: this layer's header with everything behind it.
void PacketBuilder::finish(std::size_t index, Bytes& whole, const Layer* inner) const {
  const Layer& layer = layers_[index];
  const auto next_protocol = [&] {
    return static_cast<std::uint8_t>(
        layer.next.value_or(inner ? inner->protocol : ip_protocol::kNoNext));
  };
  const auto length = [&](std::size_t bytes) {
    return Be16(layer.length.value_or(static_cast<std::uint16_t>(bytes)));
  };
  const auto checksum = [&] {
    return layer.checksum ? Be16(*layer.checksum) : upper_layer_checksum(index, whole);
  };
  switch (layer.kind) {
    case Kind::kEthernet:
      store(whole, layer.bytes.size() - 2, Be16(layer.next.value_or(inner ? inner->type : 0)));
      break;
    case Kind::kIpv6:
      store(whole, 4, length(whole.size() - sizeof(Ipv6Header)));
      whole[6] = next_protocol();
      break;
    case Kind::kSrh:
    case Kind::kExtension:
    case Kind::kFragment: whole[0] = next_protocol(); break;
    case Kind::kIpv4: {
      store(whole, 2, length(whole.size()));
      whole[9] = next_protocol();
      ChecksumAccumulator sum;
      sum.add({whole.data(), layer.bytes.size()});
      store(whole, 10, layer.checksum ? Be16(*layer.checksum) : sum.finish());
      break;
    }
    case Kind::kUdp:
      store(whole, 4, length(whole.size()));
      store(whole, 6, checksum());
      break;
    case Kind::kTcp: store(whole, 16, checksum()); break;
    case Kind::kIcmp: store(whole, 2, checksum()); break;
    case Kind::kRaw: break;
  }
}

Bytes PacketBuilder::build() const {
  Bytes whole;
  const Layer* inner = nullptr;
  for (std::size_t i = layers_.size(); i > 0; --i) {
    const Layer& layer = layers_[i - 1];
    whole.insert(whole.begin(), layer.bytes.begin(), layer.bytes.end());
    finish(i - 1, whole, inner);
    inner = &layer;
  }
  whole.insert(whole.end(), padding_.begin(), padding_.end());
  return whole;
}

}  // namespace sextant::test
