// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PolicyGraph: where first segments lead, when they may lead into other policies of this node.
#pragma once

#include <map>
#include <optional>
#include <set>
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

  // Finds out which of the policies can be valid. Fills context.policy_rank.
  void rank(const std::vector<const SrPolicy*>& policies);

  // Where a packet to segment goes that comes out of policy (empty: out of no policy).
  [[nodiscard]] Found resolve(const std::string& policy, TableId table,
                              const Ipv6Address& segment) const;

  // The result with an adjacency in place of a subnet: first hops are resolved once, not per
  // packet.
  [[nodiscard]] LookupResult first_hop(const Found& found, const Ipv6Address& segment) const;

 private:
  [[nodiscard]] const std::string* policy_of(const Rib::Entry& entry) const;
  [[nodiscard]] bool may_be_valid(const SrPolicy& policy) const;
  [[nodiscard]] bool reaches(const std::string& from, const std::string& to) const;
  [[nodiscard]] bool may_enter(const std::string& from, const std::string& to) const;
  void add_edges(const SrPolicy& policy);

  CompileContext& context_;
  std::map<std::string, std::set<std::string>> edges_;  // every policy that a list could lead into
  bool ranked_ = false;
};

}  // namespace sextant
