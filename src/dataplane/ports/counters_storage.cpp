// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One lazily used mapping for all counter arrays of an lcore, and the sum over lcores.
#include "counters_storage.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

namespace sextant {

namespace {

template <typename Counter>
std::size_t bytes_of(std::size_t count) {
  // Whole cache lines, so that no array shares one with the next.
  return (count * sizeof(Counter) + 63) / 64 * 64;
}

template <typename Counter>
std::span<Counter> take(std::uint8_t*& at, std::size_t count) {
  // All-zero bytes are a valid counter, and the mapping is zero.
  const std::span<Counter> out(reinterpret_cast<Counter*>(at), count);
  at += bytes_of<Counter>(count);
  return out;
}

PacketTotal total(const PacketCounter& counter) {
  const PacketCounter now = counter.read();
  return {now.packets, now.bytes};
}

void add(std::vector<PacketTotal>& sum, std::span<const PacketCounter> counters,
         std::size_t limit) {
  const std::size_t count = std::min(limit, counters.size());
  if (sum.size() < count) sum.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    sum[i] += total(counters[i]);
}

template <typename T>
std::size_t end_of(const std::vector<T>& sorted_by_id) {
  return sorted_by_id.empty() ? 0 : sorted_by_id.back().id + std::size_t{1};
}

}  // namespace

CounterLimits limits_of(const ForwardingTables& tables) {
  CounterLimits limits;
  limits.local_sids = end_of(tables.local_sids);
  limits.policies = end_of(tables.policies);
  limits.segment_lists = end_of(tables.segment_lists);
  limits.steerings = end_of(tables.steerings);
  limits.interfaces = end_of(tables.interfaces);
  return limits;
}

CountersStorage::~CountersStorage() {
  if (memory_ != nullptr) munmap(memory_, bytes_);
}

Status CountersStorage::attach(Counters& counters, const CounterLimits& limits) {
  if (memory_ != nullptr) return Error{"counters are attached already"};
  bytes_ = bytes_of<SidCounter>(limits.local_sids) + bytes_of<PacketCounter>(limits.policies) +
           bytes_of<PacketCounter>(limits.segment_lists) +
           bytes_of<PacketCounter>(limits.steerings) +
           2 * bytes_of<PacketCounter>(limits.interfaces);
  if (bytes_ == 0) return Ok{};
  void* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return Error{fmt::format("no address space for {} MB of counters: {}; check 'ulimit -v'",
                             bytes_ >> 20, std::strerror(errno))};
  }
  memory_ = memory;
  auto* at = static_cast<std::uint8_t*>(memory);
  counters.local_sids = take<SidCounter>(at, limits.local_sids);
  counters.policies = take<PacketCounter>(at, limits.policies);
  counters.segment_lists = take<PacketCounter>(at, limits.segment_lists);
  counters.steerings = take<PacketCounter>(at, limits.steerings);
  counters.interfaces_rx = take<PacketCounter>(at, limits.interfaces);
  counters.interfaces_tx = take<PacketCounter>(at, limits.interfaces);
  return Ok{};
}

void add_counters(CountersSnapshot& sum, const Counters& counters, const CounterLimits& limits) {
  for (std::size_t i = 0; i < kDropReasonCount; ++i)
    sum.drops[i] += total(counters.drops[i]);
  const std::size_t sids = std::min(limits.local_sids, counters.local_sids.size());
  if (sum.local_sids.size() < sids) sum.local_sids.resize(sids);
  for (std::size_t i = 0; i < sids; ++i) {
    sum.local_sids[i].good += total(counters.local_sids[i].good);
    sum.local_sids[i].bad += total(counters.local_sids[i].bad);
  }
  add(sum.policies, counters.policies, limits.policies);
  add(sum.segment_lists, counters.segment_lists, limits.segment_lists);
  add(sum.steerings, counters.steerings, limits.steerings);
  add(sum.interfaces_rx, counters.interfaces_rx, limits.interfaces);
  add(sum.interfaces_tx, counters.interfaces_tx, limits.interfaces);
  sum.icmp_errors += total(counters.icmp_errors);
  sum.icmp_errors_suppressed += total(counters.icmp_errors_suppressed);
  sum.punted += total(counters.punted);
  sum.translated_to_backend += total(counters.translated_to_backend);
  sum.translated_from_backend += total(counters.translated_from_backend);
  sum.overflow_local_sid.good += total(counters.overflow_local_sid.good);
  sum.overflow_local_sid.bad += total(counters.overflow_local_sid.bad);
  sum.overflow += total(counters.overflow);
}

}  // namespace sextant
