// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sticky policies: flows stay on their list, clients on theirs, and errors and fragments follow.
#include "dataplane/sticky.hpp"

#include <map>

#include "support/catch.hpp"
#include "support/service_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

constexpr std::uint8_t kSyn = 0x02;

// A client's node: clients behind pg0, backends in the fabric behind pg1.
struct ClientNode : ForwardFixture {
  FlowTables flows;
  InterfaceId clients = port(0, {"fd00::1/64", "10.0.0.1/24"});
  InterfaceId fabric = port(1, {"fd01::1/64"});
  std::vector<SegmentListId> lists;
  PolicyId sticky;

  explicit ClientNode(std::uint32_t affinity_s = 0,
                      const FlowConfig& config = {.connections = 16, .choices = 4096})
      : flows(config, 1'000'000'000, 1) {
    lcore().flows = &flows;
    route("a0::/12", via(fabric, "fd01::2"));
    for (const char* segment : {"a1::1", "a2::1", "a3::1"})
      lists.push_back(segment_list({segment}));
    sticky = policy(lists, {.sticky = true, .affinity_timeout_s = affinity_s, .slots = {0, 1}});
    steer("2096::d765/128", sticky);
    steer("10.96.0.10/32", sticky);
  }

  void set_lists(std::vector<SegmentListId> to, std::vector<std::uint16_t> slots) {
    tables().policies[sticky].lists = std::move(to);
    tables().policies[sticky].slots = std::move(slots);
  }
  // The segment that a packet went to.
  std::string backend_of(const Bytes& packet) {
    const RunResult result = run(0, Frame(received_on(0, packet)));
    const Bytes out = sent_by(1, result.only(1));
    return reinterpret_cast<const Ipv6Header*>(out.data())->destination.to_string();
  }
  static Bytes packet(const Wire& wire, std::uint16_t port, const std::string& client = "") {
    const std::string from = !client.empty() ? client : wire.v6 ? "1234::7" : "10.9.0.7";
    return wire_packet(wire, from, port, wire.v6 ? "2096::d765" : "10.96.0.10", 80);
  }
};

}  // namespace

TEST_CASE("flows stay when the lists change", "[sticky]") {
  for (const bool v6 : {true, false}) {
    for (const std::uint8_t protocol : kTransports) {
      CAPTURE(v6, +protocol);
      const Wire wire{.v6 = v6, .protocol = protocol};
      ClientNode f;
      f.set_lists(f.lists, {0, 1, 0, 1});
      std::map<std::uint16_t, std::string> before;
      for (std::uint16_t port = 1; port <= 60; ++port)
        before[port] = f.backend_of(f.packet(wire, port));
      CHECK(std::count_if(before.begin(), before.end(),
                          [](const auto& flow) { return flow.second == "a1::1"; }) > 10);
      // Everything new goes to the third, and the first two only drain.
      f.set_lists({f.lists[2], f.lists[1], f.lists[0]}, {0});
      for (const auto& [port, backend] : before)
        CHECK(f.backend_of(f.packet(wire, port)) == backend);
      for (std::uint16_t port = 100; port < 120; ++port)
        CHECK(f.backend_of(f.packet(wire, port)) == "a3::1");
      // The first one is gone.
      f.set_lists({f.lists[2], f.lists[1]}, {0});
      for (const auto& [port, backend] : before) {
        CHECK(f.backend_of(f.packet(wire, port)) == (backend == "a1::1" ? "a3::1" : backend));
      }
    }
  }
}

TEST_CASE("a TCP connection that begins is a new flow", "[sticky]") {
  ClientNode f;
  f.set_lists(f.lists, {0});
  CHECK(f.backend_of(f.packet({.tcp_flags = kSyn}, 1)) == "a1::1");
  f.set_lists(f.lists, {1});
  CHECK(f.backend_of(f.packet({}, 1)) == "a1::1");
  CHECK(f.backend_of(f.packet({.tcp_flags = kSyn}, 1)) == "a2::1");
  CHECK(f.backend_of(f.packet({}, 1)) == "a2::1");
}

