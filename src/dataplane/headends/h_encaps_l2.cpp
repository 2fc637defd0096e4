// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Encaps.L2 (RFC 8986 section 5.3): an Ethernet frame inside, next header 143.
#include "common.hpp"

namespace sextant::headends {

Verdict h_encaps_l2(ForwardContext& context, Packet packet, const SegmentListEntry& list) noexcept {
  return encapsulate_frame(context, packet, list);
}

}  // namespace sextant::headends
