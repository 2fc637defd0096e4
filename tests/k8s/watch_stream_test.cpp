// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// WatchStream: events come out whole however the bytes were cut, and garbage is named.
#include "k8s/watch_stream.hpp"

#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using Type = WatchEvent::Type;

namespace {

std::string line(const std::string& type, const std::string& name, int version) {
  return nlohmann::json{
             {"type", type},
             {"object",
              {{"metadata", {{"name", name}, {"resourceVersion", std::to_string(version)}}}}}}
             .dump() +
         "\n";
}

std::string summary(const std::vector<WatchEvent>& events) {
  std::string out;
  for (const WatchEvent& event : events) {
    out += std::to_string(static_cast<int>(event.type)) + ":" + event.resource_version + ":" +
           event.object.dump() + ":" + std::to_string(event.code) + ":" + event.text + "\n";
  }
  return out;
}

const std::string kText =
    line("ADDED", "a", 1) + line("MODIFIED", "a", 2) + "\r\n\n" + "nonsense\n" +
    line("BOOKMARK", "", 3) + line("DELETED", "\xc3\xa4", 4) +
    R"({"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}})" + "\n";

}  // namespace

TEST_CASE("a watch stream split at every byte gives the same events") {
  WatchStream whole;
  const std::vector<WatchEvent> expected = whole.feed(kText);
  REQUIRE(expected.size() == 6);
  CHECK(expected[0].type == Type::kAdded);
  CHECK(expected[1].type == Type::kModified);
  CHECK(expected[2].type == Type::kGarbage);
  CHECK(expected[3].type == Type::kBookmark);
  CHECK(expected[3].resource_version == "3");
  CHECK(expected[4].type == Type::kDeleted);
  CHECK(expected[5].type == Type::kError);
  CHECK(expected[5].code == 410);
  CHECK(expected[5].text == "too old");
  CHECK_FALSE(whole.inside_line());
  for (std::size_t cut = 0; cut <= kText.size(); ++cut) {
    WatchStream stream;
    std::vector<WatchEvent> events = stream.feed(std::string_view(kText).substr(0, cut));
    for (WatchEvent& event : stream.feed(std::string_view(kText).substr(cut)))
      events.push_back(std::move(event));
    REQUIRE(summary(events) == summary(expected));
  }
  WatchStream bytewise;
  std::vector<WatchEvent> events;
  for (const char& c : kText) {
    for (WatchEvent& event : bytewise.feed({&c, 1}))
      events.push_back(std::move(event));
  }
  CHECK(summary(events) == summary(expected));
}

TEST_CASE("a cut stream is noticed") {
  WatchStream stream;
  CHECK(stream.feed(kText.substr(0, 20)).empty());
  CHECK(stream.inside_line());
}

TEST_CASE("what is no event is garbage with a reason") {
  const std::pair<const char*, const char*> cases[] = {
      {"nonsense", "not a JSON object: nonsense"},
      {"[]", "not a JSON object"},
      {"{\"type\":\"ADDED\"", "not a JSON object"},
      {"{}", "an event without a type"},
      {R"({"type":5,"object":{}})", "an event without a type"},
      {R"({"type":"ADDED"})", "event ADDED without an object"},
      {R"({"type":"ADDED","object":[]})", "event ADDED without an object"},
      {R"({"type":"ADDED","object":{}})", "event ADDED without metadata.resourceVersion"},
      {R"({"type":"ADDED","object":{"metadata":{"resourceVersion":7}}})",
       "event ADDED without metadata.resourceVersion"},
      {R"({"type":"BOOKMARK","object":{"metadata":{}}})",
       "event BOOKMARK without metadata.resourceVersion"},
      {R"({"type":"SURPRISE","object":{}})", "event of unknown type SURPRISE"},
      {"\xff\xfe", "not a JSON object: .."},
      {"HTTP/1.1 502 Bad Gateway", "not a JSON object: HTTP/1.1 502"},
      {"{\"type\":\"\xff\"}", "not a JSON object"},
  };
  for (const auto& [text, why] : cases) {
    const WatchEvent event = parse_watch_line(text);
    CAPTURE(text, event.text);
    CHECK(event.type == Type::kGarbage);
    CHECK(event.text.starts_with(why));
  }
  CHECK(parse_watch_line(std::string(100000, '[')).type == Type::kGarbage);
}

TEST_CASE("an error event without a code or a text is still one") {
  const WatchEvent event = parse_watch_line(R"({"type":"ERROR","object":{"code":-3}})");
  CHECK(event.type == Type::kError);
  CHECK(event.code == 0);
  CHECK_FALSE(event.text.empty());
}

TEST_CASE("a line that is too long is given up, and the next one is read") {
  for (const std::size_t piece : {1, 7, 64, 1000}) {
    WatchStream stream(200);
    std::string text(500, 'x');
    text += "\n";
    text += line("ADDED", "a", 1);
    std::vector<WatchEvent> events;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      for (WatchEvent& event : stream.feed(std::string_view(text).substr(at, piece)))
        events.push_back(std::move(event));
    }
    REQUIRE(events.size() == 2);
    CHECK(events[0].type == Type::kGarbage);
    CHECK(events[0].text == "a line of more than 200 bytes");
    CHECK(events[1].type == Type::kAdded);
  }
}

}  // namespace sextant::k8s
