// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Views at many widths, with rates, and with rows that lack something.
#include "sextant/view.hpp"

#include <sstream>

#include "sextant/change_view.hpp"
#include "sextant/story.hpp"
#include "sextant/top_view.hpp"
#include "support/catch.hpp"

using namespace sextant;
using nlohmann::json;

namespace {

constexpr const char* kSid = "fcbb:bbbb:aaaa:cccc:dddd:eeee:ffff:1234";

json counter(std::uint64_t packets) {
  return {{"packets", packets}, {"bytes", packets * 100}};
}

json localsid(std::uint64_t good) {
  return {{"sid", std::string(kSid) + "/128"},
          {"table", "main"},
          {"behavior", "End.DX4"},
          {"title", "Decapsulation and IPv4 cross-connect"},
          {"flavors", {"NEXT-CSID"}},
          {"arguments", "eth1 via 10.0.0.2"},
          {"interface", "eth1"},
          {"next_hop", "10.0.0.2"},
          {"hmac_required", true},
          {"good", counter(good)},
          {"bad", counter(3)}};
}

json policy(std::uint64_t packets) {
  json row = {
      {"name", "to-b"},
      {"binding_sid", kSid},
      {"binding_sid_behavior", "End.B6.Encaps"},
      {"headend", "H.Encaps"},
      {"color", 10},
      {"endpoint", "fcbb::b"},
      {"valid", true},
      {"reason", ""},
      {"type", "spray"},
      {"table", "main"},
      {"lists",
       {{{"segments", {kSid, "fcbb::2"}}, {"weight", 3}},
        {{"segments", {"fcbb::3"}}, {"weight", 1}}}},
      {"paths",
       {{{"name", "a"},
         {"preference", 200},
         {"active", true},
         {"reason", ""},
         {"lists", {{{"segments", {"fcbb::9"}}, {"valid", false}, {"reason", "no route"}}}}},
        {{"name", "b"},
         {"preference", 100},
         {"active", false},
         {"reason", "a has a higher preference"},
         {"lists", json::array()}}}}};
  row.update(counter(packets));
  for (json& list : row["lists"])
    list.update(counter(packets / 2));
  return row;
}

json port(std::uint64_t packets, bool present = true) {
  return {{"name", "wan"},
          {"device", "net_af_packet0,iface=eth0"},
          {"link", "up"},
          {"present", present},
          {"mac", "02:00:00:00:00:01"},
          {"mtu", 1500},
          {"rx_queues", 1},
          {"tx_queues", 1},
          {"rx", counter(packets)},
          {"tx", counter(0)},
          {"rx_missed", 0},
          {"rx_errors", 0},
          {"rx_no_mbuf", 0},
          {"tx_errors", 0},
          {"interfaces",
           {{{"name", "wan"},
             {"vlan", 0},
             {"table", "main"},
             {"trusted", true},
             {"addresses", {std::string(kSid) + "/64", "192.0.2.1/24"}},
             {"rx", counter(packets)},
             {"tx", counter(0)}}}}};
}

json drop(const char* reason, std::uint64_t packets) {
  json row = {{"reason", reason}, {"help", "A packet of which something was not right at all"}};
  row.update(counter(packets));
  return row;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Local SIDs show what VPP shows") {
  const std::string text = print_localsids(json::array({localsid(7)}), {});
  INFO(text);
  for (const char* const part : {kSid, "End.DX4", "Decapsulation and IPv4 cross-connect", "eth1",
                                 "10.0.0.2", "NEXT-CSID,HMAC", "7", "700", "3", "300"}) {
    CHECK(has(text, part));
  }
}

TEST_CASE("Policies show what VPP shows, at every width, with whole addresses") {
  for (std::size_t width = 40; width <= 200; ++width) {
    ViewContext context;
    context.canvas.width = width;
    const std::string text = print_policies(json::array({policy(7)}), context);
    INFO(text);
    for (const char* const part : {"[0] to-b", "End.B6.Encaps", "H.Encaps", "spray", "main",
                                   "<fcbb::3>", "fcbb::2>", "higher", "no route"}) {
      CHECK((has(text, part) || width < 60));
    }
    CHECK(has(text, kSid));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      // An indent and the longest word.
      CHECK(display_width(line) <= std::max<std::size_t>(width, 8 + 41));
    }
  }
}

