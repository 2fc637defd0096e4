// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The command line as a value, taken from CLI11: what completion and manual pages are made of.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sextant {

struct GrammarOption {
  std::vector<std::string> names;  // "-w", "--write"; empty: positional
  std::string value;               // "FILE"; empty: takes none
  std::string help;
  std::string fallback;              // the default, as text; empty: none
  std::vector<std::string> choices;  // all allowed values, when they are known
  std::string limits;                // "0.1 to 86400"; empty: none
  std::string variable;              // environment variable; empty: none
  bool required = false;
  bool value_optional = false;
  bool repeatable = false;
};

struct GrammarCommand {
  std::string name;  // "fib"
  std::string path;  // "sextant show fib"
  std::string help;
  std::string footer;
  std::vector<GrammarOption> options;
  std::vector<GrammarCommand> commands;
};

// Without what has an empty group: that is hidden.
[[nodiscard]] GrammarCommand grammar_of(const CLI::App& app, const std::string& above = "");

// Where the values of an option come from: "" (nobody knows), "file", "directory", "choices", or a
// kind of object that `sextant words KIND` lists: "tables", "ports", "interfaces", "policies",
// "sids".
[[nodiscard]] std::string source_of(const GrammarOption& option);

// Allowed values: choices, behaviors for BEHAVIOR, drop reasons for REASON.
[[nodiscard]] std::vector<std::string> choices_of(const GrammarOption& option);

}  // namespace sextant
