// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Packets for this node itself.
#pragma once

#include "forward.hpp"

namespace sextant {

// A packet whose destination is an own address: ICMP to the control thread, anything else to the
// exception interface of its table, or an error where there is none.
Verdict deliver_local(ForwardContext& context, Packet packet) noexcept;

// Hands a packet as it is to the kernel, by the exception interface of a table.
Verdict to_exception(ForwardContext& context, Packet packet, TableId table) noexcept;

}  // namespace sextant
