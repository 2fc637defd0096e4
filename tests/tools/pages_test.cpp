// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Pages and rates: lists that come in pieces, and replies that are not what they should be.
#include "sextant/pages.hpp"

#include "sextant/rates.hpp"
#include "sextant/units.hpp"
#include "support/catch.hpp"

using namespace sextant;
using nlohmann::json;

namespace {

// Answers targets in order; an unexpected one is an error.
Fetch script(std::vector<std::pair<std::string, json>> replies) {
  return [replies, at = std::size_t{0}](const std::string& target) mutable -> Result<json> {
    if (at == replies.size()) return Error{"too many questions: " + target};
    const auto& [expected, reply] = replies[at++];
    if (target != expected) return Error{"asked " + target + ", expected " + expected};
    return reply;
  };
}

std::string error_of(const Result<json>& result) {
  return result ? "no error: " + result->dump() : result.error().text;
}

}  // namespace

TEST_CASE("Pages become one list") {
  const auto rows = fetch_view(
      script(
          {{"/v1/fib?limit=10000&table=red", {{"fib", {1, 2}}, {"next", "a/b"}}},
           {"/v1/fib?after=a%2Fb&limit=10000&table=red", {{"fib", json::array()}, {"next", "c"}}},
           {"/v1/fib?after=c&limit=10000&table=red", {{"fib", {3}}, {"next", nullptr}}}}),
      "fib", {{"table", "red"}, {"lookup", ""}});
  INFO(error_of(rows));
  REQUIRE(rows);
  CHECK(*rows == json{{"fib", {1, 2, 3}}});
}

TEST_CASE("A list without rows is a list") {
  const auto rows =
      fetch_view(script({{"/v1/fib?limit=10000", {{"fib", json::array()}}}}), "fib", {});
  REQUIRE(rows);
  CHECK(rows->at("fib").empty());
}

TEST_CASE("What is wrong with pages is said") {
  const json page = {{"fib", {1}}, {"next", "x"}};
  CHECK(error_of(fetch_view(
                     script({{"/v1/fib?limit=10000", page}, {"/v1/fib?after=x&limit=10000", page}}),
                     "fib", {}))
            .find("circles") != std::string::npos);
  CHECK(error_of(fetch_view(script({{"/v1/fib?limit=10000", {{"other", {1}}}}}), "fib", {}))
            .find("no \"fib\"") != std::string::npos);
  CHECK(error_of(fetch_view(script({{"/v1/fib?limit=10000", json::array()}}), "fib", {}))
            .find("no \"fib\"") != std::string::npos);
  CHECK(error_of(
            fetch_view(script({{"/v1/fib?limit=10000", {{"fib", {1}}, {"next", json::object()}}}}),
                       "fib", {}))
            .find("no cursor") != std::string::npos);
  CHECK(error_of(fetch_view(script({{"/v1/fib?limit=10000", {{"fib", "text"}, {"next", "x"}}}}),
                            "fib", {}))
            .find("is no list") != std::string::npos);
  // The second page fails: no half of a list.
  CHECK(error_of(fetch_view(script({{"/v1/fib?limit=10000", page}}), "fib", {})).find("too many") !=
        std::string::npos);
}

TEST_CASE("Filters are percent-encoded") {
  CHECK(target_of("/v1/fib", {}) == "/v1/fib");
  CHECK(target_of("/v1/fib", {{"lookup", "2001:db8::1"}, {"table", "a b&c=d#\u00fc\n"}}) ==
        "/v1/fib?lookup=2001:db8::1&table=a%20b%26c%3Dd%23%C3%BC%0A");
  CHECK(target_of("/v1/fib", {{"prefix", "10.0.0.0/8"}}) == "/v1/fib?prefix=10.0.0.0%2F8");
}

TEST_CASE("Rates come from two samples of the same row") {
  const auto row = [](const char* sid, std::uint64_t packets) {
    return json{{"table", "main"}, {"sid", sid}, {"good", {{"packets", packets}}}};
  };
  Rates rates;
  rates.sample({row("a", 100), row("b", 50)}, 10);
  CHECK_FALSE(rates.ready());
  CHECK_FALSE(rates.per_second(row("a", 0), "/good/packets"));
  rates.sample({row("a", 300), row("b", 40), row("c", 7)}, 12);
  CHECK(rates.per_second(row("a", 0), "/good/packets") == 100.0);
  CHECK(rates.text(row("a", 0), "/good/packets") == "100");
  // Went back (the daemon was restarted), is new, is not there, is no number.
  CHECK_FALSE(rates.per_second(row("b", 0), "/good/packets"));
  CHECK_FALSE(rates.per_second(row("c", 0), "/good/packets"));
  CHECK_FALSE(rates.per_second(row("d", 0), "/good/packets"));
  CHECK_FALSE(rates.per_second(row("a", 0), "/good/bytes"));
  CHECK_FALSE(rates.per_second(row("a", 0), "/sid"));
  CHECK(rates.text(row("b", 0), "/good/packets") == "-");
}

TEST_CASE("Two samples of the same moment give no rate") {
  Rates rates;
  const json rows = {{{"name", "a"}, {"packets", 1}}};
  rates.sample(rows, 5);
  rates.sample(rows, 5);
  CHECK_FALSE(rates.per_second(rows[0], "/packets"));
}

TEST_CASE("Samples that are no lists are no rows") {
  Rates rates;
  rates.sample(json::object(), 1);
  rates.sample(json{1, "x", nullptr}, 2);
  CHECK_FALSE(rates.per_second(json::object(), "/packets"));
}

TEST_CASE("A policy that becomes invalid is the same policy") {
  const json valid = {{"name", "to-b"}, {"reason", ""}, {"packets", 1}};
  const json invalid = {{"name", "to-b"}, {"reason", "no path"}, {"packets", 3}};
  CHECK(Rates::key_of(valid) == Rates::key_of(invalid));
  CHECK(Rates::key_of({{"reason", "a"}}) != Rates::key_of({{"reason", "b"}}));
}

TEST_CASE("Rates have three digits") {
  CHECK(rate_text(0) == "0");
  CHECK(rate_text(0.04) == "0");
  CHECK(rate_text(9.94) == "9.9");
  CHECK(rate_text(9.96) == "10");
  CHECK(rate_text(999.4) == "999");
  CHECK(rate_text(999.6) == "1.00 k");
  CHECK(rate_text(12345) == "12.3 k");
  CHECK(rate_text(999600) == "1.00 M");
  CHECK(rate_text(1e18) == "1.00 E");
  CHECK(rate_text(1.0 / 0.0) == "-");
  CHECK(rate_text(0.0 / 0.0) == "-");
}

TEST_CASE("Spans of time") {
  CHECK(duration_text(0.25) == "250 ms");
  CHECK(duration_text(59.9) == "59 s");
  CHECK(duration_text(185) == "3 min 5 s");
  CHECK(duration_text(7860) == "2 h 11 min");
  CHECK(duration_text(90000) == "1 d 1 h");
  CHECK(duration_text(-1) == "-");
}
