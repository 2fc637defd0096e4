// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Local SIDs, policies and steering: what VPP shows with "sh sr localsids", "sh sr policies" and
// "sh sr steering-policies".
#include <fmt/format.h>

#include "json_fields.hpp"
#include "text_table.hpp"
#include "view.hpp"

namespace sextant {

using nlohmann::json;

std::string print_localsids(const json& rows, const ViewContext& context) {
  std::vector<Column> columns = {"SID",
                                 "table",
                                 "behavior",
                                 {"title", Fit::kShortenFirst},
                                 {"flavors", Fit::kShorten},
                                 "interface",
                                 "next hop",
                                 {"arguments", Fit::kShorten},
                                 ">packets",
                                 ">bytes",
                                 ">bad packets",
                                 ">bad bytes"};
  if (context.rates != nullptr) {
    columns.insert(columns.end(), {">packets/s", ">bytes/s", ">bad/s"});
  }
  TextTable table(std::move(columns));
  for (const json& row : rows) {
    std::string flavors = joined(row.at("flavors"), ",");
    if (is_true(row, "hmac_required")) flavors += flavors.empty() ? "HMAC" : ",HMAC";
    const json& good = row.at("good");
    const json& bad = row.at("bad");
    const std::string interface = text_of(row, "interface");
    // Interface and next hop say it already: then whose they are.
    const std::string arguments = interface.empty() || text_of(row, "next_hop").empty()
                                      ? text_of(row, "arguments")
                                      : row.value("kubernetes", std::string());
    std::vector<Cell> cells = {
        text_of(row, "sid"),
        text_of(row, "table"),
        text_of(row, "behavior"),
        text_of(row, "title"),
        or_dash(flavors),
        or_dash(interface),
        or_dash(text_of(row, "next_hop")),
        or_dash(arguments),
        number_of(good, "packets"),
        number_of(good, "bytes"),
        {number_of(bad, "packets"), count_of(bad, "packets") == 0 ? Style::kPlain : Style::kBad},
        number_of(bad, "bytes")};
    if (context.rates != nullptr) {
      for (const char* const counter : {"/good/packets", "/good/bytes", "/bad/packets"})
        cells.emplace_back(context.rates->text(row, counter));
    }
    table.add(std::move(cells));
  }
  return table.empty() ? "no local SIDs\n" : table.text(context.canvas);
}

namespace {

// "<a, b, c>" as words that do not break inside of an address.
void add_segments(std::vector<std::string>& words, const json& segments) {
  std::size_t left = segments.size();
  for (const json& segment : segments) {
    words.push_back((left == segments.size() ? "<" : "") + printable(segment.get<std::string>()) +
                    (left == 1 ? ">" : ","));
    --left;
  }
  if (segments.empty()) words.emplace_back("<>");
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

void add_words(std::vector<std::string>& words, const std::string& text) {
  for (std::string& word : words_of(printable(text)))
    words.push_back(std::move(word));
}

std::string traffic(const json& row, const ViewContext& context, const json& whole,
                    const std::string& pointer) {
  std::string out =
      fmt::format("{} packets, {} bytes", number_of(row, "packets"), number_of(row, "bytes"));
  if (context.rates != nullptr && context.rates->ready()) {
    out +=
        fmt::format(" ({} packets/s, {} bytes/s)", context.rates->text(whole, pointer + "/packets"),
                    context.rates->text(whole, pointer + "/bytes"));
  }
  return out;
}

// Candidate paths: which one forwards, and why the others do not.
std::string paths_of(const json& policy, const ViewContext& context) {
  std::string out;
  const auto line = [&](const std::vector<std::string>& words) {
    out += wrap(words, context.canvas.width, "    ", "        ");
  };
  for (const json& path : policy.at("paths")) {
    std::vector<std::string> words;
    add_words(words, fmt::format("candidate path {}, preference {}:", text_of(path, "name"),
                                 number_of(path, "preference")));
    if (!is_true(path, "active")) {
      add_words(words, "not active: " + or_dash(text_of(path, "reason")));
      line(words);
      continue;
    }
    words.emplace_back("active");
    line(words);
    for (const json& list : path.at("lists")) {
      if (is_true(list, "valid")) continue;
      words = {"list", "not", "used:"};
      add_segments(words, list.at("segments"));
      words.back() += ':';
      add_words(words, text_of(list, "reason"));
      line(words);
    }
  }
  return out;
}

std::string print_policy(const json& row, std::size_t number, const ViewContext& context) {
  const std::size_t width = context.canvas.width;
  std::string out = context.canvas.paint(
      Style::kTitle, fmt::format("[{}] {}", number, printable(text_of(row, "name"))));
  if (!is_true(row, "valid")) {
    out += context.canvas.paint(Style::kBad,
                                "  INVALID: " + printable(or_dash(text_of(row, "reason"))));
  }
  out += '\n';
  const std::string binding = text_of(row, "binding_sid_behavior");
  std::vector<std::string> words;
  add_words(
      words,
      fmt::format("BSID {}{}  behavior {}, type {}, table {}", or_dash(text_of(row, "binding_sid")),
                  binding.empty() ? "," : " (" + binding + "),", text_of(row, "headend"),
                  text_of(row, "type"), or_dash(text_of(row, "table"))));
  out += wrap(words, width, "    ", "        ");
  out += wrap(fmt::format("color {}, endpoint {}: {}", number_of(row, "color"),
                          or_dash(text_of(row, "endpoint")), traffic(row, context, row, "")),
              width, "    ", "        ");
  std::size_t index = 0;
  for (const json& list : row.at("lists")) {
    words = {fmt::format("[{}]", index)};
    add_segments(words, list.at("segments"));
    add_words(words, fmt::format("weight {}: {}", number_of(list, "weight"),
                                 traffic(list, context, row, fmt::format("/lists/{}", index))));
    out += wrap(words, width, "    ", "        ");
    ++index;
  }
  return out + paths_of(row, context);
}

}  // namespace

std::string print_policies(const json& rows, const ViewContext& context) {
  std::string out;
  std::size_t number = 0;
  for (const json& row : rows)
    out += print_policy(row, number++, context);
  return out.empty() ? "no policies\n" : out;
}

std::string print_steering(const json& rows, const ViewContext& context) {
  std::vector<Column> columns = {"traffic", {"policy", Fit::kShorten}, ">packets", ">bytes"};
  if (context.rates != nullptr) columns.insert(columns.end(), {">packets/s", ">bytes/s"});
  TextTable table(std::move(columns));
  for (const json& row : rows) {
    std::vector<Cell> cells = {text_of(row, "match"), text_of(row, "policy"),
                               number_of(row, "packets"), number_of(row, "bytes")};
    if (context.rates != nullptr) {
      cells.emplace_back(context.rates->text(row, "/packets"));
      cells.emplace_back(context.rates->text(row, "/bytes"));
    }
    table.add(std::move(cells));
  }
  return table.empty() ? "no steering rules\n" : table.text(context.canvas);
}

}  // namespace sextant
