// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Any text as a configuration: findings or tables, never a crash; what compiles can be applied.
#include <string_view>

#include "control/compile/compile.hpp"
#include "control/runtime/config_file.hpp"
#include "dataplane/tables/table_set.hpp"
#include "fuzz_node.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sextant;
  using fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const LoadedConfig config = load_config(text, "fuzz.yaml");
  for (const Diagnostic& found : config.diagnostics.list()) {
    require(!found.text.empty() && found.where.file == "fuzz.yaml",
            "a finding without text or file");
  }
  if (!config.ok()) return 0;
  const CompileResult first = compile(config.state);
  require(first.ok(), "load_config() let pass what compile() refuses");
  const CompileResult second = compile(config.state, {}, first.ids);
  require(second.ok() && second.tables == first.tables, "compile() is not repeatable");
  TableSet set;
  const Status applied = set.apply(diff({}, first.tables));
  if (!applied) std::fprintf(stderr, "%s\n", applied.error().text.c_str());
  require(applied.ok(), "compiled tables do not apply");
  require(set.apply(diff(first.tables, {})).ok(), "tables cannot be taken down again");
  return 0;
}
