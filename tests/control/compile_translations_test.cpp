// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Service translations by interface and address, sticky policies, and mistakes in both.
#include "control_fixtures.hpp"

namespace sextant {

using control_test::compiled;
using control_test::load_errors;

namespace {

constexpr std::string_view kPorts =
    "ports:\n"
    "  - {name: pod1, addresses: ['2001:db8:1::1/64', 10.0.1.1/24]}\n"
    "  - {name: pod2, addresses: ['2001:db8:2::1/64']}\n"
    "  - {name: lan}\n"
    "  - {name: f, addresses: ['2001:db8::1/64']}\n"
    "bridges: [{name: b, members: [lan]}]\n"
    "routes: [{prefix: 'a0::/12', next_hop: '2001:db8::2'}]\n";

std::string world(std::string_view text) {
  return std::string(kPorts) + std::string(text);
}

const Translation* find(const ForwardingTables& tables, InterfaceId interface,
                        std::string_view address) {
  const auto wanted = IpAddress::parse(address);
  REQUIRE(wanted.has_value());
  for (const Translation& translation : tables.translations) {
    if (translation.interface == interface && translation.address == *wanted) return &translation;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("translations group by interface and address", "[compile][translations]") {
  const CompileResult result = compiled(world(
      "service_translations:\n"
      "  - {interface: pod1, address: 'ff::1', protocol: udp, port: 53, target: '2001:db8:1::5'}\n"
      "  - {interface: pod1, address: 'ff::1', protocol: tcp, port: 80, target: '2001:db8:1::5', "
      "target_port: 8080}\n"
      "  - {interface: pod1, address: 'ff::2', protocol: tcp, port: 80, target: '2001:db8:1::5', "
      "target_port: 8080, draining: true}\n"
      "  - {interface: pod2, address: 'ff::1', protocol: tcp, port: 80, target: '2001:db8:2::5', "
      "target_port: 8080}\n"
      "  - {interface: pod1, address: 10.96.0.1, protocol: sctp, port: 80, target: 10.0.1.5}\n"));
  const InterfaceId pod1 = control_test::by_name(result.tables.interfaces, "pod1")->id;
  const InterfaceId pod2 = control_test::by_name(result.tables.interfaces, "pod2")->id;
  CHECK(result.tables.translations.size() == 7);

  const Translation* first = find(result.tables, pod1, "ff::1");
  REQUIRE(first != nullptr);
  REQUIRE(first->rules.size() == 2);
  CHECK(first->rules[0].protocol == 6);
  CHECK(first->rules[0].target_port == 8080);
  CHECK(first->rules[1].protocol == 17);
  CHECK(first->rules[1].target_port == 53);  // as port
  CHECK(find(result.tables, pod1, "ff::2")->rules[0].draining);
  CHECK(find(result.tables, pod2, "ff::1")->rules[0].target.to_string() == "2001:db8:2::5");
  CHECK(find(result.tables, pod1, "10.96.0.1")->rules[0].protocol == 132);

  // Each target leads to itself, once, however many translations lead there.
  const Translation* direct = find(result.tables, pod1, "2001:db8:1::5");
  REQUIRE(direct != nullptr);
  REQUIRE(direct->rules.size() == 2);
  CHECK(direct->rules[0] ==
        Translation::Rule{6, 8080, *IpAddress::parse("2001:db8:1::5"), 8080, false});
}

TEST_CASE("a desired translation wins over that of a target", "[compile][translations]") {
  const CompileResult result = compiled(
      world("service_translations:\n"
            "  - {interface: pod1, address: '2001:db8:1::5', protocol: tcp, port: 80, target: "
            "'2001:db8:1::5', target_port: 81}\n"
            "  - {interface: pod1, address: 'ff::1', protocol: tcp, port: 80, target: "
            "'2001:db8:1::5'}\n"));
  const InterfaceId pod1 = control_test::by_name(result.tables.interfaces, "pod1")->id;
  const Translation* own = find(result.tables, pod1, "2001:db8:1::5");
  REQUIRE(own != nullptr);
  REQUIRE(own->rules.size() == 2);
  CHECK(own->rules[0].target_port == 81);
  CHECK(own->rules[1].port == 81);
  CHECK(own->rules[1].target_port == 81);
}

TEST_CASE("lists that drain are in no slot", "[compile][policies]") {
  const auto policy = [](std::string_view first, std::string_view second) {
    const CompileResult result =
        compiled(world("policies: [{name: p, sticky: true, affinity_timeout_s: 9, segment_lists: "
                       "[{segments: ['a1::1'], draining: " +
                       std::string(first) +
                       "}, {segments: ['a2::1'], draining: " + std::string(second) + "}]}]\n"));
    REQUIRE(result.tables.policies.size() == 1);
    return result.tables.policies[0];
  };
  const auto uses = [](const Policy& p, std::uint16_t list) {
    return std::count(p.slots.begin(), p.slots.end(), list);
  };
  const Policy both = policy("false", "false");
  CHECK(both.sticky);
  CHECK(both.affinity_timeout_s == 9);
  CHECK(uses(both, 0) > 0);
  CHECK(uses(both, 1) > 0);
  const Policy one = policy("true", "false");
  CHECK(one.lists == both.lists);
  CHECK(one.slots == std::vector<std::uint16_t>{1});
  // Nobody else is left.
  const Policy none = policy("true", "true");
  CHECK(none.slots == both.slots);
}

TEST_CASE("mistakes in translations and sticky policies", "[compile][translations]") {
  const std::string rest = "address: 'ff::1', protocol: tcp, port: 80, target: '2001:db8:1::5'}";
  struct Case {
    std::string text;
    const char* error;
  };
  const Case cases[] = {
      {"service_translations: [{" + rest + "]\n", "service_translations[0].interface: missing"},
      {"service_translations: [{interface: nobody, " + rest + "]\n",
       "service_translations[0].interface: no interface has the name"},
      {"service_translations: [{interface: lan, " + rest + "]\n",
       "service_translations[0].interface: the frames of lan are not routed"},
      {"service_translations: [{interface: pod1, address: 10.0.0.1, protocol: tcp, port: 80, "
       "target: '2001:db8:1::5'}]\n",
       "target: 2001:db8:1::5 is of another family than 10.0.0.1"},
      {"service_translations: [{interface: pod1, address: 'ff::1', protocol: icmp, port: 80, "
       "target: '2001:db8:1::5'}]\n",
       "is not tcp, udp, sctp or a protocol number"},
      {"service_translations: [{interface: pod1, address: 'ff::1', protocol: 58, port: 80, "
       "target: '2001:db8:1::5'}]\n",
       "needs protocol tcp, udp or sctp"},
      {"service_translations: [{interface: pod1, address: 'ff::1', protocol: tcp, port: 0, "
       "target: '2001:db8:1::5'}]\n",
       "service_translations[0].port"},
      {"service_translations: [{interface: pod1, address: 'ff::1', protocol: tcp, port: 80}]\n",
       "service_translations[0].target: missing"},
      {"service_translations: [{interface: pod1, colour: red, " + rest + "]\n",
       "service_translations[0].colour: unknown key"},
      {"service_translations: [{interface: pod1, " + rest + ", {interface: pod1, " + rest + "]\n",
       "the same interface, address, protocol and port stand in line"},
      {"policies: [{name: p, spray: true, sticky: true, segment_lists: [{segments: ['a1::1']}]}]\n",
       "sticky: with spray every list gets every packet"},
      {"policies: [{name: p, affinity_timeout_s: 5, segment_lists: [{segments: ['a1::1']}]}]\n",
       "affinity_timeout_s: needs sticky: true"},
      {"policies: [{name: p, sticky: true, affinity_timeout_s: 86401, segment_lists: [{segments: "
       "['a1::1']}]}]\n",
       "affinity_timeout_s"},
      {"policies: [{name: p, segment_lists: [{segments: ['a1::1'], draining: true}]}]\n",
       "draining: needs sticky: true"},
  };
  for (const Case& c : cases) {
    const auto errors = load_errors(world(c.text));
    CAPTURE(c.text, errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].find(c.error) != std::string::npos);
  }
}

}  // namespace sextant
