// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// load_config: one YAML text -> DesiredState, RuntimeConfig and what the daemon needs beside them,
// or every finding about it at once.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sextant/common/diagnostic.hpp>
#include <sextant/common/result.hpp>
#include <sextant/ports/runtime_config.hpp>

#include "control/model/desired_state.hpp"
#include "control/model/kubernetes_settings.hpp"
#include "control/model/service_config.hpp"

namespace sextant {

// What a configuration says. state and runtime are complete only when diagnostics has no errors;
// with errors they hold what could be understood and must not be used.
struct LoadedConfig {
  DesiredState state;
  RuntimeConfig runtime;
  LogConfig log;
  IntrospectionConfig introspection;
  KubernetesSettings kubernetes;
  Diagnostics diagnostics;
  bool is_yaml = false;  // false: nothing of the text could be understood

  [[nodiscard]] bool ok() const { return !diagnostics.has_errors(); }
};

// Parses text; file_name is for the messages only. Takes any bytes, never throws, and needs time
// that is bounded by the size of the text. References between objects are checked by compile().
[[nodiscard]] LoadedConfig load_config(std::string_view text, const std::string& file_name);

// The same without what only compile() finds; for callers that compile what they get.
[[nodiscard]] LoadedConfig parse_config(std::string_view text, const std::string& file_name);
// Adds the errors that compile() finds, so that one run shows everything.
void add_compile_errors(LoadedConfig& config);

// The text of a file, at most one byte more than kMaxConfigBytes.
[[nodiscard]] Result<std::string> read_config_text(const std::filesystem::path& path);

// Reads and parses a file. A file that cannot be read is an error without a line.
[[nodiscard]] LoadedConfig load_config_file(const std::filesystem::path& path);

}  // namespace sextant
