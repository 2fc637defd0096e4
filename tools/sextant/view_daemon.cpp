// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Replies that are told field by field: the state that is live, the lcores, the configuration.
#include <fmt/format.h>

#include <algorithm>

#include "json_fields.hpp"
#include "units.hpp"
#include "view.hpp"

namespace sextant {

using nlohmann::json;

namespace {

std::string scalar_text(const json& value) {
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (!value.is_string()) return value.dump();
  const auto text = value.get<std::string>();
  return text.empty() ? "-" : text;
}

bool is_scalar(const json& value) {
  return !value.is_object() && !value.is_array();
}

bool is_plain_list(const json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_scalar);
}

// "cycles_per_packet" reads better as "cycles per packet".
std::string words_of(std::string key) {
  for (char& letter : key) {
    if (letter == '_') letter = ' ';
  }
  return key;
}

void print_value(const json& value, const std::string& indent, const Canvas& canvas,
                 std::string& out);

void print_entry(const std::string& key, const json& value, const std::string& indent,
                 const Canvas& canvas, std::string& out) {
  const std::string title = printable(words_of(key)) + ":";
  const std::string deeper = indent + "  ";
  if (value.is_string() && value.get_ref<const std::string&>().find('\n') != std::string::npos) {
    out += indent + title + '\n';
    std::string text = value.get<std::string>();
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      out += deeper + printable(text.substr(0, end)) + '\n';
      text.erase(0, end == std::string::npos ? text.size() : end + 1);
    }
  } else if (is_scalar(value)) {
    out += wrap(title + ' ' + printable(scalar_text(value)), canvas.width, indent, deeper + "  ");
  } else if (is_plain_list(value)) {
    std::vector<std::string> words{title};
    for (const json& element : value)
      words.push_back(printable(scalar_text(element)));
    if (value.empty()) words.emplace_back("-");
    out += wrap(words, canvas.width, indent, deeper + "  ");
  } else {
    out += indent + title + '\n';
    print_value(value, deeper, canvas, out);
  }
}

void print_value(const json& value, const std::string& indent, const Canvas& canvas,
                 std::string& out) {
  if (value.is_object()) {
    for (const auto& [key, field] : value.items())
      print_entry(key, field, indent, canvas, out);
    return;
  }
  std::size_t index = 0;
  for (const json& element : value)
    print_entry(fmt::format("[{}]", index++), element, indent, canvas, out);
}

// "load 1.20 ms, compile 0.31 ms, apply 0.87 ms"
std::string durations_text(const json& durations_us) {
  std::string out;
  for (const char* const step : {"load", "compile", "apply"}) {
    out += fmt::format("{}{} {:.2f} ms", out.empty() ? "" : ", ", step,
                       static_cast<double>(count_of(durations_us, step)) / 1000);
  }
  return out;
}

std::string last_attempt(const json& last, const ViewContext& context) {
  const std::string result = text_of(last, "result");
  const bool failed = result != "published" && result != "unchanged";
  std::string out = context.canvas.paint(failed ? Style::kBad : Style::kTitle,
                                         "last attempt: " + printable(result));
  out += printable(fmt::format(", {}, by {}, {}", text_of(last, "at"), text_of(last, "trigger"),
                               durations_text(last.at("durations_us")))) +
         '\n';
  if (const std::string error = text_of(last, "error"); !error.empty()) {
    out += wrap(printable(error), context.canvas.width, "    ", "    ");
  }
  for (const json& finding : last.at("diagnostics"))
    out += wrap(printable(text_of(finding, "message")), context.canvas.width, "    ", "        ");
  return out;
}

}  // namespace

std::string print_generation(const json& value, const ViewContext& context) {
  const Canvas& canvas = context.canvas;
  std::string out = canvas.paint(Style::kTitle, "generation " + number_of(value, "number"));
  if (value.at("published_at").is_string()) {
    out +=
        fmt::format(", live for {}, since {}", duration_text(value.at("age_seconds").get<double>()),
                    printable(text_of(value, "published_at")));
  }
  out += '\n' + durations_text(value.at("durations_us")) + '\n';
  if (is_true(value, "ready")) {
    out += canvas.paint(Style::kGood, "ready") + '\n';
  } else {
    out += canvas.paint(Style::kBad, "not ready") + '\n';
    for (const json& missing : value.at("missing"))
      out += wrap(printable(missing.get<std::string>()), canvas.width, "    ", "        ");
  }
  if (const std::string notice = text_of(value, "notice"); !notice.empty()) {
    out += wrap("notice: " + printable(notice), canvas.width, "", "    ");
  }
  if (value.at("last").is_object()) out += last_attempt(value.at("last"), context);
  std::string attempts;
  for (const auto& [result, count] : value.at("attempts").items()) {
    attempts += fmt::format("{}{} {}", attempts.empty() ? "" : ", ", count.get<std::uint64_t>(),
                            printable(result));
  }
  return out + wrap("attempts: " + attempts, canvas.width, "", "    ");
}

// As a file, so that it can be redirected into one.
std::string print_config(const json& value, const ViewContext& context) {
  std::string out = context.canvas.paint(
      Style::kDim, printable(fmt::format("# {}, loaded {}", text_of(value, "path"),
                                         text_of(value, "loaded_at"))));
  out += '\n';
  const std::string yaml = text_of(value, "yaml");
  std::size_t at = 0;
  while (at < yaml.size()) {
    const std::size_t end = std::min(yaml.find('\n', at), yaml.size());
    out += printable(yaml.substr(at, end - at)) + '\n';
    at = end + 1;
  }
  return out;
}

std::string print_fields(const json& value, const ViewContext& context) {
  std::string out;
  // A list of one object is that object.
  const json& shown = value.is_array() && value.size() == 1 ? value.front() : value;
  if (is_scalar(shown)) {
    print_entry("value", shown, "", context.canvas, out);
  } else {
    print_value(shown, "", context.canvas, out);
  }
  return out.empty() ? "nothing\n" : out;
}

}  // namespace sextant
