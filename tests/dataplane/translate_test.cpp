// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Translation at the node of a backend: protocols, families, directions, checksums, connections.
#include "dataplane/translate.hpp"

#include "dataplane/replay/explain.hpp"
#include "support/catch.hpp"
#include "support/service_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

std::vector<Wire> all_wires() {
  std::vector<Wire> out;
  for (const bool v6 : {true, false}) {
    for (const std::uint8_t protocol : kTransports)
      out.push_back({.v6 = v6, .protocol = protocol});
  }
  return out;
}

constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kFinAck = 0x11;
constexpr std::uint8_t kRst = 0x04;

}  // namespace

TEST_CASE("requests and replies are translated, whatever the protocol", "[translate]") {
  for (const Wire& w : all_wires()) {
    for (const std::size_t payload : {std::size_t{0}, std::size_t{1}, std::size_t{1000}}) {
      Wire wire = w;
      wire.payload = payload;
      CAPTURE(wire.v6, +wire.protocol, payload);
      ServiceFixture f;
      CHECK(hex(f.to_pod(f.request(wire))) == hex(one_hop_on(f.translated_request(wire))));
      CHECK(hex(f.to_client(f.reply(wire))) == hex(one_hop_on(f.translated_reply(wire))));
      CHECK(f.connections() == 1);
      CHECK(f.lcore().counters.translated_to_backend.packets == 1);
      CHECK(f.lcore().counters.translated_from_backend.packets == 1);
      CHECK(f.lcore().counters.translated_from_backend.bytes == f.reply(wire).size());
    }
  }
}

TEST_CASE("what a service has nothing to do with passes as it is", "[translate]") {
  for (const Wire& wire : all_wires()) {
    CAPTURE(wire.v6, +wire.protocol);
    ServiceFixture f;
    const std::string client = f.client(wire.v6);
    const std::string backend = f.backend(wire.v6);
    // Another port of the virtual IP, and of the pod.
    for (const std::string& to : {f.service(wire.v6), backend}) {
      const Bytes packet = wire_packet(wire, client, 4000, to, 81);
      CHECK(f.to_pod(packet) == one_hop_on(packet));
    }
    // Of the pod: an answer to nobody, and a connection of its own.
    for (const std::uint16_t port : {ServiceFixture::kTarget, std::uint16_t{5555}}) {
      const Bytes packet = wire_packet(wire, backend, port, client, 4000);
      CHECK(f.to_client(packet) == one_hop_on(packet));
    }
    CHECK(f.connections() == 0);
    // A direct connection to the target port is known, and left alone.
    const Bytes direct = wire_packet(wire, client, 4000, backend, ServiceFixture::kTarget);
    CHECK(f.to_pod(direct) == one_hop_on(direct));
    CHECK(f.to_client(f.reply(wire)) == one_hop_on(f.reply(wire)));
    CHECK(f.connections() == 1);
  }
}

TEST_CASE("translation does not depend on the place in a burst", "[translate]") {
  for (const Wire& wire : all_wires()) {
    ServiceFixture f;
    const auto frame = [&](const Bytes& packet) { return Frame(received_on(0, packet)); };
    const Bytes plain = wire_packet(wire, f.client(wire.v6), 1, f.backend(wire.v6), 9);
    const RunResult result =
        f.run_at_every_position(0, frame(f.request(wire)),
                                {frame(plain), frame(f.request(wire, 4001)), frame(Bytes(60, 0))});
    CHECK(sent_by(1, result.only(1)) == one_hop_on(f.translated_request(wire)));
  }
}

TEST_CASE("a checksum that was wrong stays wrong", "[translate]") {
  for (const Wire& wire : all_wires()) {
    CAPTURE(wire.v6, +wire.protocol);
    ServiceFixture f;
    Bytes damaged = f.request(wire);
    damaged.back() ^= 0x40;
    Bytes expected = f.translated_request(wire);
    expected.back() ^= 0x40;
    CHECK(f.to_pod(damaged) == one_hop_on(expected));
  }
}

