// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant show`.
#pragma once

namespace CLI {
class App;
}

namespace sextant {

void add_show(CLI::App& app);

}  // namespace sextant
