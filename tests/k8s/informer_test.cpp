// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Informer against an API server that fails in every way: in the end the store equals the server.
#include "k8s/informer.hpp"

#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using std::chrono::milliseconds;

namespace {

struct Setup {
  explicit Setup(InformerOptions options = quick(), const std::string& plural = "services")
      : client(ApiClient::create(loop, server.access()).value()),
        informer(loop, *client, ApiResource{"", "v1", plural, ""}, store, options) {
    store.subscribe([this](const std::set<std::string>& keys) { batches.push_back(keys); });
    informer.on_report([this](bool error, const std::string& text) {
      (error ? errors : recoveries).push_back(text);
    });
  }
  bool until(const std::function<bool()>& done, milliseconds limit = std::chrono::seconds(20)) {
    return run_until(loop, done, limit);
  }
  bool synced_with(std::size_t objects) {
    return until([&] { return informer.status().synced && store.size() == objects; });
  }
  bool watching() {
    return until([&] { return informer.status().watching; });
  }
  [[nodiscard]] int watches_asked() const {
    return server.count([](const FakeRequest& request) { return request.is_watch(); });
  }
  [[nodiscard]] int lists_asked() const {
    return server.count([](const FakeRequest& request) { return !request.is_watch(); });
  }

  boost::asio::io_context loop;
  FakeApiServer server;
  Store<Service> store{decode_service};
  std::unique_ptr<ApiClient> client;
  Informer informer;
  std::vector<std::set<std::string>> batches;
  std::vector<std::string> errors;
  std::vector<std::string> recoveries;
};

}  // namespace

TEST_CASE("a list, then changes by watch") {
  Setup t;
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.server.put(kServices, service("b", "10.96.0.2"));
  t.informer.start();
  REQUIRE(t.synced_with(2));
  CHECK(t.batches == std::vector<std::set<std::string>>{{"default/a", "default/b"}});
  REQUIRE(t.watching());
  t.server.put(kServices, service("b", "10.96.0.3"));
  t.server.put(kServices, service("c", "10.96.0.4"));
  REQUIRE(t.until([&] { return t.store.find("default/c") != nullptr; }));
  CHECK(t.store.find("default/b")->cluster_ips.front().to_string() == "10.96.0.3");
  t.server.erase(kServices, "default/a");
  REQUIRE(t.until([&] { return t.store.size() == 2; }));
  CHECK(t.store.find("default/a") == nullptr);
  CHECK(t.batches.back() == std::set<std::string>{"default/a"});
  CHECK(t.errors.empty());
  const InformerStatus status = t.informer.status();
  CHECK(status.events == 3);
  CHECK(status.lists == 1);
  CHECK(status.stale == milliseconds(0));
}

TEST_CASE("pages of 500, and the version and bookmark of the watch") {
  Setup t;
  for (int i = 0; i < 1203; ++i)
    t.server.put(kServices, service("s" + std::to_string(i), "10.96.0.1"));
  t.informer.start();
  REQUIRE(t.synced_with(1203));
  CHECK(t.batches.size() == 1);
  REQUIRE(t.watching());
  const std::vector<FakeRequest> requests = t.server.requests();
  REQUIRE(requests.size() == 4);
  CHECK(requests[0].query.at("limit") == "500");
  CHECK(requests[0].query.count("continue") == 0);
  CHECK(requests[2].query.count("continue") == 1);
  CHECK(requests[3].query.at("resourceVersion") == t.informer.status().resource_version);
  CHECK(requests[3].query.at("allowWatchBookmarks") == "true");
  t.server.bookmark();
  REQUIRE(t.until([&] { return t.informer.status().bookmarks == 1; }));
  // The next watch begins where the bookmark was.
  t.server.cut_connections();
  REQUIRE(t.until([&] { return t.watches_asked() == 2; }));
  CHECK(t.server.requests().back().query.at("resourceVersion") ==
        std::to_string(t.server.version()));
  CHECK(t.informer.status().lists == 1);
}

