// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RouterAdvertiser: a schedule for each advertising interface.
#include "router_advertiser.hpp"

#include <algorithm>

namespace sextant {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMinInterval = 200 * kSecond;
constexpr std::uint64_t kMaxInterval = 600 * kSecond;
constexpr std::uint64_t kInitialInterval = 16 * kSecond;
constexpr std::uint32_t kInitialAdvertisements = 3;
constexpr std::uint64_t kMinDelay = 3 * kSecond;

}  // namespace

void RouterAdvertiser::rebase() {
  std::erase_if(schedules_, [&](const auto& entry) {
    const Interface* interface = view_.interface(entry.first);
    return interface == nullptr || !interface->router_advertisement;
  });
  for (const auto& [id, interface] : view_.interfaces()) {
    if (interface.router_advertisement) schedules_.try_emplace(id);
  }
}

void RouterAdvertiser::solicited(InterfaceId interface, std::uint64_t now_ns) {
  const auto found = schedules_.find(interface);
  if (found == schedules_.end()) return;
  Schedule& schedule = found->second;
  const std::uint64_t earliest = schedule.sent == 0 ? 0 : schedule.last + kMinDelay;
  schedule.next = std::min(schedule.next, std::max(now_ns, earliest));
}

std::vector<InterfaceId> RouterAdvertiser::tick(std::uint64_t now_ns) {
  std::vector<InterfaceId> due;
  for (auto& [id, schedule] : schedules_) {
    if (schedule.next > now_ns) continue;
    due.push_back(id);
    ++schedule.sent;
    schedule.last = now_ns;
    schedule.next = now_ns + interval(id, schedule.sent);
  }
  return due;
}

std::uint64_t RouterAdvertiser::next_deadline() const {
  std::uint64_t next = kNever;
  for (const auto& [id, schedule] : schedules_)
    next = std::min(next, schedule.next);
  return next;
}

std::uint64_t RouterAdvertiser::interval(InterfaceId interface, std::uint32_t sent) const {
  // SplitMix64: spreads routers that started together.
  std::uint64_t x = seed_ + (static_cast<std::uint64_t>(interface) << 32 | sent);
  x = (x + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  const std::uint64_t spread = kMinInterval + (x ^ x >> 31) % (kMaxInterval - kMinInterval);
  return sent < kInitialAdvertisements ? std::min(spread, kInitialInterval) : spread;
}

}  // namespace sextant
