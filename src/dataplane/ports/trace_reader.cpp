// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Tracer, the control thread's side: making one, and reading what it found.
#include <cstring>

#include "dataplane/trace.hpp"

namespace sextant {

namespace {

std::uint8_t conditions_of(const TraceFilter& filter) {
  return static_cast<std::uint8_t>(
      (filter.has_port ? kTracePort : 0) | (filter.has_source ? kTraceSource : 0) |
      (filter.has_destination ? kTraceDestination : 0) | (filter.has_sid ? kTraceSid : 0) |
      (filter.has_reason ? kTraceReason : 0));
}

}  // namespace

Tracer::Tracer(const TraceFilter& filter, unsigned lcore, std::atomic<std::int64_t>& budget,
               std::size_t ring_bytes)
    : filter_(filter),
      lcore_(lcore),
      wanted_(conditions_of(filter)),
      budget_(budget),
      lanes_(std::make_unique<Trail[]>(kBurstCapacity)),
      steps_(std::make_unique<TraceStep[]>(kSteps)),
      ring_(ring_bytes) {}

bool Tracer::take(TracedPacket& packet) {
  const std::span<const std::uint8_t> record = ring_.front();
  if (record.empty()) return false;
  constexpr std::size_t kFixed = offsetof(TraceStep, bytes);
  std::size_t at = sizeof(TraceHeader);
  std::memcpy(static_cast<void*>(&packet.header), record.data(), at);
  packet.steps.clear();
  while (at < record.size()) {
    TraceStep& step = packet.steps.emplace_back();
    std::memcpy(static_cast<void*>(&step), record.data() + at, kFixed);
    std::memcpy(step.bytes.data(), record.data() + at + kFixed, step.byte_count);
    at += kFixed + step.byte_count;
  }
  ring_.pop();
  return true;
}

}  // namespace sextant
