// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Rates, order, and how many lines each section gets.
#include "top_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "json_fields.hpp"
#include "text_table.hpp"
#include "units.hpp"

namespace sextant {

using nlohmann::json;

namespace {

json rate_of(const Rates& rates, const json& row, const char* pointer, double factor = 1) {
  const auto rate = rates.per_second(row, pointer);
  return rate ? json(*rate * factor) : json(nullptr);
}

json sum(const json& a, const json& b) {
  if (a.is_null() || b.is_null()) return nullptr;
  return a.get<double>() + b.get<double>();
}

void add_port(json& out, const json& row, const Rates& rates) {
  json one = {{"name", row.at("name")},
              {"link", is_true(row, "present") ? row.at("link") : "gone"}};
  one["rx_packets_per_s"] = rate_of(rates, row, "/rx/packets");
  one["rx_bits_per_s"] = rate_of(rates, row, "/rx/bytes", 8);
  one["tx_packets_per_s"] = rate_of(rates, row, "/tx/packets");
  one["tx_bits_per_s"] = rate_of(rates, row, "/tx/bytes", 8);
  one["missed_per_s"] = sum(rate_of(rates, row, "/rx_missed"), rate_of(rates, row, "/rx_no_mbuf"));
  one["errors_per_s"] = sum(rate_of(rates, row, "/rx_errors"), rate_of(rates, row, "/tx_errors"));
  one["packets_per_s"] = sum(one["rx_packets_per_s"], one["tx_packets_per_s"]);
  one["bits_per_s"] = sum(one["rx_bits_per_s"], one["tx_bits_per_s"]);
  out.push_back(std::move(one));
}

void add_localsid(json& out, const json& row, const Rates& rates) {
  out.push_back({{"name", row.at("sid")},
                 {"table", row.at("table")},
                 {"behavior", row.at("behavior")},
                 {"packets_per_s", rate_of(rates, row, "/good/packets")},
                 {"bits_per_s", rate_of(rates, row, "/good/bytes", 8)},
                 {"bad_packets_per_s", rate_of(rates, row, "/bad/packets")}});
}

void add_policy(json& out, const json& row, const Rates& rates) {
  out.push_back({{"name", row.at("name")},
                 {"valid", row.at("valid")},
                 {"packets_per_s", rate_of(rates, row, "/packets")},
                 {"bits_per_s", rate_of(rates, row, "/bytes", 8)}});
}

void add_drop(json& out, const json& row, const Rates& rates) {
  out.push_back({{"name", row.at("reason")},
                 {"packets_per_s", rate_of(rates, row, "/packets")},
                 {"bits_per_s", rate_of(rates, row, "/bytes", 8)}});
}

struct Section {
  const char* view;
  void (*add)(json& out, const json& row, const Rates& rates);
};

constexpr std::array<Section, 4> kSections = {{{"ports", add_port},
                                               {"localsids", add_localsid},
                                               {"policies", add_policy},
                                               {"drops", add_drop}}};

double value_of(const json& row, const char* key) {
  const json& value = row.at(key);
  return value.is_number() ? value.get<double>() : -1;
}

std::string rate_cell(const json& row, const char* key) {
  const json& value = row.at(key);
  return value.is_number() ? rate_text(value.get<double>()) : "-";
}

Cell alarm_cell(const json& row, const char* key) {
  const json& value = row.at(key);
  return {rate_cell(row, key),
          value.is_number() && value.get<double>() > 0 ? Style::kBad : Style::kPlain};
}

TextTable table_of(const std::string& view, const json& rows, std::size_t limit) {
  std::vector<Column> columns;
  if (view == "ports") {
    columns = {"port",          "link",      ">rx packets/s", ">rx bit/s",
               ">tx packets/s", ">tx bit/s", ">missed/s",     ">errors/s"};
  } else if (view == "localsids") {
    columns = {"local SID", {"table", Fit::kShorten}, "behavior", ">packets/s", ">bit/s", ">bad/s"};
  } else if (view == "policies") {
    columns = {{"policy", Fit::kShorten}, "state", ">packets/s", ">bit/s"};
  } else {
    columns = {"drop reason", ">packets/s", ">bit/s"};
  }
  TextTable table(std::move(columns));
  std::size_t count = 0;
  for (const json& row : rows) {
    if (count++ == limit) break;
    std::vector<Cell> cells = {text_of(row, "name")};
    if (view == "ports") {
      const std::string link = text_of(row, "link");
      cells.emplace_back(link, link == "up" ? Style::kGood : Style::kWarn);
      for (const char* const key :
           {"rx_packets_per_s", "rx_bits_per_s", "tx_packets_per_s", "tx_bits_per_s"})
        cells.emplace_back(rate_cell(row, key));
      cells.push_back(alarm_cell(row, "missed_per_s"));
      cells.push_back(alarm_cell(row, "errors_per_s"));
    } else {
      if (view == "localsids") {
        cells.emplace_back(text_of(row, "table"));
        cells.emplace_back(text_of(row, "behavior"));
      } else if (view == "policies") {
        const bool valid = is_true(row, "valid");
        cells.emplace_back(valid ? "valid" : "INVALID", valid ? Style::kGood : Style::kBad);
      }
      cells.emplace_back(rate_cell(row, "packets_per_s"));
      cells.emplace_back(rate_cell(row, "bits_per_s"));
      if (view == "localsids") cells.push_back(alarm_cell(row, "bad_packets_per_s"));
    }
    table.add(std::move(cells));
  }
  return table;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A section with at most `lines` lines, title and "more" included.
std::string section_text(const std::string& view, const json& rows, const Canvas& canvas,
                         std::size_t lines) {
  for (std::size_t shown = rows.size();; shown = std::min(shown - 1, lines)) {
    std::string text = table_of(view, rows, shown).text(canvas);
    if (shown < rows.size()) {
      text += canvas.paint(Style::kDim, fmt::format("{} more", rows.size() - shown)) + '\n';
    }
    if (lines == 0 || lines_of(text) <= lines || shown == 0) return text;
  }
}

}  // namespace

void TopSamples::add(const std::string& view, json view_rows, double now_s) {
  rates[view].sample(view_rows, now_s);
  rows[view] = std::move(view_rows);
}

json top_rates(const TopSamples& samples, TopSort sort) {
  json out;
  for (const Section& section : kSections) {
    json rows = json::array();
    const auto source = samples.rows.find(section.view);
    if (source != samples.rows.end()) {
      for (const json& row : source->second)
        section.add(rows, row, samples.rates.at(section.view));
    }
    const char* const key = sort == TopSort::kBits ? "bits_per_s" : "packets_per_s";
    std::stable_sort(rows.begin(), rows.end(), [&](const json& a, const json& b) {
      if (sort != TopSort::kName && value_of(a, key) != value_of(b, key)) {
        return value_of(a, key) > value_of(b, key);
      }
      return a.at("name").get_ref<const std::string&>() <
             b.at("name").get_ref<const std::string&>();
    });
    out[section.view] = std::move(rows);
  }
  return out;
}

std::string top_text(const json& rates, const TopScreen& screen) {
  std::string out = screen.heading;
  std::vector<std::string> views;
  for (std::size_t i = 0; i < kSections.size(); ++i) {
    const std::string view = kSections[i].view;
    if (screen.section != 0 && static_cast<std::size_t>(screen.section) != i + 1) continue;
    // Ports are always there; another section that is empty says nothing.
    if (screen.section == 0 && rates.at(view).empty()) continue;
    views.push_back(view);
  }
  std::size_t left = screen.rows == 0 ? 0 : screen.rows - std::min(screen.rows, lines_of(out));
  for (std::size_t i = 0; i < views.size(); ++i) {
    json rows = rates.at(views[i]);
    // Reasons that do not happen now are noise; there are many of them.
    if (views[i] == "drops") {
      json active = json::array();
      for (json& row : rows) {
        if (value_of(row, "packets_per_s") > 0) active.push_back(std::move(row));
      }
      rows = std::move(active);
    }
    // A blank line above; an equal share of what is left, so that short sections give to the next.
    const std::size_t share = left / (views.size() - i);
    if (screen.rows != 0 && share < 3) break;
    const std::string text =
        section_text(views[i], rows, screen.canvas, screen.rows == 0 ? 0 : share - 1);
    out += '\n' + text;
    if (screen.rows != 0) left -= std::min(left, lines_of(text) + 1);
  }
  return out;
}

}  // namespace sextant