TEST_CASE("With two samples there are rates") {
  Rates rates;
  rates.sample(json::array({localsid(7)}), 1);
  rates.sample(json::array({localsid(1007)}), 2);
  ViewContext context;
  context.rates = &rates;
  CHECK(has(print_localsids(json::array({localsid(1007)}), context), "1.00 k"));
  Rates lists;
  lists.sample(json::array({policy(0)}), 1);
  lists.sample(json::array({policy(100)}), 2);
  context.rates = &lists;
  CHECK(has(print_policies(json::array({policy(100)}), context), "(50 packets/s"));
}

TEST_CASE("An invalid policy says why") {
  json row = policy(0);
  row["valid"] = false;
  row["reason"] = "no candidate path is valid";
  CHECK(has(print_policies(json::array({row}), {}), "INVALID: no candidate path is valid"));
}

TEST_CASE("Empty lists are words") {
  const json none = json::array();
  CHECK(print_localsids(none, {}) == "no local SIDs\n");
  CHECK(print_policies(none, {}) == "no policies\n");
  CHECK(print_steering(none, {}) == "no steering rules\n");
  CHECK(print_fib(none, {}) == "no routes\n");
  CHECK(print_neighbors(none, {}) == "no neighbors\n");
  CHECK(print_ports(none, {}) == "no ports\n");
  CHECK(print_drops(none, {}) == "no drops\n");
  CHECK(print_drops(json::array({drop("a", 0)}), {}) == "no drops\n");
  CHECK(print_lcores(none, {}) == "no lcores\n");
  CHECK(print_services(none, {}) == "no services\n");
  CHECK(print_chains(none, {}) == "no chains\n");
  CHECK(print_connections(none, {}) == "no connections\n");
}

TEST_CASE("A connection shows both sides where they differ") {
  json row = {{"interface", "pod0"},     {"protocol", "tcp"},
              {"state", "established"},  {"idle_s", 4},
              {"client", "10.0.0.7"},    {"client_port", 4000},
              {"service", "2096::d765"}, {"service_port", 80},
              {"backend", "fd01::5"},    {"backend_port", 8080},
              {"peer", "10.0.0.7"},      {"peer_port", 4000}};
  CHECK(has(print_connections(json::array({row}), {}), "10.0.0.7:4000"));
  CHECK(has(print_connections(json::array({row}), {}), "[2096::d765]:80"));
  row["peer_port"] = 5000;
  CHECK(has(print_connections(json::array({row}), {}), "10.0.0.7:5000"));
}

TEST_CASE("Drops that did not happen are shown on demand") {
  ViewContext context;
  context.all = true;
  CHECK(has(print_drops(json::array({drop("parse_short", 0)}), context), "parse_short"));
}

TEST_CASE("A row of another version is an error, not a guess") {
  for (const View& view : all_views()) {
    INFO(view.name);
    CHECK_THROWS_AS(view.print(json::array({json::object()}), {}), json::exception);
    CHECK_THROWS_AS(view.print(json::array({"text"}), {}), json::exception);
  }
  json row = localsid(1);
  row["good"]["packets"] = "many";
  CHECK_THROWS_AS(print_localsids(json::array({row}), {}), json::exception);
}

