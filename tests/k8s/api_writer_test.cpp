// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiWriter: what it writes, and what it does when the server does not take it.
#include <algorithm>

#include "k8s/api_writer.hpp"
#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

const std::string kEvents = "/apis/events.k8s.io/v1/events";

ObjectReference web() {
  return {{"", "v1", "services", ""}, "Service", "default", "web", "u-web"};
}

struct Writing {
  explicit Writing(FakeApiServer& api, ApiWriterOptions options = quick_writer())
      : server(api), client(ApiClient::create(loop, api.access()).value()) {
    options.node_name = "node-a";
    writer.emplace(loop, *client, options);
    writer->on_report([this](bool is_error, const std::string& text) {
      (is_error ? errors : good_news).push_back(text);
    });
  }
  static ApiWriterOptions quick_writer() {
    ApiWriterOptions out;
    out.interval = milliseconds(1);
    out.backoff_min = milliseconds(5);
    out.backoff_max = milliseconds(50);
    out.request_timeout = milliseconds(2000);
    return out;
  }
  bool until(const std::function<bool()>& done) { return run_until(loop, done); }
  bool idle() {
    return until([&] { return writer->status().queued == 0; });
  }
  [[nodiscard]] int sent(const std::string& method) const {
    return server.count([&](const FakeRequest& one) { return one.method == method; });
  }

  FakeApiServer& server;
  boost::asio::io_context loop;
  std::unique_ptr<ApiClient> client;
  std::vector<std::string> errors;
  std::vector<std::string> good_news;
  std::optional<ApiWriter> writer;
};

// The name of the only Event.
std::string only_event(const FakeApiServer& server) {
  for (const FakeRequest& one : server.requests()) {
    if (one.method == "POST") return json::parse(one.body)["metadata"]["name"];
  }
  return "";
}

}  // namespace

TEST_CASE("a status is merged into its object, by the subresource") {
  FakeApiServer server;
  json object = service("web", "10.0.0.1");
  object["status"] = {{"kept", 1}, {"goes", 2}};
  server.put(kServices, object);
  Writing to(server);
  to.writer->patch_status(web(), {{"new", 3}, {"goes", nullptr}});
  REQUIRE(to.idle());
  CHECK(server.requests().back().path == "/api/v1/namespaces/default/services/web/status");
  const json after = server.object(kServices, "default/web");
  CHECK(after["status"] == json{{"kept", 1}, {"new", 3}});
  CHECK(after["spec"] == object["spec"]);
  CHECK(to.writer->status().written == 1);
  CHECK(to.errors.empty());
}

TEST_CASE("an object in no namespace has its path") {
  ObjectReference node{{"", "v1", "nodes", ""}, "Node", "", "node-b", "u-b"};
  CHECK(node.path() == "/api/v1/nodes/node-b");
  FakeApiServer server;
  Writing to(server);
  to.writer->record_event(node, EventType::kWarning, "NotPlanned", "no address");
  REQUIRE(to.idle());
  const json event = server.object(kEvents, "kube-system/" + only_event(server));
  REQUIRE(event.is_object());
  CHECK_FALSE(event["regarding"].contains("namespace"));
}

TEST_CASE("an Event has what events.k8s.io/v1 asks for") {
  FakeApiServer server;
  Writing to(server);
  to.writer->record_event(web(), EventType::kWarning, "AddressInUse", "10.0.0.1 is of another");
  REQUIRE(to.idle());
  const std::string name = only_event(server);
  CHECK(name.starts_with("web."));
  CHECK(name.size() == 4 + 16);
  const json event = server.object(kEvents, "default/" + name);
  REQUIRE(event.is_object());
  CHECK(event["type"] == "Warning");
  CHECK(event["reason"] == "AddressInUse");
  CHECK(event["note"] == "10.0.0.1 is of another");
  CHECK(event["regarding"] == json{{"kind", "Service"},
                                   {"apiVersion", "v1"},
                                   {"namespace", "default"},
                                   {"name", "web"},
                                   {"uid", "u-web"}});
  CHECK(event["reportingInstance"] == "node-a");
  for (const char* required : {"eventTime", "action", "reportingController"})
    CHECK_FALSE(event[required].get<std::string>().empty());
  CHECK(micro_time(std::chrono::system_clock::time_point(std::chrono::microseconds(1))) ==
        "1970-01-01T00:00:00.000001Z");
}

