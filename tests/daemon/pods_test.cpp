// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Pods as values: requests, the state file, what they want in the tables.
#include "daemon/pods.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "control/compile/compiler.hpp"
#include "daemon/pod_routes.hpp"
#include "support/catch.hpp"

namespace sextant {
namespace {

Pod some_pod() {
  Pod pod;
  pod.container = "0123456789abcdef";
  pod.ifname = "eth0";
  pod.netns = "/run/netns/x";
  pod.addresses = {*IpAddress::parse("10.1.1.5"), *IpAddress::parse("2001:db8:1:1::5")};
  pod.routes = {*IpPrefix::parse("0.0.0.0/0"), *IpPrefix::parse("::/0")};
  pod.mtu = 1420;
  pod.pod_namespace = "default";
  pod.pod_name = "web";
  pod.interface = "pod-0123456789ab-eth0";
  pod.mac = *MacAddress::parse("02:00:00:00:0a:01");
  pod.pod_mac = *MacAddress::parse("02:00:00:00:0a:02");
  return pod;
}

TEST_CASE("the request of an attachment") {
  const auto pod = parse_group(R"({
    "container": "c", "ifname": "eth0", "netns": "/n", "type": "veth", "mtu": 1400,
    "namespace": "ns", "name": "web", "addresses": ["10.0.0.1", "2001:db8::1"], "routes": ["::/0"]})");
  REQUIRE(pod);
  CHECK(pod->pod.type == PodPortType::kVeth);
  CHECK(pod->pod.mtu == 1400);
  CHECK(pod->pod.addresses.size() == 2);
  CHECK(pod->pod.routes.size() == 1);
  CHECK(pod->pod.title() == "pod ns/web (eth0 of c)");
  // Not said: the daemon's choice.
  CHECK(parse_group("{}")->pod.mtu == 0);
  for (const char* text : {"",
                           "[]",
                           "{",
                           "\xff",
                           R"({"container": 1})",
                           R"({"mtu": -1})",
                           R"({"mtu": 65536})",
                           R"({"mtu": "1500"})",
                           R"({"type": "tun"})",
                           R"({"type": 1})",
                           R"({"addresses": "10.0.0.1"})",
                           R"({"addresses": ["10.0.0.1/24"]})",
                           R"({"addresses": [1]})",
                           R"({"routes": ["x"]})",
                           R"({"netns": "a\u0000b"})",
                           R"({"unknown": 1})",
                           R"({"interfaces": 1})",
                           R"({"interfaces": [1]})",
                           R"({"interfaces": [{"name": 1}]})",
                           R"({"interfaces": [{"type": "tun"}]})",
                           R"({"interfaces": [{"uid": -1}]})",
                           R"({"interfaces": [{"addresses": ["x"]}]})",
                           R"({"interfaces": [{"more": 1}]})"}) {
    INFO(text);
    const auto bad = parse_group(text);
    REQUIRE_FALSE(bad);
    CHECK_FALSE(bad.error().text.empty());
  }
}

TEST_CASE("what cannot be attached") {
  CHECK(invalid_part(some_pod()).empty());
  const auto bad = [](auto change) {
    Pod pod = some_pod();
    change(pod);
    return invalid_part(pod);
  };
  CHECK(bad([](Pod& p) { p.container = ""; }).starts_with("container"));
  CHECK(bad([](Pod& p) { p.container = "a/b"; }).starts_with("container"));
  CHECK(bad([](Pod& p) { p.container = std::string(257, 'a'); }).starts_with("container"));
  CHECK(bad([](Pod& p) { p.ifname = ""; }).starts_with("ifname"));
  CHECK(bad([](Pod& p) { p.ifname = ".."; }).starts_with("ifname"));
  CHECK(bad([](Pod& p) { p.ifname = "a/b"; }).starts_with("ifname"));
  CHECK(bad([](Pod& p) { p.ifname = std::string(16, 'a'); }).starts_with("ifname"));
  CHECK(bad([](Pod& p) { p.netns = ""; }).starts_with("netns"));
  CHECK(bad([](Pod& p) { p.type = PodPortType::kMemif; }).starts_with("memif_folder"));
  CHECK(bad([](Pod& p) { p.addresses.clear(); }).starts_with("addresses"));
  CHECK(bad([](Pod& p) { p.addresses.push_back(p.addresses[0]); }).starts_with("addresses"));
  CHECK(
      bad([](Pod& p) { p.addresses[0] = *IpAddress::parse("fe80::1"); }).starts_with("addresses"));
  CHECK(bad([](Pod& p) {
          p.addresses[0] = *IpAddress::parse("224.0.0.1");
        }).starts_with("addresses"));
  CHECK(bad([](Pod& p) { p.addresses[0] = *IpAddress::parse("::"); }).starts_with("addresses"));
  CHECK(bad([](Pod& p) { p.mtu = 1279; }).starts_with("mtu"));
  CHECK(bad([](Pod& p) {
          p.mtu = 67;
          p.addresses.pop_back();
        }).starts_with("mtu"));
}

TEST_CASE("the state file") {
  Pod memif = some_pod();
  memif.type = PodPortType::kMemif;
  memif.host_link = "/run/x.sock";
  memif.netns = "";
  memif.container = "other";
  memif.pod_name = "\xff";  // whatever a runtime says
  const std::string bytes = write_pods({some_pod(), memif});
  const auto pods = read_pods(bytes);
  REQUIRE(pods);
  REQUIRE(pods->size() == 2);
  const Pod& pod = pods->front();
  CHECK(pod.title() == some_pod().title());
  CHECK(pod.netns == some_pod().netns);
  CHECK(pod.addresses == some_pod().addresses);
  CHECK(pod.routes == some_pod().routes);
  CHECK(pod.mtu == 1420);
  CHECK(pod.interface == some_pod().interface);
  CHECK(pod.mac == some_pod().mac);
  CHECK(pod.pod_mac == some_pod().pod_mac);
  CHECK(pods->back().type == PodPortType::kMemif);
  CHECK(pods->back().host_link == "/run/x.sock");
  CHECK(read_pods(write_pods({}))->empty());
  // Cut off anywhere, or one byte different anywhere.
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK_FALSE(read_pods(bytes.substr(0, i)));
    std::string other = bytes;
    other[i] = static_cast<char>(other[i] ^ 1);
    CHECK_FALSE(read_pods(other));
  }
}

