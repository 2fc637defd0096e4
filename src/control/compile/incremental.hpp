// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Incremental: what a change of a few objects does to tables that compile() made.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <sextant/tables/table_diff.hpp>

#include "control/compile/compile_context.hpp"
#include "control/model/state_change.hpp"

namespace sextant {

// The first segments of all lists of all policies, whether they are used or not, and those that
// End.AS goes to (kNoObject): whom a change of a prefix concerns.
using FirstSegments = std::set<std::tuple<TableId, Ipv6Address, PolicyId>>;

// A desired state and all that is known of it. state and facts stay where they are: context refers
// to them.
struct CompiledWorld {
  DesiredState state;
  NodeFacts facts;
  std::optional<CompileContext> context;  // none: nothing was compiled so far
  StateIndex index;
  FirstSegments first_segments;
  ForwardingTables tables;
  std::vector<PolicyStatus> policies;  // sorted by name
  Diagnostics diagnostics;             // of the last full compile
};

// One change, worked out. The tables, the desired state and the policy status of the world stay as
// they are until commit(); everything else is modified at once and taken back by rollback().
//
// Rules (policy_graph.hpp has the words): the rank of a policy and the policies it could lead into
// may change only while nobody leads into that policy; a steered prefix or binding SID may come or
// go only where nobody else's first segment is. Then all other policies stay as they are, but for
// those with a first segment in a prefix that routes or SIDs have changed. Whatever else happens is
// left to a full compile, and so is what turns out to be wrong.
class Incremental {
 public:
  // The change must have passed StateIndex::check() and stay where it is until the end.
  Incremental(CompiledWorld& world, const StateChange& change);
  Incremental(const Incremental&) = delete;

  // False: only a full compile can do this; everything is as it was before.
  [[nodiscard]] bool run();
  [[nodiscard]] const TableDiff& diff() const { return diff_; }
  // After this change is invalid: its objects are in the state.
  void commit(StateChange change);
  void rollback();

 private:
  // More objects in one change, or more policies that it concerns, and a full compile is hardly
  // slower.
  static constexpr std::size_t kMaxChange = 2000;

  [[nodiscard]] bool work();
  // incremental_objects.cpp: which changes can be done here, and the objects themselves.
  [[nodiscard]] bool allowed() const;
  [[nodiscard]] bool allowed_interfaces() const;
  [[nodiscard]] bool is_used(const std::string& interface) const;
  [[nodiscard]] bool allowed(const DesiredRoute& route) const;
  [[nodiscard]] bool allowed(const DesiredLocalSid& sid) const;
  [[nodiscard]] bool allowed_name(const std::string& interface) const;
  [[nodiscard]] bool steering_stands_at(const std::string& table, const IpPrefix& prefix) const;
  [[nodiscard]] bool keeps_binding_sid(const PolicyKey& name) const;
  [[nodiscard]] bool keeps_rule(const SteeringRule& rule) const;
  [[nodiscard]] bool has_sid(const Rib::Key& key) const;
  [[nodiscard]] bool change_interfaces();
  void remove_objects();
  void remove_policies();
  void name_policies();
  [[nodiscard]] bool add_objects();
  [[nodiscard]] bool add_sids();
  [[nodiscard]] bool add_rules();
  void replace_segments(const SrPolicy* before, const SrPolicy* after);
  // incremental.cpp: policies.
  [[nodiscard]] bool find_concerned();
  [[nodiscard]] bool is_entered(PolicyId policy) const;
  [[nodiscard]] bool rank_policies();
  [[nodiscard]] bool make_policies();
  void release_lists(PolicyId id, const std::string& name);
  void toggle(PolicyId policy);
  // incremental_diff.cpp: the difference.
  void finish_adjacencies();
  void finish_interfaces();
  void finish_groups();
  void finish_objects();
  void finish_hosts();
  void finish_fib();
  void finish_translations();

  CompiledWorld& world_;
  CompileContext& context_;
  const StateChange& change_;
  ChangeLog log_;
  TableDiff diff_;

  std::unordered_map<std::string_view, const SrPolicy*> upserts_;  // policies by name
  std::map<PolicyId, const SrPolicy*> concerned_;                  // policies to work out anew
  std::set<PolicyId> removed_;
  std::vector<std::string> removed_names_;  // sorted
  std::set<SegmentListId> lists_;           // that were or are used by those
  std::set<Rib::Key> prefixes_;             // of the FIB, to look at again
  std::set<Rib::Key> hosts_;                // with port steering, to make again
};

}  // namespace sextant
