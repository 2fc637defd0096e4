// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Forwarding lcores: what a packet costs, stage by stage, and how full bursts are.
#include <fmt/format.h>

#include "json_fields.hpp"
#include "text_table.hpp"
#include "view.hpp"

namespace sextant {

using nlohmann::json;

namespace {

std::string decimal(const json& object, const char* key) {
  return fmt::format("{:.1f}", object.at(key).get<double>());
}

TextTable stage_table(const json& rows) {
  std::vector<Column> columns = {">lcore"};
  // In the order of the stages, which JSON does not keep.
  const std::vector<const char*> stages = {"receive", "parse", "lookup", "behavior",
                                           "rewrite", "tx",    "send"};
  for (const char* const stage : stages)
    columns.emplace_back(fmt::format(">{}", stage));
  columns.emplace_back(">sampled bursts");
  TextTable table(std::move(columns));
  for (const json& row : rows) {
    std::vector<Cell> cells = {number_of(row, "lcore")};
    for (const char* const stage : stages)
      cells.emplace_back(decimal(row.at("stage_cycles_per_packet"), stage));
    cells.emplace_back(number_of(row, "sampled_bursts"));
    table.add(std::move(cells));
  }
  return table;
}

TextTable burst_table(const json& rows) {
  std::vector<Column> columns = {">lcore"};
  for (const json& bucket : rows.front().at("bursts_by_size"))
    columns.emplace_back(">from " + number_of(bucket, "from"));
  TextTable table(std::move(columns));
  for (const json& row : rows) {
    std::vector<Cell> cells = {number_of(row, "lcore")};
    for (const json& bucket : row.at("bursts_by_size"))
      cells.emplace_back(number_of(bucket, "bursts"));
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace

std::string print_lcores(const json& rows, const ViewContext& context) {
  if (rows.empty()) return "no lcores\n";
  TextTable table({">lcore", ">CPU", "state", ">packets", ">packets/burst", ">cycles/packet",
                   ">idle %", ">longest turn us"});
  for (const json& row : rows) {
    const bool running = is_true(row, "running");
    table.add({number_of(row, "lcore"),
               number_of(row, "cpu"),
               {running ? "running" : "stopped", running ? Style::kGood : Style::kBad},
               number_of(row, "packets"),
               decimal(row, "packets_per_burst"),
               decimal(row, "cycles_per_packet"),
               fmt::format("{:.1f}", 100 * row.at("idle_share").get<double>()),
               decimal(row, "longest_turn_us")});
  }
  const Canvas& canvas = context.canvas;
  return table.text(canvas) + '\n' + canvas.paint(Style::kTitle, "cycles per packet by stage") +
         '\n' + stage_table(rows).text(canvas) + '\n' +
         canvas.paint(Style::kTitle, "bursts by number of packets") + '\n' +
         burst_table(rows).text(canvas);
}

}  // namespace sextant
