// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Compiler: proposals that are taken over or forgotten.
#include "control/compile/compiler.hpp"

#include <optional>
#include <utility>

#include "control/compile/incremental.hpp"

namespace sextant {

namespace {

const IdMap kNoIds;

// The first segments of all policies; sorted first, which makes a set in linear time.
FirstSegments first_segments_of(const DesiredState& state, const CompileContext& context) {
  std::vector<FirstSegments::value_type> all;
  for (const SrPolicy& policy : state.policies) {
    const auto table = context.tables.find(policy.table);
    const auto known = context.policies.find(policy.name);
    if (table == context.tables.end() || known == context.policies.end()) continue;
    for (const CandidatePath& path : policy.candidate_paths) {
      for (const WeightedSegmentList& list : path.segment_lists) {
        if (list.segments.empty()) continue;
        all.emplace_back(table->second, list.segments[0], known->second.id);
      }
    }
  }
  for (const DesiredLocalSid& sid : state.local_sids) {
    const auto table = context.tables.find(sid.table);
    if (sid.behavior != Behavior::kEndAs || table == context.tables.end()) continue;
    for (const Ipv6Address& segment : sid.segments)
      all.emplace_back(table->second, segment, kNoObject);
  }
  std::sort(all.begin(), all.end());
  return {all.begin(), all.end()};
}

// Warnings that were there before the change are not about it.
Diagnostics without(const Diagnostics& found, const Diagnostics& before) {
  std::set<std::string> known;
  for (const Diagnostic& d : before.list())
    known.insert(d.to_string());
  Diagnostics out;
  for (const Diagnostic& d : found.list()) {
    if (d.severity == Severity::kError) {
      out.error(d.where, d.field, d.text);
    } else if (!known.contains(d.to_string())) {
      out.warning(d.where, d.field, d.text);
    }
  }
  return out;
}

}  // namespace

// Either a whole new world, or a change of the present one.
struct Compiler::Proposal {
  std::unique_ptr<CompiledWorld> world;
  StateChange change;
  std::optional<Incremental> incremental;
};

Compiler::Compiler(NodeFacts facts)
    : facts_(std::move(facts)), world_(std::make_unique<CompiledWorld>()) {}

Compiler::~Compiler() = default;

CompileUpdate Compiler::propose(std::unique_ptr<CompiledWorld> world) {
  ++full_compiles_;
  CompileUpdate out;
  world->facts = facts_;
  world->context.emplace(world->state, world->facts, ids());
  CompileContext& context = *world->context;
  CompileResult result = compile_steps(context);
  context.ids.settle();
  out.diagnostics = result.diagnostics;
  if (!out.ok()) return out;
  world->tables = std::move(result.tables);
  world->policies = std::move(result.policies);
  world->diagnostics = std::move(result.diagnostics);
  world->first_segments = first_segments_of(world->state, context);
  out.diff = diff(world_->tables, world->tables);
  proposal_ = std::make_unique<Proposal>();
  proposal_->world = std::move(world);
  return out;
}

CompileUpdate Compiler::replace(DesiredState state) {
  rollback();
  auto world = std::make_unique<CompiledWorld>();
  world->state = std::move(state);
  world->index = StateIndex(world->state);
  return propose(std::move(world));
}

CompileUpdate Compiler::change(StateChange change) {
  rollback();
  CompileUpdate out;
  out.diagnostics = world_->index.check(change);
  if (!out.ok()) return out;
  if (world_->context && world_->index.clean()) {
    world_->facts = facts_;
    auto proposal = std::make_unique<Proposal>();
    proposal->change = std::move(change);
    proposal->incremental.emplace(*world_, proposal->change);
    if (proposal->incremental->run()) {
      out.diff = proposal->incremental->diff();
      proposal_ = std::move(proposal);
      return out;
    }
    change = std::move(proposal->change);
  }
  auto world = std::make_unique<CompiledWorld>();
  world->state = world_->state;
  world->index = world_->index;
  world->index.apply(world->state, std::move(change));
  out = propose(std::move(world));
  out.diagnostics = without(out.diagnostics, world_->diagnostics);
  return out;
}

void Compiler::commit() {
  if (!proposal_) return;
  const std::unique_ptr<Proposal> proposal = std::move(proposal_);
  if (proposal->world) {
    world_ = std::move(proposal->world);
  } else {
    proposal->incremental->commit(std::move(proposal->change));
  }
}

void Compiler::rollback() {
  if (!proposal_) return;
  if (proposal_->incremental) proposal_->incremental->rollback();
  proposal_.reset();
}

const DesiredState& Compiler::state() const {
  return world_->state;
}

const ForwardingTables& Compiler::tables() const {
  return world_->tables;
}

const std::vector<PolicyStatus>& Compiler::policies() const {
  return world_->policies;
}

const IdMap& Compiler::ids() const {
  return world_->context ? world_->context->ids.current() : kNoIds;
}

}  // namespace sextant
