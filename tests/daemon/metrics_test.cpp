// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Metrics in bounds whatever the tables hold, health in words, and an OpenAPI document that has
// every route.
#include "daemon/metrics.hpp"

#include <fmt/format.h>

#include <set>
#include <sstream>

#include "daemon/openapi.hpp"
#include "daemon_fixtures.hpp"

namespace sextant {

using daemon_test::body_of;
using daemon_test::kNode;
using daemon_test::Node;
using nlohmann::json;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    out.push_back(line);
  return out;
}

std::size_t count_of(const std::vector<std::string>& lines, const std::string& prefix) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.rfind(prefix, 0) == 0; }));
}

std::string value_of(const std::vector<std::string>& lines, const std::string& series) {
  for (const std::string& line : lines) {
    if (line.rfind(series + " ", 0) == 0) return line.substr(series.size() + 1);
  }
  return "";
}

}  // namespace

TEST_CASE("metrics: each family once, each series once, every line has a value") {
  Node node(kNode);
  const ApiReply reply = node.get("/metrics");
  CHECK(reply.content_type == "text/plain; version=0.0.4; charset=utf-8");
  REQUIRE(!reply.body.empty());
  CHECK(reply.body.back() == '\n');
  std::set<std::string> families;
  std::set<std::string> series;
  std::string family;
  for (const std::string& line : lines_of(reply.body)) {
    INFO(line);
    if (line.rfind("# HELP ", 0) == 0) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second);
    } else if (line.rfind("# TYPE ", 0) == 0) {
      const bool counter = family.size() > 6 && family.substr(family.size() - 6) == "_total";
      CHECK(line == "# TYPE " + family + (counter ? " counter" : " gauge"));
    } else {
      CHECK(line.rfind(family, 0) == 0);
      const std::size_t space = line.rfind(' ');
      REQUIRE(space != std::string::npos);
      CHECK(series.insert(line.substr(0, space)).second);
      CHECK(std::isdigit(static_cast<unsigned char>(line[space + 1])));
    }
  }
}

TEST_CASE("metrics: counters arrive under their names") {
  Node node(kNode);
  node.source.count().drops[static_cast<std::size_t>(DropReason::lookup_no_route)] = {7, 700};
  node.source.count().local_sids = {{{5, 500}, {1, 60}}};
  node.source.count().policies = {{3, 300}};
  node.generation.invalid = 2;
  node.generation.number = 41;
  const auto lines = lines_of(node.get("/metrics").body);
  CHECK(value_of(lines, "sextant_drop_packets_total{reason=\"lookup_no_route\"}") == "7");
  const std::string sid = "{sid=\"a3::1/128\",behavior=\"End\",table=\"main\"}";
  CHECK(value_of(lines, "sextant_localsid_packets_total" + sid) == "5");
  CHECK(value_of(lines, "sextant_localsid_error_bytes_total" + sid) == "60");
  CHECK(value_of(lines, "sextant_policy_bytes_total{policy=\"to-b\"}") == "300");
  CHECK(value_of(lines, "sextant_reloads_total{result=\"invalid\"}") == "2");
  CHECK(value_of(lines, "sextant_last_reload_success") == "0");
  CHECK(value_of(lines, "sextant_ready") == "0");
  CHECK(value_of(lines, "sextant_generation") == "41");
  CHECK(value_of(lines, "sextant_table_publications_total") ==
        std::to_string(node.source.generation()));
}

TEST_CASE("metrics: series are bounded, and nothing is lost in the sum") {
  std::string text = "ports: [{name: p0}]\nlocal_sids:\n";
  constexpr std::size_t kSids = kMaxSeries + 500;
  for (std::size_t i = 0; i < kSids; ++i)
    text += fmt::format("  - {{sid: \"a3::{:x}\", behavior: End}}\n", i + 1);
  Node node(text);
  node.source.count().local_sids.assign(kSids, {{2, 20}, {}});
  const auto lines = lines_of(node.get("/metrics").body);
  CHECK(count_of(lines, "sextant_localsid_packets_total{") == kMaxSeries + 1);
  CHECK(value_of(
            lines,
            "sextant_localsid_packets_total{sid=\"other\",behavior=\"other\",table=\"other\"}") ==
        "1000");
}

TEST_CASE("metrics: a name cannot break the text") {
  MetricsText text;
  text.family("x_total", "counter", "h");
  text.sample({{"name", "a\"b\\c\nd"}}, std::uint64_t{1});
  CHECK(text.take() ==
        "# HELP x_total h\n# TYPE x_total counter\nx_total{name=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST_CASE("health: a node that is not ready says what is missing") {
  Node node(kNode);
  node.health = {.live = true, .ready = false, .missing = {"generation: none yet", "ports: gone"}};
  ApiReply reply = node.get("/readyz");
  CHECK(reply.status == 503);
  CHECK(reply.content_type == "application/problem+json");
  const json problem = body_of(reply);
  CHECK(problem.at("detail") == "generation: none yet; ports: gone");
  CHECK(problem.at("missing").size() == 2);
  CHECK(problem.at("instance") == "/readyz");
  CHECK(node.get("/healthz").status == 200);
  node.health.live = false;
  CHECK(node.get("/healthz").status == 503);
  node.health = {.live = true, .ready = true, .notices = {"port 'p0' has no link"}};
  reply = node.get("/readyz");
  CHECK(reply.status == 200);
  CHECK(body_of(reply).at("notices").size() == 1);
}

TEST_CASE("openapi: every route is there, and nothing else") {
  Node node(kNode);
  const json document = node.json("/openapi.json");
  CHECK(document.at("openapi") == "3.1.0");
  std::size_t operations = 0;
  for (const auto& [path, item] : document.at("paths").items())
    operations += item.size();
  CHECK(operations == node.api.routes().size());
  std::set<std::string> ids;
  for (const ApiRoute& route : node.api.routes()) {
    INFO(route.method << " " << route.path);
    std::string method = route.method;
    for (char& c : method)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    REQUIRE(document.at("paths").contains(route.path));
    REQUIRE(document.at("paths").at(route.path).contains(method));
    const json& operation = document.at("paths").at(route.path).at(method);
    CHECK(ids.insert(operation.at("operationId").get<std::string>()).second);
    CHECK(operation.at("parameters").size() == route.parameters.size());
    CHECK(!operation.at("summary").get<std::string>().empty());
    CHECK(operation.at("responses").at("200").at("content").contains(route.content_type));
    CHECK(operation.at("responses").contains("403") == route.privileged);
    for (const ApiParameter& parameter : route.parameters)
      CHECK(!parameter.help.empty());
  }
}

}  // namespace sextant