TEST_CASE("A service shows its addresses, ports, backends, and the lists that lead to them") {
  json row = {{"name", "default/web"},
              {"type", "ClusterIP"},
              {"programmed", true},
              {"why", ""},
              {"notes", {"loadBalancerSourceRanges are not enforced"}},
              {"addresses", {{{"address", "2096::d765"}, {"kind", "ClusterIP"}, {"why", ""}}}},
              {"ports",
               {{{"name", "http"},
                 {"protocol", "TCP"},
                 {"port", 80},
                 {"node_port", 30080},
                 {"family", "IPv6"},
                 {"traffic", "internal"},
                 {"policy", "default/web"},
                 {"backends", {{{"address", "2001::5"}, {"port", 8080}, {"draining", false}}}}}}},
              {"backends",
               {{{"address", "2001::5"},
                 {"pod", "default/web-1"},
                 {"node", "node2"},
                 {"local", false},
                 {"host_network", false},
                 {"ready", true},
                 {"serving", true},
                 {"terminating", false},
                 {"segments", {"7766::2", "6666::5"}},
                 {"why", ""}}}},
              {"policies",
               {{{"name", "default/web"},
                 {"binding_sid", "5555::d765"},
                 {"valid", true},
                 {"reason", ""},
                 {"packets", 7},
                 {"bytes", 700},
                 {"lists",
                  {{{"segments", {"7766::2", "6666::5"}},
                    {"weight", 1},
                    {"packets", 7},
                    {"bytes", 700}}}}}}}};
  ViewContext context;
  context.canvas.width = 200;
  CHECK(print_services(json::array({row}), context) ==
        "default/web  ClusterIP\n"
        "    note: loadBalancerSourceRanges are not enforced\n"
        "    ClusterIP 2096::d765\n"
        "    port http 80/TCP, node port 30080, IPv6 internal: 1 backend by policy default/web\n"
        "    backend 2001::5 :8080, pod default/web-1 on node2, ready\n"
        "    policy default/web (BSID 5555::d765): 7 packets, 700 bytes\n"
        "    <7766::2, 6666::5> weight 1 to default/web-1: 7 packets, 700 bytes\n");
  row["programmed"] = false;
  row["why"] = "headless";
  CHECK(has(print_services(json::array({row}), context), "NOT PROGRAMMED: headless"));
}

TEST_CASE("A port that is gone says so") {
  CHECK(has(print_ports(json::array({port(1, false)}), {}), "gone"));
}

TEST_CASE("A chain says where its packets are") {
  json row = json::parse(R"({"name": "default/c", "rendered": true, "reason": "Rendered",
      "message": "1 path", "binding_sid": "8eee::1", "notes": [], "nodes": ["n1"],
      "elements": [
        {"name": "client", "type": "Pod", "members": [{"name": "default/client-0", "node": "n1",
         "used": true, "why": "", "weight": 1, "sids": []}]},
        {"name": "fw", "type": "Pod", "members": [{"name": "default/fw-0", "node": "n1",
         "used": false, "why": "it is not ready", "weight": 3, "sids": [{"sid": "9600::1",
         "behavior": "End.AD", "direction": "forward", "why": "",
         "good": {"packets": 14}, "bad": {"packets": 1},
         "to_function": {"packets": 7}, "from_function": {"packets": 6}}]}]}],
      "flows": [{"direction": "forward", "type": "Ethernet", "destination": "", "bypass": false,
        "starts_here": true, "paths": [{"members": ["default/fw-0"], "weight": 3,
        "segments": ["9600::1"]}], "policies": [{"name": "chain default/c", "valid": true,
        "reason": "", "packets": 9, "lists": [{"segments": ["9600::1"], "packets": 9}]}]}]})");
  ViewContext context;
  context.canvas.width = 120;
  CHECK(print_chains(json::array({row}), context) ==
        "default/c  1 path\n"
        "    BSID 8eee::1\n"
        "    1. client, Pod\n"
        "        default/client-0 on n1\n"
        "    2. fw, Pod\n"
        "        default/fw-0 on n1, weight 3: not used, it is not ready\n"
        "            9600::1 End.AD forward: 14 packets, 1 bad, 7 to the function, 6 back\n"
        "    forward Ethernet: 9 packets in\n"
        "        default/fw-0 weight 3\n"
        "        <9600::1> 9 packets\n");
  row["rendered"] = false;
  row["reason"] = "NotReady";
  CHECK(has(print_chains(json::array({row}), context), "NOT RENDERED: NotReady"));
}

