// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What sextantd does: validate a configuration, or run it.
#pragma once

#include "options.hpp"

namespace sextant {

// Prints every finding; the exit code. Needs no privileges, starts nothing.
int check_config(const Options& options);

// Runs in the foreground until SIGTERM or SIGINT; the exit code.
int run_daemon(const Options& options);

}  // namespace sextant
