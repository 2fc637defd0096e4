// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// load_config(): what a file means, and where each mistake is reported.
#include "control_fixtures.hpp"

namespace sextant {

using control_test::errors_of;
using control_test::load_errors;
using Strings = std::vector<std::string>;

namespace {

struct Mistake {
  const char* what;
  const char* text;
  const char* message;  // all of it, or its start
};

// Each text has exactly one mistake.
const Mistake kMistakes[] = {
    {"unknown key", "ports: [{name: a}]\nrouts: []\n",
     "t.yaml:2:1: routs: unknown key; did you mean \"routes\"?"},
    {"unknown key, nothing near", "ports:\n  - name: a\n    zzzzzz: 1\n",
     "t.yaml:3:5: ports[0].zzzzzz: unknown key; known here: name, device"},
    {"duplicate key", "ports:\n  - {name: a, mtu: 1500,\n     mtu: 1600}\n",
     "t.yaml:3:6: ports[0].mtu: given twice; the first is in line 2"},
    {"no ports", "node: {name: a}\n", "t.yaml:1:1: ports: missing: a forwarder needs"},
    {"empty file", "", "t.yaml:1:1: ports: missing"},
    {"list instead of mapping", "- a\n", "t.yaml:1:1: a list is not a mapping"},
    {"mapping instead of list", "ports: {name: a}\n", "t.yaml:1:8: ports: a mapping is not a list"},
    {"text instead of mapping", "ports: [a]\n", "t.yaml:1:9: ports[0]: \"a\" is not a mapping"},
    {"key that is no text", "ports: [{name: a}]\n[x]: 1\n", "t.yaml:1:1: a list cannot be a key"},
    {"wrong type, number", "ports: [{name: a, mtu: big}]\n",
     "t.yaml:1:24: ports[0].mtu: \"big\" is not a number from 1280 to 65535"},
    {"number out of range", "ports: [{name: a, mtu: 1279}]\n",
     "t.yaml:1:24: ports[0].mtu: \"1279\" is not a number from 1280 to 65535"},
    {"number with a sign", "ports: [{name: a, mtu: -1500}]\n",
     "t.yaml:1:24: ports[0].mtu: \"-1500\""},
    {"number in quotes", "ports: [{name: a, mtu: \"1500\"}]\n", "t.yaml:1:24: ports[0].mtu:"},
    {"number too long", "ports: [{name: a, mtu: 99999999999999999999999}]\n",
     "t.yaml:1:24: ports[0].mtu:"},
    {"wrong truth value", "ports: [{name: a, trusted: yes}]\n",
     "t.yaml:1:28: ports[0].trusted: \"yes\" is not true or false"},
    {"list instead of text", "ports: [{name: [a]}]\n",
     "t.yaml:1:16: ports[0].name: a list is not a name"},
    {"name with a blank", "ports: [{name: a b}]\n",
     "t.yaml:1:16: ports[0].name: \"a b\" is not a name"},
    {"name missing", "ports: [{mtu: 1500}]\n", "t.yaml:1:9: ports[0].name: missing"},
    {"bad MAC", "ports: [{name: a, mac: \"02:00:00:00:00\"}]\n", "t.yaml:1:24: ports[0].mac:"},
    {"multicast MAC", "ports: [{name: a, mac: \"01:00:00:00:00:01\"}]\n",
     "t.yaml:1:24: ports[0].mac:"},
    {"bad interface address", "ports: [{name: a, addresses: [10.0.0.300/24]}]\n",
     "t.yaml:1:31: ports[0].addresses[0]: \"10.0.0.300/24\" is not an interface address"},
    {"length too long", "ports: [{name: a, addresses: [10.0.0.1/33]}]\n",
     "t.yaml:1:31: ports[0].addresses[0]:"},
    {"multicast address", "ports: [{name: a, addresses: [\"ff02::1/64\"]}]\n",
     "t.yaml:1:31: ports[0].addresses[0]:"},
    {"log level", "ports: [{name: a}]\nlog: {level: loud}\n",
     "t.yaml:2:14: log.level: \"loud\" is not one of error, warning, info, debug"},
    {"listen without port", "ports: [{name: a}]\nintrospection: {listen: 127.0.0.1}\n",
     "t.yaml:2:25: introspection.listen: \"127.0.0.1\" is not an address with a port"},
    {"listen, port 0", "ports: [{name: a}]\nintrospection: {listen: \"127.0.0.1:0\"}\n",
     "t.yaml:2:25: introspection.listen:"},
    {"listen, port too large", "ports: [{name: a}]\nintrospection: {listen: \"[::1]:65536\"}\n",
     "t.yaml:2:25: introspection.listen:"},
    {"listen, IPv6 without brackets", "ports: [{name: a}]\nintrospection: {listen: \"::1:9470\"}\n",
     "t.yaml:2:25: introspection.listen:"},
    {"listen, no text", "ports: [{name: a}]\nintrospection: {listen: [off]}\n",
     "t.yaml:2:25: introspection.listen: a list is not"},
    {"remote without TLS",
     "ports: [{name: a}]\nintrospection: {listen: \"10.0.0.1:1\", token_file: /t}\n",
     "t.yaml:2:16: introspection.tls: missing: listen is 10.0.0.1:1, which other machines can "
     "reach"},
    {"remote without token",
     "ports: [{name: a}]\nintrospection:\n  listen: \"[::]:1\"\n  tls: {certificate: /c, key: "
     "/k}\n",
     "t.yaml:3:3: introspection.token_file: missing: listen is [::]:1, which"},
    {"certificate without key", "ports: [{name: a}]\nintrospection: {tls: {certificate: /c}}\n",
     "t.yaml:2:22: introspection.tls.key: missing"},
    {"relative path", "ports: [{name: a}]\nintrospection: {token_file: token}\n",
     "t.yaml:2:29: introspection.token_file: \"token\" is not an absolute path"},
    {"two ports, one name", "ports:\n  - {name: a}\n  - {name: a}\n",
     "t.yaml:3:12: ports[1].name: a port or interface with the name \"a\" stands in line 2"},
    {"VLAN with the name of a port",
     "ports:\n  - {name: a, vlans: [{id: 1, name: b}]}\n  - {name: b}\n",
     "t.yaml:3:12: ports[1].name: a port or interface"},
    {"VLAN twice", "ports: [{name: a, vlans: [{id: 7}, {id: 7, name: x}]}]\n",
     "t.yaml:1:41: ports[0].vlans[1].id: VLAN 7 is already on this port"},
    {"VLAN 4095", "ports: [{name: a, vlans: [{id: 4095}]}]\n",
     "t.yaml:1:32: ports[0].vlans[0].id:"},
    {"VLAN with a larger MTU", "ports: [{name: a, vlans: [{id: 1, mtu: 1600}]}]\n",
     "t.yaml:1:40: ports[0].vlans[0].mtu:"},
    {"one device twice",
     "ports:\n  - {name: a, device: \"net_tap0,iface=x\"}\n"
     "  - {name: b, device: \"net_tap0,iface=y\"}\n",
     "t.yaml:3:23: ports[1].device: device net_tap0 belongs to the port in line 2"},
    {"allowed SIDs of a trusted port", "ports: [{name: a, allowed_sids: [\"a3::/64\"]}]\n",
     "t.yaml:1:33: ports[0].allowed_sids: only for an interface"},
    {"queue without a line", "ports: [{name: a, queues: 2, assignments: [{queue: 0, lcore: 0}]}]\n",
     "t.yaml:1:43: ports[0].assignments: every queue"},
    {"queue on an lcore that is not there",
     "ports: [{name: a, assignments: [{queue: 0, lcore: 1}]}]\n",
     "t.yaml:1:51: ports[0].assignments[0].lcore: \"1\" is not a number from 0 to 0"},
    {"table that is not there", "ports: [{name: a, table: rde}]\ntables: [{name: red}]\n",
     "t.yaml:1:26: ports[0].table: no table has the name \"rde\"; did you mean \"red\"?"},
    {"exception interface that is not there",
     "ports: [{name: a}]\ntables: [{name: red, exception: kernel}]\n",
     "t.yaml:2:33: tables[0].exception: no interface has the name \"kernel\"; known: a"},
    {"lcore twice", "ports: [{name: a}]\nruntime: {lcores: [1, 1]}\n",
     "t.yaml:2:19: runtime.lcores: CPU 1 stands twice"},
    {"word that is not one of some", "ports: [{name: a}]\nruntime: {idle: pol}\n",
     "t.yaml:2:17: runtime.idle: \"pol\" is not one of adaptive, poll; did you mean \"poll\"?"},
    {"burst too large", "ports: [{name: a}]\nruntime: {burst: 257}\n",
     "t.yaml:2:18: runtime.burst:"},
    {"cache size", "ports: [{name: a}]\nruntime: {proxy_cache: {entries: 1000}}\n",
     "t.yaml:2:34: runtime.proxy_cache.entries: must be a power of two; the next one is 1024"},
    {"encapsulation source", "ports: [{name: a}]\nencapsulation: {source: \"::\"}\n",
     "t.yaml:2:25: encapsulation.source: must be a global unicast address"},
    {"traffic class", "ports: [{name: a}]\nencapsulation: {traffic_class: cpoy}\n",
     "t.yaml:2:32: encapsulation.traffic_class: \"cpoy\" is not \"copy\" or a number"},
    {"traffic class too large", "ports: [{name: a}]\nencapsulation: {traffic_class: 256}\n",
     "t.yaml:2:32: encapsulation.traffic_class:"},
    {"secret", "ports: [{name: a}]\ndomain: {hmac_keys: [{id: 1, secret: \"hex:123\"}]}\n",
     "t.yaml:2:38: domain.hmac_keys[0].secret: a secret is 1 to 256 bytes"},
    {"key id 0", "ports: [{name: a}]\ndomain: {hmac_keys: [{id: 0, secret: s}]}\n",
     "t.yaml:2:27: domain.hmac_keys[0].id:"},
    {"third key of one id",
     "ports: [{name: a}]\ndomain:\n  hmac_keys:\n    - {id: 1, secret: a}\n"
     "    - {id: 1, secret: b}\n    - {id: 1, secret: c}\n",
     "t.yaml:6:12: domain.hmac_keys[2].id: a third key"},
    {"IPv4 in the SID space", "ports: [{name: a}]\ndomain: {sid_space: [10.0.0.0/8]}\n",
     "t.yaml:2:22: domain.sid_space[0]: \"10.0.0.0/8\" is not an IPv6 prefix"},
    {"cluster source", "ports: [{name: a}]\nkubernetes: {source: etcd}\n",
     "t.yaml:2:22: kubernetes.source: \"etcd\" is not one of none, api, manifests"},
    {"cluster without source", "ports: [{name: a}]\nkubernetes: {services: false}\n",
     "t.yaml:2:13: kubernetes.source: missing: api, manifests or none"},
    {"cluster without SIDs", "ports: [{name: a}]\nkubernetes: {source: api}\n",
     "t.yaml:2:13: kubernetes.sids: missing: {plan: locator, block: PREFIX}, or {plan: contiv}"},
    {"manifests without a folder",
     "ports: [{name: a}]\nkubernetes: {source: manifests, sids: {plan: contiv}}\n",
     "t.yaml:2:13: kubernetes.path: missing: the folder with the manifests"},
    {"key of another source",
     "ports: [{name: a}]\nkubernetes: {source: manifests, path: /a, watch: false, "
     "sids: {plan: contiv}}\n",
     "t.yaml:2:50: kubernetes.watch: is for source: api only; remove it"},
    {"locators without pod_cidrs",
     "ports: [{name: a}]\nkubernetes: {source: api, sids: {plan: locator, block: \"fc::/48\"}}\n",
     "t.yaml:2:13: kubernetes.pod_cidrs: missing: with plan locator"},
    {"locators without a block",
     "ports: [{name: a}]\nkubernetes: {source: api, pod_cidrs: [10.0.0.0/8], "
     "sids: {plan: locator}}\n",
     "t.yaml:2:58: kubernetes.sids.block: missing"},
    {"locator too long",
     "ports: [{name: a}]\nkubernetes: {source: api, pod_cidrs: [10.0.0.0/8],\n"
     "  sids: {plan: locator, block: \"fc::/50\"}}\n",
     "t.yaml:3:32: kubernetes.sids.block: leaves no room: block and node_bits are 66 bits"},
    {"generation 3",
     "ports: [{name: a}]\nkubernetes: {source: api, sids: {plan: contiv, generation: 3}}\n",
     "t.yaml:2:60: kubernetes.sids.generation: \"3\" is not a number from 1 to 2"},
    {"role without room",
     "ports: [{name: a}]\nkubernetes: {source: api, sids: {plan: contiv, node_pod: \"fc::/97\"}}\n",
     "t.yaml:2:58: kubernetes.sids.node_pod: fc::/97 must have 1 to 96 bits"},
    {"key of another plan",
     "ports: [{name: a}]\nkubernetes: {source: api, sids: {plan: contiv, block: \"fc::/48\"}}\n",
     "t.yaml:2:48: kubernetes.sids.block: unknown key"},
    {"table of the cluster",
     "ports: [{name: a}]\nkubernetes: {source: api, table: pods, sids: {plan: contiv}}\n",
     "t.yaml:2:34: kubernetes.table: no table has the name \"pods\""},
    {"relative kubeconfig",
     "ports: [{name: a}]\nkubernetes: {source: api, kubeconfig: config, sids: {plan: contiv}}\n",
     "t.yaml:2:39: kubernetes.kubeconfig: \"config\" is not an absolute path"},
    {"ICMP burst 0", "ports: [{name: a}]\nicmp: {error_burst: 0}\n",
     "t.yaml:2:21: icmp.error_burst:"},
};

}  // namespace

TEST_CASE("each mistake is one error with file, line, column and field", "[config]") {
  for (const Mistake& mistake : kMistakes) {
    INFO(mistake.what << "\n" << mistake.text);
    const Strings errors = load_errors(mistake.text);
    CAPTURE(errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].substr(0, std::string(mistake.message).size()) == mistake.message);
  }
}

