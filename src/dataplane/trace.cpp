// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Tracer, the lcore's side: follows packets through a burst by the lists that the stages fill.
#include "trace.hpp"

#include <algorithm>
#include <cstring>

namespace sextant {

namespace {

constexpr std::uint32_t kNoStep = 0xffffffff;

// The bytes that a record keeps of a step: all but what is not filled in.
std::uint32_t stored_bytes(const TraceStep& step) {
  return static_cast<std::uint32_t>(offsetof(TraceStep, bytes)) + step.byte_count;
}

}  // namespace

Tracer::Marks Tracer::marks(const Burst& burst) const noexcept {
  return {burst.to_lookup.size(), burst.to_dispatch.size(), burst.to_transmit.size(),
          burst.to_transmit_frame.size(), burst.to_punt.size()};
}

// False when nobody wants more packets.
bool Tracer::start(ForwardContext& context) noexcept {
  if (active_) finish();
  if (budget_.load(std::memory_order_relaxed) <= 0) return false;
  active_ = true;
  in_tx_ = false;
  steps_used_ = 0;
  lanes_used_ = context.burst.size();
  return true;
}

void Tracer::open(ForwardContext& context, Lane lane, PortIndex port) noexcept {
  Trail& trail = lanes_[lane];
  trail = Trail{};
  trail.open = !filter_.has_port || filter_.port == port;
  if (!trail.open) return;
  trail.matched = filter_.has_port ? kTracePort : 0;
  trail.first = trail.last = kNoStep;
  trail.mbuf = context.burst.packet(lane).mbuf();
  trail.header.tsc = context.lcore.now_tsc;
  trail.header.length = trail.mbuf->pkt_len;
  trail.header.lcore = static_cast<std::uint16_t>(lcore_);
  trail.header.port = port;
  trail.header.position = lane;
}

void Tracer::begin(ForwardContext& context, PortIndex port) noexcept {
  if (!start(context)) return;
  for (unsigned i = 0; i < lanes_used_; ++i) {
    const Lane lane = static_cast<Lane>(i);
    open(context, lane, port);
    Trail& trail = lanes_[lane];
    const Packet packet = context.burst.packet(lane);
    if (!trail.open || packet.contiguous_bytes() < sizeof(EthernetHeader)) continue;
    const auto& ethernet = *packet.at<EthernetHeader>(0);
    trail.destination_mac = ethernet.destination;
    trail.source_mac = ethernet.source;
    constexpr std::size_t kTagged = sizeof(EthernetHeader) + sizeof(VlanHeader);
    if (ethernet.type.host() == ether_type::kVlan && packet.contiguous_bytes() >= kTagged) {
      trail.vlan = packet.at<VlanHeader>(sizeof(EthernetHeader))->tci.host() & 0xfff;
    }
  }
}

void Tracer::begin_injected(ForwardContext& context) noexcept {
  if (!start(context)) return;
  for (unsigned i = 0; i < lanes_used_; ++i) {
    const Lane lane = static_cast<Lane>(i);
    open(context, lane, kNoPort);
    if (!lanes_[lane].open) continue;
    lanes_[lane].parsed = true;
    add(context, lane, TraceStage::kInject, false);
  }
}

// A new step at the end of a trail; null when there is no memory for it.
TraceStep* Tracer::append(Trail& trail, TraceStage stage) noexcept {
  if (trail.header.step_count >= kMaxStepsPerPacket || steps_used_ >= kSteps) {
    ++trail.header.steps_lost;
    return nullptr;
  }
  const std::uint32_t index = steps_used_++;
  TraceStep& step = steps_[index];
  // Not the bytes: byte_count says how many of them count.
  const TraceStep fresh_fields{};
  std::memcpy(static_cast<void*>(&step), &fresh_fields, offsetof(TraceStep, bytes));
  step.stage = stage;
  step.next_step = kNoStep;
  if (trail.first == kNoStep) {
    trail.first = index;
  } else {
    steps_[trail.last].next_step = index;
  }
  trail.last = index;
  ++trail.header.step_count;
  return &step;
}

// A step with the packet as it is now.
TraceStep* Tracer::add(ForwardContext& context, Lane lane, TraceStage stage,
                       bool has_link_layer) noexcept {
  TraceStep* step = append(lanes_[lane], stage);
  if (step == nullptr) return nullptr;
  const Packet packet = context.burst.packet(lane);
  const PacketMeta& meta = packet.meta();
  step->kind = meta.kind;
  step->table = meta.table;
  step->length = packet.bytes();
  step->translated = meta.translated;
  step->has_link_layer = has_link_layer || meta.kind == PacketKind::kFrame;
  const std::size_t count = std::min<std::size_t>(packet.contiguous_bytes(), TraceStep::kMaxBytes);
  std::memcpy(step->bytes.data(), packet.data(), count);
  step->byte_count = static_cast<std::uint16_t>(count);
  match_addresses(lanes_[lane], *step);
  return step;
}

void Tracer::match_addresses(Trail& trail, const TraceStep& step) noexcept {
  constexpr std::uint8_t kBoth = kTraceSource | kTraceDestination;
  if ((wanted_ & kBoth & ~trail.matched) == 0) return;
  std::size_t at = 0;
  if (step.has_link_layer) {
    const auto type_at = [&](std::size_t i) { return step.bytes[i] << 8 | step.bytes[i + 1]; };
    at = sizeof(EthernetHeader);
    if (step.byte_count >= at + sizeof(VlanHeader) && type_at(at - 2) == ether_type::kVlan) {
      at += sizeof(VlanHeader);
    }
  }
  if (at >= step.byte_count) return;
  IpAddress source, destination;
  const unsigned version = step.bytes[at] >> 4;
  if (version == 6 && at + sizeof(Ipv6Header) <= step.byte_count) {
    const auto& ip = *reinterpret_cast<const Ipv6Header*>(step.bytes.data() + at);
    source = ip.source;
    destination = ip.destination;
  } else if (version == 4 && at + sizeof(Ipv4Header) <= step.byte_count) {
    const auto& ip = *reinterpret_cast<const Ipv4Header*>(step.bytes.data() + at);
    source = ip.source;
    destination = ip.destination;
  } else {
    return;
  }
  if (filter_.has_source && filter_.source.contains(source)) trail.matched |= kTraceSource;
  if (filter_.has_destination && filter_.destination.contains(destination)) {
    trail.matched |= kTraceDestination;
  }
}

void Tracer::match_sid(ForwardContext& context, Trail& trail) noexcept {
  if (!filter_.has_sid || trail.pending.result.kind() != LookupResult::Kind::kLocalSid) return;
  const LocalSidEntry* sid = TableSet::at(context.tables.local_sids, trail.pending.result.index());
  if (sid == nullptr) return;
  if (PrefixEntry{sid->sid, sid->prefix_len}.contains(filter_.sid)) trail.matched |= kTraceSid;
}

void Tracer::add_parse(ForwardContext& context, Lane lane) noexcept {
  Trail& trail = lanes_[lane];
  trail.parsed = true;
  TraceStep* step = add(context, lane, TraceStage::kParse, false);
  if (step == nullptr) return;
  step->interface = context.burst.meta(lane).rx_interface;
  step->vlan = trail.vlan;
  step->source_mac = trail.source_mac;
  step->destination_mac = trail.destination_mac;
}

void Tracer::parsed(ForwardContext& context) noexcept {
  if (!active_) return;
  for (unsigned i = 0; i < lanes_used_; ++i) {
    const Lane lane = static_cast<Lane>(i);
    if (lanes_[lane].open && !lanes_[lane].parsed) add_parse(context, lane);
  }
}

void Tracer::looked_up(ForwardContext& context) noexcept {
  if (!active_) return;
  for (const Lane lane : context.lcore.stage_lanes.lanes()) {
    Trail& trail = lanes_[lane];
    if (!trail.open) continue;
    trail.looked_up = context.burst.meta(lane).result;
    TraceStep* step = add(context, lane, TraceStage::kLookup, false);
    if (step == nullptr) continue;
    step->result = trail.looked_up;
    step->next = Next::kDispatch;
  }
  marks_ = marks(context.burst);
  marks_.to_dispatch = 0;  // behavior() takes it first
}

void Tracer::acts(ForwardContext& context, Lane lane, LookupResult result) noexcept {
  if (!active_ || !lanes_[lane].open) return;
  using Kind = LookupResult::Kind;
  Trail& trail = lanes_[lane];
  const PacketMeta& meta = context.burst.meta(lane);
  Pending& pending = trail.pending;
  pending = Pending{};
  pending.result = result;
  const bool is_policy = result.kind() == Kind::kPolicy;
  if (meta.from_function || (meta.kind == PacketKind::kFrame && !is_policy)) {
    pending.valid = true;
    pending.from_function = meta.from_function;
    pending.object = meta.object;
    return;
  }
  if (result.kind() == Kind::kLocalSid) {
    pending.stage = TraceStage::kBehavior;
  } else if (is_policy) {
    pending.stage = TraceStage::kPolicy;
  }
  // A plain next hop is told by the lookup before and the rewrite behind it.
  const bool is_plain = result.kind() == Kind::kAdjacency || result.kind() == Kind::kGlean ||
                        result.kind() == Kind::kDrop;
  pending.valid = !is_plain || meta.result != result;
}

// What happened to a lane that acted.
void Tracer::add_pending(ForwardContext& context, Lane lane, Next next) noexcept {
  Trail& trail = lanes_[lane];
  if (!trail.pending.valid) return;
  const Pending pending = trail.pending;
  trail.pending.valid = false;
  if (pending.stage == TraceStage::kBehavior) match_sid(context, trail);
  TraceStep* step = add(context, lane, pending.stage, next == Next::kTransmitFrame);
  if (step == nullptr) return;
  step->next = next;
  step->result = pending.result;
  step->list = pending.list;
  step->from_function = pending.from_function;
  step->object = pending.object;
  step->interface = context.burst.meta(lane).tx_interface;
}

void Tracer::acted(ForwardContext& context) noexcept {
  if (!active_) return;
  const Burst& burst = context.burst;
  const auto tell = [&](const LaneList& list, unsigned from, Next next) {
    for (unsigned i = from; i < list.size(); ++i) {
      const Lane lane = list.lanes()[i];
      if (lanes_[lane].open) add_pending(context, lane, next);
    }
  };
  tell(burst.to_lookup, marks_.to_lookup, Next::kLookup);
  tell(burst.to_dispatch, marks_.to_dispatch, Next::kDispatch);
  tell(burst.to_transmit, marks_.to_transmit, Next::kTransmit);
  tell(burst.to_transmit_frame, marks_.to_transmit_frame, Next::kTransmitFrame);
  tell(burst.to_punt, marks_.to_punt, Next::kPunt);
  marks_ = marks(burst);
  marks_.to_dispatch = 0;  // taken at the start of the next turn
}

void Tracer::before_rewrite(ForwardContext& context) noexcept {
  if (!active_) return;
  for (const Lane lane : context.burst.to_transmit.lanes()) {
    Trail& trail = lanes_[lane];
    if (!trail.open) continue;
    trail.pending = Pending{};
    trail.pending.valid = true;
    trail.pending.stage = TraceStage::kRewrite;
    trail.pending.result = context.burst.meta(lane).result;
  }
  marks_ = marks(context.burst);
}

void Tracer::rewritten(ForwardContext& context) noexcept {
  acted(context);
}

void Tracer::transmitted(ForwardContext& context) noexcept {
  if (!active_) return;
  for (const Lane lane : context.burst.to_transmit_frame.lanes()) {
    Trail& trail = lanes_[lane];
    const InterfaceId id = context.burst.meta(lane).tx_interface;
    const InterfaceEntry* interface = TableSet::at(context.tables.interfaces, id);
    if (!trail.open || trail.dropped_in_tx || interface == nullptr) continue;
    trail.header.sent_by = interface->port;
    if (trail.header.outcome == TraceOutcome::kNone) trail.header.outcome = TraceOutcome::kSent;
    TraceStep* step = add(context, lane, TraceStage::kTx, true);
    if (step == nullptr) continue;
    step->interface = id;
  }
  for (const Lane lane : context.burst.to_punt.lanes()) {
    Trail& trail = lanes_[lane];
    if (!trail.open) continue;
    const PacketMeta& meta = context.burst.meta(lane);
    if (trail.header.outcome == TraceOutcome::kNone) {
      trail.header.outcome = TraceOutcome::kPunted;
      trail.header.punt_reason = meta.punt_reason;
    }
    TraceStep* step = add(context, lane, TraceStage::kPunt, false);
    if (step == nullptr) continue;
    step->punt_reason = meta.punt_reason;
    step->object = meta.object;
    step->interface = meta.rx_interface;
  }
}

void Tracer::dropped(ForwardContext& context, Lane lane, Verdict verdict) noexcept {
  Trail& trail = lanes_[lane];
  if (!active_ || !trail.open) return;
  if (!trail.parsed) add_parse(context, lane);
  // The round that was one too many did not act.
  if (verdict.reason() == DropReason::lookup_loop) trail.pending.valid = false;
  add_pending(context, lane, Next::kDrop);
  trail.dropped_in_tx = in_tx_;
  // The drop of an ICMP error about a packet is not the packet's reason.
  if (trail.header.outcome != TraceOutcome::kDropped) {
    trail.header.outcome = TraceOutcome::kDropped;
    trail.header.reason = verdict.reason();
    if (filter_.has_reason && filter_.reason == verdict.reason()) trail.matched |= kTraceReason;
  }
  TraceStep* step = add(context, lane, TraceStage::kDrop, in_tx_);
  if (step == nullptr) return;
  step->next = Next::kDrop;
  step->reason = verdict.reason();
  step->error = verdict.error();
  step->parameter = verdict.parameter();
}

void Tracer::copied(ForwardContext& context, Lane from, Lane copy) noexcept {
  if (!active_) return;
  const Trail& original = lanes_[from];
  Trail& trail = lanes_[copy];
  trail = original;
  lanes_used_ = std::max<unsigned>(lanes_used_, copy + 1u);
  if (!trail.open) return;
  trail.mbuf = context.burst.packet(copy).mbuf();
  trail.first = trail.last = kNoStep;
  trail.header.step_count = trail.header.steps_lost = 0;
  trail.header.copy = true;
  trail.header.outcome = TraceOutcome::kNone;
  trail.header.sent_by = kNoPort;
  trail.header.position = copy;
  TraceStep* step = add(context, copy, TraceStage::kCopy, false);
  if (step != nullptr) step->object = from;
}

void Tracer::pushed(Lane lane, SegmentListId list) noexcept {
  lanes_[lane].pending.list = list;
}

void Tracer::refused(DropReason reason, const rte_mbuf* mbuf) noexcept {
  if (!active_) return;
  for (unsigned i = 0; i < lanes_used_; ++i) {
    Trail& trail = lanes_[i];
    if (!trail.open || trail.mbuf != mbuf) continue;
    trail.header.sent_by = kNoPort;
    if (trail.header.outcome != TraceOutcome::kDropped) {
      trail.header.outcome = TraceOutcome::kDropped;
      trail.header.reason = reason;
      if (filter_.has_reason && filter_.reason == reason) trail.matched |= kTraceReason;
    }
    TraceStep* step = append(trail, TraceStage::kDrop);
    if (step == nullptr) return;
    step->next = Next::kDrop;
    step->reason = reason;
    step->length = mbuf->pkt_len;
    return;
  }
}

void Tracer::hand_over(const Trail& trail) noexcept {
  // Others may take the last of the budget in between: then this one is not wanted.
  if (budget_.fetch_sub(1, std::memory_order_relaxed) <= 0) return;
  std::uint32_t bytes = sizeof(TraceHeader);
  for (std::uint32_t at = trail.first; at != kNoStep; at = steps_[at].next_step)
    bytes += stored_bytes(steps_[at]);
  std::uint8_t* out = ring_.reserve(bytes);
  if (out == nullptr) {
    lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    budget_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  std::memcpy(out, &trail.header, sizeof trail.header);
  out += sizeof trail.header;
  for (std::uint32_t at = trail.first; at != kNoStep; at = steps_[at].next_step) {
    std::memcpy(out, &steps_[at], stored_bytes(steps_[at]));
    out += stored_bytes(steps_[at]);
  }
  ring_.commit();
}

void Tracer::finish() noexcept {
  if (!active_) return;
  active_ = false;
  for (unsigned i = 0; i < lanes_used_; ++i) {
    const Trail& trail = lanes_[i];
    if (trail.open && trail.matched == wanted_) hand_over(trail);
  }
}

}  // namespace sextant