TEST_CASE("An lcore tells its share of time and what a packet costs by stage") {
  const json stages = {{"receive", 1.5}, {"parse", 2}, {"lookup", 3}, {"behavior", 4},
                       {"rewrite", 5},   {"tx", 6.25}, {"send", 7}};
  json row = {{"lcore", 1},
              {"cpu", 3},
              {"running", true},
              {"packets", 640},
              {"packets_per_burst", 32.0},
              {"cycles_per_packet", 81.25},
              {"idle_share", 0.125},
              {"longest_turn_us", 12.0},
              {"sampled_bursts", 9},
              {"stage_cycles_per_packet", stages},
              {"bursts_by_size", {{{"from", 1}, {"bursts", 4}}, {{"from", 2}, {"bursts", 16}}}}};
  const std::string text = print_lcores(json::array({row}), {});
  INFO(text);
  CHECK(has(text, "1    3  running      640           32.0           81.2    12.5"));
  CHECK(has(text, "from 1  from 2"));
  CHECK(has(text, "1.5    2.0     3.0       4.0      5.0  6.2   7.0"));
  row["running"] = false;
  CHECK(has(print_lcores(json::array({row}), {}), "stopped"));
  row["stage_cycles_per_packet"].erase("tx");
  CHECK_THROWS_AS(print_lcores(json::array({row}), {}), json::exception);
}

TEST_CASE("A lookup tells the decisions behind it, or that there is no route") {
  const json match = {
      {"table", "main"}, {"address", "10.0.0.1"}, {"match", {{"prefix", "10.0.0.0/8"}}}};
  json value = match;
  value["chain"] = {
      {{"type", "policy"}, {"target", "to-b"}, {"steering", "10.0.0.0/8"}, {"valid", false}},
      {{"type", "segment list"}, {"target", "wan via fe80::2"}, {"segments", {kSid, "::1"}}},
      {{"type", "next hop"},
       {"target", "wan via fe80::2"},
       {"neighbor",
        {{"address", "fe80::2"}, {"state", "reachable"}, {"mac", "02:00:00:00:00:01"}}}}};
  const std::string text = print_lookup(value, {});
  INFO(text);
  CHECK(has(text, "10.0.0.1 in table main: 10.0.0.0/8\n  policy: to-b; for 10.0.0.0/8, INVALID\n"));
  CHECK(has(text, "neighbor fe80::2 reachable"));
  value["match"] = nullptr;
  CHECK(has(print_lookup(value, {}), ": no route"));
  CHECK_THROWS_AS(print_lookup(match, {}), json::exception);
  CHECK_THROWS_AS(print_lookup(json::object(), {}), json::exception);
}

TEST_CASE("The generation tells what went wrong") {
  const json us = {{"load", 1200}, {"compile", 310}, {"apply", 5}};
  const json value = {{"number", 7},
                      {"published_at", nullptr},
                      {"age_seconds", nullptr},
                      {"durations_us", us},
                      {"attempts", {{"published", 1}, {"invalid", 2}}},
                      {"last",
                       {{"result", "invalid"},
                        {"at", "now"},
                        {"trigger", "SIGHUP"},
                        {"durations_us", us},
                        {"error", "2 errors"},
                        {"diagnostics", {{{"message", "a.yaml:3:1: no"}}}}}},
                      {"ready", false},
                      {"missing", json::array({"port up has no link"})},
                      {"notice", "look"}};
  const std::string text = print_generation(value, {});
  INFO(text);
  for (const char* const part :
       {"generation 7\n", "load 1.20 ms, compile 0.31 ms", "not ready", "port up has no link",
        "last attempt: invalid", "a.yaml:3:1: no", "2 errors", "2 invalid, 1 published"}) {
    CHECK(has(text, part));
  }
  CHECK(
      has(print_config({{"path", "c.yaml"}, {"loaded_at", "now"}, {"yaml", "a: 1\nb: \x1b\n"}}, {}),
          "# c.yaml, loaded now\na: 1\nb: ?\n"));
}