TEST_CASE("MTU of a pod: the longest segment list fits into the fabric's (contiv B14)") {
  for (const std::size_t segments : {1, 2, 4, 7}) {
    for (const int fabric : {1500, 1600, 9000}) {
      const int outer = 40 + 8 + 16 * static_cast<int>(segments);
      CHECK(pod_mtu(static_cast<std::uint16_t>(fabric), segments) == fabric - outer);
    }
  }
  CHECK(pod_mtu(1500, 2) == 1420);
  CHECK(pod_mtu(9000, 10) == 8792);
  CHECK(pod_mtu(1360, 2) == 1280);
  CHECK(pod_mtu(1280, 2) == 1280);
  CHECK(pod_mtu(1500, 4000) == 1280);
}

TEST_CASE("a pod in the tables, and away again") {
  Compiler compiler;
  DesiredState base;
  DesiredInterface fabric;
  fabric.name = "fabric";
  fabric.addresses = {*IpPrefix::parse("2001:db8:f::1/64")};
  base.interfaces.push_back(fabric);
  NodeFacts facts;
  facts.port_macs = {*MacAddress::parse("02:00:00:00:0f:00")};
  compiler.set_facts(facts);
  REQUIRE(compiler.replace(base).ok());
  compiler.commit();
  const ForwardingTables before = compiler.tables();

  facts.port_macs.resize(70);
  facts.port_macs[69] = some_pod().mac;
  compiler.set_facts(facts);
  const AttachedPod attached{some_pod(), 69};
  const CompileUpdate added = compiler.change(attachment_change(attached));
  REQUIRE(added.ok());
  compiler.commit();
  CHECK(compiler.tables() == compile(compiler.state(), facts, compiler.ids()).tables);
  const auto& interfaces = compiler.tables().interfaces;
  const auto interface = std::find_if(interfaces.begin(), interfaces.end(), [](const Interface& i) {
    return i.name == some_pod().interface;
  });
  REQUIRE(interface != interfaces.end());
  CHECK(interface->port == 69);
  CHECK(interface->mac == some_pod().mac);
  CHECK_FALSE(interface->trusted);
  CHECK(interface->mtu == 1420);
  for (const IpAddress& address : some_pod().addresses) {
    const IpPrefix host{address, static_cast<std::uint8_t>(address.bits())};
    const auto& fib = compiler.tables().fib;
    const auto entry =
        std::find_if(fib.begin(), fib.end(), [&](const FibEntry& e) { return e.prefix == host; });
    REQUIRE(entry != fib.end());
    REQUIRE(entry->result.kind() == LookupResult::Kind::kAdjacency);
    const auto& adjacencies = compiler.tables().adjacencies;
    const auto adjacency =
        std::find_if(adjacencies.begin(), adjacencies.end(),
                     [&](const Adjacency& a) { return a.id == entry->result.index(); });
    REQUIRE(adjacency != adjacencies.end());
    CHECK(adjacency->interface == interface->id);
    CHECK(adjacency->mac == some_pod().pod_mac);
  }
  const CompileUpdate removed = compiler.change(detachment_change(attached));
  REQUIRE(removed.ok());
  compiler.commit();
  CHECK(compiler.tables() == before);
  // Both at the cost of one pod.
  CHECK(compiler.full_compiles() == 1);
}

}  // namespace
}  // namespace sextant