TEST_CASE("long names and messages are cut where they may be") {
  FakeApiServer server;
  Writing to(server);
  ObjectReference object = web();
  object.name = std::string(235, 'a') + "." + std::string(17, 'b');
  std::string message(1023, 'x');
  message += "\xc3\xa9\xc3\xa9";  // two bytes each: the first would end behind 1024
  to.writer->record_event(object, EventType::kNormal, "R", message);
  REQUIRE(to.idle());
  const json event = server.object(kEvents, "default/" + only_event(server));
  REQUIRE(event.is_object());
  CHECK(event["note"] == std::string(1023, 'x'));
  const std::string name = only_event(server);
  CHECK(name.size() <= 253);
  CHECK(name.starts_with(std::string(235, 'a') + "."));
  CHECK(name.find("..") == std::string::npos);
}

TEST_CASE("what was said lately is not said again") {
  FakeApiServer server;
  Writing to(server);
  for (int i = 0; i < 100; ++i)
    to.writer->record_event(web(), EventType::kWarning, "Reason", "the same");
  to.writer->record_event(web(), EventType::kNormal, "Reason", "the same");
  to.writer->record_event(web(), EventType::kWarning, "Reason", "something else");
  REQUIRE(to.idle());
  CHECK(to.sent("POST") == 3);
  CHECK(to.writer->status().merged == 99);
}

TEST_CASE("the same Event of another node, or after a restart, is one") {
  FakeApiServer server;
  for (int node = 0; node < 3; ++node) {
    Writing to(server);
    to.writer->record_event(web(), EventType::kWarning, "Reason", "text");
    REQUIRE(to.idle());
    CHECK(to.errors.empty());
    CHECK(to.writer->status().written + to.writer->status().merged == 1);
  }
  CHECK(server.count([](const FakeRequest& one) { return one.method == "PATCH"; }) == 0);
}

TEST_CASE("an Event that comes back later is counted") {
  FakeApiServer server;
  ApiWriterOptions options = Writing::quick_writer();
  options.event_repeat = milliseconds(20);
  Writing to(server, options);
  for (int i = 0; i < 3; ++i) {
    to.writer->record_event(web(), EventType::kWarning, "Reason", "text");
    REQUIRE(to.idle());
    run_for(to.loop, milliseconds(30));
  }
  const json event = server.object(kEvents, "default/" + only_event(server));
  REQUIRE(event.is_object());
  CHECK(event["series"]["count"] == 3);
  CHECK(event["series"]["lastObservedTime"].get<std::string>() > event["eventTime"]);
}

TEST_CASE("of several statuses of an object only the last is sent") {
  FakeApiServer server;
  server.put(kServices, service("web", "10.0.0.1"));
  server.go_down();
  Writing to(server);
  for (int i = 0; i < 50; ++i) {
    to.writer->patch_status(web(), {{"number", i}});
    if (i == 10) REQUIRE(to.until([&] { return to.writer->status().failures > 0; }));
  }
  CHECK(to.writer->status().queued <= 2);
  server.come_up();
  REQUIRE(to.idle());
  CHECK(server.object(kServices, "default/web")["status"]["number"] == 49);
  CHECK(to.sent("PATCH") <= 2);
  CHECK(to.errors.size() >= 1);
  CHECK(to.good_news.size() == 1);
  CHECK(to.writer->status().last_error.empty());
}

