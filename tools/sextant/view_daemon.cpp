// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The state that is live, and the configuration.
#include <fmt/format.h>

#include <algorithm>

#include "json_fields.hpp"
#include "units.hpp"
#include "view.hpp"

namespace sextant {

using nlohmann::json;

namespace {

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

}  // namespace sextant
