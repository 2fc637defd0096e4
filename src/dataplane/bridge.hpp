// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Bridges: frames between local members and, by SR Policies, the same bridge on other nodes.
#pragma once

#include "forward.hpp"

namespace sextant {

// Forwards a frame by its destination address; floods it when that is unknown or a group. Data
// starts at the Ethernet header. from_fabric: exposed by End.DT2U or End.DT2M; such a frame goes to
// local members only (split horizon: every other node got its own copy). Copies are routed here.
Verdict bridge_frame(ForwardContext& context, Lane lane, BridgeId bridge,
                     bool from_fabric) noexcept;

// The same without looking at the address.
Verdict flood_frame(ForwardContext& context, Lane lane, BridgeId bridge, bool from_fabric) noexcept;

}  // namespace sextant
