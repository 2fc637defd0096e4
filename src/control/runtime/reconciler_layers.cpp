// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Changes of layers: the same way to a generation, without a source, and past objects that are
// wrong.
#include <new>
#include <utility>

#include "control/runtime/reconciler.hpp"
#include "control/runtime/stopwatch.hpp"

namespace sextant {

namespace {

// Owners that errors name, with the first of what is wrong with each.
std::map<std::string, std::string> owners_of(const Diagnostics& diagnostics) {
  std::map<std::string, std::string> out;
  for (const Diagnostic& finding : diagnostics.list()) {
    if (finding.severity != Severity::kError || finding.where.file.empty()) continue;
    out.emplace(finding.where.file,
                (finding.field.empty() ? "" : finding.field + ": ") + finding.text);
  }
  return out;
}

std::string first_of(const Diagnostics& diagnostics) {
  for (const Diagnostic& finding : diagnostics.list()) {
    if (finding.severity == Severity::kError) return finding.to_string();
  }
  return "";
}

template <typename... Edits>
std::set<std::string> owners_in(const Edits&... edits) {
  std::set<std::string> out;
  const auto add = [&](const auto& one) {
    for (const auto& object : one.upserts)
      out.insert(object.origin.where.file);
  };
  (add(edits), ...);
  return out;
}

std::set<std::string> owners_in(const StateChange& change) {
  return owners_in(change.tables, change.interfaces, change.bridges, change.policies, change.routes,
                   change.local_sids, change.steering, change.neighbors, change.translations);
}

}  // namespace

std::vector<std::string> GenerationStatus::change_notices() const {
  std::vector<std::string> out;
  if (!change_error.empty()) {
    out.push_back("the last change from the cluster was not taken over: " + change_error);
  }
  if (!left_out.empty()) {
    const auto& [owner, why] = *left_out.begin();
    std::string text = owner + " is left out: " + why;
    if (left_out.size() > 1) text += "; and " + std::to_string(left_out.size() - 1) + " more";
    out.push_back(std::move(text));
  }
  return out;
}

void Reconciler::change(StateLayer layer, StateChange change) {
  changes_.emplace_back(layer, std::move(change));
  if (!publishing_) take_changes();
}

void Reconciler::take_changes() {
  // Before the first generation there is nothing to change.
  while (!changes_.empty() && !publishing_ && status_.published_at) {
    if (!std::exchange(layered_, true)) layers_.set_base(compiler_.state());
    auto waiting = std::exchange(changes_, {});
    for (auto& [layer, change] : waiting) {
      Diagnostics found;
      StateChange effective = layers_.change(layer, std::move(change), found);
      publishing_ = true;
      try {
        publish_change(std::move(effective));
      } catch (const std::bad_alloc&) {
        compiler_.rollback();
        behind_ = true;
        status_.change_error = "not enough memory for another generation beside the running one";
      }
      publishing_ = false;
      if (!status_.left_out.empty()) {
        std::erase_if(status_.left_out, [still = layers_.left_out()](const auto& entry) {
          return !still.contains(entry.first);
        });
      }
      if (changed_) changed_(layer, found);
    }
  }
}

void Reconciler::publish_change(StateChange change) {
  if (change.empty() && !behind_) return;
  Stopwatch watch;
  status_.change_error.clear();
  const std::set<std::string> suspects = owners_in(change);
  CompileUpdate update;
  if (!behind_) update = compiler_.change(std::move(change));
  if (behind_ || !update.ok()) {
    update = compile_layers(layers_.base(), suspects);
    if (!update.ok()) {
      behind_ = true;
      status_.change_error = first_of(update.diagnostics);
      return;
    }
  }
  status_.change_compile = watch.lap();
  if (!update.diff.empty()) {
    const auto generation = publisher_.publish(update.diff);
    if (!generation) {
      compiler_.rollback();
      behind_ = true;
      status_.change_error = generation.error().text;
      return;
    }
    status_.number = *generation;
    status_.published_at = std::chrono::system_clock::now();
  }
  status_.change_apply = watch.lap();
  compiler_.commit();
  behind_ = false;
  ++status_.changes;
}

CompileUpdate Reconciler::compile_layers(const DesiredState& base,
                                         const std::set<std::string>& suspects) {
  // compile() reports all that is wrong at once; what is still wrong then came to light by that.
  constexpr int kMaxRounds = 8;
  layers_.forgive();
  status_.left_out.clear();
  CompileUpdate update;
  for (int round = 0; round < kMaxRounds; ++round) {
    update = compiler_.replace(layers_.compose(base));
    if (update.ok()) return update;
    std::map<std::string, std::string> wrong = owners_of(update.diagnostics);
    std::set<std::string> owners;
    for (const auto& [owner, why] : wrong)
      owners.insert(owner);
    owners = layers_.leave_out(owners);
    if (owners.empty()) owners = layers_.leave_out(suspects);
    if (owners.empty()) return update;
    for (const std::string& owner : owners)
      status_.left_out.emplace(owner,
                               wrong.contains(owner) ? wrong[owner] : first_of(update.diagnostics));
  }
  return update;
}

}  // namespace sextant