TEST_CASE("all mistakes are reported at once, in the order of the file", "[config]") {
  const Strings errors = load_errors(
      "ports:\n"
      "  - {name: a, mtu: x, colour: red}\n"
      "routes:\n"
      "  - {prefix: 2001:db8::/33x, interface: a}\n"
      "  - {prefix: 2001:db8::/32, interface: b}\n"
      "local_sids:\n"
      "  - {sid: a3::1, behavior: End.DT5}\n");
  REQUIRE(errors.size() == 5);
  CHECK(errors[0].starts_with("t.yaml:2:20: ports[0].mtu:"));
  CHECK(errors[1].starts_with("t.yaml:2:23: ports[0].colour: unknown key"));
  CHECK(errors[2].starts_with("t.yaml:4:14: routes[0].prefix:"));
  CHECK(errors[3].starts_with("t.yaml:5:40: routes[1].interface: no interface has the name \"b\""));
  CHECK(
      errors[4].starts_with("t.yaml:7:28: local_sids[0].behavior: \"End.DT5\" is not a behavior; "
                            "did you mean \"End.DT"));
}

TEST_CASE("an object with a mistake causes no further findings", "[config]") {
  // The bad port is still a port that the route may name.
  const Strings errors =
      load_errors("ports: [{name: a, mtu: 7}]\nroutes: [{prefix: 2001:db8::/32, interface: a}]\n");
  CHECK(errors.size() == 1);
}

