// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ICMP and ICMPv6 errors about packets that are dropped (RFC 4443, RFC 1812, RFC 8986).
#pragma once

#include "forward.hpp"

namespace sextant {

// Turns the dropped packet into the error about it, in its own mbuf: the packet as it stands is
// quoted behind new headers, cut to 1280 bytes (IPv6) or 576 (IPv4). The verdict is lookup() with
// the error addressed to the packet's source, or the same drop when no error must be sent: about
// ICMP errors, multicast, unspecified sources, fragments but the first, or above the rate limit.
Verdict make_icmp_error(ForwardContext& context, Packet packet, Verdict drop) noexcept;

}  // namespace sextant
