// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// load_config: one YAML text -> DesiredState and RuntimeConfig, or every finding about it at once.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sextant/common/diagnostic.hpp>
#include <sextant/ports/runtime_config.hpp>

#include "control/model/desired_state.hpp"

namespace sextant {

// What a configuration says. state and runtime are complete only when diagnostics has no errors;
// with errors they hold what could be understood and must not be used.
struct LoadedConfig {
  DesiredState state;
  RuntimeConfig runtime;
  Diagnostics diagnostics;

  [[nodiscard]] bool ok() const { return !diagnostics.has_errors(); }
};

// Parses text; file_name is for the messages only. Takes any bytes, never throws, and needs time
// that is bounded by the size of the text. References between objects are checked by compile().
[[nodiscard]] LoadedConfig load_config(std::string_view text, const std::string& file_name);

// Reads and parses a file. A file that cannot be read is an error without a line.
[[nodiscard]] LoadedConfig load_config_file(const std::filesystem::path& path);

}  // namespace sextant