TEST_CASE("UDP without a checksum, and one that becomes zero", "[translate]") {
  ServiceFixture f;
  const auto udp = [&](bool v6, const std::string& to, std::uint16_t port, UdpOptions options,
                       const Bytes& payload) {
    PacketBuilder out;
    v6 ? out.ipv6(f.client(v6).c_str(), to.c_str()) : out.ipv4(f.client(v6).c_str(), to.c_str());
    return out.udp(4000, port, options).raw(payload).build();
  };
  const Bytes two(2, 0);
  CHECK(f.to_pod(udp(false, f.service(false), 80, {.checksum = 0}, two)) ==
        one_hop_on(udp(false, f.backend(false), 8080, {.checksum = 0}, two)));
  for (const bool v6 : {true, false}) {
    // The payload that makes the sum of the translated packet all ones.
    const Bytes zero = udp(v6, f.backend(v6), 8080, {}, two);
    const std::size_t at = (v6 ? 40 : 20) + 6;
    const Bytes fitting{zero[at], zero[at + 1]};
    const Bytes expected = udp(v6, f.backend(v6), 8080, {}, fitting);
    REQUIRE(expected[at] == 0xff);
    REQUIRE(expected[at + 1] == 0xff);
    CHECK(f.to_pod(udp(v6, f.service(v6), 80, {}, fitting)) == one_hop_on(expected));
  }
}

TEST_CASE("many addresses and ports, and back to the same bytes", "[translate]") {
  ServiceFixture f({.connections = 1 << 14, .choices = 16});
  for (std::uint16_t i = 0; i < 2000; ++i) {
    Wire wire = all_wires()[i % 6];
    wire.payload = i % 70;
    const auto port = static_cast<std::uint16_t>(i * 31 + 1);
    CAPTURE(i, port);
    REQUIRE(f.to_pod(f.request(wire, port)) == one_hop_on(f.translated_request(wire, port)));
    REQUIRE(f.to_client(f.reply(wire, port)) == one_hop_on(f.translated_reply(wire, port)));
  }
  CHECK(f.connections() == 2000);
}

TEST_CASE("a pod that reaches itself sees the virtual IP as its client", "[translate]") {
  for (const Wire& wire : all_wires()) {
    CAPTURE(wire.v6, +wire.protocol);
    ServiceFixture f;
    const std::string pod = f.backend(wire.v6);
    const std::string service = f.service(wire.v6);
    const RunResult request = f.from_pod(wire_packet(wire, pod, 4000, service, 80));
    CHECK(sent_by(1, request.only(1)) == one_hop_on(wire_packet(wire, service, 4000, pod, 8080)));
    const RunResult reply = f.from_pod(wire_packet(wire, pod, 8080, service, 4000));
    CHECK(sent_by(1, reply.only(1)) == one_hop_on(wire_packet(wire, service, 80, pod, 4000)));
  }
}

TEST_CASE("another pod of the node is a client like any other", "[translate]") {
  for (const Wire& wire : all_wires()) {
    ServiceFixture f;
    const std::string other = wire.v6 ? "fd02::9" : "10.0.2.9";
    f.route(ServiceFixture::host(other), f.via(f.other, other));
    const RunResult request =
        f.run(2, Frame(received_on(2, wire_packet(wire, other, 4000, f.service(wire.v6), 80))));
    CHECK(sent_by(1, request.only(1)) ==
          one_hop_on(wire_packet(wire, other, 4000, f.backend(wire.v6), 8080)));
    const RunResult reply = f.from_pod(wire_packet(wire, f.backend(wire.v6), 8080, other, 4000));
    CHECK(sent_by(2, reply.only(2)) ==
          one_hop_on(wire_packet(wire, f.service(wire.v6), 80, other, 4000)));
  }
}

