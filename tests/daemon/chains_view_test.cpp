// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// /v1/chains: what became of chains, hop by hop, and the status that a node writes.
#include "daemon_fixtures.hpp"
#include "support/chain_fixture.hpp"

namespace sextant {

using nlohmann::json;
using namespace k8s_test;

namespace {

class ChainSource : public daemon_test::FakeSource {
 public:
  ChainSource()
      : FakeSource("ports: [{name: p}]\n"),
        bed(contiv_settings(2), file_with({"client-0-tap1", "fw-0-tap1", "fw-0-tap2"})) {
    bed.put_nodes();
    bed.put(with_stubs(chain_pod("client-0", "node1", "2001:0:0:1::2")));
    bed.put(with_stubs(chain_pod("fw-0", "node1", "2001:0:0:1::3"), 2));
    bed.put(with_stubs(chain_pod("server-0", "node2", "2001:0:0:2::4")));
    bed.put(chain_of("chain", {pods_of("client", "", "tap1"), pods_of("fw", "tap1", "tap2"),
                               pods_of("server", "tap1")}));
    bed.put(chain_of("lame", {pods_of("client", "", "tap1"), pods_of("nobody")}));
    compiled_ = bed.compiled();
  }
  [[nodiscard]] const ForwardingTables& tables() const override { return compiled_.tables; }
  [[nodiscard]] const std::vector<PolicyStatus>& policies() const override {
    return compiled_.policies;
  }
  [[nodiscard]] const k8s::Translator* cluster() const override { return &bed.translator; }

  ClusterBed bed;

 private:
  CompileResult compiled_;
};

json items(const std::string& target) {
  boost::asio::io_context loop;
  ChainSource source;
  ReplyQueue replies(loop);
  Api api;
  add_list_routes(api, source, replies);
  const auto recorded = daemon_test::ask(api, "GET", target);
  loop.run();
  REQUIRE(recorded->replies.size() == 1);
  INFO(recorded->replies.front().body);
  REQUIRE(recorded->replies.front().status == 200);
  return daemon_test::body_of(recorded->replies.front()).at("chains");
}

}  // namespace

TEST_CASE("a chain is shown with its elements, paths and SIDs", "[chains]") {
  const json rows = items("/v1/chains?name=default/chain");
  REQUIRE(rows.size() == 1);
  const json& row = rows[0];
  CHECK(row["rendered"] == true);
  CHECK(row["message"] == "1 path");
  CHECK(row["nodes"] == json({"node1", "node2"}));
  CHECK(row["elements"].size() == 3);
  const json& function = row["elements"][1]["members"][0];
  CHECK(function["name"] == "default/fw-0");
  CHECK(function["sids"][0]["behavior"] == "End.AD");
  CHECK(function["sids"][0]["why"] == "");
  CHECK(function["sids"][0]["to_function"]["packets"] == 0);
  const json& flow = row["flows"][0];
  CHECK(flow["starts_here"] == true);
  CHECK(flow["paths"][0]["members"] == json({"default/fw-0", "default/server-0"}));
  CHECK(flow["paths"][0]["segments"].size() == 3);
  REQUIRE(flow["policies"].size() == 1);
  CHECK(flow["policies"][0]["name"] == "chain default/chain");
}

TEST_CASE("chains that are not rendered say why", "[chains]") {
  const json rows = items("/v1/chains?rendered=false");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["name"] == "default/lame");
  CHECK(rows[0]["reason"] == "NoPods");
  CHECK(items("/v1/chains?namespace=other").empty());
}

TEST_CASE("one node writes the status of a chain, and only what is new", "[chains]") {
  ChainSource source;
  std::map<std::string, k8s::ChainTranslation> written = source.bed.translator.take_chains();
  REQUIRE(written.contains("default/chain"));
  const k8s::ChainStatus first = k8s::status_of(written.at("default/chain"), {}, "t1");
  CHECK(first.rendered == "True");
  CHECK(first.paths == 1);
  CHECK(first.since == "t1");
  // The time stays while the condition does.
  CHECK(k8s::status_of(written.at("default/chain"), first, "t2") == first);
  CHECK(k8s::status_of(written.at("default/lame"), first, "t2").since == "t2");
  // It comes back as a change of the chain, which changes nothing else.
  k8s::ServiceFunctionChain chain = *source.bed.stores.chains.find("default/chain");
  chain.status = first;
  source.bed.put(chain);
  CHECK(source.bed.translator.take().empty());
  CHECK(source.bed.translator.take_chains().size() == 1);
  // Another node writes nothing.
  ClusterBed other(contiv_settings(2), file_with({}, "2"), "node2");
  other.put_nodes();
  other.put(with_stubs(chain_pod("client-0", "node1", "2001:0:0:1::2")));
  other.put(chain);
  static_cast<void>(other.translator.take());
  CHECK(other.translator.take_chains().empty());
}

}  // namespace sextant
