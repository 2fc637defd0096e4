// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Rewriting addresses and ports of a packet, with every checksum that covers them.
#pragma once

#include "flow_tuple.hpp"

namespace sextant {

// What a flow becomes. Ends that are equal to those in the tuple stay as they are.
struct FlowEnds {
  FlowEndpoint source;
  FlowEndpoint destination;
};

// kWhole and kLaterFragment: the ends of the packet. Checksums are updated by the difference alone
// (RFC 1624), so that one that was wrong stays wrong: damage on the way here is still found by the
// receiver. The CRC of SCTP (RFC 9260 appendix A) is linear, and is treated alike. A UDP checksum
// of zero over IPv4 stays. Cannot fail; a first fragment of SCTP must not come here, because its
// CRC covers bytes that are not there.
void rewrite_flow(Packet packet, const FlowTuple& tuple, const FlowEnds& ends) noexcept;

// kIcmpError: quoted is what the quoted flow becomes; source and destination those of the error
// itself.
void rewrite_icmp_error(Packet packet, const FlowTuple& tuple, const FlowEnds& quoted,
                        const FlowAddress& source, const FlowAddress& destination) noexcept;

}  // namespace sextant
