// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant man`: manual pages for man, or into a folder for installation.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"
#include "man_page.hpp"

namespace sextant {

namespace {

void write_page(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) fail(fmt::format("{}: {}", path.string(), std::strerror(errno)));
}

void write_all(const GrammarCommand& program, const std::string& directory) {
  const std::filesystem::path folder(directory);
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) fail(fmt::format("{}: {}", directory, failed.message()));
  write_page(folder / man_file_name(program), man_page(program, program));
  for (const GrammarCommand& command : program.commands)
    write_page(folder / man_file_name(command), man_page(program, command));
}

}  // namespace

void add_man(CLI::App& app) {
  struct Options {
    std::vector<std::string> command;
    std::string directory;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand("man", "Print a manual page, as roff");
  command->footer("To read one that is not installed: sextant man show | man -l -");
  command->add_option("command", options->command, "The command; none: the page of sextant itself")
      ->type_name("COMMAND");
  command->add_option("--directory", options->directory, "Write all pages as files into a folder")
      ->type_name("DIR");
  command->callback([&app, options] {
    const GrammarCommand program = grammar_of(app);
    if (!options->directory.empty()) {
      write_all(program, options->directory);
      return;
    }
    const GrammarCommand* const found = find_command(program, options->command);
    if (found == nullptr) {
      fail(fmt::format("there is no command '{}'; see sextant --help",
                       fmt::join(options->command, " ")),
           2);
    }
    write_stdout(man_page(program, *found));
  });
}

}  // namespace sextant
