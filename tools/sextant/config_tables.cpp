// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reads and compiles, and prints what is found.
#include "config_tables.hpp"

#include <fmt/format.h>

#include "control/compile/compile.hpp"
#include "control/runtime/config_file.hpp"

namespace sextant {

std::optional<ConfigTables> load_config_tables(const std::string& path) {
  LoadedConfig config = load_config_file(path);
  const auto print = [](const Diagnostics& diagnostics) {
    for (const Diagnostic& found : diagnostics.list()) {
      fmt::print(stderr, "{}\n", found.to_string());
    }
  };
  print(config.diagnostics);
  if (!config.ok()) return std::nullopt;
  CompileResult compiled = compile(config.state);
  print(compiled.diagnostics);
  if (!compiled.ok()) return std::nullopt;
  ConfigTables out{std::move(compiled.tables), std::move(config.runtime), {}};
  for (const PortConfig& port : out.runtime.ports)
    out.port_names.push_back(port.name);
  return out;
}

}  // namespace sextant
