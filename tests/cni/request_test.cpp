// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Requests of the CNI plugin: what is understood, and with which code the rest is refused.
#include "sextant-cni/request.hpp"

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace sextant::cni {
namespace {

using nlohmann::json;

const json kConfig = {{"cniVersion", "1.0.0"},
                      {"name", "pods"},
                      {"type", "sextant-cni"},
                      {"ipam", {{"type", "host-local"}}}};

Environment environment(const std::string& command) {
  return {{"CNI_COMMAND", command},
          {"CNI_CONTAINERID", "c0ffee"},
          {"CNI_NETNS", "/run/netns/x"},
          {"CNI_IFNAME", "eth0"}};
}

json with(const char* key, const json& value) {
  json out = kConfig;
  out[key] = value;
  return out;
}

Code code_of(const Environment& env, const std::string& config) {
  const auto request = parse_request(env, config);
  REQUIRE_FALSE(request);
  CHECK_FALSE(request.error().message.empty());
  CHECK_FALSE(request.error().details.empty());
  return request.error().code;
}

TEST_CASE("a request of a runtime") {
  Environment env = environment("ADD");
  env["CNI_ARGS"] = "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web-0;x;=;K=";
  json config = with("mtu", 1400);
  config["port"] = "veth";
  config["timeoutSeconds"] = 3;
  config["socket"] = "/tmp/s";
  const auto request = parse_request(env, config.dump());
  REQUIRE(request);
  CHECK(request->command == Command::kAdd);
  CHECK(request->container == "c0ffee");
  CHECK(request->netns == "/run/netns/x");
  CHECK(request->ifname == "eth0");
  CHECK(request->pod_namespace == "default");
  CHECK(request->pod_name == "web-0");
  CHECK(request->mtu == 1400);
  CHECK(request->port == "veth");
  CHECK(request->timeout_s == 3);
  CHECK(request->socket == "/tmp/s");
  CHECK(request->ipam == "host-local");
}

TEST_CASE("every version has its commands") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> kCommands = {
      {"0.3.0", {"ADD", "DEL"}},
      {"0.3.1", {"ADD", "DEL"}},
      {"0.4.0", {"ADD", "DEL", "CHECK"}},
      {"1.0.0", {"ADD", "DEL", "CHECK"}},
      {"1.1.0", {"ADD", "DEL", "CHECK", "GC", "STATUS"}},
  };
  for (const auto& [version, commands] : kCommands) {
    json config = with("cniVersion", version);
    config["cni.dev/valid-attachments"] = json::array();
    for (const char* command : {"ADD", "DEL", "CHECK", "GC", "STATUS"}) {
      INFO(version << " " << command);
      const auto request = parse_request(environment(command), config.dump());
      const bool known = std::find(commands.begin(), commands.end(), command) != commands.end();
      CHECK(static_cast<bool>(request) == known);
      if (!request) CHECK(request.error().code == Code::kIncompatibleVersion);
    }
  }
  for (const json& version : {json("0.2.0"), json("2.0.0"), json(""), json(1), json(nullptr)}) {
    CHECK(code_of(environment("ADD"), with("cniVersion", version).dump()) ==
          Code::kIncompatibleVersion);
  }
  json none = kConfig;
  none.erase("cniVersion");
  CHECK(code_of(environment("ADD"), none.dump()) == Code::kIncompatibleVersion);
}

TEST_CASE("VERSION asks for nothing") {
  const auto request = parse_request({{"CNI_COMMAND", "VERSION"}}, "");
  REQUIRE(request);
  CHECK(request->version == "1.1.0");
  CHECK(parse_request({{"CNI_COMMAND", "VERSION"}}, R"({"cniVersion": "0.4.0"})")->version ==
        "0.4.0");
}

TEST_CASE("an environment that is not right") {
  const std::vector<std::pair<const char*, std::string>> kBad = {
      {"CNI_COMMAND", ""},
      {"CNI_COMMAND", "add"},
      {"CNI_CONTAINERID", ""},
      {"CNI_CONTAINERID", "-x"},
      {"CNI_CONTAINERID", "a/../b"},
      {"CNI_CONTAINERID", "a b"},
      {"CNI_IFNAME", ""},
      {"CNI_IFNAME", "."},
      {"CNI_IFNAME", ".."},
      {"CNI_IFNAME", "a/b"},
      {"CNI_IFNAME", "a:b"},
      {"CNI_IFNAME", "a b"},
      {"CNI_IFNAME", std::string("a\x01")},
      {"CNI_IFNAME", std::string(16, 'a')},
      {"CNI_NETNS", ""},
  };
  for (const auto& [name, value] : kBad) {
    INFO(name << "='" << value << "'");
    Environment env = environment("ADD");
    env[name] = value;
    CHECK(code_of(env, kConfig.dump()) == Code::kInvalidEnvironment);
  }
  // Nothing is there any more, and nothing is missing.
  Environment env = environment("DEL");
  env.erase("CNI_NETNS");
  CHECK(parse_request(env, kConfig.dump()));
}

TEST_CASE("a configuration that is not valid") {
  for (const char* text : {"", "{", "[]", "null", "\"x\"", "\xff\xfe", "{\"a\":1}}"}) {
    INFO(text);
    CHECK(code_of(environment("ADD"), text) == Code::kUndecodable);
  }
  CHECK(code_of(environment("ADD"), std::string(kMaxConfigBytes + 1, ' ')) == Code::kUndecodable);
  const std::vector<std::pair<const char*, json>> kBad = {
      {"name", nullptr},
      {"name", ""},
      {"name", "../x"},
      {"socket", 3},
      {"socket", ""},
      {"port", "ethernet"},
      {"port", 1},
      {"mtu", -1},
      {"mtu", 65536},
      {"mtu", 1.5},
      {"mtu", "1500"},
      {"timeoutSeconds", 0},
      {"timeoutSeconds", 601},
      {"memifFolder", false},
      {"ipam", nullptr},
      {"ipam", "host-local"},
      {"ipam", json::object()},
      {"ipam", {{"type", ""}}},
      {"ipam", {{"type", "../../bin/sh"}}},
      {"ipam", {{"type", 7}}},
  };
  for (const auto& [key, value] : kBad) {
    INFO(key << ": " << value);
    CHECK(code_of(environment("ADD"), with(key, value).dump()) == Code::kInvalidConfig);
  }
}

TEST_CASE("GC wants to know what there should be") {
  const json one_one = with("cniVersion", "1.1.0");
  const char* const key = "cni.dev/valid-attachments";
  CHECK(code_of(environment("GC"), one_one.dump()) == Code::kInvalidConfig);
  for (const json& bad : {json(1), json({1}), json({{{"containerID", "a"}}}),
                          json({{{"containerID", "a"}, {"ifname", 1}}}),
                          json({{{"containerID", ""}, {"ifname", "eth0"}}})}) {
    INFO(bad);
    json config = one_one;
    config[key] = bad;
    CHECK(code_of(environment("GC"), config.dump()) == Code::kInvalidConfig);
  }
  json config = one_one;
  config[key] = {{{"containerID", "a"}, {"ifname", "eth0"}},
                 {{"containerID", "b"}, {"ifname", "x"}}};
  const auto request = parse_request({{"CNI_COMMAND", "GC"}}, config.dump());
  REQUIRE(request);
  CHECK(request->valid ==
        std::vector<std::pair<std::string, std::string>>{{"a", "eth0"}, {"b", "x"}});
}

}  // namespace
}  // namespace sextant::cni