TEST_CASE("410 in a watch leads to one new list, and what is gone goes") {
  Setup t;
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.server.put(kServices, service("b", "10.96.0.2"));
  t.informer.start();
  REQUIRE(t.synced_with(2));
  REQUIRE(t.watching());
  t.server.go_down();
  t.server.erase(kServices, "default/a");
  t.server.put(kServices, service("c", "10.96.0.3"));
  t.server.compact();
  t.server.come_up();
  REQUIRE(t.until([&] { return t.informer.status().gone == 1 && t.informer.status().lists == 2; }));
  CHECK(t.store.find("default/a") == nullptr);
  CHECK(t.store.find("default/c") != nullptr);
}

TEST_CASE("410 as an HTTP status, in a list's page and in a watch") {
  Setup t;
  for (int i = 0; i < 700; ++i)
    t.server.put(kServices, service("s" + std::to_string(i), "10.96.0.1"));
  int pages = 0;
  int watches = 0;
  t.server.on_request([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.is_watch() && ++watches == 1) return status_answer(410, "too old");
    if (request.query.count("continue") != 0 && ++pages == 1) {
      return status_answer(410, "the continue token has expired");
    }
    return std::nullopt;
  });
  t.informer.start();
  REQUIRE(t.until([&] { return t.informer.status().watching; }));
  CHECK(t.store.size() == 700);
  CHECK(t.informer.status().gone == 2);
  CHECK(t.informer.status().lists == 2);
}

TEST_CASE("connections cut at random bytes: nothing is lost, nothing stays") {
  const std::uint64_t seed = GENERATE(1, 2, 3, 4);
  Setup t;
  for (int i = 0; i < 40; ++i)
    t.server.put(kServices, service("s" + std::to_string(i), "10.96.0.1"));
  t.server.cut_randomly(12000, seed);
  t.informer.start();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const std::string name = "s" + std::to_string(random() % 60);
    if (random() % 3 == 0) {
      t.server.erase(kServices, "default/" + name);
    } else {
      t.server.put(kServices, service(name, "10.96.1." + std::to_string(round)));
    }
    run_for(t.loop, milliseconds(random() % 20));
  }
  t.server.put(kServices, service("last", "10.96.9.9"));
  REQUIRE(t.until([&] { return t.store.find("default/last") != nullptr; }));
  // Equal to what a fresh list says.
  t.server.cut_randomly(0, 0);
  Store<Service> fresh{decode_service};
  Informer second(t.loop, *t.client, ApiResource{"", "v1", "services", ""}, fresh, quick());
  second.start();
  REQUIRE(t.until([&] { return second.status().synced; }));
  REQUIRE(t.store.size() == fresh.size());
  for (const auto& [key, value] : fresh.objects()) {
    REQUIRE(t.store.find(key) != nullptr);
    CHECK(*t.store.find(key) == *value);
  }
}

