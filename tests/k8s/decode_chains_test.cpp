// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Chains, external interfaces and networks: Contiv's examples, new fields, and a finding for each
// mistake.
#include "k8s/decode.hpp"
#include "k8s/encode.hpp"
#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

template <typename T>
T good(Decoded<T> (*decode)(const json&), const char* text) {
  const Decoded<T> decoded = decode(json::parse(text));
  CHECK(lines_of(decoded.diagnostics) == Strings{});
  REQUIRE(decoded.object.has_value());
  // What is written to the state file comes back.
  CHECK(decode(json::parse(encode(*decoded.object).dump())).object == decoded.object);
  return *decoded.object;
}

template <typename T>
std::string mistake(Decoded<T> (*decode)(const json&), const std::string& spec) {
  const json object = {{"metadata", {{"namespace", "ns"}, {"name", "n"}}},
                       {"spec", json::parse(spec)}};
  const Decoded<T> decoded = decode(object);
  CHECK_FALSE(decoded.object.has_value());
  const Strings lines = lines_of(decoded.diagnostics);
  REQUIRE_FALSE(lines.empty());
  return lines[0];
}

}  // namespace

TEST_CASE("a chain as Contiv writes it") {
  const auto chain = good(decode_chain, R"({"metadata": {"namespace": "default", "name": "c1"},
    "spec": {"unidirectional": true, "network": "", "chain": [
      {"name": "a", "type": "Pod", "podSelector": {"sf": "client"}, "outputInterface": "tap1"},
      {"name": "b", "type": "Pod", "podSelector": {"sf": "fw"}, "interface": "tap1",
       "outputInterface": "tap2"},
      {"name": "c", "type": "ExternalInterface", "interface": "uplink"}]}})");
  REQUIRE(chain.elements.size() == 3);
  CHECK_FALSE(chain.bidirectional);
  CHECK_FALSE(chain.fail_open);
  CHECK(chain.elements[0].output_interface == "tap1");
  CHECK(chain.elements[0].input_interface.empty());
  CHECK(chain.elements[1].input_interface == "tap1");
  CHECK(chain.elements[1].output_interface == "tap2");
  CHECK(chain.elements[1].proxy == ProxyKind::kDynamic);
  CHECK(chain.elements[1].weight == 1);
  CHECK(chain.elements[2].type == ChainElement::Type::kExternalInterface);
  CHECK(chain.elements[2].input_interface == "uplink");
}

TEST_CASE("a chain with everything new") {
  const auto chain = good(decode_chain, R"({"metadata": {"namespace": "shop", "name": "c"},
    "spec": {"bidirectional": true, "failOpen": true, "network": "blue", "chain": [
      {"type": "Pod", "podSelector": {"sf": "client"}, "selectorNamespace": "shop"},
      {"type": "Pod", "proxy": "AM", "weight": 9, "matchExpressions": [
        {"key": "sf", "operator": "In", "values": ["fw", "dpi"]},
        {"key": "old", "operator": "DoesNotExist"}],
       "branches": [{"podSelector": {"track": "canary"}, "weight": 1}]},
      {"type": "Pod", "proxy": "AS", "podSelector": {"sf": "nat"}},
      {"type": "Pod", "podSelector": {"sf": "server"}}]}})");
  CHECK(chain.bidirectional);
  CHECK(chain.fail_open);
  CHECK(chain.elements[0].selector_namespace == "shop");
  CHECK(chain.elements[1].proxy == ProxyKind::kMasquerading);
  CHECK(chain.elements[2].proxy == ProxyKind::kStatic);
  CHECK(chain.elements[1].weight == 9);
  CHECK(chain.elements[1].branches.at(0).weight == 1);
  const LabelSelector& selector = chain.elements[1].pods;
  CHECK(selector.matches({{"a", "b"}, {"sf", "fw"}}));
  CHECK(selector.matches({{"sf", "dpi"}}));
  CHECK_FALSE(selector.matches({{"sf", "nat"}}));
  CHECK_FALSE(selector.matches({{"old", ""}, {"sf", "fw"}}));
  CHECK_FALSE(selector.matches({}));
}

