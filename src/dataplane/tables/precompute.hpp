// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What lcores read of one object, computed from its value. Pure; control thread.
#pragma once

#include <sextant/tables/forwarding_tables.hpp>

#include "entries.hpp"

namespace sextant {

InterfaceEntry make_interface_entry(const Interface& interface);

// Not present when the interface is not.
AdjacencyEntry make_adjacency_entry(const Adjacency& adjacency, const InterfaceEntry& interface);

LocalSidEntry make_local_sid_entry(const LocalSid& sid);

// The rewrite bytes of a valid segment list; hmac_key and egress_table are the caller's to set.
// Segments that were done already (End.AS) are left out: the rest is pushed as if it were the list.
SegmentListEntry make_segment_list_entry(const SegmentList& list);

}  // namespace sextant
