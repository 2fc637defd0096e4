// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Views: what /v1/NAME answers, as text for people. Pure: JSON in, text out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rates.hpp"
#include "terminal.hpp"

namespace sextant {

struct ViewContext {
  Canvas canvas;
  const Rates* rates = nullptr;  // of these rows; adds columns of packets and bits per second
  bool all = false;              // also what is usually left out
};

// A filter that the API applies.
struct ViewFilter {
  const char* name;   // of the query parameter
  const char* value;  // what it takes, in capitals: "TABLE"
  const char* help;
  const char* option = nullptr;  // without dashes; null: the name
  bool positional = false;       // may be given without the option
};

struct View {
  const char* name;
  const char* help;
  std::vector<ViewFilter> filters;
  std::string (*print)(const nlohmann::json& value, const ViewContext& context);
  bool is_list = true;  // {"NAME":[...]} in pages; else the reply itself is the value
};

[[nodiscard]] const std::vector<View>& all_views();

// Of view_srv6.cpp.
[[nodiscard]] std::string print_localsids(const nlohmann::json& rows, const ViewContext& context);
[[nodiscard]] std::string print_policies(const nlohmann::json& rows, const ViewContext& context);
[[nodiscard]] std::string print_steering(const nlohmann::json& rows, const ViewContext& context);
// Of view_network.cpp.
[[nodiscard]] std::string print_fib(const nlohmann::json& rows, const ViewContext& context);
// Of /v1/fib?lookup=: the entry, and the decisions behind it.
[[nodiscard]] std::string print_lookup(const nlohmann::json& value, const ViewContext& context);
[[nodiscard]] std::string print_neighbors(const nlohmann::json& rows, const ViewContext& context);
[[nodiscard]] std::string print_ports(const nlohmann::json& rows, const ViewContext& context);
[[nodiscard]] std::string print_drops(const nlohmann::json& rows, const ViewContext& context);
// Of view_daemon.cpp.
[[nodiscard]] std::string print_generation(const nlohmann::json& value, const ViewContext& context);
[[nodiscard]] std::string print_config(const nlohmann::json& value, const ViewContext& context);
// Of view_connections.cpp.
[[nodiscard]] std::string print_connections(const nlohmann::json& rows, const ViewContext& context);
// Of view_services.cpp.
[[nodiscard]] std::string print_services(const nlohmann::json& rows, const ViewContext& context);
[[nodiscard]] std::string print_chains(const nlohmann::json& rows, const ViewContext& context);
// Of view_lcores.cpp.
[[nodiscard]] std::string print_lcores(const nlohmann::json& rows, const ViewContext& context);

}  // namespace sextant
