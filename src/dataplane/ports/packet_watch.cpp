// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Traces and captures on all lcores: exchange a pointer, wait for the grace period, free.
#include "packet_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sextant {

PacketWatch::PacketWatch(std::vector<WatchSlots*> slots, rte_rcu_qsbr* qsbr)
    : slots_(std::move(slots)), qsbr_(qsbr) {}

PacketWatch::~PacketWatch() {
  for (WatchSlots* slots : slots_) {
    slots->tracer.store(nullptr, std::memory_order_release);
    slots->taps.store(nullptr, std::memory_order_release);
  }
}

Status PacketWatch::start_trace(const TraceFilter& filter, unsigned packets) {
  if (tracing()) {
    return Error{"another trace runs: wait until it ends, or stop the client that asked for it"};
  }
  if (packets == 0 || packets > kMaxTracedPackets) {
    return Error{fmt::format("a trace takes 1 to {} packets, not {}", kMaxTracedPackets, packets)};
  }
  budget_ = std::make_shared<std::atomic<std::int64_t>>(packets);
  for (unsigned i = 0; i < slots_.size(); ++i) {
    // The tracer keeps the budget alive, however long an lcore looks at it.
    struct Kept {
      std::shared_ptr<std::atomic<std::int64_t>> budget;
      Tracer tracer;
    };
    auto kept = std::shared_ptr<Kept>(new Kept{budget_, Tracer(filter, i, *budget_)});
    tracers_.emplace_back(kept, &kept->tracer);
    slots_[i]->tracer.store(tracers_.back().get(), std::memory_order_release);
  }
  return Ok{};
}

bool PacketWatch::trace_complete() const {
  return tracing() && budget_->load(std::memory_order_relaxed) <= 0;
}

void PacketWatch::take_traces(std::vector<TracedPacket>& out) {
  for (const auto& tracer : tracers_) {
    TracedPacket packet;
    while (tracer->take(packet))
      out.push_back(packet);
  }
}

std::uint64_t PacketWatch::traces_lost() const {
  std::uint64_t lost = 0;
  for (const auto& tracer : tracers_)
    lost += tracer->lost();
  return lost;
}

void PacketWatch::stop_trace() {
  for (WatchSlots* slots : slots_)
    slots->tracer.store(nullptr, std::memory_order_release);
  for (auto& tracer : tracers_)
    retire(std::move(tracer));
  tracers_.clear();
  budget_.reset();
}

Result<CaptureId> PacketWatch::start_capture(const CaptureSettings& settings) {
  if (captures_.size() >= kMaxCaptures) {
    return Error{fmt::format("{} captures run, and there can be {} at most: wait until one ends",
                             captures_.size(), kMaxCaptures)};
  }
  const auto lcores = static_cast<std::uint32_t>(std::max<std::size_t>(slots_.size(), 1));
  const std::uint32_t rate = std::max(settings.packets_per_second / lcores, 1u);
  Taps taps;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    taps.push_back(std::make_shared<CaptureTap>(settings.filter, settings.snap_length, rate));
  }
  const CaptureId id = next_id_++;
  captures_.emplace(id, std::move(taps));
  publish_taps();
  return id;
}

// Every lcore gets a new list of its taps; the old one is freed later.
void PacketWatch::publish_taps() {
  std::vector<std::shared_ptr<CaptureTaps>> fresh;
  for (std::size_t lcore = 0; lcore < slots_.size(); ++lcore) {
    auto list = captures_.empty() ? nullptr : std::make_shared<CaptureTaps>();
    for (const auto& [id, taps] : captures_)
      list->taps[list->count++] = taps[lcore].get();
    slots_[lcore]->taps.store(list.get(), std::memory_order_release);
    fresh.push_back(std::move(list));
  }
  for (auto& old : published_) {
    if (old != nullptr) retire(std::move(old));
  }
  published_ = std::move(fresh);
}

std::size_t PacketWatch::take_captured(CaptureId id, std::size_t limit, const Visit& visit) {
  const auto capture = captures_.find(id);
  if (capture == captures_.end()) return 0;
  std::size_t taken = 0;
  for (const auto& tap : capture->second) {
    while (taken < limit) {
      const std::span<const std::uint8_t> record = tap->ring().front();
      if (record.empty()) break;
      CapturedHeader header;
      std::memcpy(static_cast<void*>(&header), record.data(), sizeof header);
      visit(header, record.subspan(sizeof header));
      tap->ring().pop();
      ++taken;
    }
  }
  return taken;
}

CaptureLosses PacketWatch::losses(CaptureId id) const {
  CaptureLosses out;
  const auto capture = captures_.find(id);
  if (capture == captures_.end()) return out;
  for (const auto& tap : capture->second) {
    out.no_room += tap->lost();
    out.over_rate += tap->over_rate();
  }
  return out;
}

void PacketWatch::stop_capture(CaptureId id) {
  const auto capture = captures_.find(id);
  if (capture == captures_.end()) return;
  const Taps taps = std::move(capture->second);
  captures_.erase(capture);
  publish_taps();
  for (const auto& tap : taps)
    retire(tap);
}

// The pointers are exchanged already: who looks from now on does not see the object.
void PacketWatch::retire(std::shared_ptr<void> object) {
  if (qsbr_ == nullptr) return;
  retired_.push_back({rte_rcu_qsbr_start(qsbr_), std::move(object)});
}

void PacketWatch::poll() {
  std::erase_if(retired_, [this](const Retired& retired) {
    return rte_rcu_qsbr_check(qsbr_, retired.token, false) == 1;
  });
}

}  // namespace sextant
