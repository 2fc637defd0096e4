// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A configuration file as forwarding tables, for what runs without a daemon.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sextant/ports/runtime_config.hpp>
#include <sextant/tables/forwarding_tables.hpp>

namespace sextant {

struct ConfigTables {
  ForwardingTables tables;
  RuntimeConfig runtime;
  std::vector<std::string> port_names;  // by PortIndex
};

// Every finding goes to standard error; nothing when there was an error.
[[nodiscard]] std::optional<ConfigTables> load_config_tables(const std::string& path);

}  // namespace sextant
