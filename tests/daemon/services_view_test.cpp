// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// /v1/services: what became of services, and what a node says about the cluster that it follows.
#include "daemon_fixtures.hpp"
#include "support/translate_fixture.hpp"

namespace sextant {

using nlohmann::json;
using namespace k8s_test;

namespace {

// A node whose tables hold what its cluster comes to.
class ClusterSource : public daemon_test::FakeSource {
 public:
  ClusterSource() : FakeSource("ports: [{name: p}]\n") { bed.put_nodes(); }

  void compile_cluster() { compiled_ = bed.compiled(); }
  [[nodiscard]] const ForwardingTables& tables() const override { return compiled_.tables; }
  [[nodiscard]] const std::vector<PolicyStatus>& policies() const override {
    return compiled_.policies;
  }
  [[nodiscard]] const k8s::Translator* cluster() const override { return &bed.translator; }

  ClusterBed bed;

 private:
  CompileResult compiled_;
};

struct ClusterNodeApi {
  ClusterNodeApi() : replies(loop) { add_list_routes(api, source, replies); }
  json get(const std::string& target) {
    const auto recorded = daemon_test::ask(api, "GET", target);
    loop.restart();
    loop.run();
    REQUIRE(recorded->replies.size() == 1);
    INFO(recorded->replies.front().body);
    REQUIRE(recorded->replies.front().status == 200);
    return daemon_test::body_of(recorded->replies.front());
  }

  boost::asio::io_context loop;
  ClusterSource source;
  ReplyQueue replies;
  Api api;
};

}  // namespace

TEST_CASE("a service is shown with all that is behind it", "[services]") {
  ClusterNodeApi node;
  k8s::Service web = service("web", {"10.96.0.10"}, {port(80, "http")});
  web.source_ranges = {prefix("192.0.2.0/24")};
  node.source.bed.put(web);
  k8s::ServiceEndpoint local = endpoint("10.1.1.5", "node1");
  local.pod = "default/web-1";
  node.source.bed.put(
      slice("web", {local, endpoint("10.1.9.5", "nobody")}, {{"http", k8s::Protocol::kTcp, 8080}}));
  k8s::Service headless = service("db", {});
  headless.headless = true;
  node.source.bed.put(headless);
  node.source.compile_cluster();
  const PolicyId policy = [&] {
    for (const PolicyStatus& one : node.source.policies()) {
      if (one.name == "default/web") return one.id;
    }
    return kNoObject;
  }();
  REQUIRE(policy != kNoObject);
  node.source.count().policies.resize(policy + 1);
  node.source.count().policies[policy] = {7, 700};

  const json all = node.get("/v1/services");
  CHECK(all.at("total") == 2);
  const json& row = all.at("services").at(1);
  CHECK(row.at("name") == "default/web");
  CHECK(row.at("type") == "ClusterIP");
  CHECK(row.at("programmed") == true);
  CHECK(row.at("why") == "");
  CHECK(row.at("notes") == json::array({"loadBalancerSourceRanges are not enforced"}));
  CHECK(row.at("addresses").at(0) ==
        json{{"address", "10.96.0.10"}, {"kind", "ClusterIP"}, {"why", ""}});
  const json& shown = row.at("ports").at(0);
  CHECK(shown.at("policy") == "default/web");
  CHECK(shown.at("protocol") == "TCP");
  CHECK(shown.at("backends") ==
        json::array({{{"address", "10.1.1.5"}, {"port", 8080}, {"draining", false}}}));
  const json& backends = row.at("backends");
  REQUIRE(backends.size() == 2);
  CHECK(backends[0].at("pod") == "default/web-1");
  CHECK(backends[0].at("local") == true);
  CHECK(backends[0].at("segments") == json::array({"6666::ffff:a01:105"}));
  CHECK(backends[1].at("why") == "node nobody is not known");
  CHECK(row.at("policies").at(0).at("name") == "default/web");
  CHECK(row.at("policies").at(0).at("packets") == 7);
  CHECK(row.at("policies").at(0).at("binding_sid") == "5555::ffff:a60:a");

  const json& other = all.at("services").at(0);
  CHECK(other.at("programmed") == false);
  CHECK(other.at("why") == "headless: clients talk to its pods");

  CHECK(node.get("/v1/services?name=default/db").at("services").size() == 1);
  CHECK(node.get("/v1/services?namespace=other").at("services").empty());
  CHECK(node.get("/v1/services?programmed=true").at("services").at(0).at("name") == "default/web");
  CHECK(node.get("/v1/services?programmed=false").at("services").size() == 1);
  const json page = node.get("/v1/services?limit=1");
  CHECK(page.at("services").size() == 1);
  CHECK(node.get("/v1/services?after=" + page.at("next").get<std::string>())
            .at("services")
            .at(0)
            .at("name") == "default/web");
}

TEST_CASE("without a cluster there are no services", "[services]") {
  daemon_test::Node node("ports: [{name: p}]\n");
  CHECK(node.json("/v1/services").at("services").empty());
}

TEST_CASE("what a node misses of its cluster, and what it only should know", "[services]") {
  GenerationStatus generation;
  generation.published_at = std::chrono::system_clock::now();
  PortState port;
  port.present = port.link_up = true;
  k8s::ClusterStatus cluster;
  cluster.problem = "list nodes: connection refused";
  Health health = make_health(generation, {port}, true, &cluster);
  CHECK_FALSE(health.ready);
  CHECK(health.missing == std::vector<std::string>{"kubernetes: list nodes: connection refused"});
  cluster.restored = true;
  health = make_health(generation, {port}, true, &cluster);
  CHECK(health.ready);
  CHECK(health.notices == std::vector<std::string>{"kubernetes: the state of the last run is in "
                                                   "use: list nodes: connection refused"});
  cluster.synced = true;
  cluster.stale = std::chrono::seconds(75);
  health = make_health(generation, {port}, true, &cluster);
  CHECK(health.ready);
  CHECK(health.notices == std::vector<std::string>{
                              "kubernetes: the state is 75 s old: list nodes: connection refused"});
  cluster.problem.clear();
  generation.left_out["Node x"] = "no way";
  health = make_health(generation, {port}, true, &cluster);
  CHECK(health.ready);
  CHECK(health.notices == std::vector<std::string>{"Node x is left out: no way"});
}

}  // namespace sextant