TEST_CASE("each way to fail is told apart, told once, and survived") {
  struct Case {
    const char* what;
    FakeAnswer answer;
    ApiError::Kind kind;
    const char* text;
  };
  const std::vector<Case> cases = {
      {"401", status_answer(401, "Unauthorized"), ApiError::Kind::kUnauthorized,
       "list services: the API server answers 401 (Unauthorized)"},
      {"403", status_answer(403, "services is forbidden"), ApiError::Kind::kForbidden,
       "list services: the API server answers 403 (services is forbidden); allow verb \"list\" on "
       "services (config/manifests/rbac.yaml)"},
      {"404", status_answer(404, "nope"), ApiError::Kind::kNotFound,
       "list services: the API server answers 404"},
      {"429", status_answer(429, "slow down", "Retry-After: 0\r\n"), ApiError::Kind::kTooMany,
       "list services: the API server answers 429"},
      {"500", status_answer(500, "etcd is away"), ApiError::Kind::kServer,
       "list services: the API server answers 500 (etcd is away)"},
      {"503 of a proxy", http_answer(503, "<html>"), ApiError::Kind::kServer,
       "list services: the API server answers 503"},
      {"a redirect", http_answer(302, "", "Location: http://127.0.0.1:1/\r\n"),
       ApiError::Kind::kRefused, "list services: the API server answers 302"},
      {"no JSON", http_answer(200, "<html>welcome</html>"), ApiError::Kind::kBadReply,
       "list services: the answer is not JSON"},
      {"half of JSON", http_answer(200, R"({"metadata":{"resourceVersion":"5"},"items":[{)"),
       ApiError::Kind::kBadReply, "list services: the answer is not JSON"},
      {"no list", http_answer(200, R"({"kind":"Service"})"), ApiError::Kind::kBadReply,
       "list services: the answer is not a list of the API"},
      {"items no list", http_answer(200, R"({"metadata":{"resourceVersion":"5"},"items":7})"),
       ApiError::Kind::kBadReply, "list services: the answer is not a list of the API"},
      {"no version", http_answer(200, R"({"metadata":{},"items":[]})"), ApiError::Kind::kBadReply,
       "list services: the list has no resourceVersion"},
      {"no HTTP", {"SSH-2.0-OpenSSH_9.2\r\n\r\n"}, ApiError::Kind::kUnreachable, "list services: "},
      {"cut in the head", {"HTTP/1.1 200 O"}, ApiError::Kind::kUnreachable, "list services: "},
      {"cut in the body",
       {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"},
       ApiError::Kind::kUnreachable,
       "list services: "},
      {"bad chunk",
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
       ApiError::Kind::kUnreachable,
       "list services: "},
      {"nothing", {""}, ApiError::Kind::kUnreachable, "list services: "},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    Setup t;
    t.server.put(kServices, service("a", "10.96.0.1"));
    t.server.on_request([&, times = 0](const FakeRequest&) mutable -> std::optional<FakeAnswer> {
      if (++times > 3) return std::nullopt;
      FakeAnswer answer = one.answer;
      // What is no whole answer ends with the connection.
      return answer;
    });
    std::optional<ApiError::Kind> kind;
    t.informer.on_status([&] {
      if (const auto now = t.informer.status().last_error_kind) kind = now;
    });
    t.informer.start();
    const bool whole = one.answer.bytes.find("Content-Length: 100") == std::string::npos;
    if (!whole || one.answer.bytes.size() < 30 ||
        one.answer.bytes.find("zz") != std::string::npos) {
      // The fake keeps the connection open, as a server would not: break it.
      for (int i = 0; i < 3; ++i) {
        REQUIRE(t.until([&] { return t.lists_asked() > i || t.informer.status().synced; }));
        run_for(t.loop, milliseconds(20));
        t.server.cut_connections();
      }
    }
    REQUIRE(t.synced_with(1));
    REQUIRE(kind.has_value());
    CHECK(name_of(*kind) == name_of(one.kind));
    REQUIRE_FALSE(t.errors.empty());
    CAPTURE(t.errors.front());
    CHECK(t.errors.front().starts_with(one.text));
  }
}

TEST_CASE("a server that is silent times out; one that is slow does not") {
  InformerOptions options = quick();
  options.request_timeout = milliseconds(150);
  Setup t(options);
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.server.answer_next(2, {"", true});
  t.informer.start();
  REQUIRE(t.until([&] { return t.informer.status().failures >= 1; }));
  CHECK(t.informer.status().last_error == "list services: no answer within 150 ms");
  REQUIRE(t.synced_with(1));
  Setup slow;
  FakeAnswer answer = http_answer(200, R"({"metadata":{"resourceVersion":"5"},"items":[]})");
  answer.byte_delay_ms = 3;
  slow.server.answer_next(1, answer);
  slow.informer.start();
  REQUIRE(slow.synced_with(0));
  CHECK(slow.errors.empty());
}

TEST_CASE("a server that is down keeps the state; the age of it is told") {
  Setup t;
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.informer.start();
  REQUIRE(t.synced_with(1));
  REQUIRE(t.watching());
  t.server.go_down();
  REQUIRE(t.until([&] { return t.informer.status().failures >= 3; }));
  CHECK(t.store.size() == 1);
  CHECK(t.batches.size() == 1);
  CHECK(t.informer.status().synced);
  CHECK_FALSE(t.informer.status().watching);
  run_for(t.loop, milliseconds(100));
  CHECK(t.informer.status().stale >= milliseconds(100));
  t.server.put(kServices, service("b", "10.96.0.2"));
  t.server.come_up();
  REQUIRE(t.synced_with(2));
  CHECK(t.informer.status().stale == milliseconds(0));
  CHECK(t.informer.status().lists == 1);
}

TEST_CASE("garbage, lost and misordered events lead to a new list") {
  const std::string line = GENERATE(
      std::string("nonsense"), std::string(R"({"type":"ADDED"})"),
      std::string(
          R"({"type":"MODIFIED","object":{"metadata":{"namespace":"default","name":"a","resourceVersion":"3"}}})"),
      std::string(R"({"type":"ERROR","object":{"code":500,"message":"oh"}})"));
  CAPTURE(line);
  Setup t;
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.informer.start();
  REQUIRE(t.synced_with(1));
  REQUIRE(t.watching());
  t.server.send_raw(line);
  REQUIRE(t.until([&] { return t.informer.status().lists == 2; }));
  CHECK(t.errors.size() == 1);
  CHECK(t.store.find("default/a")->cluster_ips.size() == 1);
  CHECK(t.batches.size() == 1);
}

TEST_CASE("an event that comes twice changes nothing; one of the same version does no harm") {
  Setup t;
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.informer.start();
  REQUIRE(t.synced_with(1));
  REQUIRE(t.watching());
  nlohmann::json again = service("a", "10.96.0.1");
  again["metadata"]["resourceVersion"] = std::to_string(t.server.version() + 1);
  for (int i = 0; i < 3; ++i)
    t.server.send_raw(nlohmann::json{{"type", "ADDED"}, {"object", again}}.dump());
  t.server.put(kServices, service("b", "10.96.0.2"));
  REQUIRE(t.synced_with(2));
  CHECK(t.batches.size() == 2);
  CHECK(t.batches.back() == std::set<std::string>{"default/b"});
  CHECK(t.informer.status().lists == 1);
}

TEST_CASE("an object that cannot be decoded keeps its last value and is reported") {
  Setup t;
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.informer.start();
  REQUIRE(t.synced_with(1));
  REQUIRE(t.watching());
  t.server.put(kServices, service("a", "not an address"));
  t.server.put(kServices, service("b", "neither"));
  t.server.put(kServices, service("c", "10.96.0.3"));
  REQUIRE(t.synced_with(2));
  CHECK(t.store.find("default/a")->cluster_ips.front().to_string() == "10.96.0.1");
  CHECK(t.informer.status().undecodable == 2);
  REQUIRE(t.errors.size() == 2);
  CHECK(t.errors[0] ==
        "Service default/a: spec.clusterIPs[0]: \"not an address\" is not an IP address");
  // In a list as well.
  t.server.compact();
  t.server.cut_connections();
  REQUIRE(t.until([&] { return t.informer.status().lists == 2; }));
  CHECK(t.store.size() == 2);
  CHECK(t.store.find("default/a")->cluster_ips.front().to_string() == "10.96.0.1");
}

TEST_CASE("a stuck watch is cut and begun anew where it was") {
  InformerOptions options = quick();
  options.watch_timeout = milliseconds(1000);
  options.watch_grace = milliseconds(50);
  Setup t(options);
  t.server.put(kServices, service("a", "10.96.0.1"));
  int watches = 0;
  t.server.on_request([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (!request.is_watch() || ++watches != 1) return std::nullopt;
    return FakeAnswer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true};
  });
  t.informer.start();
  REQUIRE(t.synced_with(1));
  t.server.put(kServices, service("b", "10.96.0.2"));
  REQUIRE(t.synced_with(2));
  CHECK(t.informer.status().stuck == 1);
  CHECK(t.informer.status().lists == 1);
  REQUIRE_FALSE(t.errors.empty());
  CHECK(t.errors.front().find("set watch: false") != std::string::npos);
}

