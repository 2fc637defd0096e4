// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Annotations, MAC addresses and addresses of extra interfaces.
#include "daemon/custom_interfaces.hpp"

#include <set>
#include <string>

#include "daemon/pod_publisher.hpp"
#include "support/catch.hpp"

namespace sextant {
namespace {

using Annotations = std::vector<std::pair<std::string, std::string>>;

std::string error_of(const Annotations& annotations) {
  const auto wanted = wanted_interfaces(annotations, "default");
  return wanted ? "" : wanted.error().text;
}

TEST_CASE("annotations of one prefix count together, sorted by interface") {
  const auto wanted =
      wanted_interfaces({{"contivpp.io/custom-if", " tap2/tap/blue , memif1/memif "},
                         {"contivpp.io/custom-if-1", "a/veth/stub,"},
                         {"contivpp.io/service-endpoint-if", "tap2"},
                         {"sextant.io/memif-uid", "1000"}},
                        "shop");
  REQUIRE(wanted);
  CHECK(*wanted == std::vector<WantedInterface>{{"a", PodPortType::kVeth, "stub"},
                                                {"memif1", PodPortType::kMemif, "", 1000},
                                                {"tap2", PodPortType::kTap, "shop/blue"}});
  CHECK(wanted_interfaces({}, "default")->empty());
  CHECK(wanted_interfaces({{"contivpp.io/custom-if", ""}}, "default")->empty());
}

TEST_CASE("what is wrong in an annotation is said with its place") {
  const auto of = [](const std::string& value) {
    return error_of({{"contivpp.io/custom-if", value}});
  };
  for (const char* value : {"tap1", "tap1/", "/tap", "tap1/tun", "tap1/TAP", "tap1/tap/a/b",
                            "tap 1/tap", "tap1/tap/a_b", "tap1/tap,tap1/veth", "../tap", "..//tap",
                            "a-name-of-16-chars/tap", "tap\xff/tap"}) {
    INFO(value);
    CHECK(of(value).starts_with("annotation contivpp.io/custom-if: "));
  }
  CHECK(of("x/tap,tap1/tun").find("entry 'tap1/tun': type 'tun' is none of") != std::string::npos);
  std::string many;
  for (int i = 0; i < 33; ++i)
    many += "t" + std::to_string(i) + "/tap,";
  CHECK(of(many).find("more than 32 interfaces") != std::string::npos);
  for (const char* uid : {"", "-1", "1x", "4294967296"}) {
    INFO(uid);
    CHECK(error_of({{"sextant.io/memif-uid", uid}}).find("no user id") != std::string::npos);
  }
}

TEST_CASE("MAC addresses are FNV-1a of container and interface") {
  // 0x3a8e75c1, lowest byte first.
  CHECK(mac_in_pod("a", "b").to_string() == "02:fe:c1:75:8e:3a");
  CHECK(mac_of_forwarder("a", "b").to_string() == "02:fe:3e:8a:71:c5");
  CHECK(mac_in_pod("a", "c") != mac_in_pod("a", "b"));
}

TEST_CASE("an address is the same for one name, as long as it is free") {
  const IpPrefix part = *IpPrefix::parse("10.1.3.0/29");
  std::set<IpAddress> taken;
  const auto first = free_address(part, taken, "default/a/tap1");
  REQUIRE(first);
  CHECK(free_address(part, taken, "default/a/tap1") == first);
  // .0, .1 and .7 are nobody's.
  for (int i = 0; i < 5; ++i) {
    const auto one = free_address(part, taken, "default/a/tap1");
    REQUIRE(one);
    CHECK(part.contains(*one));
    CHECK(one->v4.bytes[3] >= 2);
    CHECK(one->v4.bytes[3] <= 6);
    CHECK(taken.insert(*one).second);
  }
  CHECK_FALSE(free_address(part, taken, "default/a/tap1"));
  CHECK_FALSE(free_address(*IpPrefix::parse("10.1.3.0/31"), {}, "x"));
  for (const char* wide : {"::/0", "fd10::/48", "fd10::/64", "fd10::/126", "0.0.0.0/0"}) {
    INFO(wide);
    const auto one = free_address(*IpPrefix::parse(wide), {}, "x");
    REQUIRE(one);
    CHECK(IpPrefix::parse(wide)->contains(*one));
  }
}

TEST_CASE("the annotation of a pod lists its extra interfaces alone") {
  Pods::List pods;
  const auto add = [&](const std::string& ifname, const std::string& owner) -> Pod& {
    Pod pod;
    pod.container = "c";
    pod.ifname = ifname;
    pod.owner = owner;
    pod.pod_namespace = "default";
    pod.pod_name = "fw";
    pod.interface = "pod-c-" + ifname;
    return pods.emplace(key_of(pod), AttachedPod{pod, 64}).first->second.pod;
  };
  add("eth0", "");
  CHECK(interfaces_annotations(pods).empty());
  Pod& tap = add("tap1", "eth0");
  tap.network = "default/blue";
  tap.addresses = {*IpAddress::parse("fd10::3:2")};
  tap.pod_mac = *MacAddress::parse("02:fe:00:00:00:01");
  const auto texts = interfaces_annotations(pods);
  REQUIRE(texts.size() == 1);
  CHECK(nlohmann::json::parse(texts.at("default/fw")) == nlohmann::json::parse(R"([{
    "name": "tap1", "interface": "pod-c-tap1", "network": "default/blue",
    "addresses": ["fd10::3:2"], "mac": "02:fe:00:00:00:01"}])"));
}

}  // namespace
}  // namespace sextant
