// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RcuPublisher: left-right publication of table changes to the forwarding lcores.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <sextant/tables/table_publisher.hpp>

#include "dataplane/dpdk.hpp"
#include "table_set.hpp"

namespace sextant {

// Owns the two copies. publish() applies the change to the idle copy, switches one pointer with
// release order, waits until every registered lcore has passed a quiescent state, and applies the
// same change to the other copy.
class RcuPublisher : public TablePublisher {
 public:
  // max_lcores: how many lcores may ever register. between_polls: called while a grace period is
  // polled for, so that the caller's thread can do something useful; may be empty. It must not
  // publish: that is refused.
  explicit RcuPublisher(unsigned max_lcores, std::function<void()> between_polls = {});
  ~RcuPublisher() override;

  // Control thread only.
  Result<Generation> publish(const TableDiff& change) override;

  // The generation to use for the next burst. Lcores; also the control thread.
  [[nodiscard]] const TableSet& current() const {
    return *current_.load(std::memory_order_acquire);
  }
  [[nodiscard]] Generation generation() const {
    return generation_.load(std::memory_order_relaxed);
  }

  // The QSBR variable: an lcore registers and goes online before its first burst, reports a
  // quiescent state between two bursts, and goes offline before it sleeps or ends.
  [[nodiscard]] rte_rcu_qsbr* qsbr() const { return qsbr_; }

 private:
  void wait_for_grace_period();

  TableSet copies_[2];
  unsigned idle_ = 1;
  bool publishing_ = false;
  std::atomic<const TableSet*> current_;
  std::atomic<Generation> generation_{0};
  std::function<void()> between_polls_;
  std::unique_ptr<std::uint8_t[]> qsbr_storage_;
  rte_rcu_qsbr* qsbr_ = nullptr;
};

}  // namespace sextant