TEST_CASE("a secret is not shown", "[config]") {
  const Strings errors =
      load_errors("ports: [{name: a}]\ndomain: {hmac_keys: [{id: 1, secret: \"hex:c0ffeex\"}]}\n");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("c0ffee") == std::string::npos);
}

TEST_CASE("the runtime part arrives", "[config]") {
  const LoadedConfig loaded = load_config(
      "runtime:\n"
      "  {lcores: [2, 3], huge_pages: off, memory_mb: 256, mbufs: 4096, idle: poll, burst: 32,\n"
      "   eal_arguments: [--log-level=8], file_prefix: x, proxy_cache: {entries: 64, timeout_s: "
      "9},\n"
      "   neighbor_hold_packets: 5}\n"
      "ports:\n"
      "  - {name: p, device: 'net_tap0,iface=t', queues: 2, mtu: 9000, mac: '02:00:00:00:00:07',\n"
      "     rx_descriptors: 512, tx_descriptors: 256, assignments: [{queue: 0, lcore: 1},\n"
      "     {queue: 1, lcore: 0}]}\n",
      "t.yaml");
  CHECK(errors_of(loaded.diagnostics) == Strings{});
  const RuntimeConfig& runtime = loaded.runtime;
  CHECK(runtime.lcores == std::vector<unsigned>{2, 3});
  CHECK(runtime.huge_pages == HugePages::kOff);
  CHECK(runtime.memory_mb == 256);
  CHECK(runtime.mbufs == 4096);
  CHECK(runtime.idle == IdleMode::kPoll);
  CHECK(runtime.burst == 32);
  CHECK(runtime.eal_arguments == Strings{"--log-level=8"});
  CHECK(runtime.file_prefix == "x");
  CHECK(runtime.proxy_cache_entries == 64);
  CHECK(runtime.proxy_cache_timeout_s == 9);
  CHECK(runtime.neighbor_hold_packets == 5);
  REQUIRE(runtime.ports.size() == 1);
  const PortConfig& port = runtime.ports[0];
  CHECK(port.device == "net_tap0,iface=t");
  CHECK(port.queues == 2);
  CHECK(port.mtu == 9000);
  CHECK(port.rx_descriptors == 512);
  CHECK(port.tx_descriptors == 256);
  REQUIRE(port.mac.has_value());
  CHECK(port.mac->to_string() == "02:00:00:00:00:07");
  REQUIRE(port.assignments.size() == 2);
  CHECK(port.assignments[0].lcore == 1);
  CHECK(port.where.line == 6);
}

