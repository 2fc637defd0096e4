// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The list of subcommands, and their common parts.
#include "command.hpp"

#include <fmt/format.h>
#include <rte_version.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

namespace sextant {

void add_socket_option(CLI::App& command, std::string& socket) {
  command.add_option("--socket", socket, "Unix socket of the daemon")
      ->type_name("PATH")
      ->envname("SEXTANT_SOCKET")
      ->capture_default_str();
}

void add_color_option(CLI::App& command, ColorMode& color) {
  static const std::map<std::string, ColorMode> names = {
      {"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}};
  command
      .add_option_function<std::string>(
          "--color", [&color](const std::string& name) { color = names.at(name); },
          "Colors: auto is on a terminal, unless NO_COLOR is set")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->default_str("auto");
}

void fail(const std::string& text, int code) {
  std::fflush(stdout);
  fmt::print(stderr, "sextant: {}\n", text);
  throw CLI::RuntimeError(code);
}

void write_stdout(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) {
    fail(fmt::format("standard output: {}", std::strerror(errno)));
  }
}

void add_commands(CLI::App& app) {
  app.description("sextant looks into a running sextantd, and tries configurations without one.");
  app.set_version_flag("--version", std::string("sextant " SEXTANT_VERSION ", ") + rte_version());
  app.require_subcommand(1);
  add_show(app);
  add_top(app);
  add_trace(app);
  add_capture(app);
  add_explain(app);
  add_diff(app);
  add_reload(app);
  add_replay(app);
  add_completion(app);
  add_man(app);
}

}  // namespace sextant
