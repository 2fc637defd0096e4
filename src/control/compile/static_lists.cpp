// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Segment lists of End.AS: what it pushes when a packet returns from the function.
#include <sextant/srv6/srh.hpp>
#include <string>
#include <utility>

#include "control/compile/compile_context.hpp"

namespace sextant {

void compile_static_lists(CompileContext& context) {
  const auto order = [](const DesiredLocalSid& s) { return std::tie(s.table, s.sid); };
  for (const DesiredLocalSid* sid : sorted_by(context.state.local_sids, order)) {
    if (sid->behavior != Behavior::kEndAs || sid->segments.empty()) continue;
    if (sid->segments.size() > kMaxSegments) continue;
    const std::string key = sid_key(*sid);
    const auto id = context.ids.find(IdKind::kLocalSid, key);
    const auto local = id ? context.local_sids.find(*id) : context.local_sids.end();
    if (local == context.local_sids.end()) continue;

    SegmentList list;
    list.id = context.ids.id(IdKind::kSegmentList, "sid|" + key);
    list.segments = sid->segments;
    // What stands up to this SID itself was travelled before the function got the packet.
    const auto own = std::find(list.segments.begin(), list.segments.end(), sid->sid.address.v6);
    const auto before = own == list.segments.end() ? 0 : own - list.segments.begin() + 1;
    list.segments_done = sid->segments_done.value_or(static_cast<std::uint8_t>(before));
    if (list.segments_done >= list.segments.size()) {
      if (!sid->segments_done) {
        context.error(sid->origin, "segments",
                      "this SID is the last segment: there is nowhere to go on return");
      }
      continue;
    }
    list.outer = outer_header(context, sid->origin, {.origin = sid->origin, .source = sid->source},
                              Headend::kHEncaps);
    const Ipv6Address& next = list.segments[list.segments_done];
    const FirstHop hop = resolve_segment(context, local->second.table, next);
    if (hop.result) {
      list.first_hop = *hop.result;
    } else {
      context.warning(sid->origin, "segments", hop.reason);
    }
    local->second.args.static_list = list.id;
    context.segment_lists.emplace(list.id, std::move(list));
  }
}

}  // namespace sextant
