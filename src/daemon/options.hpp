// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The command line of sextantd.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "log.hpp"

namespace sextant {

// Exit codes of sextantd.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;  // invalid configuration, or the start failed
inline constexpr int kExitUsage = 2;

struct Options {
  std::string config = "/etc/sextant/sextant.yaml";
  std::string socket = "/run/sextant/sextant.sock";  // empty: none
  std::optional<LogLevel> log_level;                 // unset: as the configuration says
  std::optional<LogFormat> log_format;
  // --listen: instead of introspection.listen of the configuration; only enabled, address and port.
  std::optional<IntrospectionConfig> listen;
  bool check = false;
};

// "127.0.0.1:9470", "[::1]:9470" or "off"; empty for anything else.
[[nodiscard]] std::optional<IntrospectionConfig> parse_listen(std::string_view text);

// Fills options; the exit code when the process is to end now (--help, --version, wrong usage).
std::optional<int> parse_options(int argc, char* argv[], Options& options);

}  // namespace sextant
