// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PolicyGraph: where first segments lead, when they may lead into other policies of this node.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/compile/compile_context.hpp"

namespace sextant {

// A first segment may be steered into another policy or be its binding SID, and that policy has to
// be valid for this one to be. Validity is the least fixed point: rank() goes in rounds, and the
// round in which a policy became valid is its rank. Ways into other policies never form a circle:
// inside a possible circle only lower ranks are used.
class PolicyGraph {
 public:
  struct Found {
    std::optional<LookupResult> result;
    std::string reason;  // why there is no result
  };

  explicit PolicyGraph(CompileContext& context) : context_(context) {}

  // Finds out which of the policies can be valid. Fills rank and edges of context.nodes.
  void rank(const std::vector<const SrPolicy*>& policies);

  // The same for one policy when the ranks of all others are known: in which round it becomes
  // valid, 0 for never; and which policies its lists could lead into.
  [[nodiscard]] int rank_of(const SrPolicy& policy) const;
  [[nodiscard]] std::vector<PolicyId> edges_of(const SrPolicy& policy, PolicyId id) const;

  // Where a packet to segment goes that comes out of policy (kNoObject: out of no policy).
  [[nodiscard]] Found resolve(PolicyId policy, TableId table, const Ipv6Address& segment) const;

  // The result with an adjacency in place of a subnet: first hops are resolved once, not per
  // packet.
  [[nodiscard]] LookupResult first_hop(const Found& found, const Ipv6Address& segment) const;

 private:
  [[nodiscard]] PolicyId policy_of(const Rib::Entry& entry) const;
  [[nodiscard]] int rank_at(PolicyId id) const;
  [[nodiscard]] bool reaches(PolicyId from, PolicyId to) const;
  [[nodiscard]] bool may_enter(PolicyId from, PolicyId to) const;
  // The round in which a segment first leads somewhere; 0: never, with the ranks as they are.
  [[nodiscard]] int round_of(TableId table, const Ipv6Address& segment) const;

  CompileContext& context_;
};

}  // namespace sextant
