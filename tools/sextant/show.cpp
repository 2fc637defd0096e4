// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Asks a running sextantd and prints tables, the way "sh sr policies" does, or the JSON as it came.
#include "show.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "admin_client.hpp"
#include "text_table.hpp"

namespace sextant {

namespace {

using nlohmann::json;

struct ShowOptions {
  std::string socket = "/run/sextant/sextant.sock";
  bool json = false;
  bool all = false;
};

std::string text_of(const json& object, const char* key) {
  return object.at(key).get<std::string>();
}

std::string number_of(const json& object, const char* key) {
  return std::to_string(object.at(key).get<std::uint64_t>());
}

std::string joined(const json& words, const char* separator) {
  return fmt::format("{}", fmt::join(words.get<std::vector<std::string>>(), separator));
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string show_localsids(const json& rows, bool) {
  TextTable table({"SID", "table", "behavior", "flavors", "arguments", ">packets", ">bytes",
                   ">bad packets", ">bad bytes"});
  for (const json& row : rows) {
    std::string flavors = joined(row.at("flavors"), ",");
    if (row.at("hmac_required").get<bool>()) flavors += flavors.empty() ? "HMAC" : ",HMAC";
    const json& good = row.at("good");
    const json& bad = row.at("bad");
    table.add({text_of(row, "sid"), text_of(row, "table"), text_of(row, "behavior"),
               or_dash(flavors), or_dash(text_of(row, "arguments")), number_of(good, "packets"),
               number_of(good, "bytes"), number_of(bad, "packets"), number_of(bad, "bytes")});
  }
  return table.empty() ? "no local SIDs\n" : table.text();
}

// Candidate paths that do not forward, with the reason.
std::string inactive_paths(const json& policy) {
  std::string out;
  for (const json& path : policy.at("paths")) {
    if (path.at("active").get<bool>()) {
      for (const json& list : path.at("lists")) {
        if (list.at("valid").get<bool>()) continue;
        out += fmt::format("  not used: <{}>: {}\n", joined(list.at("segments"), ", "),
                           text_of(list, "reason"));
      }
      continue;
    }
    out += fmt::format("  candidate path {} (preference {}) is not active: {}\n",
                       text_of(path, "name"), number_of(path, "preference"),
                       or_dash(text_of(path, "reason")));
  }
  return out;
}

std::string active_path(const json& policy) {
  for (const json& path : policy.at("paths")) {
    if (!path.at("active").get<bool>()) continue;
    return fmt::format("  candidate path {}, preference {}\n", text_of(path, "name"),
                       number_of(path, "preference"));
  }
  return "";
}

std::string show_policies(const json& rows, bool) {
  std::string out;
  std::size_t number = 0;
  for (const json& row : rows) {
    const std::string behavior = text_of(row, "binding_sid_behavior");
    out += fmt::format("[{}] {}  BSID {}{}  {}  {}{}\n", number++, text_of(row, "name"),
                       or_dash(text_of(row, "binding_sid")),
                       behavior.empty() ? "" : " (" + behavior + ")", text_of(row, "headend"),
                       text_of(row, "type"),
                       row.at("valid").get<bool>() ? "" : "  INVALID: " + text_of(row, "reason"));
    out += fmt::format("  table {}, color {}, endpoint {}: {} packets, {} bytes\n",
                       or_dash(text_of(row, "table")), number_of(row, "color"),
                       or_dash(text_of(row, "endpoint")), number_of(row, "packets"),
                       number_of(row, "bytes"));
    out += active_path(row);
    std::size_t index = 0;
    for (const json& list : row.at("lists")) {
      out += fmt::format("  [{}] <{}>  weight {}: {} packets, {} bytes\n", index++,
                         joined(list.at("segments"), ", "), number_of(list, "weight"),
                         number_of(list, "packets"), number_of(list, "bytes"));
    }
    out += inactive_paths(row);
  }
  return out.empty() ? "no policies\n" : out;
}

std::string show_steering(const json& rows, bool) {
  TextTable table({"traffic", "policy", ">packets", ">bytes"});
  for (const json& row : rows) {
    table.add({text_of(row, "match"), text_of(row, "policy"), number_of(row, "packets"),
               number_of(row, "bytes")});
  }
  return table.empty() ? "no steering rules\n" : table.text();
}

std::string show_drops(const json& rows, bool all) {
  TextTable table({"reason", ">packets", ">bytes", "meaning"});
  for (const json& row : rows) {
    if (!all && row.at("packets").get<std::uint64_t>() == 0) continue;
    table.add({text_of(row, "reason"), number_of(row, "packets"), number_of(row, "bytes"),
               text_of(row, "help")});
  }
  return table.empty() ? "no drops\n" : table.text();
}

std::string show_ports(const json& rows, bool) {
  TextTable table({"port", "device", "link", "MAC", ">MTU", ">rxq", ">txq", ">rx packets",
                   ">rx bytes", ">tx packets", ">tx bytes", ">missed", ">errors"});
  TextTable interfaces({"interface", ">VLAN", "table", "edge", "addresses", ">rx packets",
                        ">rx bytes", ">tx packets", ">tx bytes"});
  for (const json& row : rows) {
    const std::uint64_t missed =
        row.at("rx_missed").get<std::uint64_t>() + row.at("rx_no_mbuf").get<std::uint64_t>();
    const std::uint64_t errors =
        row.at("rx_errors").get<std::uint64_t>() + row.at("tx_errors").get<std::uint64_t>();
    table.add({text_of(row, "name"), text_of(row, "device"),
               row.at("present").get<bool>() ? text_of(row, "link") : "gone", text_of(row, "mac"),
               number_of(row, "mtu"), number_of(row, "rx_queues"), number_of(row, "tx_queues"),
               number_of(row.at("rx"), "packets"), number_of(row.at("rx"), "bytes"),
               number_of(row.at("tx"), "packets"), number_of(row.at("tx"), "bytes"),
               std::to_string(missed), std::to_string(errors)});
    for (const json& interface : row.at("interfaces")) {
      const auto vlan = interface.at("vlan").get<unsigned>();
      interfaces.add(
          {text_of(interface, "name"), vlan == 0 ? "-" : std::to_string(vlan),
           text_of(interface, "table"),
           interface.at("trusted").get<bool>() ? "trusted" : "untrusted",
           or_dash(joined(interface.at("addresses"), " ")),
           number_of(interface.at("rx"), "packets"), number_of(interface.at("rx"), "bytes"),
           number_of(interface.at("tx"), "packets"), number_of(interface.at("tx"), "bytes")});
    }
  }
  if (table.empty()) return "no ports\n";
  return interfaces.empty() ? table.text() : table.text() + '\n' + interfaces.text();
}

std::string show_neighbors(const json& rows, bool) {
  TextTable table({"interface", "address", "MAC", "state", ">waiting packets"});
  for (const json& row : rows) {
    table.add({text_of(row, "interface"), text_of(row, "address"), or_dash(text_of(row, "mac")),
               text_of(row, "state"), number_of(row, "held_packets")});
  }
  return table.empty() ? "no neighbors\n" : table.text();
}

std::string show_fib(const json& rows, bool) {
  TextTable table({"table", "prefix", "type", "to"});
  for (const json& row : rows) {
    table.add({text_of(row, "table"), text_of(row, "prefix"), text_of(row, "type"),
               or_dash(text_of(row, "target"))});
  }
  return table.empty() ? "no routes\n" : table.text();
}

struct View {
  const char* name;
  const char* help;
  std::string (*print)(const json& rows, bool all);
};

constexpr std::array<View, 7> kViews = {{
    {"localsids", "SIDs of this node and what they processed", show_localsids},
    {"policies", "SR Policies, their segment lists, and why a path is not active", show_policies},
    {"steering", "traffic that enters policies", show_steering},
    {"ports", "devices, links and interfaces", show_ports},
    {"drops", "dropped packets by reason", show_drops},
    {"neighbors", "link-layer addresses of next hops", show_neighbors},
    {"fib", "where prefixes lead", show_fib},
}};

void show(const View& view, const ShowOptions& options) {
  const auto reply = ask_daemon(options.socket, view.name);
  if (!reply) {
    fmt::print(stderr, "sextant: {}\n", reply.error().text);
    throw CLI::RuntimeError(1);
  }
  if (options.json) {
    fmt::print("{}\n", reply->dump(2));
  } else {
    fmt::print("{}", view.print(reply->at(view.name), options.all));
  }
}

}  // namespace

void add_show(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("show", "Print what a running sextantd knows");
  command->require_subcommand(1);
  const auto options = std::make_shared<ShowOptions>();
  for (const View& view : kViews) {
    CLI::App* const sub = command->add_subcommand(view.name, view.help);
    sub->add_option("--socket", options->socket, "Unix socket of the daemon")
        ->capture_default_str();
    sub->add_flag("--json", options->json, "Print JSON, for scripts");
    if (std::string(view.name) == "drops") {
      sub->add_flag("--all", options->all, "Print reasons that never happened, too");
    }
    sub->callback([&view, options] { show(view, *options); });
  }
}

}  // namespace sextant
