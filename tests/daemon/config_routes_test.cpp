// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The configuration's routes and Health: what clients get when things go wrong.
#include "daemon/config_routes.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "daemon/health.hpp"
#include "support/catch.hpp"

namespace sextant {

namespace {

using nlohmann::json;

constexpr const char* kBase =
    "ports: [{name: a, addresses: [\"2001:db8:1::1/64\"]}]\n"
    "domain: {hmac_keys: [{id: 1, secret: rosebud}]}  # rosebud\n";
constexpr const char* kMore =
    "ports: [{name: a, addresses: [\"2001:db8:1::1/64\"]}]\n"
    "domain: {hmac_keys: [{id: 1, secret: rosebud}]}\n"
    "local_sids: [{sid: \"fc00::2\", behavior: End}]\n";

class FakePublisher : public TablePublisher {
 public:
  Result<Generation> publish(const TableDiff&) override {
    if (refuse) return Error{"the table is full"};
    return ++generation;
  }
  Generation generation = 0;
  bool refuse = false;
};

struct Keep : ApiResponder {
  explicit Keep(std::optional<ApiReply>& to) : kept(to) {}
  void reply(ApiReply reply) override { kept = std::move(reply); }
  void begin(std::string_view) override {}
  bool write(std::string) override { return false; }
  void end() override {}
  [[nodiscard]] bool gone() const override { return false; }
  std::optional<ApiReply>& kept;
};

struct Fixture {
  Fixture() {
    std::string name = (std::filesystem::temp_directory_path() / "sextant-api-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    source.emplace(folder / "c.yaml");
    reconciler.emplace(loop, worker, *source, publisher, NodeFacts{}, Reconciler::Timing{});
    add_config_routes(api, {loop, worker, *reconciler, *source});
  }
  ~Fixture() {
    worker.join();
    std::filesystem::remove_all(folder);
  }
  void write(const std::string& text) const { std::ofstream(folder / "c.yaml") << text; }
  // The status; the body in last.
  int ask(const std::string& method, const std::string& path, const std::string& body = "",
          bool privileged = true) {
    std::optional<ApiReply> reply;
    ApiRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.privileged = privileged;
    api.handle(request, std::make_shared<Keep>(reply));
    loop.restart();
    const auto work = boost::asio::make_work_guard(loop);
    while (!reply && loop.run_one() > 0) {
    }
    REQUIRE(reply);
    last = json::parse(reply->body, nullptr, false);
    REQUIRE(last.is_object());
    return reply->status;
  }

  std::filesystem::path folder;
  boost::asio::io_context loop;
  boost::asio::thread_pool worker{1};
  FakePublisher publisher;
  std::optional<FileSource> source;
  std::optional<Reconciler> reconciler;
  Api api;
  json last;
};

bool contains(const json& text, std::string_view part) {
  return text.get<std::string>().find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("who is not privileged changes nothing") {
  Fixture f;
  f.write(kBase);
  CHECK(f.ask("POST", "/v1/reload", "", false) == 403);
  CHECK(f.ask("POST", "/v1/diff", kBase, false) == 403);
  CHECK(f.publisher.generation == 0);
  CHECK(f.ask("GET", "/v1/generation", "", false) == 200);
  CHECK(f.last["number"] == 0);
}

TEST_CASE("before the first generation") {
  Fixture f;
  CHECK(f.ask("GET", "/v1/config") == 503);
  CHECK(f.ask("POST", "/v1/diff", kBase) == 503);
  CHECK(f.ask("GET", "/v1/generation") == 200);
  CHECK(f.last["ready"] == false);
  CHECK(f.last["published_at"].is_null());
  CHECK(f.ask("POST", "/v1/reload") == 422);
  CHECK(contains(f.last["detail"], "cannot be opened"));
}

TEST_CASE("a bad file: 422 with every finding, and the running one is shown as before") {
  Fixture f;
  f.write(kBase);
  REQUIRE(f.ask("POST", "/v1/reload") == 200);
  CHECK(f.last["result"] == "published");
  CHECK(f.last["generation"]["number"] == 1);

  f.write("ports: [{name: a, mtu: 1}]\nzzz: 1\n");
  CHECK(f.ask("POST", "/v1/reload") == 422);
  CHECK(f.last["status"] == 422);
  CHECK(f.last["diagnostics"].size() == 2);
  CHECK(f.last["diagnostics"][0]["line"] == 1);
  CHECK(f.last["diagnostics"][0]["field"] == "ports[0].mtu");
  CHECK(contains(f.last["detail"], "ports[0].mtu"));
  CHECK(contains(f.last["detail"], "zzz: unknown key"));

  CHECK(f.ask("GET", "/v1/generation") == 200);
  CHECK(f.last["number"] == 1);
  CHECK(f.last["ready"] == true);
  CHECK(contains(f.last["notice"], "generation 1 still runs"));
  CHECK(f.last["last"]["result"] == "invalid");
  CHECK(f.last["attempts"]["invalid"] == 1);

  CHECK(f.ask("GET", "/v1/config") == 200);
  CHECK(contains(f.last["yaml"], "2001:db8:1::1/64"));
  CHECK(contains(f.last["yaml"], "(hidden)"));
  CHECK_FALSE(contains(f.last["yaml"], "rosebud"));
}

TEST_CASE("a data plane that refuses is no fault of the file") {
  Fixture f;
  f.write(kBase);
  REQUIRE(f.ask("POST", "/v1/reload") == 200);
  f.publisher.refuse = true;
  f.write(kMore);
  CHECK(f.ask("POST", "/v1/reload") == 500);
  CHECK(f.last["detail"] == "the table is full");
}

TEST_CASE("a diff that is wrong, one with nothing, one with a SID; none is applied") {
  Fixture f;
  f.write(kBase);
  REQUIRE(f.ask("POST", "/v1/reload") == 200);
  CHECK(f.ask("POST", "/v1/diff", "") == 422);
  CHECK(f.ask("POST", "/v1/diff", "\xff\xfe") == 422);
  CHECK(f.ask("POST", "/v1/diff", "ports: [{name: a, device: net_null0}]\n") == 422);
  CHECK(contains(f.last["detail"], "restart sextantd"));
  CHECK(f.ask("POST", "/v1/diff", kBase) == 200);
  CHECK(f.last["changes"] == json::object());
  CHECK(f.last["tables"] == json::object());
  CHECK(f.ask("POST", "/v1/diff", kMore) == 200);
  CHECK(f.last["changes"]["local_sids"]["added"][0]["name"] == "fc00::2/128 in main");
  CHECK(f.last["changes"].size() == 1);
  CHECK(f.last["tables"]["local_sids"] == json{{"written", 1}, {"removed", 0}});
  CHECK(f.publisher.generation == 1);
  CHECK(f.ask("POST", "/v1/reload") == 200);
  CHECK(f.last["result"] == "unchanged");
}

TEST_CASE("health: what keeps a node from being ready, and what does not") {
  GenerationStatus status;
  PortState port;
  port.name = "a";
  port.present = true;
  port.link_up = true;
  const Health starting = make_health(status, {port}, true);
  CHECK(starting.live);
  CHECK_FALSE(starting.ready);
  CHECK(starting.missing.size() == 1);

  status.number = 3;
  status.published_at = std::chrono::system_clock::now();
  const Health good = make_health(status, {port}, true);
  CHECK(good.ready);
  CHECK(good.notices.empty());

  const Health stuck = make_health(status, {port}, false);
  CHECK_FALSE(stuck.live);
  CHECK_FALSE(stuck.ready);

  status.last = Attempt{};
  status.last->error = "t.yaml:1:1: nonsense";
  const Health refused = make_health(status, {port}, true);
  CHECK(refused.ready);
  REQUIRE(refused.notices.size() == 1);
  CHECK(refused.notices[0].find("generation 3 still runs: t.yaml") != std::string::npos);

  port.present = false;
  const Health unplugged = make_health(status, {port}, true);
  CHECK_FALSE(unplugged.ready);
  CHECK(make_health(status, {}, true).missing.size() == 1);
}

}  // namespace sextant