TEST_CASE("ports that take frames become promiscuous", "[config]") {
  const LoadedConfig loaded = load_config(
      "ports: [{name: f, addresses: ['2001:db8::1/64']}, {name: steered}, {name: far},\n"
      "        {name: trunk, vlans: [{id: 5}]}, {name: member}, {name: nf}]\n"
      "local_sids:\n"
      "  - {sid: a3::2, behavior: End.DX2, interface: far}\n"
      "  - {sid: a3::3, behavior: End.AD, inner: ethernet, interface: nf}\n"
      "bridges: [{name: b, members: [member]}]\n"
      "policies: [{name: p, segment_lists: [{segments: ['2001:db8::2']}]}]\n"
      "steering: [{interface: steered, policy: p}, {interface: trunk.5, policy: p}]\n",
      "t.yaml");
  CHECK(errors_of(loaded.diagnostics) == Strings{});
  std::string promiscuous;
  for (const PortConfig& port : loaded.runtime.ports) {
    if (port.promiscuous) promiscuous += port.name + " ";
  }
  CHECK(promiscuous == "steered trunk member nf ");
}

TEST_CASE("an address that ends in two colons needs no quotes", "[config]") {
  const LoadedConfig loaded = load_config(
      "ports: [{name: a, addresses: [2001:db8::1/64]}]\n"
      "local_sids:\n"
      "  - {sid: a3::, behavior: End}\n"
      "  - sid: a4::\n"
      "    behavior: End  # a comment with a5:: in it\n"
      "policies:\n"
      "  - {name: \"p\", segment_lists: [{segments: [2001:db8::2, b5::, b6::]}], binding_sid: "
      "a6::}\n",
      "t.yaml");
  CHECK(errors_of(loaded.diagnostics) == Strings{});
  REQUIRE(loaded.state.local_sids.size() == 2);
  CHECK(loaded.state.local_sids[0].sid.to_string() == "a3::/128");
  CHECK(loaded.state.local_sids[1].sid.to_string() == "a4::/128");
  REQUIRE(loaded.state.policies.size() == 1);
  const auto& segments = loaded.state.policies[0].candidate_paths[0].segment_lists[0].segments;
  REQUIRE(segments.size() == 3);
  CHECK(segments[2].to_string() == "b6::");
  CHECK(loaded.state.policies[0].binding_sid->to_string() == "a6::");
}