TEST_CASE("labels and expressions of a selector must all hold") {
  using Operator = LabelRequirement::Operator;
  const StringPairs labels = {{"app", "web"}, {"tier", ""}};
  CHECK(LabelSelector{}.matches(labels));
  CHECK(LabelSelector{{{"app", "web"}, {"tier", ""}}, {}}.matches(labels));
  CHECK_FALSE(LabelSelector{{{"app", "web"}, {"zone", ""}}, {}}.matches(labels));
  CHECK_FALSE(LabelSelector{{{"app", "db"}}, {}}.matches(labels));
  const auto one = [&](const char* key, Operator op, Strings values) {
    return LabelSelector{{}, {{key, op, std::move(values)}}}.matches(labels);
  };
  CHECK(one("app", Operator::kIn, {"db", "web"}));
  CHECK_FALSE(one("app", Operator::kIn, {"db"}));
  CHECK_FALSE(one("zone", Operator::kIn, {""}));
  CHECK(one("app", Operator::kNotIn, {"db"}));
  CHECK(one("zone", Operator::kNotIn, {"db"}));
  CHECK_FALSE(one("app", Operator::kNotIn, {"web"}));
  CHECK(one("tier", Operator::kExists, {}));
  CHECK_FALSE(one("zone", Operator::kExists, {}));
  CHECK(one("zone", Operator::kDoesNotExist, {}));
  CHECK_FALSE(one("tier", Operator::kDoesNotExist, {}));
}

TEST_CASE("external interfaces and networks as Contiv writes them") {
  const auto uplink = good(decode_external_interface,
                           R"({"metadata": {"namespace": "default", "name": "uplink"},
    "spec": {"type": "L3", "network": "blue", "nodes": [
      {"node": "n1", "vppInterfaceName": "port1", "vlan": 200, "ip": "192.0.2.7/24"},
      {"node": "n2", "vppInterfaceName": "port3", "ip": ""}]}})");
  CHECK(uplink.network == "default/blue");
  REQUIRE(uplink.nodes.size() == 2);
  CHECK(uplink.nodes[0].full_name() == "port1.200");
  CHECK(uplink.nodes[0].address->to_string() == "192.0.2.7/24");
  CHECK(uplink.nodes[1].full_name() == "port3");
  CHECK_FALSE(uplink.nodes[1].address.has_value());

  const auto blue = good(decode_custom_network, R"({"metadata": {"namespace": "default",
    "name": "blue"}, "spec": {"type": "L3", "subnetCIDR": "fd10::/48",
    "subnetOneNodePrefixLen": 64,
    "additionalSubnets": [{"cidr": "10.9.0.0/16", "oneNodePrefixLen": 24}]}})");
  CHECK_FALSE(blue.layer2);
  REQUIRE(blue.subnets.size() == 2);
  CHECK(blue.subnets[0].prefix.to_string() == "fd10::/48");
  CHECK(blue.subnets[0].node_len == 64);
  CHECK(blue.subnets[1].node_len == 24);
  CHECK(good(decode_custom_network,
             R"({"metadata": {"namespace": "d", "name": "l2"}, "spec": {"type": "L2"}})")
            .layer2);
}

