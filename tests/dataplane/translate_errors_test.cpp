// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Translation of fragments, and of ICMP errors about translated connections.
#include <algorithm>

#include "support/catch.hpp"
#include "support/service_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

// Bytes of a packet from its transport header on.
Bytes transport_of(const Bytes& packet) {
  return Bytes(packet.begin() + (packet.at(0) >> 4 == 6 ? 40 : 20), packet.end());
}

// A piece of a packet between its ends: bytes from offset on, at most count.
Bytes piece_of(const Bytes& packet, std::size_t offset, std::size_t count, std::uint32_t id) {
  const Bytes all = transport_of(packet);
  const std::size_t end = std::min(all.size(), offset + count);
  const bool more = end < all.size();
  const Bytes part(all.begin() + static_cast<std::ptrdiff_t>(offset),
                   all.begin() + static_cast<std::ptrdiff_t>(end));
  if (packet.at(0) >> 4 == 6) {
    const auto& ip = *reinterpret_cast<const Ipv6Header*>(packet.data());
    return PacketBuilder()
        .ipv6(V6(ip.source), V6(ip.destination))
        .fragment({.offset = static_cast<std::uint16_t>(offset / 8), .more = more, .id = id})
        .raw(part, ip.next_header);
  }
  const auto& ip = *reinterpret_cast<const Ipv4Header*>(packet.data());
  const auto field =
      static_cast<std::uint16_t>(offset / 8 | (more ? Ipv4Header::kMoreFragments : 0));
  return PacketBuilder()
      .ipv4(V4(ip.source), V4(ip.destination),
            {.id = static_cast<std::uint16_t>(id), .fragment = field})
      .raw(part, ip.protocol);
}

// An ICMP error about a packet, of which quote bytes are quoted.
Bytes error_about(const Bytes& packet, const std::string& from, const std::string& to,
                  std::size_t quote) {
  const Bytes quoted(packet.begin(),
                     packet.begin() + static_cast<std::ptrdiff_t>(std::min(quote, packet.size())));
  if (packet.at(0) >> 4 == 6) {
    return PacketBuilder()
        .ipv6(from.c_str(), to.c_str())
        .icmp6(icmp6::kPacketTooBig, 0, {.parameter = 1280})
        .raw(quoted);
  }
  return PacketBuilder()
      .ipv4(from.c_str(), to.c_str())
      .icmp4(icmp4::kDestinationUnreachable, 4, {.parameter = 1280})
      .raw(quoted);
}

std::vector<Wire> wires() {
  std::vector<Wire> out;
  for (const bool v6 : {true, false}) {
    for (const std::uint8_t protocol : kTransports)
      out.push_back({.v6 = v6, .protocol = protocol, .payload = 200});
  }
  return out;
}

// Whether a quote shows no checksum that is left as it is: the CRC of SCTP, half a checksum.
bool is_comparable(const Wire& wire, std::size_t quote) {
  const std::size_t transport = wire.v6 ? 40 : 20;
  if (wire.protocol == ip_protocol::kSctp) return quote <= transport + 8;
  return quote != transport + (wire.protocol == ip_protocol::kTcp ? 17 : 7);
}

// The ports alone, the 8 bytes of RFC 792, half a transport header, and all of it.
std::vector<std::size_t> quotes(const Wire& wire) {
  const std::size_t transport = wire.v6 ? 40 : 20;
  std::vector<std::size_t> out;
  for (const std::size_t shown : {4u, 8u, 14u, 2000u}) {
    if (is_comparable(wire, transport + shown)) out.push_back(transport + shown);
  }
  return out;
}

std::string router(bool v6) {
  return v6 ? "1234::1" : "10.9.0.1";
}

}  // namespace

TEST_CASE("fragments follow the first one", "[translate][fragments]") {
  for (const Wire& wire : wires()) {
    if (wire.protocol == ip_protocol::kSctp) continue;
    CAPTURE(wire.v6, +wire.protocol);
    ServiceFixture f;
    for (const std::size_t offset : {std::size_t{0}, std::size_t{80}, std::size_t{160}}) {
      CHECK(hex(f.to_pod(piece_of(f.request(wire), offset, 80, 77))) ==
            hex(one_hop_on(piece_of(f.translated_request(wire), offset, 80, 77))));
    }
    for (const std::size_t offset : {std::size_t{0}, std::size_t{80}, std::size_t{160}}) {
      CHECK(f.to_client(piece_of(f.reply(wire), offset, 80, 78)) ==
            one_hop_on(piece_of(f.translated_reply(wire), offset, 80, 78)));
    }
  }
}

