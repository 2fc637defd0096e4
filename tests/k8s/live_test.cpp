// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiSource against a real API server. Hidden: tests/rungs/71-k8s-api starts the server and says
// where it is.
#include <algorithm>
#include <cstdio>

#include "k8s/api_source.hpp"
#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) FAIL("set " << name << "; tests/rungs/71-k8s-api does");
  return value == nullptr ? "" : value;
}

void run(const std::string& command) {
  CAPTURE(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

// As the administrator.
void api(const std::string& method, const std::string& path, const json& body = nullptr) {
  std::string command = "curl -sSfg -o /dev/null --cacert " + variable("LIVE_CA") +
                        " -H 'Authorization: Bearer " + variable("LIVE_ADMIN_TOKEN") + "' -X " +
                        method + " " + variable("LIVE_URL") + "'" + path + "'";
  if (!body.is_null()) {
    command += " -H 'Content-Type: application/json' -d '" + body.dump() + "'";
  }
  run(command);
}

const std::string kDefaultServices = "/api/v1/namespaces/default/services";

json plain_service(const std::string& name) {
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", {{"name", name}}},
          {"spec", {{"ports", {{{"port", 80}}}}}}};
}

struct Live {
  explicit Live(const std::string& kubeconfig) {
    const auto access = kubeconfig_access(kubeconfig);
    if (!access) FAIL(access.error().text);
    ApiSourceOptions options;
    options.node_name = "node-a";
    options.informer.backoff_min = milliseconds(50);
    options.informer.backoff_max = milliseconds(500);
    source = ApiSource::create(loop, *access, options, stores).value();
    source->on_report([this](bool error, const std::string& text) {
      if (error) errors.push_back(text);
    });
    source->start();
  }
  bool until(const std::function<bool()>& done) {
    return run_until(loop, done, std::chrono::seconds(40));
  }
  bool watching() {
    const bool done = until([&] {
      const ClusterStatus status = source->status();
      return status.synced && std::all_of(status.resources.begin(), status.resources.end(),
                                          [](const InformerStatus& resource) {
                                            return resource.watching || resource.missing;
                                          });
    });
    for (const InformerStatus& resource : source->status().resources) {
      UNSCOPED_INFO(resource.resource << ": watching " << resource.watching << ", "
                                      << resource.last_error);
    }
    return done;
  }
  boost::asio::io_context loop;
  ClusterStores stores;
  std::unique_ptr<ApiSource> source;
  std::vector<std::string> errors;
};

}  // namespace

TEST_CASE("a real API server is followed with the rights of the RBAC manifest", "[.live]") {
  Live live(variable("LIVE_KUBECONFIG"));
  REQUIRE(live.watching());
  CHECK(live.errors.empty());
  CHECK(live.stores.services.find("default/kubernetes") != nullptr);
  std::printf("backends come from %s\n", live.source->status().endpoint_api.c_str());
  for (int i = 0; i < 20; ++i) {
    const std::string name = "live-" + std::to_string(i);
    api("POST", kDefaultServices, plain_service(name));
    REQUIRE(live.until([&] { return live.stores.services.find("default/" + name) != nullptr; }));
  }
  const std::string slices =
      live.source->status().endpoint_api.find("v1beta1") != std::string::npos ? "v1beta1" : "v1";
  api("POST", "/apis/discovery.k8s.io/" + slices + "/namespaces/default/endpointslices",
      {{"apiVersion", "discovery.k8s.io/" + slices},
       {"kind", "EndpointSlice"},
       {"metadata", {{"name", "live"}, {"labels", {{"kubernetes.io/service-name", "live-0"}}}}},
       {"addressType", "IPv6"},
       {"ports", {{{"name", ""}, {"port", 8080}}}},
       {"endpoints", {{{"addresses", {"2001:0:0:1::5"}}}}}});
  REQUIRE(live.until([&] { return live.stores.endpoint_slices.find("default/live") != nullptr; }));
  CHECK(live.stores.endpoint_slices.find("default/live")->service == "live-0");
  for (int i = 0; i < 20; ++i)
    api("DELETE", kDefaultServices + "/live-" + std::to_string(i));
  REQUIRE(live.until([&] { return live.stores.services.find("default/live-19") == nullptr; }));
}

