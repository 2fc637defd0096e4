// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What subcommands share: options, and how they fail.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon_link.hpp"
#include "terminal.hpp"

namespace sextant {

// Adds --socket (environment: SEXTANT_SOCKET).
void add_socket_option(CLI::App& command, std::string& socket);
// Adds --color auto|always|never.
void add_color_option(CLI::App& command, ColorMode& color);

// One sentence on standard error, and exit code 1 (or `code`).
[[noreturn]] void fail(const std::string& text, int code = 1);

// Writes text to standard output; fails when it cannot (a full disk).
void write_stdout(const std::string& text);

// Runs what reads a reply; a reply of another shape is one sentence, not an exception.
template <typename Work>
void reading_reply(const Work& work) {
  try {
    work();
  } catch (const nlohmann::json::exception& error) {
    fail(std::string("the reply is not as expected; is this another version of sextantd than of "
                     "sextant? (") +
         error.what() + ")");
  }
}

// Each is defined in the file of its name.
void add_show(CLI::App& app);
void add_top(CLI::App& app);
void add_trace(CLI::App& app);
void add_capture(CLI::App& app);
void add_explain(CLI::App& app);
void add_diff(CLI::App& app);
void add_reload(CLI::App& app);
void add_replay(CLI::App& app);
void add_completion(CLI::App& app);
void add_man(CLI::App& app);

// All of the above, and --version.
void add_commands(CLI::App& app);

}  // namespace sextant
