// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ChainSids: the SIDs of a chain's places. Pure: computed alike on every node.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "k8s/chain_members.hpp"

namespace sextant::k8s {

// The first 128 bits of SHA-256.
[[nodiscard]] Ipv6Address hash_128(std::string_view text);

// Of one chain, one direction and one inner type.
class ChainSids {
 public:
  // name: what names the chain in plan contiv. variant: empty, or what tells this direction and
  // type from the first ("/reverse", "/ipv4").
  ChainSids(const Cluster& cluster, const ServiceFunctionChain& chain, std::string name,
            std::string variant, InnerType inner)
      : cluster_(cluster),
        key_(chain.meta.key()),
        name_(std::move(name)),
        variant_(std::move(variant)),
        inner_(inner) {}

  [[nodiscard]] std::optional<Ipv6Address> binding_sid() const;
  // towards: where traffic enters the member. Its node has SIDs.
  [[nodiscard]] Ipv6Address function(const ChainMember& member, const ChainSide& towards) const;
  // Chains that end at one place share it.
  [[nodiscard]] Ipv6Address end(const ChainMember& member, const ChainSide& towards) const;

 private:
  [[nodiscard]] const PlannedNode& node_of(const ChainMember& member) const;

  const Cluster& cluster_;
  std::string key_;
  std::string name_;
  std::string variant_;
  InnerType inner_;
};

}  // namespace sextant::k8s
