// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiSource: discovery, all resources together, and a start while the API server is down.
#include "k8s/api_source.hpp"

#include <atomic>

#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

json slice(const std::string& name, const std::string& address) {
  return {{"metadata",
           {{"namespace", "default"},
            {"name", name},
            {"labels", {{"kubernetes.io/service-name", "a"}}}}},
          {"addressType", "IPv4"},
          {"endpoints", {{{"addresses", {address}}}}}};
}

void fill(FakeApiServer& server) {
  server.put(kNodes, {{"metadata", {{"name", "node-a"}}}, {"spec", {{"podCIDRs", {"fd00::/64"}}}}});
  server.put(kServices, service("a", "10.96.0.1"));
  server.put(kSlices, slice("a-1", "10.0.0.1"));
  server.put("/api/v1/pods", {{"metadata", {{"namespace", "default"}, {"name", "p"}}},
                              {"spec", {{"nodeName", "node-a"}}}});
}

struct Follower {
  explicit Follower(FakeApiServer& server, const std::filesystem::path& state_file = {},
                    bool chains = true) {
    ApiSourceOptions options;
    options.chains = chains;
    options.node_name = "node-a";
    options.informer = quick();
    options.informer.missing_interval = milliseconds(20);
    options.state_file = state_file;
    options.state_interval = milliseconds(20);
    source = ApiSource::create(loop, server.access(), options, stores).value();
    source->on_report(
        [this](bool error, const std::string& text) { (error ? errors : notes).push_back(text); });
    source->start();
  }
  bool until(const std::function<bool()>& done) { return run_until(loop, done); }
  bool synced() {
    return until([&] { return source->status().synced; });
  }
  boost::asio::io_context loop;
  ClusterStores stores;
  std::unique_ptr<ApiSource> source;
  std::vector<std::string> errors;
  std::vector<std::string> notes;
};

}  // namespace

TEST_CASE("without chains, pods of this node alone are followed") {
  FakeApiServer server;
  fill(server);
  Follower follower(server, {}, false);
  CHECK_FALSE(follower.source->status().stale.has_value());
  CHECK(follower.source->status().problem == "the first lists are not complete yet");
  REQUIRE(follower.synced());
  CHECK(follower.stores.nodes.size() == 1);
  CHECK(follower.stores.services.size() == 1);
  CHECK(follower.stores.endpoint_slices.size() == 1);
  CHECK(follower.stores.pods.size() == 1);
  const ClusterStatus status = follower.source->status();
  CHECK(status.endpoint_api == "endpointslices.discovery.k8s.io/v1");
  CHECK(status.problem.empty());
  CHECK(status.resources.size() == 4);
  for (const FakeRequest& request : server.requests()) {
    if (request.path == "/api/v1/pods") {
      CHECK(request.query.at("fieldSelector") == "spec.nodeName=node-a");
    }
  }
}

TEST_CASE("chains come and go with their definitions") {
  const std::string chains = "/apis/contivpp.io/v1/servicefunctionchains";
  FakeApiServer server;
  fill(server);
  std::atomic<bool> defined = false;
  server.on_request([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (defined || !request.path.starts_with("/apis/contivpp.io/")) return std::nullopt;
    return status_answer(404, "the server could not find the requested resource");
  });
  Follower follower(server);
  // A cluster without them is a whole one.
  REQUIRE(follower.synced());
  CHECK(follower.errors.empty());
  CHECK(follower.source->status().problem.empty());
  CHECK(follower.source->status().resources.size() == 7);
  for (const FakeRequest& request : server.requests()) {
    if (request.path == "/api/v1/pods") CHECK(request.query.count("fieldSelector") == 0);
  }
  server.put(chains, json::parse(R"({"metadata":{"namespace":"default","name":"c"},"spec":{"chain":[
      {"type":"Pod","podSelector":{"sf":"a"}},{"type":"Pod","podSelector":{"sf":"b"}}]}})"));
  defined = true;
  REQUIRE(follower.until([&] { return follower.stores.chains.size() == 1; }));
  CHECK(follower.source->status().problem.empty());

  // A server that starts does not know them for a moment.
  std::atomic<int> unknown = 2;
  server.on_request([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path != chains || unknown-- <= 0) return std::nullopt;
    return status_answer(404, "the server could not find the requested resource");
  });
  server.cut_connections();
  REQUIRE(follower.until([&] { return unknown < 0; }));
  CHECK(follower.stores.chains.size() == 1);
  // But one that goes on like this means it.
  unknown = 1 << 30;
  server.cut_connections();
  REQUIRE(follower.until([&] { return follower.stores.chains.size() == 0; }));
  REQUIRE(follower.until([&] { return follower.source->status().problem.empty(); }));
}

