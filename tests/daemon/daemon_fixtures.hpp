// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A node without a data plane: compiled from text, with counters made up; and a client that keeps
// what it was answered.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/runtime/config_file.hpp"
#include "daemon/api.hpp"
#include "daemon/metrics.hpp"
#include "daemon/reply_queue.hpp"
#include "daemon/routes.hpp"
#include "daemon/views.hpp"
#include "support/catch.hpp"

namespace sextant::daemon_test {

class FakeSource : public ViewSource {
 public:
  explicit FakeSource(std::string_view text) { replace(text); }

  void replace(std::string_view text) {
    const LoadedConfig loaded = load_config(text, "t.yaml");
    for (const Diagnostic& finding : loaded.diagnostics.list())
      UNSCOPED_INFO(finding.to_string());
    REQUIRE(loaded.ok());
    compiled_ = compile(loaded.state, {}, compiled_.ids);
    REQUIRE(compiled_.ok());
    ++generation_;
  }
  [[nodiscard]] const ForwardingTables& tables() const override { return compiled_.tables; }
  [[nodiscard]] const std::vector<PolicyStatus>& policies() const override {
    return compiled_.policies;
  }
  [[nodiscard]] Generation generation() const override { return generation_; }
  [[nodiscard]] std::shared_ptr<const CountersSnapshot> counters() const override {
    return counters_;
  }
  [[nodiscard]] std::vector<PortState> ports() const override { return port_states; }
  [[nodiscard]] std::vector<NeighborInfo> neighbors() const override { return neighbor_infos; }
  [[nodiscard]] std::vector<LcoreStatistics> lcores() const override { return lcore_statistics; }
  [[nodiscard]] std::size_t connection_places() const override { return connections.size(); }
  [[nodiscard]] std::optional<ConnectionInfo> connection(std::size_t place) const override {
    return connections[place];
  }
  [[nodiscard]] FlowUse flow_use() const override { return use; }

  CountersSnapshot& count() { return *counters_; }
  std::vector<PortState> port_states;
  std::vector<NeighborInfo> neighbor_infos;
  std::vector<LcoreStatistics> lcore_statistics;
  std::vector<std::optional<ConnectionInfo>> connections;
  FlowUse use;

 private:
  CompileResult compiled_;
  Generation generation_ = 0;
  std::shared_ptr<CountersSnapshot> counters_ = std::make_shared<CountersSnapshot>();
};

// What a transport would send.
struct Recorded {
  std::vector<ApiReply> replies;
  std::string stream_type;
  std::string stream;
  bool ended = false;
  bool gone = false;
  bool full = false;
};

class RecordingResponder : public ApiResponder {
 public:
  explicit RecordingResponder(std::shared_ptr<Recorded> out) : out_(std::move(out)) {}
  void reply(ApiReply reply) override { out_->replies.push_back(std::move(reply)); }
  void begin(std::string_view type) override { out_->stream_type = type; }
  bool write(std::string chunk) override {
    if (out_->full) return false;
    out_->stream += chunk;
    return true;
  }
  void end() override { out_->ended = true; }
  [[nodiscard]] bool gone() const override { return out_->gone; }

 private:
  std::shared_ptr<Recorded> out_;
};

inline std::shared_ptr<Recorded> ask(const Api& api, const std::string& method,
                                     const std::string& target, bool privileged = false) {
  auto request = parse_api_target(method, target);
  REQUIRE(request.ok());
  request->privileged = privileged;
  auto out = std::make_shared<Recorded>();
  api.handle(*request, std::make_shared<RecordingResponder>(out));
  return out;
}

inline nlohmann::json body_of(const ApiReply& reply) {
  return nlohmann::json::parse(reply.body, nullptr, false);
}

// The one answer, when it is a problem as RFC 9457 wants it; its detail.
inline std::string problem_detail(const Recorded& recorded, int status) {
  REQUIRE(recorded.replies.size() == 1);
  const ApiReply& reply = recorded.replies.front();
  INFO(reply.body);
  CHECK(reply.status == status);
  CHECK(reply.content_type == "application/problem+json");
  const nlohmann::json problem = body_of(reply);
  REQUIRE(problem.is_object());
  CHECK(problem.at("status") == status);
  CHECK(!problem.at("title").get<std::string>().empty());
  CHECK(problem.at("type").get<std::string>().rfind("urn:sextant:problem:", 0) == 0);
  CHECK(!problem.at("instance").get<std::string>().empty());
  return problem.at("detail").get<std::string>();
}

// The routes over a FakeSource, and a loop that makes replies.
struct Node {
  explicit Node(std::string_view text) : source(text), replies(loop) {
    metrics.health = [this] { return health; };
    metrics.generation = [this] { return &generation; };
    add_list_routes(api, source, replies);
    add_state_routes(api, metrics, replies);
  }
  // The one answer to a GET.
  ApiReply get(const std::string& target) {
    const auto recorded = ask(api, "GET", target);
    loop.restart();
    loop.run();
    REQUIRE(recorded->replies.size() == 1);
    return recorded->replies.front();
  }
  nlohmann::json json(const std::string& target) {
    const ApiReply reply = get(target);
    INFO(target << ": " << reply.body);
    REQUIRE(reply.status == 200);
    CHECK(reply.content_type == "application/json");
    return body_of(reply);
  }
  std::string refused(const std::string& target) {
    const auto recorded = ask(api, "GET", target);
    loop.restart();
    loop.run();
    return problem_detail(*recorded, 400);
  }

  boost::asio::io_context loop;
  FakeSource source;
  ReplyQueue replies;
  Health health;
  GenerationStatus generation;
  MetricsSource metrics{source, {}, {}};
  Api api;
};

inline constexpr std::string_view kNode =
    "tables: [{name: red}]\n"
    "ports:\n"
    "  - {name: p0, addresses: [2001:db8::1/64, 10.0.0.1/24]}\n"
    "  - {name: p1, addresses: [2001:db8:1::1/64]}\n"
    "neighbors: [{interface: p1, address: 2001:db8:1::2, mac: \"02:00:00:00:00:02\"}]\n"
    "routes:\n"
    "  - {prefix: a5::/64, next_hop: 2001:db8:1::2}\n"
    "  - {prefix: a7::/64, next_hops: [{next_hop: 2001:db8:1::2}, {next_hop: 2001:db8::2}]}\n"
    "  - {prefix: a8::/64, type: blackhole}\n"
    "local_sids:\n"
    "  - {sid: a3::1, behavior: End}\n"
    "  - {sid: a3::2, behavior: End.X, next_hop: 2001:db8:1::2}\n"
    "  - {sid: a3::3, behavior: End.DT46, lookup_table: red}\n"
    "encapsulation: {source: a3::}\n"
    "policies:\n"
    "  - {name: to-b, binding_sid: a3::b, color: 7, segment_lists: "
    "[{segments: [a5::1, a6::1], weight: 3}, {segments: [a5::2]}]}\n"
    "  - {name: to-c, segment_lists: [{segments: [a5::3]}]}\n"
    "steering: [{prefix: 2001:db8:b::/64, policy: to-b}]\n";

}  // namespace sextant::daemon_test
