// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The reference configuration and all examples load and compile, and give the same tables each
// time.
#include <filesystem>

#include "control_fixtures.hpp"

namespace sextant {

TEST_CASE("every published configuration is right", "[config][examples]") {
  std::vector<std::filesystem::path> files{SEXTANT_SOURCE_DIR "/config/sextant.yaml"};
  for (const auto& entry :
       std::filesystem::directory_iterator(SEXTANT_SOURCE_DIR "/config/examples")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  CHECK(files.size() >= 9);
  for (const auto& file : files) {
    INFO(file.string());
    const LoadedConfig loaded = load_config_file(file);
    CHECK(control_test::errors_of(loaded.diagnostics) == std::vector<std::string>{});
    const CompileResult once = compile(loaded.state);
    CHECK(once.diagnostics.list().empty());
    CHECK(compile(loaded.state).tables == once.tables);
    CHECK(compile(loaded.state, {}, once.ids).tables == once.tables);
    CHECK(compile(loaded.state, {}, once.ids).ids == once.ids);
  }
}

}  // namespace sextant
