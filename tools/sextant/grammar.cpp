// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reading CLI11's objects.
#include "grammar.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include <sextant/srv6/behavior.hpp>
#include <sextant/telemetry/drop_reason.hpp>

namespace sextant {

namespace {

// "WHEN:{auto,always,never}" and "SECONDS:0.1 to 86400": value, then what the validators say.
void read_type(const std::string& type, GrammarOption& option) {
  const std::size_t colon = type.find(':');
  option.value = type.substr(0, colon);
  if (colon == std::string::npos) return;
  const std::string rule = type.substr(colon + 1);
  if (rule.size() < 2 || rule.front() != '{' || rule.back() != '}') {
    option.limits = rule;
    return;
  }
  std::size_t at = 1;
  while (at < rule.size()) {
    const std::size_t end = rule.find_first_of(",}", at);
    option.choices.push_back(rule.substr(at, end - at));
    at = end + 1;
  }
}

GrammarOption option_of(const CLI::Option& option) {
  GrammarOption out;
  if (!option.get_positional()) {
    for (const std::string& name : option.get_snames())
      out.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
      out.names.push_back("--" + name);
  }
  out.help = option.get_description();
  out.variable = option.get_envname();
  out.required = option.get_required();
  if (option.get_items_expected_max() != 0) {
    read_type(option.get_type_name(), out);
    out.fallback = option.get_default_str();
    out.value_optional = option.get_expected_min() == 0;
    out.repeatable = option.get_expected_max() > 1;
  }
  return out;
}

}  // namespace

GrammarCommand grammar_of(const CLI::App& app, const std::string& above) {
  GrammarCommand out;
  out.name = app.get_parent() == nullptr ? "sextant" : app.get_name();
  out.path = above.empty() ? out.name : above + ' ' + out.name;
  out.help = app.get_description();
  out.footer = app.get_footer();
  for (const CLI::Option* const option : app.get_options()) {
    if (!option->get_group().empty()) out.options.push_back(option_of(*option));
  }
  const auto all = [](const CLI::App*) { return true; };
  for (const CLI::App* const command : app.get_subcommands(all)) {
    if (!command->get_group().empty()) out.commands.push_back(grammar_of(*command, out.path));
  }
  return out;
}

std::vector<std::string> choices_of(const GrammarOption& option) {
  std::vector<std::string> out = option.choices;
  if (option.value == "BEHAVIOR") {
    for (const BehaviorSpec& spec : kBehaviors)
      out.emplace_back(spec.name);
  } else if (option.value == "BOOLEAN") {
    out = {"true", "false"};
  } else if (option.value == "REASON") {
    for (const auto& reason : kDropReasons)
      out.emplace_back(reason.name);
  }
  return out;
}

std::string source_of(const GrammarOption& option) {
  if (!choices_of(option).empty()) return "choices";
  static const std::map<std::string, std::string> sources = {
      {"FILE", "file"},  {"PATH", "file"}, {"DIR", "directory"},        {"TABLE", "tables"},
      {"PORT", "ports"}, {"SID", "sids"},  {"INTERFACE", "interfaces"}, {"POLICY", "policies"}};
  const auto found = sources.find(option.value);
  return found == sources.end() ? "" : found->second;
}

}  // namespace sextant
