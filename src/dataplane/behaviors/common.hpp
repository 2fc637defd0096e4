// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Steps that several endpoint behaviors share. Whatever may refuse a packet leaves its bytes as
// they were received, so that an ICMP error quotes those; whatever changes it cannot fail.
#pragma once

#include "exposed.hpp"
#include "segment.hpp"

namespace sextant {

// --- The way out

// S15 of End.X: by the adjacency, group of adjacencies or connected subnet of the SID.
inline Verdict forward_by(Packet packet, LookupResult forward) noexcept {
  packet.meta().result = forward;
  return way_out(packet);
}

// The rest of forward_exposed_by(): groups and connected subnets.
Verdict forward_exposed_by_other(ForwardContext& context, Packet packet,
                                 LookupResult forward) noexcept;

// The same for an exposed packet; what may still be sent about it, such as Packet Too Big, belongs
// to the table of the interface that it leaves by.
inline Verdict forward_exposed_by(ForwardContext& context, Packet packet,
                                  LookupResult forward) noexcept {
  const std::vector<AdjacencyEntry>& adjacencies = context.tables.adjacencies;
  if (unlikely(forward.kind() != LookupResult::Kind::kAdjacency ||
               forward.index() >= adjacencies.size())) {
    return forward_exposed_by_other(context, packet, forward);
  }
  packet.meta().table = adjacencies[forward.index()].table;
  return forward_by(packet, forward);
}

// S15 of End.T: by a lookup in this table.
inline Verdict forward_in(Packet packet, TableId table) noexcept {
  packet.meta().table = table;
  return Verdict::lookup();
}

// A frame leaves by an interface, as it is. The interface was checked.
inline Verdict send_frame(Packet packet, InterfaceId interface) noexcept {
  packet.meta().tx_interface = interface;
  return Verdict::transmit_frame();
}

// S15 and on of End.B6: whether the SID's policy takes packets now; to be asked before any change.
Refusal<Verdict> check_policy(ForwardContext& context, const LocalSidEntry& sid) noexcept;

}  // namespace sextant