TEST_CASE("every request is one that the permissions allow") {
  FakeApiServer server;
  fill(server);
  Follower follower(server);
  REQUIRE(follower.until([&] {
    for (const InformerStatus& resource : follower.source->status().resources) {
      if (!resource.watching) return false;
    }
    return follower.source->status().synced;
  }));
  for (const FakeRequest& request : server.requests()) {
    if (request.path == "/apis/discovery.k8s.io") continue;  // granted by system:discovery
    const std::string_view verb = request.is_watch() ? "watch" : "list";
    bool allowed = false;
    for (const ApiPermission& row : api_permissions()) {
      const ApiResource resource{std::string(row.group), "v1", std::string(row.plural), ""};
      if (resource.path() != request.path) continue;
      allowed = std::find(row.verbs.begin(), row.verbs.end(), verb) != row.verbs.end();
    }
    CAPTURE(request.path, verb);
    CHECK(allowed);
  }
}

TEST_CASE("nothing is asked for that newer servers have dropped (contiv B17)") {
  FakeApiServer server;
  fill(server);
  Follower follower(server);
  REQUIRE(follower.synced());
  for (const FakeRequest& request : server.requests()) {
    CAPTURE(request.path);
    CHECK(request.path.find("apiextensions") == std::string::npos);
    CHECK(request.path.find("beta") == std::string::npos);
    CHECK(request.path.find("/endpoints") == request.path.find("/endpointslices"));
  }
}

TEST_CASE("the version of EndpointSlice is what the server has") {
  CHECK(choose_endpoint_api(R"({"versions":[{"version":"v1beta1"},{"version":"v1"}]})").value() ==
        "v1");
  CHECK(choose_endpoint_api(R"({"versions":[{"version":"v1beta1"}]})").value() == "v1beta1");
  CHECK(choose_endpoint_api(R"({"versions":[{"version":"v1alpha1"}]})").value().empty());
  for (const char* wrong : {"", "[]", "{}", R"({"versions":7})", "<html>"}) {
    CHECK_FALSE(choose_endpoint_api(wrong).ok());
  }
  for (const char* odd : {R"({"versions":[]})", R"({"versions":[7,{"version":7},{}]})"}) {
    CHECK(choose_endpoint_api(odd).value().empty());
  }
}

TEST_CASE("v1beta1 where there is no v1, Endpoints where there is neither") {
  {
    FakeApiServer server;
    fill(server);
    server.serve_slices({"v1beta1"});
    server.put("/apis/discovery.k8s.io/v1beta1/endpointslices", slice("b-1", "10.0.0.2"));
    Follower follower(server);
    REQUIRE(follower.synced());
    CHECK(follower.stores.endpoint_slices.find("default/b-1") != nullptr);
  }
  FakeApiServer server;
  fill(server);
  server.serve_slices({});
  server.put("/api/v1/endpoints", json::parse(R"({"metadata":{"namespace":"default","name":"a"},
    "subsets":[{"addresses":[{"ip":"10.0.0.3"}]}]})"));
  Follower follower(server);
  REQUIRE(follower.synced());
  CHECK(follower.source->status().endpoint_api == "endpoints/v1");
  CHECK(follower.stores.endpoint_slices.find("default/a")->service == "a");
}

TEST_CASE("a discovery that fails is tried again; a version that goes is found out") {
  FakeApiServer server;
  fill(server);
  server.serve_slices({"v1beta1"});
  server.put("/apis/discovery.k8s.io/v1beta1/endpointslices", slice("old", "10.0.0.2"));
  int failures = 0;
  server.on_request([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path != "/apis/discovery.k8s.io" || ++failures > 3) return std::nullopt;
    return failures == 1 ? http_answer(200, "<html>") : status_answer(503, "not yet");
  });
  Follower follower(server);
  REQUIRE(follower.synced());
  CHECK(follower.errors.size() == 2);
  REQUIRE(follower.stores.endpoint_slices.find("default/old") != nullptr);
  // The server is upgraded.
  server.serve_slices({"v1"});
  server.on_request([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path.find("v1beta1") == std::string::npos) return std::nullopt;
    return status_answer(404, "the server could not find the requested resource");
  });
  server.cut_connections();
  REQUIRE(follower.until(
      [&] { return follower.stores.endpoint_slices.find("default/a-1") != nullptr; }));
  CHECK(follower.stores.endpoint_slices.find("default/old") == nullptr);
  CHECK(follower.source->status().endpoint_api == "endpointslices.discovery.k8s.io/v1");
}

