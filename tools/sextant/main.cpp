// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// sextant: the command-line tool; each subcommand is a file that registers itself here.
#include <rte_version.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "replay.hpp"
#include "show.hpp"

int main(int argc, char* argv[]) {
  CLI::App app("sextant looks into a running sextantd, and tries configurations without one.");
  app.set_version_flag("--version", std::string("sextant " SEXTANT_VERSION ", ") + rte_version());
  app.require_subcommand(1);
  sextant::add_show(app);
  sextant::add_replay(app);
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