TEST_CASE("a real API server goes away, comes back, and has forgotten the past", "[.live]") {
  Live live(variable("LIVE_KUBECONFIG"));
  REQUIRE(live.watching());
  const std::size_t services = live.stores.services.size();
  run(variable("LIVE_STOP"));
  REQUIRE(live.until([&] { return !live.errors.empty(); }));
  run_for(live.loop, milliseconds(500));
  CHECK(live.stores.services.size() == services);
  CHECK(live.source->status().synced);
  CHECK(live.source->status().stale >= milliseconds(400));
  // Starts it, makes a service, compacts etcd, and starts it again: our versions are gone.
  run(variable("LIVE_START"));
  api("POST", kDefaultServices, plain_service("forgotten"));
  run(variable("LIVE_STOP"));
  run(variable("LIVE_COMPACT"));
  run(variable("LIVE_START"));
  REQUIRE(live.watching());
  REQUIRE(live.until([&] { return live.stores.services.find("default/forgotten") != nullptr; }));
  std::uint64_t gone = 0;
  for (const InformerStatus& resource : live.source->status().resources)
    gone += resource.gone;
  CHECK(gone >= 1);
  std::printf("410 was met %llu times\n", static_cast<unsigned long long>(gone));
  api("DELETE", kDefaultServices + "/forgotten");
  REQUIRE(live.until([&] { return live.stores.services.size() == services; }));
}

TEST_CASE("a real API server takes Events, twice and from two nodes", "[.live]") {
  boost::asio::io_context loop;
  const auto access = kubeconfig_access(variable("LIVE_KUBECONFIG"));
  REQUIRE(access.ok());
  const auto client = ApiClient::create(loop, *access).value();
  std::vector<std::string> errors;
  ApiWriterOptions options;
  options.event_repeat = milliseconds(1);
  const ObjectReference node{{"", "v1", "nodes", ""}, "Node", "", "node-a", "uid-a"};
  for (const char* name : {"node-a", "node-b"}) {
    options.node_name = name;
    ApiWriter writer(loop, *client, options);
    writer.on_report([&](bool, const std::string& text) { errors.push_back(text); });
    for (int i = 0; i < 2; ++i) {
      writer.record_event(node, EventType::kWarning, "Tested", "said by the tests");
      CHECK(run_until(loop, [&] { return writer.status().queued == 0; }));
      run_for(loop, milliseconds(5));
    }
    // The second time it is there already; then its series is written.
    CHECK(writer.status().merged >= 1);
    CHECK(writer.status().written >= 1);
  }
  CHECK(errors == std::vector<std::string>{});

  // The RBAC manifest does not let it write what it does not own.
  ApiWriter writer(loop, *client, options);
  writer.on_report([&](bool, const std::string& text) { errors.push_back(text); });
  writer.patch_status(node, {{"phase", "Tested"}});
  CHECK(run_until(loop, [&] { return !errors.empty(); }));
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("allow verb \"patch\" on nodes/status") != std::string::npos);
}

TEST_CASE("a real API server refuses by resource and verb", "[.live]") {
  Live live(variable("LIVE_NOBODY_KUBECONFIG"));
  REQUIRE(live.until([&] { return live.errors.size() >= 3; }));
  for (const std::string& error : live.errors) {
    CAPTURE(error);
    CHECK(error.find("403") != std::string::npos);
    CHECK(error.find("allow verb \"list\" on") != std::string::npos);
  }
  CHECK_FALSE(live.source->status().synced);
}

}  // namespace sextant::k8s