TEST_CASE("one resource that is forbidden is named, and nothing counts as synced") {
  FakeApiServer server;
  fill(server);
  server.on_request([](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path != kSlices) return std::nullopt;
    return status_answer(403, "forbidden");
  });
  Follower follower(server);
  REQUIRE(follower.until([&] { return !follower.errors.empty(); }));
  CHECK(follower.errors.front() ==
        "list endpointslices.discovery.k8s.io: the API server answers 403 (forbidden); allow verb "
        "\"list\" on endpointslices.discovery.k8s.io (config/manifests/rbac.yaml)");
  run_for(follower.loop, milliseconds(100));
  CHECK_FALSE(follower.source->status().synced);
  CHECK(follower.source->status().problem == follower.errors.front());
  CHECK(follower.errors.size() == 1);
}

TEST_CASE("with the API server down the last state comes from the file") {
  ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "state";
  FakeApiServer server;
  fill(server);
  {
    Follower follower(server, file);
    REQUIRE(follower.synced());
    REQUIRE(follower.until([&] { return std::filesystem::exists(file); }));
    server.put(kServices, service("b", "10.96.0.2"));
    REQUIRE(follower.until([&] { return follower.stores.services.size() == 2; }));
    follower.source->save();
  }
  server.go_down();
  Follower follower(server, file);
  CHECK(follower.stores.services.size() == 2);
  CHECK(follower.stores.endpoint_slices.size() == 1);
  run_for(follower.loop, milliseconds(50));
  ClusterStatus status = follower.source->status();
  CHECK(status.restored);
  CHECK_FALSE(status.synced);
  CHECK(status.stale >= milliseconds(0));
  CHECK_FALSE(status.problem.empty());
  CHECK(follower.stores.services.size() == 2);
  server.erase(kServices, "default/b");
  server.come_up();
  REQUIRE(follower.synced());
  CHECK_FALSE(follower.source->status().restored);
  CHECK(follower.stores.services.size() == 1);
}

TEST_CASE("a state file that is damaged, of another cluster or no file starts from nothing") {
  ScratchFolder folder;
  FakeApiServer server;
  fill(server);
  const std::filesystem::path file = folder.path() / "state";
  {
    Follower follower(server, file);
    REQUIRE(follower.synced());
    REQUIRE(follower.until([&] { return std::filesystem::exists(file); }));
  }
  const std::string text = read_all(file);
  const std::string url = server.access().url();
  const auto refused = [](const std::string& bytes, std::string_view cluster) {
    ClusterStores empty;
    const auto result = read_state(bytes, cluster, empty);
    return !result.ok() && empty.services.size() + empty.nodes.size() + empty.pods.size() == 0;
  };
  ClusterStores stores;
  REQUIRE(read_state(text, url, stores).ok());
  CHECK(stores.services.size() == 1);
  CHECK(refused(text, "https://other:443"));
  for (std::size_t cut = 0; cut < text.size(); cut += 7)
    CHECK(refused(text.substr(0, cut), url));
  for (std::size_t at = 0; at < text.size(); at += 11) {
    std::string flipped = text;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    CHECK(refused(flipped, url));
  }
  CHECK(refused(text + "\n", url));
  // The daemon goes on without it and says so.
  folder.write("state", text.substr(0, 100));
  Follower follower(server, file);
  REQUIRE_FALSE(follower.errors.empty());
  CHECK(follower.errors.front().find("damaged") != std::string::npos);
  REQUIRE(follower.synced());
}

TEST_CASE("a state file that cannot be written is told once") {
  FakeApiServer server;
  fill(server);
  Follower follower(server, "/nonexistent/folder/state");
  REQUIRE(follower.synced());
  REQUIRE(follower.until([&] { return !follower.errors.empty(); }));
  run_for(follower.loop, milliseconds(150));
  CHECK(follower.errors.size() == 1);
  CHECK(follower.errors.front().find("cannot be made") != std::string::npos);
}

TEST_CASE("a node without a name is refused") {
  boost::asio::io_context loop;
  ClusterStores stores;
  FakeApiServer server;
  CHECK_FALSE(ApiSource::create(loop, server.access(), {}, stores).ok());
}

}  // namespace sextant::k8s