TEST_CASE("a watch that ends in order goes on without a list") {
  InformerOptions options = quick();
  options.watch_timeout = milliseconds(1000);
  Setup t(options);
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.informer.start();
  REQUIRE(t.synced_with(1));
  REQUIRE(t.until([&] { return t.informer.status().watches >= 3; }));
  t.server.put(kServices, service("b", "10.96.0.2"));
  REQUIRE(t.synced_with(2));
  CHECK(t.informer.status().lists == 1);
  CHECK(t.errors.empty());
}

TEST_CASE("a server that ends every watch at once is not asked in a circle") {
  InformerOptions options = quick();
  options.backoff_min = milliseconds(20);
  options.backoff_max = milliseconds(1000);
  Setup t(options);
  t.server.on_request([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (!request.is_watch()) return std::nullopt;
    return FakeAnswer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"};
  });
  t.informer.start();
  REQUIRE(t.synced_with(0));
  run_for(t.loop, milliseconds(1000));
  CHECK(t.watches_asked() >= 3);
  CHECK(t.watches_asked() <= 10);
}

TEST_CASE("polling: no watch is ever asked for") {
  InformerOptions options = quick();
  options.watch = false;
  options.poll_interval = milliseconds(30);
  Setup t(options);
  t.server.put(kServices, service("a", "10.96.0.1"));
  t.informer.start();
  REQUIRE(t.synced_with(1));
  t.server.put(kServices, service("b", "10.96.0.2"));
  REQUIRE(t.synced_with(2));
  t.server.erase(kServices, "default/a");
  REQUIRE(t.synced_with(1));
  t.server.answer_next(3, status_answer(500, "oh"));
  REQUIRE(t.until([&] { return t.recoveries.size() == 1; }));
  CHECK(t.errors.size() == 1);
  CHECK(t.watches_asked() == 0);
}

