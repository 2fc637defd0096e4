// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Connections of service backends.
#include "json_fields.hpp"
#include "text_table.hpp"
#include "view.hpp"

namespace sextant {

using nlohmann::json;

namespace {

// "10.0.0.1:80", "[2001:db8::1]:80".
std::string end_of(const json& row, const std::string& name) {
  const std::string address = text_of(row, name.c_str());
  const std::string port = std::to_string(count_of(row, (name + "_port").c_str()));
  return address.find(':') == std::string::npos ? address + ":" + port
                                                : "[" + address + "]:" + port;
}

}  // namespace

std::string print_connections(const json& rows, const ViewContext& context) {
  TextTable table(
      {"interface", "protocol", "client", "service", "backend", "seen as", "state", ">idle s"});
  for (const json& row : rows) {
    const std::string client = end_of(row, "client");
    const std::string peer = end_of(row, "peer");
    table.add({text_of(row, "interface"), text_of(row, "protocol"), client, end_of(row, "service"),
               end_of(row, "backend"), peer == client ? "-" : peer, text_of(row, "state"),
               number_of(row, "idle_s")});
  }
  return table.empty() ? "no connections\n" : table.text(context.canvas);
}

}  // namespace sextant