TEST_CASE("flows that would look the same to the pod get different ports", "[translate]") {
  for (const Wire& wire : all_wires()) {
    for (const bool direct_first : {true, false}) {
      CAPTURE(wire.v6, +wire.protocol, direct_first);
      ServiceFixture f;
      const Bytes direct =
          wire_packet(wire, f.client(wire.v6), 4000, f.backend(wire.v6), ServiceFixture::kTarget);
      const Bytes first = f.to_pod(direct_first ? direct : f.request(wire));
      const Bytes second = f.to_pod(direct_first ? f.request(wire) : direct);
      CHECK(first == one_hop_on(f.translated_request(wire)));
      const std::size_t at = wire.v6 ? 40 : 20;
      const auto port = static_cast<std::uint16_t>(second[at] << 8 | second[at + 1]);
      CHECK(port != 4000);
      CHECK(port >= 1024);
      CHECK(second == one_hop_on(f.translated_request(wire, port)));
      // The same again with each packet, and both find their way back.
      CHECK(f.to_pod(direct_first ? f.request(wire) : direct) == second);
      const Bytes own = one_hop_on(f.reply(wire));
      const Bytes translated = one_hop_on(f.translated_reply(wire));
      CHECK(f.to_client(f.reply(wire)) == (direct_first ? own : translated));
      CHECK(f.to_client(f.reply(wire, port)) == (direct_first ? translated : own));
      CHECK(f.connections() == 2);
    }
  }
}

