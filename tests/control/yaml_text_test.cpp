// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// yaml_text(): reads back as the same, and gives no secret away.
#include "control/runtime/yaml_text.hpp"

#include <filesystem>

#include "control_fixtures.hpp"

namespace sextant {

namespace {

YamlNode parsed(const std::string& text) {
  Diagnostics diagnostics;
  YamlNode node = parse_yaml(text, "t.yaml", diagnostics);
  INFO(text);
  CHECK(control_test::errors_of(diagnostics) == std::vector<std::string>{});
  return node;
}

// Kinds, texts and whether a text could be a number; places may differ.
bool same(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.scalar != b.scalar || a.children.size() != b.children.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.children.size(); ++i) {
    if (!same(a.children[i], b.children[i])) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("texts that are easy to get wrong read back") {
  const char* texts[] = {
      "a: 1\n",
      "[a, b]\n",
      "- - 1\n  - [2, {x: y}]\n- z: {}\n  l: []\n",
      "a: \"1\"\nb: \"true\"\nc: ''\nd: ~\ne: \"null\"\n",
      "a: \"x\\ny\\t\\\"\\\\\"\n",
      "a: |\n  two\n  lines\nb: >\n  one\n  line\n",
      "a: \"# no comment\"\nb: '- no item'\nc: \"k: v\"\nd: \"-\"\n",
      "a: fcbb::\nb: \"fcbb::\"\nc: 2001:db8::1/64\n",
      "\"a key\": [{b: {c: [1, 2, {d: e}]}}]\n",
      "a: \xc3\xa9\n",
  };
  for (const char* text : texts) {
    const YamlNode tree = parsed(text);
    const std::string shown = yaml_text(tree);
    INFO(shown);
    CHECK(same(tree, parsed(shown)));
  }
}

TEST_CASE("the published configurations read back as the same tables") {
  namespace fs = std::filesystem;
  unsigned files = 0;
  for (const auto& entry :
       fs::directory_iterator(std::string(SEXTANT_SOURCE_DIR) + "/config/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const auto text = read_config_text(entry.path());
    REQUIRE(text.ok());
    if (text->find("secret") != std::string::npos) continue;
    const std::string shown = yaml_text(parsed(*text));
    INFO(shown);
    const LoadedConfig again = load_config(shown, "shown.yaml");
    CHECK(control_test::errors_of(again.diagnostics) == std::vector<std::string>{});
    CHECK(compile(again.state).tables ==
          compile(load_config(*text, entry.path().string()).state).tables);
  }
  CHECK(files >= 5);
}

TEST_CASE("no form of a secret is shown, nor what a comment says") {
  const char* texts[] = {
      "domain: {hmac_keys: [{id: 1, secret: rosebud}]}\n",
      "domain:\n  hmac_keys:\n    - id: 1\n      secret: \"rosebud\"\n    - {secret: 'rosebud'}\n",
      "secret: |\n  rosebud\n  rosebud\nx: 1\n",
      "secret: >-\n  rosebud\n",
      "secret: [rosebud, {a: rosebud}]\n",
      "\"secret\": rosebud # rosebud\n",
      "# secret: rosebud\na: 1\n",
      "secret: rosebud\n  rosebud\n",
  };
  for (const char* text : texts) {
    const std::string shown = yaml_text(parsed(text));
    INFO(shown);
    CHECK(shown.find("rosebud") == std::string::npos);
    parsed(shown);
  }
}

}  // namespace sextant