TEST_CASE("top sorts, and fits any screen") {
  TopSamples samples;
  const auto add = [&](std::uint64_t n, double at) {
    samples.add("ports", json::array({port(n)}), at);
    json sids = json::array();
    for (int i = 0; i < 60; ++i) {
      json row = localsid(n * static_cast<unsigned>(i));
      row["sid"] = "fc00::" + std::to_string(i) + "/128";
      sids.push_back(row);
    }
    samples.add("localsids", sids, at);
    samples.add("policies", json::array({policy(n)}), at);
    samples.add("drops", json{drop("a", 0), drop("b", n)}, at);
  };
  add(0, 1);
  const json unknown = top_rates(samples, TopSort::kPackets);
  CHECK(unknown.at("ports")[0].at("packets_per_s").is_null());
  CHECK(has(top_text(unknown, {}), "-"));
  add(10, 3);
  const json rates = top_rates(samples, TopSort::kPackets);
  CHECK(rates.at("localsids")[0].at("name") == "fc00::59/128");
  CHECK(rates.at("localsids")[0].at("packets_per_s") == 295.0);
  CHECK(rates.at("localsids")[0].at("bits_per_s") == 295.0 * 800);
  CHECK(top_rates(samples, TopSort::kName).at("localsids")[0].at("name") == "fc00::0/128");
  for (std::size_t rows = 1; rows <= 100; ++rows) {
    for (std::size_t width : {40, 80, 200}) {
      TopScreen screen;
      screen.canvas.width = width;
      screen.rows = rows;
      screen.heading = "heading\n";
      const std::string text = top_text(rates, screen);
      INFO(rows << "\n" << text);
      CHECK(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) <= rows);
    }
  }
  TopScreen one;
  one.section = 4;
  const std::string drops = top_text(rates, one);
  CHECK(has(drops, "drop reason"));
  CHECK_FALSE(has(drops, "local SID"));
}

TEST_CASE("A story tells each step and the end") {
  const json packet = {{"lcore", 0},
                       {"port", "lan"},
                       {"length", 98},
                       {"steps",
                        {{{"stage", "parse"}, {"text", "IPv6 a > b"}},
                         {{"stage", "drop"}, {"text", "hop limit\x1b[2J"}}}},
                       {"outcome", {{"dropped", "rewrite_hop_limit"}, {"answered", "lan"}}}};
  const std::string text = packet_story(packet, 1, {});
  INFO(text);
  CHECK(has(text, "  parse     IPv6 a > b\n"));
  CHECK(has(text, "dropped: rewrite_hop_limit, answered with an ICMP error by port lan"));
  CHECK_FALSE(has(text, "\x1b"));
  CHECK(has(packet_story(packet, 1, {.width = 40, .color = true}), "\x1b[31mdrop\x1b[0m"));
  CHECK(has(trace_text({{"packets", json::array()}}, {}), "no packet matched"));
  CHECK(has(trace_text({{"packets", {packet}}, {"lost", 4}}, {}), "4 more packets"));
  CHECK_THROWS_AS(trace_text(json::object(), {}), json::exception);
  CHECK_THROWS_AS(packet_story({{"steps", {{{"stage", 1}}}}}, 1, {}), json::exception);
}

TEST_CASE("explain tells what would leave, or that nothing would") {
  json reply = {{"packet", {{"hex", ""}, {"headers", {"IPv6 a > b"}}}},
                {"packets", json::array()},
                {"frames", json::array()}};
  CHECK(has(explain_text(reply, {}), "nothing would leave"));
  reply["frames"] = {{{"port", "wan"}, {"length", 98}, {"headers", {"IPv6 c > d"}}}};
  CHECK(has(explain_text(reply, {}), "out by port wan, 98 bytes\n  IPv6 c > d\n"));
  CHECK_THROWS_AS(explain_text(json::object(), {}), json::exception);
}

TEST_CASE("Changes have the signs of diff") {
  const json field = {{"field", "weight"}, {"before", "1"}, {"after", "2"}};
  const json reply = {{"changes",
                       {{"policies",
                         {{"added", {{{"name", "p1"}, {"fields", json::array()}}}},
                          {"removed", {{{"name", "p2"}, {"fields", json::array()}}}},
                          {"changed", {{{"name", "p3"}, {"fields", {field}}}}}}}}},
                      {"diagnostics", {{{"message", "x.yaml:1:2: wrong"}}}}};
  CHECK(changes_text(reply, {}) ==
        "- policies p2\n+ policies p1\n~ policies p3\n~     weight: 1 -> 2\n");
  CHECK(has(changes_text(reply, {.color = true}), "\x1b[32m+ policies p1\x1b[0m"));
  CHECK(findings_of(reply) == std::vector<std::string>{"x.yaml:1:2: wrong"});
  CHECK(findings_of(json::object()).empty());
  CHECK(changes_text({{"changes", json::object()}}, {}).empty());
  CHECK_THROWS_AS(changes_text(json::object(), {}), json::exception);
  CHECK_THROWS_AS(changes_text({{"changes", {{"policies", {}}}}}, {}), json::exception);
}
