// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Compiler: proposals that are taken over or forgotten.
#include "control/compile/compiler.hpp"

#include <utility>

namespace sextant {

Compiler::Compiler(NodeFacts facts) : facts_(std::move(facts)) {}

CompileUpdate Compiler::replace(DesiredState state) {
  CompileUpdate out;
  next_ = compile(state, facts_, current_.ids);
  out.diagnostics = next_.diagnostics;
  if (!out.ok()) return out;
  out.diff = diff(current_.tables, next_.tables);
  next_state_ = std::move(state);
  return out;
}

void Compiler::commit() {
  if (!next_state_) return;
  state_ = std::move(*next_state_);
  current_ = std::move(next_);
  next_state_.reset();
}

void Compiler::rollback() {
  next_state_.reset();
  next_ = {};
}

}  // namespace sextant
