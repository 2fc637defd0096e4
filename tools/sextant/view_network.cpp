// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Ports, neighbors, routes and drops.
#include "json_fields.hpp"
#include "text_table.hpp"
#include "view.hpp"

namespace sextant {

using nlohmann::json;

namespace {

void add_rates(std::vector<Cell>& cells, const Rates& rates, const json& row,
               const std::string& where) {
  for (const char* const counter : {"/rx/packets", "/rx/bytes", "/tx/packets", "/tx/bytes"})
    cells.emplace_back(rates.text(row, where + counter));
}

const std::vector<Column> kRateColumns = {">rx packets/s", ">rx bytes/s", ">tx packets/s",
                                          ">tx bytes/s"};

Cell link_of(const json& port) {
  if (!is_true(port, "present")) return {"gone", Style::kBad};
  const std::string link = text_of(port, "link");
  return {link, link == "up" ? Style::kGood : Style::kWarn};
}

std::string text_at(const json& list, std::size_t index) {
  return list.at(index).get<std::string>();
}

Cell count_cell(std::uint64_t count) {
  return {std::to_string(count), count == 0 ? Style::kPlain : Style::kWarn};
}

}  // namespace

std::string print_ports(const json& rows, const ViewContext& context) {
  std::vector<Column> port_columns = {"port",      {"device", Fit::kShortenFirst},
                                      "link",      "MAC",
                                      ">MTU",      ">rxq",
                                      ">txq",      ">rx packets",
                                      ">rx bytes", ">tx packets",
                                      ">tx bytes", ">missed",
                                      ">errors"};
  std::vector<Column> interface_columns = {"interface", ">VLAN",       "table",
                                           "edge",      "addresses",   ">rx packets",
                                           ">rx bytes", ">tx packets", ">tx bytes"};
  if (context.rates != nullptr) {
    port_columns.insert(port_columns.end(), kRateColumns.begin(), kRateColumns.end());
    interface_columns.insert(interface_columns.end(), kRateColumns.begin(), kRateColumns.end());
  }
  TextTable table(std::move(port_columns));
  TextTable interfaces(std::move(interface_columns));
  for (const json& row : rows) {
    std::vector<Cell> cells = {text_of(row, "name"),
                               text_of(row, "device"),
                               link_of(row),
                               text_of(row, "mac"),
                               number_of(row, "mtu"),
                               number_of(row, "rx_queues"),
                               number_of(row, "tx_queues"),
                               number_of(row.at("rx"), "packets"),
                               number_of(row.at("rx"), "bytes"),
                               number_of(row.at("tx"), "packets"),
                               number_of(row.at("tx"), "bytes"),
                               count_cell(count_of(row, "rx_missed") + count_of(row, "rx_no_mbuf")),
                               count_cell(count_of(row, "rx_errors") + count_of(row, "tx_errors"))};
    if (context.rates != nullptr) add_rates(cells, *context.rates, row, "");
    table.add(std::move(cells));
    std::size_t index = 0;
    for (const json& interface : row.at("interfaces")) {
      const std::uint64_t vlan = count_of(interface, "vlan");
      const json& addresses = interface.at("addresses");
      cells = {text_of(interface, "name"),
               vlan == 0 ? "-" : std::to_string(vlan),
               text_of(interface, "table"),
               is_true(interface, "trusted") ? "trusted" : "untrusted",
               addresses.empty() ? "-" : text_at(addresses, 0),
               number_of(interface.at("rx"), "packets"),
               number_of(interface.at("rx"), "bytes"),
               number_of(interface.at("tx"), "packets"),
               number_of(interface.at("tx"), "bytes")};
      const std::string where = "/interfaces/" + std::to_string(index++);
      if (context.rates != nullptr) add_rates(cells, *context.rates, row, where);
      interfaces.add(std::move(cells));
      for (std::size_t i = 1; i < addresses.size(); ++i)
        interfaces.add({"", "", "", "", text_at(addresses, i)});
    }
  }
  if (table.empty()) return "no ports\n";
  const std::string ports = table.text(context.canvas);
  return interfaces.empty() ? ports : ports + '\n' + interfaces.text(context.canvas);
}

std::string print_neighbors(const json& rows, const ViewContext& context) {
  TextTable table({"interface", "address", "MAC", "state", ">waiting packets"});
  for (const json& row : rows) {
    table.add({text_of(row, "interface"), text_of(row, "address"), or_dash(text_of(row, "mac")),
               text_of(row, "state"), number_of(row, "held_packets")});
  }
  return table.empty() ? "no neighbors\n" : table.text(context.canvas);
}

std::string print_fib(const json& rows, const ViewContext& context) {
  TextTable table({{"table", Fit::kShorten}, "prefix", "type", "to"});
  for (const json& row : rows) {
    table.add({text_of(row, "table"), text_of(row, "prefix"), text_of(row, "type"),
               or_dash(text_of(row, "target"))});
  }
  return table.empty() ? "no routes\n" : table.text(context.canvas);
}

namespace {

// What a step of a lookup says beside its type and target.
std::string details_of(const json& step) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (step.contains("steering")) add("for " + text_of(step, "steering"));
  if (step.contains("valid") && !is_true(step, "valid")) add("INVALID");
  if (step.contains("sid")) add("SID " + text_of(step, "sid"));
  if (step.contains("arguments") && !text_of(step, "arguments").empty()) {
    add(text_of(step, "arguments"));
  }
  if (step.contains("headend")) add(text_of(step, "headend"));
  if (step.contains("segments")) add("<" + joined(step.at("segments"), ", ") + ">");
  if (step.contains("slots")) add(number_of(step, "slots") + " slots");
  if (step.contains("share_slots")) add("gets " + number_of(step, "share_slots") + " slots");
  if (const auto neighbor = step.find("neighbor"); neighbor != step.end()) {
    add("neighbor " + text_of(*neighbor, "address") + " " + text_of(*neighbor, "state") + " " +
        text_of(*neighbor, "mac"));
  }
  return out;
}

}  // namespace

std::string print_lookup(const json& value, const ViewContext& context) {
  const Canvas& canvas = context.canvas;
  std::string out = canvas.paint(
      Style::kTitle, printable(text_of(value, "address") + " in table " + text_of(value, "table")));
  const json& match = value.at("match");
  out += ": " + (match.is_null() ? "no route" : printable(text_of(match, "prefix"))) + '\n';
  for (const json& step : value.at("chain")) {
    std::string line = text_of(step, "type") + ": " + or_dash(text_of(step, "target"));
    if (const std::string details = details_of(step); !details.empty()) line += "; " + details;
    out += wrap(printable(line), canvas.width, "  ", "      ");
  }
  return out;
}

std::string print_drops(const json& rows, const ViewContext& context) {
  std::vector<Column> columns = {"reason", ">packets", ">bytes"};
  if (context.rates != nullptr) columns.insert(columns.end(), {">packets/s", ">bytes/s"});
  columns.emplace_back("meaning", Fit::kShortenFirst);
  TextTable table(std::move(columns));
  for (const json& row : rows) {
    if (!context.all && count_of(row, "packets") == 0) continue;
    std::vector<Cell> cells = {text_of(row, "reason"), number_of(row, "packets"),
                               number_of(row, "bytes")};
    if (context.rates != nullptr) {
      cells.emplace_back(context.rates->text(row, "/packets"));
      cells.emplace_back(context.rates->text(row, "/bytes"));
    }
    cells.emplace_back(text_of(row, "help"));
    table.add(std::move(cells));
  }
  return table.empty() ? "no drops\n" : table.text(context.canvas);
}

}  // namespace sextant