TEST_CASE("a connection keeps its changed port when the other is gone", "[translate]") {
  const Wire wire;
  ServiceFixture f;
  const Bytes direct =
      wire_packet({.tcp_flags = kSyn}, f.client(true), 4000, f.backend(true), 8080);
  f.to_pod(direct);
  const Bytes changed = f.to_pod(f.request(wire));
  f.to_client(f.reply(wire, static_cast<std::uint16_t>(changed[40] << 8 | changed[41])));
  f.advance_ms(61'000);  // the direct one was never answered
  CHECK(f.to_pod(f.request(wire)) == changed);
}

TEST_CASE("TCP connections have phases", "[translate][timeouts]") {
  const auto lives = [](const std::vector<std::pair<bool, std::uint8_t>>& packets, unsigned s) {
    ServiceFixture f;
    for (const auto& [from_client, flags] : packets) {
      const Wire wire{.tcp_flags = flags};
      from_client ? f.to_pod(f.request(wire)) : f.to_client(f.reply(wire));
    }
    f.advance_ms(s * 1000);
    return f.connections() == 1;
  };
  CHECK(lives({{true, kSyn}}, 58));
  CHECK_FALSE(lives({{true, kSyn}}, 62));
  CHECK_FALSE(lives({{true, 0x10}}, 62));  // nobody vouches for it
  CHECK(lives({{true, kSyn}, {false, 0x12}}, 80'000));
  CHECK_FALSE(lives({{true, kSyn}, {false, 0x12}}, 87'000));
  CHECK(lives({{true, kSyn}, {false, 0x12}, {true, kFinAck}}, 3500));
  CHECK_FALSE(lives({{true, kSyn}, {false, 0x12}, {true, kFinAck}}, 3700));
  CHECK(lives({{true, kSyn}, {false, 0x12}, {false, kFinAck}}, 3500));
  CHECK_FALSE(lives({{true, kSyn}, {false, 0x12}, {true, kFinAck}, {false, kFinAck}}, 32));
  CHECK_FALSE(lives({{true, kSyn}, {false, 0x12}, {true, kRst}}, 32));
  CHECK_FALSE(lives({{true, kSyn}, {false, kRst | 0x10}}, 32));
  CHECK(lives({{true, kSyn}, {false, 0x12}, {true, kRst}, {true, kSyn}}, 50));  // anew
  CHECK(lives({{true, kSyn}, {false, 0x12}, {true, kSyn}}, 80'000));  // a stray SYN changes nothing
}

TEST_CASE("UDP and SCTP have timeouts of their own", "[translate][timeouts]") {
  const auto lives = [](std::uint8_t protocol, bool answered, unsigned s) {
    ServiceFixture f;
    const Wire wire{.protocol = protocol};
    f.to_pod(f.request(wire));
    if (answered) f.to_client(f.reply(wire));
    f.advance_ms(s * 1000);
    return f.connections() == 1;
  };
  CHECK(lives(ip_protocol::kUdp, false, 28));
  CHECK_FALSE(lives(ip_protocol::kUdp, false, 32));
  CHECK(lives(ip_protocol::kUdp, true, 170));
  CHECK_FALSE(lives(ip_protocol::kUdp, true, 190));
  CHECK_FALSE(lives(ip_protocol::kSctp, false, 62));
  CHECK(lives(ip_protocol::kSctp, true, 3500));
  CHECK_FALSE(lives(ip_protocol::kSctp, true, 3700));
}

TEST_CASE("packets of either side keep a connection alive", "[translate][timeouts]") {
  for (const bool from_client : {true, false}) {
    ServiceFixture f;
    const Wire wire{.protocol = ip_protocol::kUdp};
    f.to_pod(f.request(wire));
    f.to_client(f.reply(wire));
    for (int i = 0; i < 10; ++i) {
      f.advance_ms(100'000);
      from_client ? f.to_pod(f.request(wire)) : f.to_client(f.reply(wire));
    }
    CHECK(f.connections() == 1);
    CHECK(f.to_client(f.reply(wire)) == one_hop_on(f.translated_reply(wire)));
  }
}

TEST_CASE("a full table takes nobody who talks", "[translate]") {
  ServiceFixture f({.connections = 2, .choices = 2});  // one set of seven
  const Wire syn{.tcp_flags = kSyn};
  const Wire wire;
  for (std::uint16_t port = 1; port <= 7; ++port) {
    f.to_pod(f.request(syn, port));
    f.to_client(f.reply(wire, port));
  }
  f.from_client(f.request(syn, 8)).require_dropped("translate_table_full");
  // Direct traffic does not depend on it.
  const Bytes direct = wire_packet(wire, f.client(true), 9, f.backend(true), 8080);
  CHECK(f.to_pod(direct) == one_hop_on(direct));
  for (std::uint16_t port = 1; port <= 7; ++port)
    CHECK(f.to_client(f.reply(wire, port)) == one_hop_on(f.translated_reply(wire, port)));
  f.advance_ms(87'000'000);
  CHECK(f.to_pod(f.request(syn, 8)) == one_hop_on(f.translated_request(syn, 8)));
  CHECK(f.flows.connections.evictions() == 0);
}

TEST_CASE("a flood of openings throws out openings alone", "[translate]") {
  ServiceFixture f({.connections = 2, .choices = 2});
  const Wire wire;
  f.to_pod(f.request(wire, 1));
  f.to_client(f.reply(wire, 1));
  for (std::uint16_t port = 100; port < 400; ++port)
    f.to_pod(f.request({.tcp_flags = kSyn}, port));
  CHECK(f.flows.connections.evictions() == 294);
  CHECK(f.to_client(f.reply(wire, 1)) == one_hop_on(f.translated_reply(wire, 1)));
  CHECK(f.connections() == 7);
}

TEST_CASE("without a table nothing is translated", "[translate]") {
  ServiceFixture f;
  f.lcore().flows = nullptr;
  const Wire wire;
  f.from_client(f.request(wire)).require_dropped("translate_table_full");
  const Bytes direct = wire_packet(wire, f.client(true), 9, f.backend(true), 8080);
  CHECK(f.to_pod(direct) == one_hop_on(direct));
  CHECK(f.to_client(f.reply(wire)) == one_hop_on(f.reply(wire)));
}

TEST_CASE("a backend that drains keeps its connections", "[translate]") {
  ServiceFixture f;
  const Wire syn{.tcp_flags = kSyn};
  const Wire wire;
  f.to_pod(f.request(syn, 1));
  f.to_client(f.reply(wire, 1));
  for (Translation& translation : f.tables().translations) {
    for (Translation::Rule& rule : translation.rules)
      rule.draining = translation.address.to_string() == f.service(true);
  }
  CHECK(f.to_pod(f.request(wire, 1)) == one_hop_on(f.translated_request(wire, 1)));
  CHECK(f.to_client(f.reply(wire, 1)) == one_hop_on(f.translated_reply(wire, 1)));
  f.from_client(f.request(syn, 2)).require_dropped("translate_backend_draining");
  f.from_client(f.request({.protocol = ip_protocol::kUdp}, 2))
      .require_dropped("translate_backend_draining");
  // The middle of a connection may be older than the process.
  CHECK(f.to_pod(f.request(wire, 3)) == one_hop_on(f.translated_request(wire, 3)));
}

TEST_CASE("a translation that goes takes the way in with it, not the way back", "[translate]") {
  ServiceFixture f;
  const Wire wire;
  f.to_pod(f.request(wire));
  std::erase_if(f.tables().translations, [&](const Translation& translation) {
    return translation.address.to_string() == f.service(true);
  });
  CHECK(f.to_pod(f.request(wire)) == one_hop_on(f.request(wire)));
  CHECK(f.to_client(f.reply(wire)) == one_hop_on(f.translated_reply(wire)));
  f.tables().translations.clear();
  CHECK(f.to_client(f.reply(wire)) == one_hop_on(f.reply(wire)));
  CHECK_FALSE(f.table_set().interfaces.at(f.pod).translates);
}

TEST_CASE("a transport header that is cut off is not translated", "[translate]") {
  for (const Wire& w : all_wires()) {
    ServiceFixture f;
    const std::size_t ip = w.v6 ? 40 : 20;
    const std::size_t needed = w.protocol == ip_protocol::kTcp   ? 20
                               : w.protocol == ip_protocol::kUdp ? 8
                                                                 : 12;
    for (const std::size_t left : {std::size_t{0}, std::size_t{3}, needed - 1}) {
      CAPTURE(w.v6, +w.protocol, left);
      const auto cut = [&](const std::string& to, std::uint16_t port) {
        const Bytes whole = wire_packet(w, f.client(w.v6), 4000, to, port);
        const Bytes transport(whole.begin() + static_cast<std::ptrdiff_t>(ip),
                              whole.begin() + static_cast<std::ptrdiff_t>(ip + left));
        PacketBuilder out;
        w.v6 ? out.ipv6(f.client(true).c_str(), to.c_str())
             : out.ipv4(f.client(false).c_str(), to.c_str());
        return out.raw(transport, w.protocol).build();
      };
      f.from_client(cut(f.service(w.v6), 80)).require_dropped("translate_malformed");
      const Bytes direct = cut(f.backend(w.v6), 8080);
      CHECK(f.to_pod(direct) == one_hop_on(direct));
    }
    // Spread over segments it is only out of reach.
    const auto split = static_cast<std::uint16_t>(14 + ip + 4);
    f.from_client(f.request(w), {.segments = {split}}).require_dropped("parse_not_contiguous");
    CHECK(f.connections() == 0);
  }
}

TEST_CASE("chained packets are translated", "[translate]") {
  for (Wire wire : all_wires()) {
    ServiceFixture f;
    wire.payload = 500;
    const RunResult result = f.from_client(f.request(wire), {.segments = {200, 101}});
    CHECK(sent_by(1, result.only(1)) == one_hop_on(f.translated_request(wire)));
  }
}

TEST_CASE("a packet that gets no further is quoted as its client knows it", "[translate]") {
  ServiceFixture f;
  Bytes expired = f.request({});
  expired[7] = 1;
  const Bytes time_exceeded = sent_by(0, f.from_client(expired).only(0));
  CHECK(Bytes(time_exceeded.begin() + 48, time_exceeded.end()) == expired);
  f.interface(f.pod).mtu = 1280;
  Wire large;
  large.payload = 1300;
  const Bytes request = f.request(large);
  const Bytes too_big = sent_by(0, f.from_client(request).only(0));
  CHECK(too_big.at(40) == icmp6::kPacketTooBig);
  CHECK(std::equal(too_big.begin() + 48, too_big.end(), request.begin()));
  CHECK(f.connections() == 0);
}

TEST_CASE("a packet that waits for its next hop is translated when it leaves", "[translate]") {
  ServiceFixture f;
  f.tables().adjacencies[f.via(f.pod, f.backend(true)).index()].resolved = false;
  const RunResult result = f.from_client(f.request({}));
  REQUIRE(result.punted.size() == 1);
  CHECK(result.punted[0].info.reason == PuntReason::kResolve);
  CHECK(result.punted[0].bytes == one_hop_on(f.request({})));
  CHECK(f.connections() == 0);
}

TEST_CASE("the way to the host translates, too", "[translate]") {
  // Two virtual IPs for one own address, whose packets leave by the exception interface.
  for (const bool v6 : {true, false}) {
    ServiceFixture f;
    const Wire wire{.v6 = v6};
    const std::string own = v6 ? "fd00::1" : "10.0.0.1";
    const auto target = *IpAddress::parse(own);
    f.table(0, f.other);
    f.translation(f.other, own, {{ip_protocol::kTcp, 8080, target, 8080, false}});
    f.from_client(wire_packet(wire, f.client(v6), 4000, own, 8080));
    CHECK(f.connections() == 1);
    f.from_client(wire_packet(wire, f.client(v6), 4000, own, 8081));
    CHECK(f.connections() == 1);
  }
}

TEST_CASE("an explanation makes no connection", "[translate][explain]") {
  ServiceFixture f;
  f.use_mempool();
  f.apply();
  Explainer explainer(f.lcore().pool);
  const auto explain = [&](const Bytes& packet, PortIndex port) {
    const auto explanation =
        explainer.explain(f.table_set(), port, received_on(port, packet), nullptr, &f.flows);
    REQUIRE(explanation.ok());
    REQUIRE(explanation->frames.size() == 1);
    return sent_by(explanation->frames[0].port, explanation->frames[0].bytes);
  };
  CHECK(explain(f.request({}), 0) == one_hop_on(f.translated_request({})));
  CHECK(f.connections() == 0);
  f.lcore().now_tsc = rte_rdtsc();  // the clock of explanations
  f.to_pod(f.request({.tcp_flags = kSyn}));
  CHECK(explain(f.reply({}), 1) == one_hop_on(f.translated_reply({})));
  f.advance_ms(61'000);  // the explained answer did not count
  CHECK(f.connections() == 0);
}

TEST_CASE("SRv6 brings requests, and takes replies", "[translate]") {
  for (const Wire& wire : all_wires()) {
    ServiceFixture f;
    SidArgs args;
    args.forward = f.via(f.pod, f.backend(wire.v6));
    f.local_sid("a3::5", wire.v6 ? Behavior::kEndDx6 : Behavior::kEndDx4, {.args = args});
    PacketBuilder outer;
    outer.ipv6("1234::1", "a3::5")
        .raw(f.request(wire), wire.v6 ? ip_protocol::kIpv6 : ip_protocol::kIpv4);
    CHECK(f.to_pod(outer) == one_hop_on(f.translated_request(wire)));
    f.route(ServiceFixture::host(f.client(wire.v6)), f.via(f.fabric, "fd00::2"));
    f.steer(ServiceFixture::host(f.client(wire.v6)), f.policy({f.segment_list({"1234::9"})}));
    const Bytes out = f.to_client(f.reply(wire));
    CHECK(Bytes(out.end() - static_cast<std::ptrdiff_t>(f.reply(wire).size()), out.end()) ==
          one_hop_on(f.translated_reply(wire)));
  }
}
