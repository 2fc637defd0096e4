// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sticky policies: a flow stays on the segment list that it began on.
#pragma once

#include "flow_tuple.hpp"
#include "forward.hpp"

namespace sextant {

// The list (index into PolicyEntry::lists) for a packet of a valid policy with more than no list:
// the one that its flow has, as long as the policy has that list; else the one that the client's
// last flow got (affinity), or one by the flow's hash, and the flow keeps it. A TCP or SCTP
// connection that begins is a new flow. ICMP errors go where the flow goes that they are about;
// later fragments follow the first one. Without memory, or room in it, the hash alone decides.
unsigned choose_sticky_list(ForwardContext& context, Packet packet, const PolicyEntry& policy,
                            PolicyId id) noexcept;

// The flow of a client that a packet belongs to, or is about: ends as the client's packets have
// them, fragments with the ports of their first one. False when it has no ports, or none are known.
bool read_client_flow(ForwardContext& context, Packet packet, FlowTuple& flow) noexcept;

}  // namespace sextant
