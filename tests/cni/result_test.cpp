// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Results: of IPAM plugins, of the daemon, and the plugin's own.
#include "sextant-cni/result.hpp"

#include <string>
#include <vector>

#include "sextant-cni/daemon_client.hpp"
#include "support/catch.hpp"

namespace sextant::cni {
namespace {

using nlohmann::json;

// As host-local prints it.
const char* const kIpam = R"({
  "cniVersion": "1.0.0",
  "ips": [{"address": "10.1.1.5/24", "gateway": "10.1.1.1"},
          {"address": "2001:db8:1:1::5/64", "gateway": "2001:db8:1:1::1"}],
  "dns": {"nameservers": ["10.96.0.10"]}})";

const json kPod = {{"ifname", "eth0"},
                   {"gateways", {"169.254.1.1", "fe80::1"}},
                   {"pod_mac", "02:00:00:00:00:09"},
                   {"mtu", 1420}};

Request request_of(const std::string& version) {
  Request out;
  out.version = version;
  out.place = *version_place(version);
  out.ifname = "eth0";
  out.netns = "/run/netns/x";
  out.config = json::object();
  return out;
}

TEST_CASE("what an IPAM plugin gives") {
  const auto result = parse_ipam_result(kIpam);
  REQUIRE(result);
  REQUIRE(result->addresses.size() == 2);
  CHECK(result->addresses[0].to_string() == "10.1.1.5");
  CHECK(result->addresses[1].to_string() == "2001:db8:1:1::5");
  // It gave no routes: everything goes by way of the pod's interface.
  REQUIRE(result->routes.size() == 2);
  CHECK(result->routes[0].to_string() == "0.0.0.0/0");
  CHECK(result->routes[1].to_string() == "::/0");
  CHECK(result->dns["nameservers"][0] == "10.96.0.10");

  const auto routed = parse_ipam_result(
      R"({"ips": [{"version": "4", "address": "10.0.0.2/8"}], "routes": [{"dst": "10.0.0.9/8"}]})");
  REQUIRE(routed);
  REQUIRE(routed->routes.size() == 1);
  CHECK(routed->routes[0].to_string() == "10.0.0.0/8");
}

TEST_CASE("what an IPAM plugin must not give") {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"ips": {}})", R"({"ips": []})", R"({"ips": [1]})",
        R"({"ips": [{}]})", R"({"ips": [{"address": 1}]})",
        R"({"ips": [{"address": "10.0.0.1/33"}]})", R"({"ips": [{"address": "example.org"}]})",
        R"({"ips": [{"address": "10.0.0.1/8"}], "routes": [{"dst": "x"}]})",
        R"({"ips": [{"address": "10.0.0.1/8"}], "routes": [3]})"}) {
    INFO(text);
    const auto result = parse_ipam_result(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::kUndecodable);
    CHECK_FALSE(result.error().details.empty());
  }
}

TEST_CASE("the result of ADD in the words of each version") {
  const auto ipam = parse_ipam_result(kIpam);
  REQUIRE(ipam);
  const json now = add_result(request_of("1.0.0"), *ipam, kPod);
  CHECK(now == json::parse(R"({
    "cniVersion": "1.0.0",
    "interfaces": [{"name": "eth0", "mac": "02:00:00:00:00:09", "sandbox": "/run/netns/x"}],
    "ips": [{"interface": 0, "address": "10.1.1.5/32", "gateway": "169.254.1.1"},
            {"interface": 0, "address": "2001:db8:1:1::5/128", "gateway": "fe80::1"}],
    "routes": [{"dst": "0.0.0.0/0", "gw": "169.254.1.1"}, {"dst": "::/0", "gw": "fe80::1"}],
    "dns": {"nameservers": ["10.96.0.10"]}})"));
  const json before = add_result(request_of("0.4.0"), *ipam, kPod);
  CHECK(before["ips"][0]["version"] == "4");
  CHECK(before["ips"][1]["version"] == "6");
  CHECK(add_result(request_of("1.1.0"), *ipam, kPod)["interfaces"][0]["mtu"] == 1420);
  Request own = request_of("1.0.0");
  own.config["dns"] = {{"search", {"svc"}}};
  CHECK(add_result(own, *ipam, kPod)["dns"] == own.config["dns"]);
  // What it says is what CHECK gets as prevResult.
  const auto addresses = result_addresses(now);
  REQUIRE(addresses);
  CHECK(*addresses == ipam->addresses);
}

TEST_CASE("errors and versions") {
  const json error = error_result("0.4.0", {Code::kTryAgainLater, "short", "long"});
  CHECK(error ==
        json::parse(R"({"cniVersion": "0.4.0", "code": 11, "msg": "short", "details": "long"})"));
  CHECK_FALSE(error_result("0.4.0", {Code::kTryAgainLater, "short", ""}).contains("details"));
  const json version = version_result("0.4.0");
  CHECK(version["cniVersion"] == "0.4.0");
  CHECK(version["supportedVersions"] == json({"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"}));
  CHECK(version_result("9.9.9")["cniVersion"] == "1.1.0");
  CHECK(answer_version("nonsense") == "1.1.0");
  CHECK(answer_version(R"({"cniVersion": "0.3.1"})") == "0.3.1");
}

TEST_CASE("answers of the daemon") {
  const auto reply =
      parse_response("HTTP/1.1 409 Conflict\r\nContent-Length: 12\r\n\r\n{\"a\": \"b\"}\r\n");
  REQUIRE(reply);
  CHECK(reply->status == 409);
  CHECK(reply->body["a"] == "b");
  CHECK(parse_response("HTTP/1.1 204 No Content\r\n\r\n")->body.is_discarded());
  for (const char* text : {"", "HTTP/1.1 200", "HTTP/1.1 2x0 OK\r\n\r\n", "SSH-2.0-x\r\n\r\n"}) {
    INFO(text);
    CHECK_FALSE(parse_response(text));
  }
  CHECK(percent_encoded("a b/c&d=%\xff.-_") == "a%20b%2Fc%26d%3D%25%FF.-_");
}

}  // namespace
}  // namespace sextant::cni
