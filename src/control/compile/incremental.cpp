// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Incremental: the course of a change, and the policies that it concerns.
#include "control/compile/incremental.hpp"

#include <utility>

#include "control/compile/policy_graph.hpp"
#include "control/compile/table_edit.hpp"

namespace sextant {

namespace {

// Calls each(PolicyId) for those with a first segment in a prefix, until it returns false.
template <typename Each>
bool for_segments_in(const FirstSegments& segments, const Rib::Key& key, Each each) {
  if (!key.second.address.is_v6()) return true;
  const IpAddress& first = key.second.address;
  for (auto at = segments.lower_bound({key.first, first.v6, 0}); at != segments.end(); ++at) {
    const auto& [table, segment, policy] = *at;
    if (table != key.first || !key.second.contains(IpAddress(segment))) break;
    if (!each(policy)) return false;
  }
  return true;
}

template <typename T>
const T* find_by_id(const std::vector<T>& objects, std::uint32_t id) {
  const auto at = std::lower_bound(objects.begin(), objects.end(), id,
                                   [](const T& object, std::uint32_t i) { return object.id < i; });
  return at == objects.end() || at->id != id ? nullptr : &*at;
}

}  // namespace

Incremental::Incremental(CompiledWorld& world, const StateChange& change)
    : world_(world), context_(*world.context), change_(change) {
  for (const SrPolicy& policy : change.policies.upserts)
    upserts_.emplace(policy.name, &policy);
}

bool Incremental::run() {
  context_.adjacencies.clear();
  context_.ecmp_groups.clear();
  context_.local_sids.clear();
  context_.segment_lists.clear();
  context_.compiled_policies.clear();
  context_.policy_status.clear();
  context_.diagnostics = {};
  if (!allowed()) return false;
  context_.change = &log_;
  if (work()) return true;
  rollback();
  return false;
}

bool Incremental::work() {
  remove_objects();
  name_policies();
  if (!change_interfaces() || !add_objects() || !find_concerned() || !rank_policies() ||
      !make_policies())
    return false;
  finish_adjacencies();
  finish_groups();
  finish_interfaces();
  finish_objects();
  finish_hosts();
  finish_fib();
  finish_translations();
  return true;
}

// Policies with a first segment in a prefix that changed below them.
bool Incremental::find_concerned() {
  for (const Rib::Key& key : log_.base) {
    const bool fine = for_segments_in(world_.first_segments, key, [&](PolicyId id) {
      if (id == kNoObject) return false;
      const auto [at, fresh] = concerned_.emplace(id, nullptr);
      return !fresh || concerned_.size() <= kMaxChange;
    });
    if (!fine) return false;
  }
  // A policy that leads into itself does not count; any other does.
  for (const auto& [key, owner] : log_.overlay) {
    const PolicyId own = owner;
    if (!for_segments_in(world_.first_segments, key, [&](PolicyId id) { return id == own; })) {
      return false;
    }
  }
  for (auto& [id, policy] : concerned_) {
    if (policy == nullptr) policy = context_.desired_policy(id);
    if (policy == nullptr) return false;
  }
  return true;
}

bool Incremental::is_entered(PolicyId policy) const {
  for (const PolicyWay& way : context_.nodes[policy].ways) {
    if (way.kind != PolicyWay::Kind::kSid && way.kind != PolicyWay::Kind::kPrefix) continue;
    if (!for_segments_in(world_.first_segments, way.key,
                         [&](PolicyId id) { return id == policy; })) {
      return true;
    }
  }
  return false;
}

bool Incremental::rank_policies() {
  const PolicyGraph graph(context_);
  for (const auto& [id, policy] : concerned_) {
    PolicyNode& node = context_.node(id);
    const int before = std::exchange(node.rank, 0);
    node.rank = graph.rank_of(*policy);
    std::vector<PolicyId> edges = graph.edges_of(*policy, id);
    const bool same = node.rank == before && node.edges == edges;
    node.edges = std::move(edges);
    if (!same && is_entered(id)) return false;
  }
  return true;
}

void Incremental::release_lists(PolicyId id, const std::string& name) {
  if (const Policy* old = find_by_id(world_.tables.policies, id)) {
    for (const SegmentListId list : old->lists) {
      const SegmentList* object = find_by_id(world_.tables.segment_lists, list);
      if (object == nullptr) continue;
      lists_.insert(list);
      context_.ids.release(IdKind::kSegmentList, segment_list_key(name, object->segments));
    }
  }
  context_.releasing = true;
  for (const auto& [interface, address] : std::exchange(context_.node(id).gleaned, {}))
    context_.adjacency(interface, address);
  context_.releasing = false;
}

// A policy came into the tables or left them: with it, whatever leads into it.
void Incremental::toggle(PolicyId policy) {
  for (const PolicyWay& way : context_.nodes[policy].ways) {
    switch (way.kind) {
      case PolicyWay::Kind::kSid:
        log_.local_sids.push_back(way.id);
        prefixes_.insert(way.key);
        break;
      case PolicyWay::Kind::kPrefix:
        log_.steerings.push_back(way.id);
        prefixes_.insert(way.key);
        break;
      case PolicyWay::Kind::kPort:
        log_.steerings.push_back(way.id);
        hosts_.insert(way.key);
        break;
      case PolicyWay::Kind::kFrames: log_.steerings.push_back(way.id); break;
    }
  }
}

bool Incremental::make_policies() {
  const PolicyGraph graph(context_);
  for (const auto& name : removed_names_) {
    const PolicyId id = *context_.ids.find(IdKind::kPolicy, name);
    release_lists(id, name);
    context_.node(id) = {};
    context_.ids.release(IdKind::kPolicy, name);
  }
  for (const auto& [id, policy] : concerned_)
    release_lists(id, policy->name);
  for (const auto& [id, policy] : concerned_) {
    const bool before = context_.nodes[id].present;
    add_policy(context_, graph, *policy);
    if (context_.nodes[id].present != before) toggle(id);
  }
  for (const auto& [id, list] : context_.segment_lists)
    lists_.insert(id);
  std::sort(context_.policy_status.begin(), context_.policy_status.end(),
            [](const PolicyStatus& a, const PolicyStatus& b) { return a.name < b.name; });
  return !context_.diagnostics.has_errors();
}

void Incremental::commit(StateChange change) {
  apply_diff(world_.tables, diff_);
  edit_sorted(world_.policies, removed_names_, std::move(context_.policy_status),
              [](const PolicyStatus& status) -> const std::string& { return status.name; });
  context_.policy_status.clear();
  context_.ids.settle();
  context_.change = nullptr;

  // Policies move in the state, and the context points to them.
  std::vector<SrPolicy>& policies = world_.state.policies;
  std::vector<std::string> names;
  for (const SrPolicy& policy : change.policies.upserts)
    names.push_back(policy.name);
  std::vector<std::size_t> holes;
  for (const PolicyKey& name : change.policies.removals) {
    holes.push_back(
        static_cast<std::size_t>(world_.index.find(world_.state, name) - policies.data()));
  }
  const SrPolicy* const before = policies.data();
  world_.index.apply(world_.state, std::move(change));
  const auto point_to = [&](const SrPolicy& policy) {
    KnownPolicy& known = context_.policies.at(policy.name);
    known.desired = &policy;
    context_.nodes[known.id].desired = &policy;
  };
  if (policies.data() != before) {
    for (const SrPolicy& policy : policies)
      point_to(policy);
    return;
  }
  for (const std::string& name : names)
    point_to(*world_.index.find(world_.state, name));
  for (const std::size_t hole : holes) {
    if (hole < policies.size()) point_to(policies[hole]);
  }
}

void Incremental::rollback() {
  context_.change = nullptr;
  for (auto step = log_.undo.rbegin(); step != log_.undo.rend(); ++step)
    (*step)();
  log_.undo.clear();
  context_.ids.undo();
  context_.releasing = false;
}

}  // namespace sextant
