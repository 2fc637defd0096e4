// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What can be said about a configuration before anything is started.
#pragma once

#include <sextant/common/diagnostic.hpp>

#include "control/compile/compile.hpp"
#include "control/runtime/config_file.hpp"

namespace sextant {

// Everything that is wrong with a configuration, as far as can be told without devices: findings of
// the reader, of compile(), and queues and memory that cannot be.
[[nodiscard]] Diagnostics all_findings(const Diagnostics& loaded, const RuntimeConfig& runtime,
                                       const CompileResult& compiled);

// To the standard error: the lines that compilers write, or log lines when the log is JSON.
void print_findings(const Diagnostics& findings);
// One sentence of the program about itself, the same way.
void say(const std::string& sentence);

}  // namespace sextant
