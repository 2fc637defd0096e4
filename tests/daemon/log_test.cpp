// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Log lines: one per event whatever the text, and JSON that parsers take.
#include "daemon/log.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

namespace sextant {

TEST_CASE("a text line stays one line") {
  CHECK(log_line(LogFormat::kText, "T", LogLevel::kWarning, "ports", "a\nb\n") ==
        "T warning ports: a b \n");
}

TEST_CASE("a JSON line has four keys in a fixed order, all strings") {
  CHECK(log_line(LogFormat::kJson, "T", LogLevel::kInfo, "daemon", "says \"hi\"") ==
        "{\"ts\":\"T\",\"level\":\"info\",\"topic\":\"daemon\",\"msg\":\"says \\\"hi\\\"\"}\n");
}

TEST_CASE("no text breaks a JSON line") {
  const std::string texts[] = {
      "",   "two\nlines\r", std::string("\0nul", 4), "\xff\xfe no UTF-8", "\xe2\x82", "{\"ts\":1}",
      "\\", "\x7f\x01"};
  for (const std::string& text : texts) {
    const std::string line = log_line(LogFormat::kJson, "T", LogLevel::kError, "x", text);
    CHECK(line.find('\n') == line.size() - 1);
    const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
    REQUIRE(event.is_object());
    CHECK(event.size() == 4);
    CHECK(event["msg"].is_string());
  }
}

}  // namespace sextant
