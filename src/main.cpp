// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// sextantd: the forwarder's daemon. Everything is in src/daemon.
#include "daemon/daemon.hpp"
#include "daemon/options.hpp"

int main(int argc, char* argv[]) {
  sextant::Options options;
  if (const auto exit_code = sextant::parse_options(argc, argv, options)) return *exit_code;
  return options.check ? sextant::check_config(options) : sextant::run_daemon(options);
}
