// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Api: what it refuses by itself, and what it does for handlers that misbehave.
#include "daemon/api.hpp"

#include <stdexcept>

#include "daemon_fixtures.hpp"

namespace sextant {

using daemon_test::ask;
using daemon_test::body_of;
using daemon_test::problem_detail;
using daemon_test::Recorded;

namespace {

using Handler = std::shared_ptr<ApiResponder>;

Api sample() {
  Api api;
  api.add({.method = "GET",
           .path = "/v1/things",
           .parameters = {{"limit", "integer", ""}, {"all", "boolean", ""}, {"name", "string", ""}},
           .handler = [](const ApiRequest& request, Handler to) {
             to->reply(ApiReply::json({{"query", request.query}}));
           }});
  api.add({.method = "POST",
           .path = "/v1/reload",
           .privileged = true,
           .handler = [](const ApiRequest&, Handler to) { to->reply(ApiReply::json({})); }});
  api.add({.method = "GET", .path = "/forgets", .handler = [](const ApiRequest&, Handler) {}});
  api.add({.method = "GET", .path = "/throws", .handler = [](const ApiRequest&, Handler) {
             throw std::runtime_error("boom");
           }});
  api.add({.method = "GET", .path = "/twice", .handler = [](const ApiRequest&, Handler to) {
             to->reply(ApiReply::json({{"n", 1}}));
             to->reply(ApiReply::json({{"n", 2}}));
             to->begin("text/plain");
             CHECK_FALSE(to->write("x"));
             throw std::runtime_error("too late");
           }});
  api.add({.method = "GET", .path = "/stream", .handler = [](const ApiRequest&, Handler to) {
             to->begin("application/x-ndjson");
             to->write("1\n");
             to->reply(ApiReply::json({}));
             to->write("2\n");
           }});
  return api;
}

std::string header(const ApiReply& reply, const std::string& name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("api: a path that does not exist is a 404 that says where to look") {
  const Api api = sample();
  for (const char* const path : {"/", "/v1", "/v1/things/", "/v1/thing", "/V1/things",
                                 "//v1/things", "/v1/things/../reload", "/v1/%2e%2e/etc/passwd"}) {
    INFO(path);
    const std::string detail = problem_detail(*ask(api, "GET", path), 404);
    CHECK(detail.find("/openapi.json") != std::string::npos);
  }
}

TEST_CASE("api: a method that does not exist is a 405 with Allow") {
  const Api api = sample();
  for (const char* const method :
       {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "X"}) {
    INFO(method);
    const auto recorded = ask(api, method, "/v1/things");
    problem_detail(*recorded, 405);
    CHECK(header(recorded->replies.front(), "Allow") == "GET, HEAD");
  }
  const auto recorded = ask(api, "GET", "/v1/reload", true);
  problem_detail(*recorded, 405);
  CHECK(header(recorded->replies.front(), "Allow") == "POST");
  problem_detail(*ask(api, "HEAD", "/v1/reload", true), 405);
}

TEST_CASE("api: what changes state needs the Unix socket") {
  const Api api = sample();
  const std::string detail = problem_detail(*ask(api, "POST", "/v1/reload"), 403);
  CHECK(detail.find("Unix socket") != std::string::npos);
  CHECK(ask(api, "POST", "/v1/reload", true)->replies.front().status == 200);
}

TEST_CASE("api: parameters are checked before a handler sees them") {
  const Api api = sample();
  const auto refuse = [&](const std::string& query) {
    INFO(query);
    return problem_detail(*ask(api, "GET", "/v1/things?" + query), 400);
  };
  CHECK(refuse("colour=red").find("'colour'; it takes: limit, all, name") != std::string::npos);
  CHECK(refuse("=1").find("''") != std::string::npos);
  for (const char* const bad : {"", "x", "1x", "1.5", "+1", "0x10", " 1", "99999999999999999999"}) {
    CHECK(refuse("limit=" + std::string(bad)).find("'limit' is an integer") != std::string::npos);
  }
  for (const char* const bad : {"", "1", "yes", "True", "true "})
    CHECK(refuse("all=" + std::string(bad)).find("'all' is true or false") != std::string::npos);
  CHECK(ask(api, "GET", "/v1/things?limit=-5&all=true&name=")->replies.front().status == 200);
}

TEST_CASE("api: a target is split and decoded, or refused") {
  const auto request =
      parse_api_target("GET", "/v1/f%69b?table=r%65d+blue&a=1&a=2&&flag&x=a%3Db#frag");
  REQUIRE(request.ok());
  CHECK(request->path == "/v1/fib");
  CHECK(request->query == std::map<std::string, std::string>{
                              {"table", "red blue"}, {"a", "2"}, {"flag", ""}, {"x", "a=b"}});
  CHECK(parse_api_target("GET", "/a+b")->path == "/a+b");
  for (const char* const bad : {"", "v1", "http://host/v1", "*", "/%", "/%1", "/%zz", "/a%00b",
                                "/a?x=%", "/a?x=%g1", "/a?%zz=1", "/a?x=%00"}) {
    INFO(bad);
    CHECK_FALSE(parse_api_target("GET", bad).ok());
  }
}

TEST_CASE("api: a handler that forgets to answer or throws is a problem, not silence") {
  const Api api = sample();
  problem_detail(*ask(api, "GET", "/forgets"), 503);
  CHECK(problem_detail(*ask(api, "GET", "/throws"), 500).find("boom") != std::string::npos);
}

TEST_CASE("api: the first answer counts, and there is one") {
  const Api api = sample();
  const auto twice = ask(api, "GET", "/twice");
  REQUIRE(twice->replies.size() == 1);
  CHECK(body_of(twice->replies.front()) == nlohmann::json{{"n", 1}});
  CHECK(twice->stream_type.empty());
  const auto stream = ask(api, "GET", "/stream");
  CHECK(stream->replies.empty());
  CHECK(stream->stream == "1\n2\n");
  CHECK(stream->ended);
}

TEST_CASE("api: HEAD of a stream is its header alone") {
  const Api api = sample();
  const auto head = ask(api, "HEAD", "/stream");
  REQUIRE(head->replies.size() == 1);
  CHECK(head->replies.front().content_type == "application/x-ndjson");
  CHECK(head->stream.empty());
}

TEST_CASE("api: text that is no UTF-8 does not break a reply") {
  const Api api = sample();
  const auto recorded = ask(api, "GET", "/v1/things?name=%ff%fe");
  REQUIRE(recorded->replies.size() == 1);
  CHECK(body_of(recorded->replies.front()).is_object());
  problem_detail(*ask(api, "GET", "/%ff%fe"), 404);
}

}  // namespace sextant