TEST_CASE("a fragment whose first one was not seen", "[translate][fragments]") {
  for (const Wire& wire : wires()) {
    CAPTURE(wire.v6, +wire.protocol);
    ServiceFixture f;
    f.from_client(piece_of(f.request(wire), 80, 80, 77))
        .require_dropped("translate_fragment_unknown");
    const Bytes direct = piece_of(f.translated_request(wire), 80, 80, 77);
    CHECK(f.to_pod(direct) == one_hop_on(direct));
    const Bytes reply = piece_of(f.reply(wire), 80, 80, 77);
    CHECK(f.to_client(reply) == one_hop_on(reply));
    if (wire.protocol == ip_protocol::kSctp) continue;
    // Another packet's, and one that comes too late.
    f.to_pod(piece_of(f.request(wire), 0, 80, 77));
    f.from_client(piece_of(f.request(wire), 80, 80, 78))
        .require_dropped("translate_fragment_unknown");
    f.advance_ms(31'000);
    f.from_client(piece_of(f.request(wire), 80, 80, 77))
        .require_dropped("translate_fragment_unknown");
  }
}

TEST_CASE("fragments of SCTP are dropped when they would have to change",
          "[translate][fragments]") {
  for (const bool v6 : {true, false}) {
    ServiceFixture f;
    const Wire wire{.v6 = v6, .protocol = ip_protocol::kSctp, .payload = 200};
    f.from_client(piece_of(f.request(wire), 0, 80, 1)).require_dropped("translate_sctp_fragment");
    const Bytes direct = piece_of(f.translated_request(wire, 5000), 0, 80, 1);
    CHECK(f.to_pod(direct) == one_hop_on(direct));
    f.from_pod(piece_of(f.reply(wire), 0, 80, 1)).require_dropped("translate_sctp_fragment");
  }
}

TEST_CASE("an IPv4 packet that is too big for the pod is translated, then cut",
          "[translate][fragments]") {
  ServiceFixture f;
  f.use_mempool();
  f.interface(f.pod).mtu = 100;
  const Wire wire{.v6 = false, .protocol = ip_protocol::kUdp, .payload = 300};
  const RunResult result = f.from_client(f.request(wire));
  REQUIRE(result.tx.at(1).size() > 3);
  const Bytes whole = transport_of(f.translated_request(wire));
  for (const Bytes& frame : result.tx.at(1)) {
    const Bytes piece = sent_by(1, frame);
    const auto& ip = *reinterpret_cast<const Ipv4Header*>(piece.data());
    CHECK(ip.destination == *Ipv4Address::parse(f.backend(false)));
    CHECK(ipv4_header_checksum_ok(ip));
    const std::size_t offset = 8u * (ip.fragment.host() & Ipv4Header::kOffsetMask);
    CHECK(std::equal(piece.begin() + 20, piece.end(),
                     whole.begin() + static_cast<std::ptrdiff_t>(offset)));
  }
}

TEST_CASE("errors about replies reach the backend", "[translate][icmp]") {
  for (const Wire& wire : wires()) {
    for (const std::size_t quote : quotes(wire)) {
      CAPTURE(wire.v6, +wire.protocol, quote);
      ServiceFixture f;
      f.to_pod(f.request(wire));
      const std::string from = router(wire.v6);
      const Bytes error = error_about(f.translated_reply(wire), from, f.service(wire.v6), quote);
      CHECK(hex(f.to_pod(error)) ==
            hex(one_hop_on(error_about(f.reply(wire), from, f.backend(wire.v6), quote))));
    }
  }
}

TEST_CASE("errors of the backend reach the client", "[translate][icmp]") {
  for (const Wire& wire : wires()) {
    for (const std::size_t quote : quotes(wire)) {
      CAPTURE(wire.v6, +wire.protocol, quote);
      ServiceFixture f;
      f.to_pod(f.request(wire));
      const Bytes error =
          error_about(f.translated_request(wire), f.backend(wire.v6), f.client(wire.v6), quote);
      CHECK(hex(f.to_client(error)) ==
            hex(one_hop_on(
                error_about(f.request(wire), f.service(wire.v6), f.client(wire.v6), quote))));
    }
  }
}

TEST_CASE("errors about connections that there are not", "[translate][icmp]") {
  for (const Wire& wire : wires()) {
    ServiceFixture f;
    const std::string from = router(wire.v6);
    f.from_client(error_about(f.translated_reply(wire), from, f.service(wire.v6), 2000))
        .require_dropped("translate_flow_unknown");
    const Bytes direct = error_about(f.reply(wire), from, f.backend(wire.v6), 2000);
    CHECK(f.to_pod(direct) == one_hop_on(direct));
    const Bytes own =
        error_about(f.translated_request(wire), f.backend(wire.v6), f.client(wire.v6), 2000);
    CHECK(f.to_client(own) == one_hop_on(own));
    // A quote of somebody else's packet.
    f.to_pod(f.request(wire));
    const Bytes foreign = error_about(f.translated_request(wire), from, f.service(wire.v6), 2000);
    f.from_client(foreign).require_dropped("translate_flow_unknown");
  }
}

TEST_CASE("an error with a changed source port finds its connection", "[translate][icmp]") {
  ServiceFixture f;
  const Wire wire{.payload = 200};
  f.to_pod(f.translated_request(wire));  // directly, first
  const Bytes changed = f.to_pod(f.request(wire));
  const auto port = static_cast<std::uint16_t>(changed[40] << 8 | changed[41]);
  const Bytes to_pod = error_about(f.translated_reply(wire), router(true), f.service(true), 2000);
  CHECK(f.to_pod(to_pod) ==
        one_hop_on(error_about(f.reply(wire, port), router(true), f.backend(true), 2000)));
  const Bytes to_client =
      error_about(f.translated_request(wire, port), f.backend(true), f.client(true), 2000);
  CHECK(f.to_client(to_client) ==
        one_hop_on(error_about(f.request(wire), f.service(true), f.client(true), 2000)));
}

TEST_CASE("quotes that end anywhere are no flow, or translated in bounds", "[translate][icmp]") {
  for (const Wire& wire : wires()) {
    ServiceFixture f;
    f.to_pod(f.request(wire));
    const std::size_t whole = f.translated_reply(wire).size();
    for (std::size_t quote = 0; quote < whole; ++quote) {
      const Bytes error =
          error_about(f.translated_reply(wire), router(wire.v6), f.service(wire.v6), quote);
      const RunResult result = f.from_client(error);
      CAPTURE(quote, wire.v6);
      REQUIRE(result.tx.at(1).size() == 1);
      const bool shows_ports = quote >= (wire.v6 ? 44u : 24u);
      const Bytes expected =
          shows_ports ? error_about(f.reply(wire), router(wire.v6), f.backend(wire.v6), quote)
                      : error;
      if (is_comparable(wire, quote)) REQUIRE(sent_by(1, result.only(1)) == one_hop_on(expected));
    }
  }
}