TEST_CASE("each mistake in them is a finding") {
  const auto chain = [](const std::string& element) {
    return mistake(decode_chain,
                   R"({"chain": [{"type": "Pod", "podSelector": {"a": "b"}}, )" + element + "]}");
  };
  const std::string name = "ServiceFunctionChain ns/n: spec.chain";
  CHECK(mistake(decode_chain, R"({"chain": [{"type": "Pod", "podSelector": {"a": "b"}}]})") ==
        name + ": a chain has a start and an end: two elements");
  CHECK(mistake(decode_chain, "{}") == name + ": a chain has a start and an end: two elements");
  CHECK(chain("{}") == name + "[1].type: missing");
  CHECK(chain(R"({"type": "Node"})") ==
        name + "[1].type: \"Node\" is not one of Pod or ExternalInterface");
  CHECK(chain(R"({"type": "Pod"})") == name + "[1]: needs podSelector or matchExpressions");
  CHECK(chain(R"({"type": "ExternalInterface"})") ==
        name + "[1]: needs interface: the name of an ExternalInterface");
  CHECK(chain(R"({"type": "Pod", "podSelector": {"a": 1}})") ==
        name + "[1].podSelector: \"a\" has a value that is not a string");
  CHECK(chain(R"({"type": "Pod", "podSelector": {"a": "b"}, "proxy": "AX"})") ==
        name + "[1].proxy: \"AX\" is not one of AD, AS or AM");
  CHECK(chain(R"({"type": "Pod", "podSelector": {"a": "b"}, "weight": 1001})") ==
        name + "[1].weight: 1001 is not from 0 to 1000");
  CHECK(chain(R"({"type": "Pod", "matchExpressions": [{"key": "a", "operator": "In"}]})") ==
        name + "[1].matchExpressions[0]: In and NotIn need values");
  CHECK(chain(R"({"type": "Pod", "matchExpressions": [{"operator": "Exists"}]})") ==
        name + "[1].matchExpressions[0]: has no key");
  CHECK(chain(R"({"type": "Pod", "matchExpressions":
                 [{"key": "a", "operator": "Exists", "values": ["b"]}]})") ==
        name + "[1].matchExpressions[0].values: Exists and DoesNotExist take no values");

  const auto external = [](const std::string& node) {
    return mistake(decode_external_interface, R"({"type": "L2", "nodes": [)" + node + "]}");
  };
  const std::string nodes = "ExternalInterface ns/n: spec.nodes";
  CHECK(external(R"({"vppInterfaceName": "p"})") == nodes + "[0]: has no node");
  CHECK(external(R"({"node": "a"})") == nodes + "[0]: has no vppInterfaceName");
  CHECK(external(R"({"node": "a", "vppInterfaceName": "p", "vlan": 4095})") ==
        nodes + "[0].vlan: 4095 is not from 0 to 4094");
  CHECK(external(R"({"node": "a", "vppInterfaceName": "p"}, {"node": "a",
                    "vppInterfaceName": "q"})") == nodes + "[1]: node a stands there twice");

  const std::string network = "CustomNetwork ns/n: spec";
  CHECK(mistake(decode_custom_network, "{}") == network + ".type: missing");
  CHECK(mistake(decode_custom_network, R"({"type": "L3"})") == network + ".subnetCIDR: missing");
  CHECK(mistake(decode_custom_network, R"({"type": "L3", "subnetCIDR": "fd10::/48"})") ==
        network + ".subnetOneNodePrefixLen: missing: the length of the part that a node gets");
  CHECK(mistake(decode_custom_network, R"({"type": "L3", "subnetCIDR": "fd10::/48",
                                           "subnetOneNodePrefixLen": 40})") ==
        network + ".subnetOneNodePrefixLen: 40 is not from 48 to 128");
  CHECK(mistake(decode_custom_network,
                R"({"type": "L3", "subnetCIDR": "fd10::/48", "subnetOneNodePrefixLen": 64,
                    "additionalSubnets": [{"cidr": "fd11::/48", "oneNodePrefixLen": 64}]})") ==
        network + ".additionalSubnets[0]: a network has one subnet of each family");
}

TEST_CASE("what a node says about the interfaces of a pod") {
  const std::vector<PodInterface> interfaces = {
      {"tap1", "default/blue", "pod-0123456789ab-tap1", {*IpAddress::parse("fd10::5")}},
      {"tap2", std::string(kStubNetwork), "pod-0123456789ab-tap2", {}}};
  json pod = {{"metadata",
               {{"namespace", "default"},
                {"name", "fw"},
                {"labels", {{"sf", "fw"}}},
                {"annotations",
                 {{std::string(kInterfacesAnnotation), interfaces_annotation(interfaces)}}}}}};
  const Decoded<Pod> decoded = decode_pod(pod);
  CHECK(lines_of(decoded.diagnostics) == Strings{});
  REQUIRE(decoded.object.has_value());
  CHECK(decoded.object->interfaces == interfaces);
  CHECK(decode_pod(encode(*decoded.object)).object == decoded.object);

  // What is wrong there costs the interfaces, not the pod.
  for (const char* wrong : {"", "{", "{}", "[7]", "[{}]", R"([{"name":"a"}])",
                            R"([{"name":"a","interface":"b","addresses":["x"]}])"}) {
    CAPTURE(wrong);
    pod["metadata"]["annotations"][std::string(kInterfacesAnnotation)] = wrong;
    const Decoded<Pod> without = decode_pod(pod);
    REQUIRE(without.object.has_value());
    CHECK(without.object->interfaces.empty());
    CHECK(without.object->labels.size() == 1);
    REQUIRE(lines_of(without.diagnostics).size() == 1);
    CHECK(lines_of(without.diagnostics)[0].find("warning: annotation sextant.io/interfaces") !=
          std::string::npos);
  }
}

}  // namespace sextant::k8s
