// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The way back from a service function: End.AS, End.AD and End.AM on the return interface.
#pragma once

#include "forward.hpp"

namespace sextant {

// Puts a packet or frame that was received on the return interface of a proxy back into the SR
// domain; sid: the one that the interface names. Counts it for the SID that it went out by. Packets
// of the function itself (own addresses, link-local, multicast, neighbor discovery) are not for
// this.
Verdict proxy_return(ForwardContext& context, Packet packet, LocalSidId sid) noexcept;

}  // namespace sextant
