// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Service function chains: elements, pods, SIDs, paths, and where packets get lost.
#include <fmt/format.h>

#include "json_fields.hpp"
#include "view.hpp"

namespace sextant {

using nlohmann::json;

namespace {

class ChainText {
 public:
  ChainText(const json& row, const ViewContext& context) : row_(row), context_(context) {}

  std::string text() {
    out_ = context_.canvas.paint(Style::kTitle, printable(text_of(row_, "name")));
    const std::string message = printable(or_dash(text_of(row_, "message")));
    if (is_true(row_, "rendered")) {
      out_ += "  " + message + "\n";
    } else {
      const std::string text = "NOT RENDERED: " + printable(text_of(row_, "reason"));
      out_ += "  " + context_.canvas.paint(Style::kBad, text) + "\n";
      line(message);
    }
    for (const json& note : row_.at("notes"))
      line("note: " + note.get<std::string>());
    const std::string sid = text_of(row_, "binding_sid");
    if (!sid.empty()) line("BSID " + sid);
    int number = 0;
    for (const json& element : row_.at("elements"))
      add_element(++number, element);
    for (const json& flow : row_.at("flows"))
      add_flow(flow);
    return std::move(out_);
  }

 private:
  void line(const std::string& text, const char* indent = "    ") {
    out_ += wrap(printable(text), context_.canvas.width, indent, std::string(indent) + "    ");
  }

  void add_element(int number, const json& element) {
    const std::string name = text_of(element, "name");
    line(
        fmt::format("{}. {}{}", number, name.empty() ? "" : name + ", ", text_of(element, "type")));
    for (const json& member : element.at("members")) {
      std::string text =
          fmt::format("{} on {}", text_of(member, "name"), or_dash(text_of(member, "node")));
      if (number_of(member, "weight") != "1") text += ", weight " + number_of(member, "weight");
      if (!is_true(member, "used")) text += ": not used, " + or_dash(text_of(member, "why"));
      line(text, "        ");
      for (const json& sid : member.at("sids"))
        add_sid(sid);
    }
  }

  void add_sid(const json& sid) {
    std::string text = fmt::format("{} {} {}: ", text_of(sid, "sid"), text_of(sid, "behavior"),
                                   text_of(sid, "direction"));
    const std::string why = text_of(sid, "why");
    if (!why.empty()) {
      line(text + "NOT PROGRAMMED, " + why, "            ");
      return;
    }
    text += fmt::format("{} packets, {} bad", number_of(sid.at("good"), "packets"),
                        number_of(sid.at("bad"), "packets"));
    if (sid.contains("to_function")) {
      text +=
          fmt::format(", {} to the function, {} back", number_of(sid.at("to_function"), "packets"),
                      number_of(sid.at("from_function"), "packets"));
    }
    line(text, "            ");
  }

  void add_flow(const json& flow) {
    const std::string to = text_of(flow, "destination");
    std::string text = fmt::format("{} {}{}", text_of(flow, "direction"), text_of(flow, "type"),
                                   to.empty() ? "" : " to " + to);
    if (is_true(flow, "bypass")) text += ", past the functions";
    if (flow.at("paths").empty()) text += ", no path";
    if (!is_true(flow, "starts_here")) text += ", starts elsewhere";
    for (const json& policy : flow.at("policies"))
      text += fmt::format(": {} packets in", number_of(policy, "packets"));
    line(text);
    for (const json& path : flow.at("paths")) {
      line(
          fmt::format("{} weight {}", joined(path.at("members"), " > "), number_of(path, "weight")),
          "        ");
    }
    for (const json& policy : flow.at("policies")) {
      if (!is_true(policy, "valid")) line("INVALID: " + text_of(policy, "reason"), "        ");
      for (const json& list : policy.at("lists")) {
        line(fmt::format("<{}> {} packets", joined(list.at("segments"), ", "),
                         number_of(list, "packets")),
             "        ");
      }
    }
  }

  const json& row_;
  const ViewContext& context_;
  std::string out_;
};

}  // namespace

std::string print_chains(const json& rows, const ViewContext& context) {
  std::string out;
  for (const json& row : rows)
    out += ChainText(row, context).text();
  return out.empty() ? "no chains\n" : out;
}

}  // namespace sextant
