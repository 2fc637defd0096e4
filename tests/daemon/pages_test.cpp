// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Lists: filters, pages that stay right while rows come and go, and the chain behind a destination.
#include <fmt/format.h>

#include <set>

#include "daemon_fixtures.hpp"

namespace sextant {

using daemon_test::ask;
using daemon_test::kNode;
using daemon_test::Node;
using nlohmann::json;

namespace {

std::string many_sids(int first, int last) {
  std::string text = "ports: [{name: p0}]\nlocal_sids:\n";
  for (int i = first; i < last; ++i)
    text += fmt::format("  - {{sid: \"a3::{:x}\", behavior: End}}\n", i + 1);
  return text;
}

std::size_t rows(Node& node, const std::string& list, const std::string& query) {
  const json page = node.json("/v1/" + list + "?" + query);
  CHECK_FALSE(page.contains("next"));
  return page.at(list).size();
}

}  // namespace

TEST_CASE("pages: a row has what VPP shows, and more") {
  Node node(kNode);
  node.source.count().local_sids = {{{5, 500}, {1, 60}}};
  const json sid = node.json("/v1/localsids?prefix=a3::2/128").at("localsids").at(0);
  CHECK(sid.at("behavior") == "End.X");
  CHECK(sid.at("title") == "L3 cross-connect");
  CHECK(sid.at("interface") == "p1");
  CHECK(sid.at("next_hop") == "2001:db8:1::2");
  const json first = node.json("/v1/localsids?limit=1").at("localsids").at(0);
  CHECK(first.at("good") == json{{"packets", 5}, {"bytes", 500}});
  CHECK(first.at("bad") == json{{"packets", 1}, {"bytes", 60}});
  const json policy = node.json("/v1/policies?name=to-b").at("policies").at(0);
  CHECK(policy.at("binding_sid") == "a3::b");
  CHECK(policy.at("binding_sid_behavior") == "End.B6.Encaps");
  CHECK(policy.at("type") == "default");
  CHECK(policy.at("table") == "main");
  REQUIRE(policy.at("lists").size() == 2);
  CHECK(policy.at("lists").at(0).at("index") == 0);
  CHECK(policy.at("lists").at(0).at("weight") == 3);
  CHECK(policy.at("lists").at(0).at("segments") == json::array({"a5::1", "a6::1"}));
}

TEST_CASE("pages: filters choose rows") {
  Node node(kNode);
  CHECK(rows(node, "localsids", "behavior=End") == 1);
  CHECK(rows(node, "localsids", "prefix=a3::/16") == 4);
  CHECK(rows(node, "localsids", "prefix=a4::/16") == 0);
  CHECK(rows(node, "localsids", "prefix=10.0.0.0/8") == 0);
  CHECK(rows(node, "localsids", "table=red") == 0);
  CHECK(rows(node, "policies", "match=to-") == 2);
  CHECK(rows(node, "policies", "color=7") == 1);
  CHECK(rows(node, "policies", "color=8") == 0);
  CHECK(rows(node, "policies", "binding_sid=a3::b") == 1);
  CHECK(rows(node, "policies", "valid=false") == 0);
  CHECK(rows(node, "steering", "policy=to-b") == 1);
  CHECK(rows(node, "steering", "policy=to-c") == 0);
  CHECK(rows(node, "fib", "type=blackhole") == 1);
  CHECK(rows(node, "fib", "prefix=a3::/16&type=local%20SID") == 4);
  CHECK(rows(node, "drops", "reason=lookup_no_route") == 1);
  CHECK(rows(node, "drops", "nonzero=true") == 0);
  CHECK(rows(node, "drops", "nonzero=false") == kDropReasonCount);
}

TEST_CASE("pages: a filter that cannot match anything by its form is refused by name") {
  Node node(kNode);
  for (const auto& [target, words] : std::vector<std::pair<std::string, std::string>>{
           {"localsids?behavior=End.Q", "'behavior': 'End.Q'"},
           {"localsids?prefix=nonsense", "'prefix': 'nonsense'"},
           {"localsids?prefix=a3::/129", "'prefix'"},
           {"localsids?table=blue", "'table': 'blue'"},
           {"policies?color=-1", "'color': '-1'"},
           {"policies?color=4294967296", "'color'"},
           {"policies?binding_sid=10.0.0.1", "'binding_sid'"},
           {"fib?table=blue", "'table': 'blue'"},
           {"fib?lookup=nonsense", "'lookup': 'nonsense'"},
           {"fib?lookup=a3::1&table=blue", "'table': 'blue'"},
           {"fib?lookup=a3::1&limit=1", "'limit' does not go together"},
           {"neighbors?prefix=x", "'prefix': 'x'"},
           {"drops?reason=because", "'reason': 'because'"},
           {"drops?limit=0", "'limit': '0' is not a number from 1 to 10000"},
           {"drops?limit=-1", "'limit'"},
           {"drops?limit=10001", "'limit'"},
           {"drops?after=x", "'after': 'x'"},
           {"localsids?after=", "'after'"},
           {"fib?after=0", "'after'"},
           {"fib?after=0,a3::/200", "'after'"},
           {"fib?after=65536,a3::/16", "'after'"},
           {"neighbors?after=1,", "'after'"}}) {
    INFO(target);
    CHECK(node.refused("/v1/" + target).find(words) != std::string::npos);
  }
}

TEST_CASE("pages: all pages together are the list, each row once") {
  Node node(many_sids(0, 257));
  for (const int limit : {1, 7, 256, 257, 258}) {
    std::set<std::string> seen;
    std::string target = fmt::format("/v1/localsids?limit={}", limit);
    std::string after;
    std::size_t pages = 0;
    while (true) {
      const json page = node.json(target + after);
      ++pages;
      CHECK(page.at("total") == 257);
      for (const json& row : page.at("localsids"))
        CHECK(seen.insert(row.at("sid").get<std::string>()).second);
      if (!page.contains("next")) break;
      CHECK(page.at("localsids").size() == static_cast<std::size_t>(limit));
      after = "&after=" + page.at("next").get<std::string>();
    }
    CHECK(seen.size() == 257);
    CHECK(pages == static_cast<std::size_t>((257 + limit - 1) / limit));
  }
}

TEST_CASE("pages: rows that go between two pages shift nothing") {
  Node node(many_sids(0, 100));
  const json first = node.json("/v1/localsids?limit=50");
  const std::string last = first.at("localsids").back().at("sid");
  // Among those that go is the row that the cursor names.
  node.source.replace(many_sids(60, 100));
  const json second =
      node.json("/v1/localsids?limit=50&after=" + first.at("next").get<std::string>());
  CHECK(second.at("localsids").size() == 40);
  CHECK(second.at("generation").get<int>() == first.at("generation").get<int>() + 1);
  for (const json& row : second.at("localsids"))
    CHECK(row.at("sid") != last);
}

TEST_CASE("pages: every list goes on by its own cursor") {
  Node node(kNode);
  for (const char* const name : {"a", "b", "c"})
    node.source.port_states.push_back({.name = name});
  node.source.neighbor_infos = {{.key = {1, *IpAddress::parse("fe80::1")}},
                                {.key = {1, *IpAddress::parse("fe80::2")}},
                                {.key = {2, *IpAddress::parse("10.0.0.1")}}};
  for (const char* const list :
       {"localsids", "policies", "fib", "drops", "ports", "neighbors", "steering"}) {
    INFO(list);
    const std::size_t all = node.json(std::string("/v1/") + list).at(list).size();
    std::size_t seen = 0;
    std::string after;
    do {
      const json page = node.json(fmt::format("/v1/{}?limit=1{}", list, after));
      REQUIRE(page.at(list).size() == 1);
      ++seen;
      after = page.contains("next") ? "&after=" + page.at("next").get<std::string>() : "";
    } while (!after.empty() && seen <= all);
    CHECK(seen == all);
  }
}

TEST_CASE("pages: equal questions at once share one answer, other ones wait in turn") {
  Node node(many_sids(0, 2000));
  std::vector<std::shared_ptr<daemon_test::Recorded>> same;
  for (int i = 0; i < 500; ++i)
    same.push_back(ask(node.api, "GET", "/v1/localsids?limit=2000"));
  node.loop.run();
  CHECK(node.replies.stats().made == 1);
  for (const auto& one : same) {
    REQUIRE(one->replies.size() == 1);
    CHECK(one->replies.front().body == same.front()->replies.front().body);
  }
}

TEST_CASE("pages: too many different questions at once are refused, and the rest answered") {
  Node node(many_sids(0, 500));
  std::vector<std::shared_ptr<daemon_test::Recorded>> all;
  for (int i = 1; i <= 100; ++i)
    all.push_back(ask(node.api, "GET", fmt::format("/v1/localsids?limit={}", i)));
  node.loop.run();
  std::size_t refused = 0;
  for (const auto& one : all) {
    REQUIRE(one->replies.size() == 1);
    if (one->replies.front().status == 503) ++refused;
  }
  CHECK(refused == 100 - ReplyQueue::kMaxWaiting);
}

TEST_CASE("pages: nothing is made for a client that is gone") {
  Node node(many_sids(0, 500));
  ask(node.api, "GET", "/v1/localsids")->gone = true;
  node.loop.run();
  CHECK(node.replies.stats().made == 0);
}

TEST_CASE("fib lookup: the longest match, and what follows from it") {
  Node node(kNode);
  json found = node.json("/v1/fib?lookup=2001:db8:b::7");
  CHECK(found.at("match").at("prefix") == "2001:db8:b::/64");
  CHECK(found.at("chain").at(0).at("type") == "policy");
  CHECK(found.at("chain").at(0).at("target") == "to-b");
  CHECK(found.at("chain").at(1).at("type") == "segment list");
  CHECK(found.at("chain").at(2).at("neighbor").at("state") == "permanent");
  found = node.json("/v1/fib?lookup=a7::1");
  CHECK(found.at("chain").at(0).at("type") == "ecmp");
  CHECK(found.at("chain").size() == 3);
  found = node.json("/v1/fib?lookup=2001:db8::99");
  CHECK(found.at("chain").at(0).at("type") == "connected");
  CHECK(found.at("chain").at(0).at("neighbor").at("state") == "unknown");
  found = node.json("/v1/fib?lookup=a3::b");
  CHECK(found.at("chain").at(0).at("arguments") == "policy to-b");
  found = node.json("/v1/fib?lookup=a8::1");
  CHECK(found.at("chain").at(0).at("type") == "blackhole");
  for (const char* const none : {"lookup=9.9.9.9", "lookup=ffff::1", "table=red&lookup=a3::1"}) {
    INFO(none);
    found = node.json(std::string("/v1/fib?") + none);
    CHECK(found.at("match").is_null());
    CHECK(found.at("chain").at(0).at("target") == "lookup_no_route");
  }
}

}  // namespace sextant
