// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SID plans: the values of the Contiv-VPP documents, and locators that never meet.
#include "control/compile/sid_plan.hpp"

#include <random>
#include <set>

#include "support/catch.hpp"

namespace sextant {

namespace {

IpAddress ip(const char* text) {
  const auto out = IpAddress::parse(text);
  REQUIRE(out);
  return *out;
}

IpPrefix prefix(const char* text) {
  const auto out = IpPrefix::parse(text);
  REQUIRE(out);
  return *out;
}

PlannedNode node_at(const char* address) {
  return {.address = ip(address).v6, .locator = {}, .pod_cidrs = {}};
}

std::string pod_text(unsigned generation, const char* pod) {
  return pod_sid(ContivPlan::of_generation(generation), {}, ip(pod)).to_string();
}

std::string policy_text(unsigned generation, const char* address) {
  return service_binding_sid(ContivPlan::of_generation(generation), ip(address))->to_string();
}

}  // namespace

TEST_CASE("plan contiv gives chains the values of its tests", "[sid-plan]") {
  ContivPlan plan = ContivPlan::of_generation(2);
  // The first halves of SHA-256 of "chain", "endExtIf" and "sfcName1".
  const Ipv6Address chain = ip("9414:886b:1ebf:25d:b067:a4cb:d13a:903").v6;
  const Ipv6Address external = ip("3e4f:fee8:ea85:b54d:edd3:7f42:5aec:e77c").v6;
  const Ipv6Address name = ip("0:b76a:3e20:59a4:efa0:1700:99db:153").v6;
  CHECK(chain_binding_sid(plan, chain)->to_string() == "8eee:886b:1ebf:25d:b067:a4cb:d13a:903");
  CHECK(chain_binding_sid(plan, name)->to_string() == "8eee:b76a:3e20:59a4:efa0:1700:99db:153");
  const ChainPlace pod{chain, {}, ip("2001:0:0:2:0:0:2:3")};
  CHECK(chain_function_sid(plan, {}, pod).to_string() == "9600:886b:0:2::2:3");
  CHECK(chain_end_sid(plan, {}, pod).to_string() == "9310::2:0:0:2:3");
  CHECK(chain_end_sid(plan, {}, {chain, external, {}}).to_string() ==
        "9310:fee8:ea85:b54d:edd3:7f42:5aec:e77c");
  CHECK(chain_end_sid(plan, {}, {chain, external, ip("2001:0:0:2:0:0:1:2")}).to_string() ==
        "9310::2:0:0:1:2");
  plan.chain_id_bits = 32;
  CHECK(chain_function_sid(plan, {}, {name, {}, ip("1111:2222:3333:4444::1")}).to_string() ==
        "9600:b76a:3e20:4444::1");
}

TEST_CASE("plan contiv gives the values of its documents", "[sid-plan]") {
  CHECK(pod_text(1, "2001:0:0:1::5") == "6666:0:0:1::5");
  CHECK(policy_text(1, "2096::d765") == "5555::d765");
  const NodeSids first = node_sids(ContivPlan::of_generation(1), node_at("fe10:f00d::1"));
  CHECK(first.end.to_string() == "7766:f00d::1");
  CHECK(first.host_dx6.to_string() == "6655::1");
  CHECK(first.pods.to_string() == "7777:f00d::1");
  CHECK(first.host.to_string() == "7799:f00d::1");
  CHECK(first.pods_binding_sid->to_string() == "8888:f00d::1");
  CHECK(first.host_binding_sid->to_string() == "9999:f00d::1");

  CHECK(pod_text(2, "2001:0:0:1::5") == "9300:0:0:1::5");
  CHECK(pod_text(2, "10.1.1.2") == "9300::ffff:a01:102");
  CHECK(policy_text(2, "2096::d765") == "8fff::d765");
  CHECK(policy_text(2, "10.96.0.10") == "8fff::ffff:a60:a");
  const NodeSids second = node_sids(ContivPlan::of_generation(2), node_at("fe10:f00d::1"));
  CHECK(second.end.to_string() == "9000:f00d::1");
  CHECK(second.host_dx6.to_string() == "9300::1");
  CHECK(second.pods.to_string() == "9501:f00d::1");
  CHECK(second.host.to_string() == "9500:f00d::1");
  CHECK(second.pods_binding_sid->to_string() == "8501:f00d::1");
  CHECK(second.host_binding_sid->to_string() == "8500:f00d::1");
}

TEST_CASE("a prefix of any length keeps the bits behind it in place", "[sid-plan]") {
  CHECK(combine(prefix("fc00:1::/33"), ip("2001:db8:8000::5")).to_string() == "fc00:1::5");
  CHECK(combine(prefix("fc00:1:8000::/33"), ip("2001:db8:7fff::5")).to_string() ==
        "fc00:1:ffff::5");
  CHECK(combine(prefix("8000::/1"), ip("7fff::")).to_string() == "ffff::");
}

TEST_CASE("locators come from a node's place in the cluster's prefixes", "[sid-plan]") {
  const LocatorPlan plan{prefix("fcbb:100::/48"), 16};
  const std::vector<IpPrefix> cluster = {prefix("2001:db8:a::/48"), prefix("10.0.0.0/8")};
  const auto text = [&](std::vector<IpPrefix> own) {
    const auto locator = locator_of(plan, cluster, own);
    return locator ? locator->to_string() : locator.error().text;
  };
  CHECK(text({prefix("2001:db8:a:0::/64")}) == "fcbb:100:0:1::/64");
  CHECK(text({prefix("2001:db8:a:7::/64")}) == "fcbb:100:0:8::/64");
  CHECK(text({prefix("10.0.3.0/24")}) == "fcbb:100:0:4::/64");
  // The order of the cluster's prefixes counts, not that of the node's.
  CHECK(text({prefix("10.0.3.0/24"), prefix("2001:db8:a:7::/64")}) == "fcbb:100:0:8::/64");
  CHECK(text({prefix("192.168.0.0/24")}).find("192.168.0.0/24) are not part of") !=
        std::string::npos);
  CHECK(text({}).find("none) are not part of") != std::string::npos);
  // Of 2^16 - 1 numbers the last fits, and one more is refused.
  CHECK(text({prefix("10.255.254.0/24")}) == "fcbb:100:0:ffff::/64");
  CHECK(text({prefix("10.255.255.0/24")}).find("is number 65536") != std::string::npos);
  // A prefix that is larger than the cluster's is no part of it.
  CHECK(text({prefix("10.0.0.0/7")}).find("are not part of") != std::string::npos);
}

TEST_CASE("a node whose number is a power of two has SIDs of its own (contiv B18)", "[sid-plan]") {
  const LocatorPlan plan{prefix("fcbb:100::/40"), 9};
  const std::vector<IpPrefix> cluster = {prefix("10.1.0.0/16")};
  std::set<std::string> seen;
  for (unsigned number = 0; number < 256; ++number) {
    const std::string own = "10.1." + std::to_string(number) + ".0/24";
    const auto locator = locator_of(plan, cluster, {prefix(own.c_str())});
    REQUIRE(locator);
    CHECK(plan.block.contains(locator->address));
    CHECK(locator->masked() == *locator);
    CHECK(seen.insert(locator->to_string()).second);
  }
}

TEST_CASE("SIDs of pods differ, within the locator of their node", "[sid-plan]") {
  const SidPlan plan = LocatorPlan{prefix("fcbb:100::/48"), 16};
  const PlannedNode node{.address = {},
                         .locator = prefix("fcbb:100:0:1::/64"),
                         .pod_cidrs = {prefix("2001:db8:a:1::/64"), prefix("10.0.1.0/24")}};
  CHECK(pod_sid(plan, node, ip("10.0.1.5")).to_string() == "fcbb:100:0:1:d4:0:a00:105");
  CHECK(pod_sid(plan, node, ip("2001:db8:a:1::5")).to_string() == "fcbb:100:0:1:d6::5");
  CHECK_FALSE(service_binding_sid(plan, ip("10.96.0.1")));
  std::mt19937 random(7);
  std::set<Ipv6Address> seen;
  const NodeSids own = node_sids(plan, node);
  for (const Ipv6Address& sid : {own.end, own.pods, own.host, own.host_dx4, own.host_dx6})
    REQUIRE(seen.insert(sid).second);
  for (unsigned i = 0; i < 20000; ++i) {
    // Counted ones, random ones of the same prefix, and some of elsewhere.
    Ipv6Address pod = ip(i % 3 == 2 ? "2001:db8:ff::" : "2001:db8:a:1::").v6;
    if (i % 3 == 0) {
      pod.bytes[14] = static_cast<std::uint8_t>(i >> 8);
      pod.bytes[15] = static_cast<std::uint8_t>(i);
    } else {
      for (std::size_t byte = 8; byte < 16; ++byte)
        pod.bytes[byte] = static_cast<std::uint8_t>(random());
    }
    const Ipv6Address sid = pod_sid(plan, node, pod);
    CHECK(node.locator.contains(sid));
    REQUIRE(seen.insert(sid).second);
  }
}

}  // namespace sextant