TEST_CASE("who may not write is told which verb and resource, and others go on") {
  FakeApiServer server;
  server.put(kServices, service("web", "10.0.0.1"));
  bool allowed = false;
  server.on_request([&](const FakeRequest& one) -> std::optional<FakeAnswer> {
    if (allowed || one.method != "POST") return std::nullopt;
    return status_answer(403, "forbidden");
  });
  Writing to(server);
  to.writer->record_event(web(), EventType::kWarning, "Reason", "text");
  REQUIRE(to.until([&] { return to.writer->status().failures >= 3; }));
  CHECK(to.errors.size() == 1);
  CHECK(to.errors.at(0).find("allow verb \"create\" on events.events.k8s.io") != std::string::npos);
  to.writer->patch_status(web(), {{"x", 1}});
  REQUIRE(to.until([&] { return to.writer->status().written == 1; }));
  server.on_request(nullptr);
  REQUIRE(to.idle());
  CHECK(to.writer->status().written == 2);
  CHECK(to.good_news.size() == 1);
}

TEST_CASE("what will never be taken is given up, what is gone is no error") {
  FakeApiServer server;
  Writing to(server);
  to.writer->patch_status(web(), {{"x", 1}});  // 404
  REQUIRE(to.idle());
  CHECK(to.errors.empty());
  server.answer_next(1, status_answer(422, "Event is invalid"));
  to.writer->record_event(web(), EventType::kWarning, "bad reason", "text");
  REQUIRE(to.idle());
  CHECK(to.writer->status().rejected == 1);
  REQUIRE(to.errors.size() == 1);
  CHECK(to.errors.at(0).find("Event is invalid") != std::string::npos);
  CHECK(to.sent("POST") == 1);
}

TEST_CASE("conflicts, overload and broken answers are tried again") {
  for (const FakeAnswer& answer :
       {status_answer(409, "the object has been modified"), status_answer(500, "etcd"),
        status_answer(429, "later", "Retry-After: 0\r\n"), FakeAnswer{"HTTP/1.1 nonsense"}}) {
    FakeApiServer server;
    server.put(kServices, service("web", "10.0.0.1"));
    server.answer_next(2, answer);
    Writing to(server);
    to.writer->patch_status(web(), {{"x", 1}});
    CAPTURE(answer.bytes);
    REQUIRE(to.idle());
    CHECK(server.object(kServices, "default/web")["status"]["x"] == 1);
    CHECK(to.writer->status().failures == 2);
  }
}

TEST_CASE("a full queue loses the oldest; Events become too old") {
  FakeApiServer server;
  server.go_down();
  ApiWriterOptions options = Writing::quick_writer();
  options.max_queued = 10;
  options.event_life = milliseconds(300);
  Writing to(server, options);
  for (int i = 0; i < 500; ++i)
    to.writer->record_event(web(), EventType::kWarning, "Reason", std::to_string(i));
  CHECK(to.writer->status().queued <= 11);
  CHECK(to.writer->status().dropped >= 489);
  REQUIRE(to.until([&] { return to.writer->status().queued == 0; }));
  CHECK(to.writer->status().written == 0);
}

TEST_CASE("a burst is followed by a steady pace") {
  FakeApiServer server;
  ApiWriterOptions options = Writing::quick_writer();
  options.interval = milliseconds(20);
  options.burst = 5;
  Writing to(server, options);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i)
    to.writer->record_event(web(), EventType::kWarning, "Reason", std::to_string(i));
  REQUIRE(to.idle());
  // 15 that waited for 20 ms each, but for the first of them.
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(270));
  CHECK(to.sent("POST") == 20);
}

TEST_CASE("it may go while a request is under way") {
  FakeApiServer server;
  server.answer_next(1, FakeAnswer{"", true});
  Writing to(server);
  to.writer->record_event(web(), EventType::kWarning, "Reason", "text");
  REQUIRE(to.until([&] { return !server.requests().empty(); }));
  to.writer.reset();
  run_for(to.loop, milliseconds(20));
  CHECK(to.errors.empty());
}

}  // namespace sextant::k8s
