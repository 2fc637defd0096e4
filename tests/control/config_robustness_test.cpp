// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// load_config() with hostile and broken input: always an answer, in bounded time.
#include <chrono>
#include <fstream>
#include <random>
#include <sstream>

#include "control/runtime/yaml_tree.hpp"
#include "control_fixtures.hpp"

namespace sextant {

using control_test::load_errors;
using Strings = std::vector<std::string>;

namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

std::string reference() {
  std::ifstream stream(SEXTANT_SOURCE_DIR "/config/sextant.yaml");
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("what is not YAML is one error with a place", "[config][robustness]") {
  CHECK(load_errors("ports: [\n")[0].starts_with("t.yaml:2:1: not valid YAML"));
  CHECK(load_errors("ports: {name: 'a}\n").size() == 1);
  CHECK(load_errors("a: b: c\n")[0].starts_with("t.yaml:1:5: not valid YAML"));
  CHECK(load_errors("\tports: []\n").size() == 1);
  CHECK(load_errors(std::string("ports: []\nx: \0y\n", 16))[0] ==
        "t.yaml:2:4: control character: the file is not YAML text");
  CHECK(load_errors("ports: [{name: a}]\n# \x7f\n").size() == 1);
  CHECK(load_errors("ports: [{name: a}]\n---\nports: []\n")[0] ==
        "t.yaml:2:1: a second YAML document; one file is one configuration");
}

TEST_CASE("anchors, aliases and tags are refused", "[config][robustness]") {
  CHECK(load_errors("ports: &p [{name: a}]\n")[0] ==
        "t.yaml:1:8: anchors are not supported: write the value where it is needed");
  CHECK(load_errors("ports: !!python/object [{name: a}]\n")[0] ==
        "t.yaml:1:8: tags are not supported: remove it");
  // A bomb: each level ten times the one before.
  std::string bomb = "a: &a [x, x, x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [" +
            repeat("*" + std::string(1, char(c - 1)) + ", ", 10) + "x]\n";
  }
  CHECK(load_errors(bomb).size() == 1);
}

TEST_CASE("deep nesting is refused before it costs anything", "[config][robustness]") {
  for (const char* open : {"[", "{a: ", "- ", "? ", "[{a: "}) {
    INFO(open);
    const Strings errors = load_errors(repeat(open, 100000));
    REQUIRE(errors.size() == 1);
  }
  CHECK(load_errors(repeat("[", 40) + repeat("]", 40))[0] ==
        "t.yaml:1:33: nested deeper than a configuration can be");
  std::string block;
  for (std::size_t i = 0; i < 2000; ++i)
    block += repeat(" ", i) + "a:\n";
  CHECK(load_errors(block).size() == 1);
}

TEST_CASE("size is bounded", "[config][robustness]") {
  CHECK(load_errors(std::string(kMaxConfigBytes + 1, '#'))[0] ==
        "t.yaml: larger than 64 MB: not a configuration");
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(load_errors("a: [" + repeat("x,", 200000) + "]").empty());
  CHECK_FALSE(load_errors(repeat("key", 100000) + ": 1\n").empty());
  // The same key and different keys, many times: must not be quadratic.
  CHECK_FALSE(load_errors(repeat("a: 1\n", 50000)).empty());
  std::string keys;
  for (int i = 0; i < 50000; ++i)
    keys += "k" + std::to_string(i) + ": 1\n";
  CHECK_FALSE(load_errors(keys).empty());
  CHECK_FALSE(load_errors(repeat("::", 500000)).empty());
  CHECK_FALSE(load_errors(repeat("a::", 500000)).empty());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
}

TEST_CASE("random changes of a good file never crash", "[config][robustness]") {
  const std::string good = reference();
  REQUIRE(good.size() > 1000);
  std::mt19937 random(1);
  const std::string pieces = "[]{}:,-&*!|>'\"%@`#? \n\t/.0a9\xff";
  for (int i = 0; i < 300; ++i) {
    std::string text = good;
    const int changes = 1 + static_cast<int>(random() % 8);
    for (int c = 0; c < changes; ++c) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = pieces[random() % pieces.size()]; break;
        case 1: text.erase(at, random() % 40); break;
        case 2: text.insert(at, 1, pieces[random() % pieces.size()]); break;
        default: text.insert(at, text.substr(random() % text.size(), random() % 200)); break;
      }
    }
    const LoadedConfig loaded = load_config(text, "t.yaml");
    // Whatever was understood can be compiled without harm, too.
    static_cast<void>(compile(loaded.state));
  }
}

TEST_CASE("all prefixes of a good file are answered", "[config][robustness]") {
  const std::string good = reference();
  for (std::size_t len = 0; len < good.size(); len += 97) {
    static_cast<void>(load_config(std::string_view(good).substr(0, len), "t.yaml"));
  }
}

}  // namespace sextant
