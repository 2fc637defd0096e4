// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RcuPublisher: left-right publication of table changes to the forwarding lcores.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <sextant/tables/table_publisher.hpp>
#include <sextant/telemetry/publication.hpp>

#include "dataplane/dpdk.hpp"
#include "table_set.hpp"

namespace sextant {

// How long the control thread may wait for lcores.
struct PublisherPatience {
  // At the end of publish(), for the grace period. Most are over by then; the others are left to
  // poll().
  std::uint64_t brief_ns = 50'000;
  // At the start of publish(), for the grace period of the change before. One that takes longer
  // stalls: changes are refused at once until it is over.
  std::uint64_t limit_ns = 500'000'000;
};

// Owns the two copies. publish() applies the change to the idle copy and switches one pointer with
// release order; once every registered lcore has passed a quiescent state, the same change goes to
// the other copy: before publish() returns, or in poll(), or in the next publish().
class RcuPublisher : public TablePublisher {
 public:
  // max_lcores: how many lcores may ever register. between_polls: called while a grace period is
  // waited for, so that the caller's thread can do something useful; may be empty. It must not
  // publish: that is refused.
  explicit RcuPublisher(unsigned max_lcores, std::function<void()> between_polls = {},
                        PublisherPatience patience = {});
  ~RcuPublisher() override;

  // Control thread only. Refused too, without a wait, while an lcore stalls.
  Status check(const TableDiff& change) override;
  Result<Generation> publish(const TableDiff& change) override;

  // Finishes a change whose grace period is over by now. True when none is left to finish.
  // Control thread; from a timer.
  bool poll();
  // The same, waiting for as long as a publication may; false: an lcore stalls. Afterwards no lcore
  // uses anything that earlier changes took away. Control thread.
  bool settle();

  // What lcores did before mark() is over when passed() says so: for other things that they use
  // within a turn. Control thread.
  [[nodiscard]] std::uint64_t mark() { return rte_rcu_qsbr_start(qsbr_); }
  [[nodiscard]] bool passed(std::uint64_t mark) const {
    return rte_rcu_qsbr_check(qsbr_, mark, false) != 0;
  }

  // The generation to use for the next burst. Lcores; also the control thread.
  [[nodiscard]] const TableSet& current() const {
    return *current_.load(std::memory_order_acquire);
  }
  [[nodiscard]] Generation generation() const {
    return generation_.load(std::memory_order_relaxed);
  }
  // Control thread.
  [[nodiscard]] PublicationStatus status() const;

  // The QSBR variable: an lcore registers and goes online before its first burst, reports a
  // quiescent state between two bursts, and goes offline before it sleeps or ends.
  [[nodiscard]] rte_rcu_qsbr* qsbr() const { return qsbr_; }

 private:
  [[nodiscard]] bool grace_is_over() const;
  bool wait_for_grace_period(std::uint64_t up_to_ns);
  void finish(const TableDiff& change);
  [[nodiscard]] std::optional<unsigned> lcore_waited_for() const;
  Error refuse(std::string text);
  [[nodiscard]] std::string stall_text() const;

  TableSet copies_[2];
  unsigned idle_ = 1;
  bool publishing_ = false;
  bool waiting_ = false;
  bool stalled_ = false;
  // What the idle copy still lacks while waiting_.
  TableDiff unfinished_;
  std::uint64_t token_ = 0;
  std::uint64_t switched_ns_ = 0;
  std::uint64_t refused_ = 0;
  PublicationTimes running_;
  PublicationTimes last_;
  PublicationTimes longest_;
  std::atomic<const TableSet*> current_;
  std::atomic<Generation> generation_{0};
  std::function<void()> between_polls_;
  PublisherPatience patience_;
  std::unique_ptr<std::uint8_t[]> qsbr_storage_;
  rte_rcu_qsbr* qsbr_ = nullptr;
};

}  // namespace sextant
