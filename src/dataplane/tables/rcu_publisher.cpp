// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RcuPublisher: change the idle copy, switch, wait for the readers of the other, change it too.
#include "rcu_publisher.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace sextant {

namespace {

// An lcore passes a quiescent state between two bursts: within microseconds, unless the host took
// its CPU away.
constexpr unsigned kPollsBeforeSleep = 64;
constexpr auto kPollInterval = std::chrono::microseconds(50);

}  // namespace

RcuPublisher::RcuPublisher(unsigned max_lcores, std::function<void()> between_polls)
    : current_(&copies_[0]), between_polls_(std::move(between_polls)) {
  // Plain memory: neither the EAL nor huge pages are needed for a variable of a few cache lines.
  std::size_t bytes = rte_rcu_qsbr_get_memsize(max_lcores == 0 ? 1 : max_lcores);
  std::size_t space = bytes + RTE_CACHE_LINE_SIZE;
  qsbr_storage_ = std::make_unique<std::uint8_t[]>(space);
  void* aligned = qsbr_storage_.get();
  std::align(RTE_CACHE_LINE_SIZE, bytes, aligned, space);
  qsbr_ = static_cast<rte_rcu_qsbr*>(aligned);
  rte_rcu_qsbr_init(qsbr_, max_lcores == 0 ? 1 : max_lcores);
}

RcuPublisher::~RcuPublisher() = default;

Result<Generation> RcuPublisher::publish(const TableDiff& change) {
  if (publishing_) return Error{"a change is being published already"};
  if (change.empty()) return generation();
  if (Status status = copies_[idle_].apply(change); !status.ok()) return status.error();
  current_.store(&copies_[idle_], std::memory_order_release);
  idle_ = 1 - idle_;
  publishing_ = true;
  wait_for_grace_period();
  publishing_ = false;
  if (const Status status = copies_[idle_].apply(change); !status.ok()) {
    // Both copies had the same content, so the same change must fit. They differ from here on, and
    // which of them lcores read would depend on the next change: better to stop.
    std::fprintf(stderr, "tables: a change fitted one copy and not the other: %s\n",
                 status.error().text.c_str());
    std::abort();
  }
  const Generation next = generation() + 1;
  generation_.store(next, std::memory_order_relaxed);
  return next;
}

void RcuPublisher::wait_for_grace_period() {
  const std::uint64_t token = rte_rcu_qsbr_start(qsbr_);
  for (unsigned polls = 0; rte_rcu_qsbr_check(qsbr_, token, false) == 0; ++polls) {
    if (between_polls_) {
      between_polls_();
    } else if (polls < kPollsBeforeSleep) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kPollInterval);
    }
  }
}

}  // namespace sextant