TEST_CASE("a flow is forgotten after its timeout", "[sticky]") {
  ClientNode f;
  const Wire udp{.protocol = ip_protocol::kUdp};
  f.set_lists(f.lists, {0});
  f.backend_of(f.packet(udp, 1));
  f.set_lists(f.lists, {1});
  for (int i = 0; i < 5; ++i) {
    f.advance_ms(170'000);
    CHECK(f.backend_of(f.packet(udp, 1)) == "a1::1");
  }
  f.advance_ms(190'000);
  CHECK(f.backend_of(f.packet(udp, 1)) == "a2::1");
}

TEST_CASE("a policy without memory, or that is not sticky, follows the hash", "[sticky]") {
  ClientNode f;
  f.lcore().flows = nullptr;
  f.set_lists(f.lists, {0});
  CHECK(f.backend_of(f.packet({}, 1)) == "a1::1");
  f.set_lists(f.lists, {1});
  CHECK(f.backend_of(f.packet({}, 1)) == "a2::1");
  f.lcore().flows = &f.flows;
  f.tables().policies[f.sticky].sticky = false;
  CHECK(f.backend_of(f.packet({}, 1)) == "a2::1");
  f.set_lists(f.lists, {2});
  CHECK(f.backend_of(f.packet({}, 1)) == "a3::1");
}

TEST_CASE("who is thrown out of a full memory follows the hash", "[sticky]") {
  ClientNode f(0, {.connections = 2, .choices = 2});
  f.set_lists(f.lists, {0, 1, 2, 0});
  std::map<std::uint16_t, std::string> before;
  for (std::uint16_t port = 1; port <= 100; ++port)
    before[port] = f.backend_of(f.packet({}, port));
  CHECK(f.flows.choices.evictions() == 93);
  for (const auto& [port, backend] : before)
    CHECK(f.backend_of(f.packet({}, port)) == backend);
}

TEST_CASE("affinity keeps a client on its backend for new flows", "[sticky]") {
  for (const bool v6 : {true, false}) {
    const Wire syn{.v6 = v6, .tcp_flags = kSyn};
    ClientNode f(100);
    f.set_lists(f.lists, {0});
    CHECK(f.backend_of(f.packet(syn, 1)) == "a1::1");
    f.set_lists(f.lists, {1, 0, 1, 1});  // the first still takes new flows
    for (std::uint16_t port = 2; port < 40; ++port)
      CHECK(f.backend_of(f.packet(syn, port)) == "a1::1");
    // Each new flow starts the time again.
    for (std::uint16_t port = 40; port < 45; ++port) {
      f.advance_ms(90'000);
      CHECK(f.backend_of(f.packet(syn, port)) == "a1::1");
    }
    f.advance_ms(101'000);
    f.set_lists(f.lists, {1});
    CHECK(f.backend_of(f.packet(syn, 50)) == "a2::1");
  }
}

TEST_CASE("affinity does not keep a client on a backend that drains", "[sticky]") {
  ClientNode f(100);
  const Wire syn{.tcp_flags = kSyn};
  f.set_lists(f.lists, {0});
  CHECK(f.backend_of(f.packet(syn, 1)) == "a1::1");
  f.set_lists(f.lists, {2});
  CHECK(f.backend_of(f.packet({}, 1)) == "a1::1");   // this flow stays
  CHECK(f.backend_of(f.packet(syn, 2)) == "a3::1");  // and the client moves on
  CHECK(f.backend_of(f.packet(syn, 3)) == "a3::1");
  f.set_lists({f.lists[1]}, {});
  CHECK(f.backend_of(f.packet(syn, 4)) == "a2::1");
}

TEST_CASE("errors and fragments go where their flow goes", "[sticky]") {
  for (const bool v6 : {true, false}) {
    CAPTURE(v6);
    const Wire wire{.v6 = v6, .protocol = ip_protocol::kUdp, .payload = 100};
    ClientNode f;
    f.set_lists(f.lists, {0});
    f.backend_of(f.packet(wire, 9));
    f.set_lists(f.lists, {1});
    const std::string client = v6 ? "1234::7" : "10.9.0.7";
    const std::string service = v6 ? "2096::d765" : "10.96.0.10";
    const Bytes reply = wire_packet(wire, service, 80, client, 9);
    Bytes error;
    Bytes first;
    Bytes later;
    if (v6) {
      error =
          PacketBuilder().ipv6("1234::1", service.c_str()).icmp6(icmp6::kPacketTooBig).raw(reply);
      first = PacketBuilder()
                  .ipv6(client.c_str(), service.c_str())
                  .fragment({.more = true, .id = 5})
                  .raw(Bytes{0, 9, 0, 80, 0, 0, 0, 0}, ip_protocol::kUdp);
      later = PacketBuilder()
                  .ipv6(client.c_str(), service.c_str())
                  .fragment({.offset = 1, .id = 5})
                  .raw(Bytes(8, 1), ip_protocol::kUdp);
    } else {
      error = PacketBuilder().ipv4("10.9.0.1", service.c_str()).icmp4(3, 4).raw(reply);
      first = PacketBuilder()
                  .ipv4(client.c_str(), service.c_str(),
                        {.id = 5, .fragment = Ipv4Header::kMoreFragments})
                  .raw(Bytes{0, 9, 0, 80, 0, 0, 0, 0}, ip_protocol::kUdp);
      later = PacketBuilder()
                  .ipv4(client.c_str(), service.c_str(), {.id = 5, .fragment = 1})
                  .raw(Bytes(8, 1), ip_protocol::kUdp);
    }
    CHECK(f.backend_of(error) == "a1::1");
    CHECK(f.backend_of(later) == "a2::1");  // nobody knows it yet
    CHECK(f.backend_of(first) == "a1::1");
    CHECK(f.backend_of(later) == "a1::1");
  }
}

TEST_CASE("port steering knows errors and fragments, too", "[sticky]") {
  for (const bool v6 : {true, false}) {
    CAPTURE(v6);
    ClientNode f;
    const LookupResult otherwise(DropReason::lookup_blackhole);
    const LookupResult by_port =
        f.port_steering({{ip_protocol::kUdp, 80, f.steering(f.sticky)}}, otherwise);
    f.route(v6 ? "2096::d765/128" : "10.96.0.10/32", by_port);
    const Wire udp{.v6 = v6, .protocol = ip_protocol::kUdp};
    f.backend_of(f.packet(udp, 9));
    const auto gone = [&](const Bytes& packet) {
      f.run(0, Frame(received_on(0, packet))).require_dropped("lookup_blackhole");
    };
    gone(f.packet({.v6 = v6}, 9));  // TCP
    const std::string client = v6 ? "1234::7" : "10.9.0.7";
    const std::string service = v6 ? "2096::d765" : "10.96.0.10";
    const auto error = [&](std::uint16_t port) -> Bytes {
      const Bytes reply = wire_packet(udp, service, port, client, 9);
      if (v6) return PacketBuilder().ipv6("1234::1", service.c_str()).icmp6(2).raw(reply);
      return PacketBuilder().ipv4("10.9.0.1", service.c_str()).icmp4(3, 4).raw(reply);
    };
    f.backend_of(error(80));
    gone(error(81));
  }
}

TEST_CASE("an error about a connection of this node goes to its backend", "[sticky][translate]") {
  for (const bool v6 : {true, false}) {
    CAPTURE(v6);
    ServiceFixture f;
    const Wire wire{.v6 = v6, .payload = 100};
    f.to_pod(f.request(wire));
    // From here on this node steers the service elsewhere.
    f.route("a1::/16", f.via(f.fabric, "fd00::2"));
    const PolicyId policy = f.policy({f.segment_list({"a1::1"})}, {.sticky = true});
    f.steer(ServiceFixture::host(f.service(v6)), policy);
    const auto error = [&](const Bytes& about, const std::string& to) -> Bytes {
      if (v6) return PacketBuilder().ipv6("1234::1", to.c_str()).icmp6(2).raw(about);
      return PacketBuilder().ipv4("10.9.0.1", to.c_str()).icmp4(3, 4).raw(about);
    };
    CHECK(f.to_pod(error(f.translated_reply(wire), f.service(v6))) ==
          one_hop_on(error(f.reply(wire), f.backend(v6))));
    // One about another connection goes the way of all.
    const RunResult other = f.from_client(error(f.translated_reply(wire, 99), f.service(v6)));
    CHECK(other.tx.contains(0));
  }
}

TEST_CASE("what has no ports follows the flow hash", "[sticky]") {
  ClientNode f;
  f.set_lists(f.lists, {0, 1, 2, 0});
  const Bytes echo = PacketBuilder().ipv6("1234::7", "2096::d765").icmp6(icmp6::kEchoRequest);
  const std::string before = f.backend_of(echo);
  CHECK(f.backend_of(echo) == before);
  f.set_lists(f.lists, {1});
  CHECK(f.backend_of(echo) == "a2::1");
}
