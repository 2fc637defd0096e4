// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// sextant: the command-line tool. Exit codes: 0 done, 1 failed, 2 wrong usage; diff has its own.
#include <cstdio>
#include <exception>

#include "command.hpp"

int main(int argc, char* argv[]) {
  CLI::App app;
  sextant::add_commands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& error) {
    // A subcommand failed and has said why.
    return error.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sextant: %s\n", error.what());
    return 1;
  }
  return 0;
}
