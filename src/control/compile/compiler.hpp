// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Compiler: compile() with a memory. It keeps the desired state and the tables made of it, and
// turns a change of one into a change of the other.
#pragma once

#include <cstdint>
#include <memory>

#include <sextant/tables/table_diff.hpp>

#include "control/compile/compile.hpp"
#include "control/model/state_change.hpp"

namespace sextant {

struct CompiledWorld;

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
  ~Compiler();
  Compiler(const Compiler&) = delete;

  // Another desired state, whole. On errors nothing changes. Else the new tables are a proposal
  // until commit() or rollback(), one of which must follow; the next proposal rolls back one that
  // is still open.
  [[nodiscard]] CompileUpdate replace(DesiredState state);

  // A few objects more, less or different: the same as replace() with the state that this leads
  // to, at the cost of what changes. Tens of microseconds for policies, routes, local SIDs,
  // neighbors and steering rules; a full compile, transparently, for
  // - tables and bridges;
  // - interfaces that are different, have addresses, or go while somebody names them;
  // - policies of which others of this node depend, when they become valid or invalid, lead into
  //   other policies than before, or come and go (binding SIDs and steered prefixes that the first
  //   segment of another policy, or the next segment of an End.AS, lies in);
  // - a change of a policy's headend or table;
  // - steering of interfaces, SIDs that take an interface (End.DX2, proxies), and whatever names an
  //   interface that End.DX2 or End.DX2V sends to;
  // - SIDs and steering rules for the same prefix;
  // - more than 2,000 objects, or a prefix around the first segments of more than 2,000 policies;
  // - mistakes: they are reported as compile() does, errors of the whole state included.
  // Keys that stand twice, removals of what is not there, and objects marked as broken are errors.
  [[nodiscard]] CompileUpdate change(StateChange change);

  // Ports have come or gone; counts from the next proposal on.
  void set_facts(NodeFacts facts) { facts_ = std::move(facts); }

  // Costs what the change costs, but for what stands behind a new element in a sorted vector.
  void commit();
  void rollback();

  // Of the last commit().
  [[nodiscard]] const DesiredState& state() const;
  [[nodiscard]] const ForwardingTables& tables() const;
  [[nodiscard]] const std::vector<PolicyStatus>& policies() const;
  [[nodiscard]] const NodeFacts& facts() const { return facts_; }
  // While no proposal is open: the ids of all objects, as compile() takes them.
  [[nodiscard]] const IdMap& ids() const;
  // How often everything was compiled; the other changes cost what they changed.
  [[nodiscard]] std::uint64_t full_compiles() const { return full_compiles_; }

 private:
  struct Proposal;

  [[nodiscard]] CompileUpdate propose(std::unique_ptr<CompiledWorld> world);

  NodeFacts facts_;
  std::unique_ptr<CompiledWorld> world_;
  std::unique_ptr<Proposal> proposal_;
  std::uint64_t full_compiles_ = 0;
};

}  // namespace sextant
