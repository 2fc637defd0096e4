// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Compiler: compile() with a memory. It keeps the desired state and the tables made of it, and
// turns a change of one into a change of the other.
#pragma once

#include <optional>

#include <sextant/tables/table_diff.hpp>

#include "control/compile/compile.hpp"

namespace sextant {

// What came out of one change of the desired state.
struct CompileUpdate {
  TableDiff diff;           // empty when diagnostics has errors
  Diagnostics diagnostics;  // of the whole state after replace(), of what changed after change()

  [[nodiscard]] bool ok() const { return !diagnostics.has_errors(); }
};

// Values in, values out, like compile(); whatever it says, its tables equal those that compile()
// makes of the same desired state and the same previous ids. Control thread.
class Compiler {
 public:
  explicit Compiler(NodeFacts facts = {});

  // Another desired state, whole. On errors nothing changes. Else the new tables are a proposal
  // until commit() or rollback(), one of which must follow.
  [[nodiscard]] CompileUpdate replace(DesiredState state);
  void commit();
  void rollback();

  // Of the last commit().
  [[nodiscard]] const DesiredState& state() const { return state_; }
  [[nodiscard]] const ForwardingTables& tables() const { return current_.tables; }
  [[nodiscard]] const std::vector<PolicyStatus>& policies() const { return current_.policies; }
  [[nodiscard]] const NodeFacts& facts() const { return facts_; }

 private:
  NodeFacts facts_;
  DesiredState state_;
  CompileResult current_;
  std::optional<DesiredState> next_state_;
  CompileResult next_;
};

}  // namespace sextant