TEST_CASE("a policy without a name is named by its binding SID or its number", "[config]") {
  const LoadedConfig loaded = load_config(
      "ports: [{name: a, addresses: [2001:db8::1/64]}]\n"
      "policies:\n"
      "  - {binding_sid: a3::9, segment_lists: [{segments: ['2001:db8::2']}]}\n"
      "  - {segment_lists: [{segments: ['2001:db8::3']}]}\n",
      "t.yaml");
  REQUIRE(loaded.state.policies.size() == 2);
  CHECK(loaded.state.policies[0].name == "a3::9");
  CHECK(loaded.state.policies[1].name == "policy-2");
}

TEST_CASE("a file that cannot be read is an error, not an exception", "[config]") {
  CHECK(errors_of(load_config_file("/nonexistent/x.yaml").diagnostics).size() == 1);
  CHECK(errors_of(load_config_file("/tmp").diagnostics)[0] == "/tmp: is a directory, not a file");
}

TEST_CASE("sections log and introspection, and their defaults") {
  const LoadedConfig none = load_config("ports: [{name: a}]\n", "t.yaml");
  REQUIRE(none.ok());
  CHECK(none.log == LogConfig{LogLevel::kInfo, LogFormat::kText});
  CHECK(none.introspection.listen() == "127.0.0.1:9470");
  CHECK_FALSE(none.introspection.tls());

  const LoadedConfig all = load_config(
      "ports: [{name: a}]\nlog: {level: debug, format: json}\n"
      "introspection: {listen: \"[2001:db8::1]:80\", tls: {certificate: /c, key: /k},"
      " token_file: /t}\n",
      "t.yaml");
  REQUIRE(errors_of(all.diagnostics) == Strings{});
  CHECK(all.log == LogConfig{LogLevel::kDebug, LogFormat::kJson});
  CHECK(all.introspection.listen() == "[2001:db8::1]:80");
  CHECK(all.introspection.certificate == "/c");
  CHECK(all.introspection.key == "/k");
  CHECK(all.introspection.token_file == "/t");

  for (const char* word : {"off", "false"}) {
    const auto text = "ports: [{name: a}]\nintrospection: {listen: " + std::string(word) + "}\n";
    CHECK_FALSE(load_config(text, "t.yaml").introspection.enabled);
  }
}

