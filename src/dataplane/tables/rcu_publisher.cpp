// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RcuPublisher: change the idle copy, switch, wait for the readers of the other, change it too.
#include "rcu_publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace sextant {

namespace {

// An lcore passes a quiescent state between two bursts: within microseconds, unless the host took
// its CPU away.
constexpr unsigned kPollsBeforeYield = 16;
constexpr unsigned kPollsBeforeSleep = 64;
constexpr auto kPollInterval = std::chrono::microseconds(50);

// The clock of published_ns: CLOCK_MONOTONIC.
std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

RcuPublisher::RcuPublisher(unsigned max_lcores, std::function<void()> between_polls,
                           PublisherPatience patience)
    : current_(&copies_[0]), between_polls_(std::move(between_polls)), patience_(patience) {
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

Error RcuPublisher::refuse(std::string text) {
  ++refused_;
  return Error{std::move(text)};
}

std::string RcuPublisher::stall_text() const {
  const auto lcore = lcore_waited_for();
  return fmt::format(
      "the change before is not finished: {} has not ended its burst for {} ms; its thread hangs "
      "or gets no CPU time, and changes wait for it",
      lcore ? fmt::format("forwarding lcore {}", *lcore) : "a forwarding lcore",
      (now_ns() - switched_ns_) / 1'000'000);
}

Status RcuPublisher::check(const TableDiff& change) {
  if (publishing_) return Error{"a change is being published already"};
  if (!settle()) return refuse(stall_text());
  Status status = copies_[idle_].check(change);
  if (!status) ++refused_;
  return status;
}

Result<Generation> RcuPublisher::publish(const TableDiff& change) {
  if (publishing_) return refuse("a change is being published already");
  if (change.empty()) return generation();
  if (!settle()) return refuse(stall_text());
  const std::uint64_t start = now_ns();
  // Both copies are equal now: what fits one fits the other.
  if (Status status = copies_[idle_].check(change); !status) return refuse(status.error().text);
  const std::uint64_t checked = now_ns();
  copies_[idle_].apply_checked(change);
  current_.store(&copies_[idle_], std::memory_order_release);
  idle_ = 1 - idle_;
  token_ = rte_rcu_qsbr_start(qsbr_);
  switched_ns_ = now_ns();
  running_ = {.check_ns = checked - start, .apply_ns = switched_ns_ - checked};
  const Generation next = generation() + 1;
  generation_.store(next, std::memory_order_relaxed);
  if (wait_for_grace_period(patience_.brief_ns)) {
    finish(change);
  } else {
    unfinished_ = change;
    waiting_ = true;
  }
  return next;
}

bool RcuPublisher::grace_is_over() const {
  return rte_rcu_qsbr_check(qsbr_, token_, false) != 0;
}

bool RcuPublisher::wait_for_grace_period(std::uint64_t up_to_ns) {
  publishing_ = true;
  bool over = grace_is_over();
  const std::uint64_t end = now_ns() + up_to_ns;
  for (unsigned polls = 0; !over && now_ns() < end; ++polls) {
    if (between_polls_) {
      between_polls_();
    } else if (polls < kPollsBeforeYield) {
      rte_pause();
    } else if (polls < kPollsBeforeSleep) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kPollInterval);
    }
    over = grace_is_over();
  }
  publishing_ = false;
  return over;
}

void RcuPublisher::finish(const TableDiff& change) {
  const std::uint64_t start = now_ns();
  running_.grace_ns = start - switched_ns_;
  copies_[idle_].apply_checked(change);
  running_.second_apply_ns = now_ns() - start;
  last_ = running_;
  longest_.check_ns = std::max(longest_.check_ns, last_.check_ns);
  longest_.apply_ns = std::max(longest_.apply_ns, last_.apply_ns);
  longest_.grace_ns = std::max(longest_.grace_ns, last_.grace_ns);
  longest_.second_apply_ns = std::max(longest_.second_apply_ns, last_.second_apply_ns);
}

bool RcuPublisher::poll() {
  if (!waiting_) return true;
  if (publishing_ || !grace_is_over()) return false;
  finish(std::exchange(unfinished_, {}));
  waiting_ = stalled_ = false;
  return true;
}

bool RcuPublisher::settle() {
  if (poll()) return true;
  if (publishing_ || stalled_) return false;
  const std::uint64_t waited = now_ns() - switched_ns_;
  stalled_ = waited >= patience_.limit_ns || !wait_for_grace_period(patience_.limit_ns - waited);
  return poll();
}

std::optional<unsigned> RcuPublisher::lcore_waited_for() const {
  for (unsigned id = 0; id < qsbr_->max_threads; ++id) {
    const std::uint64_t seen = __atomic_load_n(&qsbr_->qsbr_cnt[id].cnt, __ATOMIC_ACQUIRE);
    if (seen != __RTE_QSBR_CNT_THR_OFFLINE && seen < token_) return id;
  }
  return std::nullopt;
}

PublicationStatus RcuPublisher::status() const {
  PublicationStatus out;
  out.generation = generation();
  out.published_ns = switched_ns_;
  out.last = last_;
  out.longest = longest_;
  out.refused = refused_;
  out.waiting = waiting_;
  out.stalled = stalled_;
  if (waiting_) {
    out.waiting_ns = now_ns() - switched_ns_;
    out.waiting_for = lcore_waited_for();
  }
  return out;
}

}  // namespace sextant
