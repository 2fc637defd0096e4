// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SID plans: which SIDs nodes, pods and services of a cluster get. Pure: every node computes the
// same SID of the same object, so none has to be told to others.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/net/ip_address.hpp>

#include "control/model/kubernetes_settings.hpp"

namespace sextant {

// What a plan takes of a node. Everywhere from the same Node object, whatever the node's own
// interfaces say.
struct PlannedNode {
  Ipv6Address address;              // in the fabric
  IpPrefix locator;                 // LocatorPlan only
  std::vector<IpPrefix> pod_cidrs;  // both families

  friend bool operator==(const PlannedNode&, const PlannedNode&) = default;
};

struct NodeSids {
  Ipv6Address end;       // End: the way to all others, first in lists with two segments
  Ipv6Address pods;      // End.DT*: traffic to pods of the node
  Ipv6Address host;      // End.DT*: traffic to the node itself
  Ipv6Address host_dx6;  // backends of services in the node's own network
  Ipv6Address host_dx4;
  std::vector<IpPrefix> prefixes;               // what others need routes to
  std::optional<Ipv6Address> pods_binding_sid;  // of the policies of other nodes
  std::optional<Ipv6Address> host_binding_sid;
};

// The locator of a node: its place in the first of the cluster's prefixes that one of its own lies
// in, counted from 1, behind the block. An Error says why there is none.
[[nodiscard]] Result<IpPrefix> locator_of(const LocatorPlan& plan,
                                          const std::vector<IpPrefix>& cluster_cidrs,
                                          const std::vector<IpPrefix>& node_cidrs);

// The place of a node in the cluster, from 0: that of one of its own prefixes in the first of the
// cluster's that it lies in. None: it lies in none of them, or there are more than 2^62.
[[nodiscard]] std::optional<std::uint64_t> node_number(const std::vector<IpPrefix>& cluster_cidrs,
                                                       const std::vector<IpPrefix>& node_cidrs);

// The number-th part of a subnet, from 0. None: there are not so many.
[[nodiscard]] std::optional<IpPrefix> part_of(const IpPrefix& subnet, std::uint8_t part_len,
                                              std::uint64_t number);

// SIDs of a network beside that of all pods, on one node.
struct NetworkSids {
  Ipv6Address pods;     // End.DT46
  Ipv6Address unicast;  // End.DT2U
  Ipv6Address flood;    // End.DT2M
};
[[nodiscard]] NetworkSids network_sids(const SidPlan& plan, const PlannedNode& node,
                                       std::string_view network);

[[nodiscard]] NodeSids node_sids(const SidPlan& plan, const PlannedNode& node);

// End.DX6 or End.DX4 of a pod on a node.
[[nodiscard]] Ipv6Address pod_sid(const SidPlan& plan, const PlannedNode& node,
                                  const IpAddress& pod);

// Of a service, by the numerically lowest of its addresses; none: the plan has no binding SIDs.
[[nodiscard]] std::optional<Ipv6Address> service_binding_sid(const SidPlan& plan,
                                                             const IpAddress& lowest);

// What the SIDs of a place in a service function chain are made of. A plan takes some of it.
struct ChainPlace {
  Ipv6Address chain_hash;            // of what names the chain
  Ipv6Address place_hash;            // of everything that tells the place from others on its node
  std::optional<IpAddress> address;  // of the pod, or of the external interface
};

// Of a chain, by the hash of its name; none: the plan has no binding SIDs.
[[nodiscard]] std::optional<Ipv6Address> chain_binding_sid(const SidPlan& plan,
                                                           const Ipv6Address& chain_hash);
// End.AD, End.AS or End.AM of a function between the ends.
[[nodiscard]] Ipv6Address chain_function_sid(const SidPlan& plan, const PlannedNode& node,
                                             const ChainPlace& place);
// End.DX2, End.DX4 or End.DX6 at the end.
[[nodiscard]] Ipv6Address chain_end_sid(const SidPlan& plan, const PlannedNode& node,
                                        const ChainPlace& place);

// The first prefix.len bits of prefix, then those of address in the same place. IPv4 is taken as
// ::ffff:a.b.c.d.
[[nodiscard]] Ipv6Address combine(const IpPrefix& prefix, const IpAddress& address);

}  // namespace sextant
