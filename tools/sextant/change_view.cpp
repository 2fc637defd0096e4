// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Lines with + - ~, as diff has them.
#include "change_view.hpp"

#include <fmt/format.h>

#include "json_fields.hpp"

namespace sextant {

using nlohmann::json;

namespace {

struct Kind {
  const char* list;
  char sign;
  Style style;
};

constexpr Kind kKinds[] = {
    {"removed", '-', Style::kBad}, {"added", '+', Style::kGood}, {"changed", '~', Style::kWarn}};

std::string field_line(const Kind& kind, const json& field) {
  const std::string name = printable(text_of(field, "field"));
  const std::string before = printable(text_of(field, "before"));
  const std::string after = printable(text_of(field, "after"));
  if (before.empty()) return fmt::format("{}     {}: {}", kind.sign, name, after);
  if (after.empty()) {
    // Removed from an object that stays.
    return fmt::format("{}     {}: {}{}", kind.sign, name, before,
                       kind.sign == '~' ? " -> (none)" : "");
  }
  return fmt::format("{}     {}: {} -> {}", kind.sign, name, before, after);
}

}  // namespace

std::string changes_text(const json& reply, const Canvas& canvas) {
  std::string out;
  for (const auto& [section, changes] : reply.at("changes").items()) {
    for (const Kind& kind : kKinds) {
      for (const json& object : changes.at(kind.list)) {
        out += canvas.paint(kind.style, fmt::format("{} {} {}", kind.sign, printable(section),
                                                    printable(text_of(object, "name")))) +
               '\n';
        for (const json& field : object.at("fields"))
          out += canvas.paint(kind.style, field_line(kind, field)) + '\n';
      }
    }
  }
  return out;
}

std::vector<std::string> findings_of(const json& reply) {
  std::vector<std::string> out;
  const auto list = reply.find("diagnostics");
  if (list == reply.end()) return out;
  for (const json& finding : *list)
    out.push_back(printable(text_of(finding, "message")));
  return out;
}

}  // namespace sextant
