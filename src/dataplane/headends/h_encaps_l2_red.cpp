// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Encaps.L2.Red (RFC 8986 section 5.4): like H.Encaps.L2 with a reduced segment list.
#include "common.hpp"

namespace sextant::headends {

Verdict h_encaps_l2_red(ForwardContext& context, Packet packet,
                        const SegmentListEntry& list) noexcept {
  return encapsulate_frame(context, packet, list);
}

}  // namespace sextant::headends
