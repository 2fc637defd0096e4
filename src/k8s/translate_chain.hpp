// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Service function chains: paths over members as steering, policies and SIDs of this node, and why
// not. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "k8s/chain_members.hpp"
#include "k8s/translate.hpp"

namespace sextant::k8s {

// A way over one member of each element behind the first.
struct ChainPath {
  std::vector<std::size_t> members;  // into ChainTranslation::members, in the direction of traffic
  std::uint32_t weight = 1;
  std::vector<Ipv6Address> segments;  // from this node
};

// Traffic of one direction and one type to one destination.
struct ChainFlow {
  std::string policy;
  bool reverse = false;
  InnerType inner = InnerType::kIpv6;
  std::optional<IpPrefix> destination;  // none: all frames of the start
  std::vector<ChainPath> paths;         // empty: no path; dropped, or not steered with failOpen
  bool bypass = false;                  // frames go to the end directly: failOpen, and no path
  bool starts_here = false;
};

// A SID of a member on this node.
struct ChainSid {
  Ipv6Address sid;
  Behavior behavior = Behavior::kEndAd;
  std::size_t element = 0;
  std::size_t member = 0;
  bool reverse = false;
  std::string why;  // why it is not programmed; empty: it is
};

struct ChainTranslation {
  StateChange objects;
  ChainMembers members;
  std::vector<ChainFlow> flows;
  std::vector<ChainSid> sids;
  std::optional<Ipv6Address> binding_sid;
  std::size_t paths = 0;        // forward
  std::set<std::string> nodes;  // of members that are there
  std::string reason;           // of condition Rendered: one word; "Rendered" when it is
  std::string message;          // in a sentence

  [[nodiscard]] bool rendered() const { return reason == kRendered; }
  static constexpr std::string_view kRendered = "Rendered";
};

// More paths than this are left out, pod by pod.
inline constexpr std::size_t kMaxChainPaths = 256;

// first_of_name: no chain of a namespace before this one has its name. Plan contiv, where names
// alone tell chains apart, gives the others values of namespace and name.
[[nodiscard]] ChainTranslation translate_chain(const Cluster& cluster, const ClusterStores& stores,
                                               const ServiceFunctionChain& chain,
                                               const ChainSelections::Selected& pods,
                                               bool first_of_name);

// What the API should say about a chain now; said: what it does say, which keeps its time while
// the condition stays. now: RFC 3339. Pure, as all of this.
[[nodiscard]] ChainStatus status_of(const ChainTranslation& made, const ChainStatus& said,
                                    std::string now);
// Whether this node is the one that writes the status: the first of those with members, else of the
// cluster.
[[nodiscard]] bool writes_status(const Cluster& cluster, const ChainTranslation& made);

}  // namespace sextant::k8s