TEST_CASE("section kubernetes", "[config]") {
  const auto load = [](const std::string& section) {
    const LoadedConfig loaded = load_config("ports: [{name: a}]\ntables: [{name: pods}]\n" +
                                                std::string("kubernetes: {") + section + "}\n",
                                            "t.yaml");
    CHECK(errors_of(loaded.diagnostics) == Strings{});
    return loaded;
  };
  SECTION("nothing unless it is asked for") {
    CHECK_FALSE(load("source: none").kubernetes.enabled());
    CHECK(load("source: none, sids: {plan: contiv}").state.domain.sid_space.empty());
    CHECK_FALSE(load_config("ports: [{name: a}]\n", "t.yaml").kubernetes.enabled());
  }
  SECTION("locators, and pods cannot reach them") {
    const LoadedConfig loaded = load(
        "source: api, pod_cidrs: [10.0.0.0/8, \"2001::/48\"], table: pods, watch: false, "
        "poll_interval_s: 5, node_name: n1, sid_routes: false, services: false, chains: false, "
        "sids: {plan: locator, block: \"fcbb::/32\", node_bits: 8}");
    const KubernetesSettings& settings = loaded.kubernetes;
    CHECK(settings.source == KubernetesSettings::Source::kApi);
    CHECK(std::get<LocatorPlan>(settings.sids).locator_len() == 40);
    CHECK(settings.pod_cidrs.size() == 2);
    CHECK(settings.table == "pods");
    CHECK_FALSE(settings.watch);
    CHECK_FALSE(settings.sid_routes);
    CHECK_FALSE(settings.services);
    CHECK_FALSE(settings.chains);
    CHECK(loaded.state.domain.sid_space ==
          std::vector<IpPrefix>{control_test::prefix("fcbb::/32")});
  }
  SECTION("both generations of Contiv-VPP, and a prefix of one's own") {
    const auto plan = [&](const std::string& text) {
      return std::get<ContivPlan>(
          load("source: manifests, path: /a, sids: {plan: contiv" + text + "}").kubernetes.sids);
    };
    CHECK(plan("").service_policy == control_test::prefix("8fff::/16"));
    CHECK(plan("").service_host == control_test::prefix("9300::/16"));
    CHECK(plan(", generation: 1").service_policy == control_test::prefix("5555::/16"));
    CHECK(plan(", generation: 1").service_host == control_test::prefix("6655::/16"));
    CHECK(plan(", generation: 1, node_host: \"fc00:12::/32\"").node_host ==
          control_test::prefix("fc00:12::/32"));
    // Generation 2 has one prefix for pods and hosts.
    CHECK(sid_space_of(plan("")).size() == 10);
    CHECK(sid_space_of(plan(", generation: 1")).size() == 11);
    CHECK(plan(", chain_end: \"fc00:13::/32\"").chain_end == control_test::prefix("fc00:13::/32"));
    CHECK(plan("").chain_id_bits == 16);
    CHECK(plan(", chain_id_bits: 32").chain_id_bits == 32);
  }
}

}  // namespace sextant