TEST_CASE("a storm of 500s is met with growing pauses, and Retry-After is kept") {
  InformerOptions options = quick();
  options.backoff_min = milliseconds(10);
  options.backoff_max = milliseconds(10000);
  Setup t(options);
  t.server.answer_next(1000, status_answer(500, "oh"));
  t.informer.start();
  run_for(t.loop, milliseconds(1000));
  CHECK(t.lists_asked() >= 4);
  CHECK(t.lists_asked() <= 9);
  CHECK(t.errors.size() == 1);
  Setup busy;
  busy.server.answer_next(1000, status_answer(429, "busy", "Retry-After: 1\r\n"));
  busy.informer.start();
  run_for(busy.loop, milliseconds(800));
  CHECK(busy.lists_asked() == 1);
}

TEST_CASE("a token that rotates is read again") {
  ScratchFolder folder;
  FakeApiServer server;
  server.set_token("one");
  server.put(kServices, service("a", "10.96.0.1"));
  ApiAccess access = server.access();
  access.token_file = folder.write("token", "one\n");
  boost::asio::io_context loop;
  const auto client = ApiClient::create(loop, access).value();
  Store<Service> store{decode_service};
  Informer informer(loop, *client, ApiResource{"", "v1", "services", ""}, store, quick());
  informer.start();
  const bool watching = run_until(loop, [&] { return informer.status().watching; });
  INFO(informer.status().last_error);
  REQUIRE(watching);
  server.set_token("two");
  server.cut_connections();
  REQUIRE(run_until(
      loop, [&] { return informer.status().last_error_kind == ApiError::Kind::kUnauthorized; }));
  folder.write("token", "two\n");
  server.put(kServices, service("b", "10.96.0.2"));
  REQUIRE(run_until(loop, [&] { return store.size() == 2 && informer.status().watching; }));
  std::filesystem::remove(folder.path() / "token");
  server.cut_connections();
  REQUIRE(run_until(
      loop, [&] { return informer.status().last_error_kind == ApiError::Kind::kCredentials; }));
  CHECK(store.size() == 2);
}

TEST_CASE("an informer may go at any time") {
  for (int i = 0; i < 40; ++i) {
    boost::asio::io_context loop;
    FakeApiServer server;
    for (int n = 0; n < 20; ++n)
      server.put(kServices, service("s" + std::to_string(n), "10.96.0.1"));
    const auto client = ApiClient::create(loop, server.access()).value();
    Store<Service> store{decode_service};
    auto informer = std::make_unique<Informer>(loop, *client, ApiResource{"", "v1", "services", ""},
                                               store, quick());
    informer->start();
    run_for(loop, milliseconds(i % 8));
    server.put(kServices, service("x", "10.96.0.1"));
    informer.reset();
    run_for(loop, milliseconds(2));
  }
}

}  // namespace sextant::k8s
