// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// forward_burst() on several threads while another one changes the tables: what changes together is
// seen together by every burst, and nothing is lost. Runs under ThreadSanitizer, too; no rings and
// no devices, whose synchronization it would not see.
#include "support/churn.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <thread>

#include "dataplane/forward.hpp"
#include "dataplane/ports/counter_book.hpp"
#include "dataplane/ports/counters_storage.hpp"
#include "dataplane/tables/rcu_publisher.hpp"
#include "support/catch.hpp"
#include "support/fake_mbuf.hpp"

namespace sextant {
namespace {

using test::BurstCheck;
using test::ChurnFlow;
using test::ChurnTables;
using test::kChurnFlows;

constexpr unsigned kReaders = 2;
constexpr unsigned kPerFlow = 4;

#if defined(__SANITIZE_THREAD__)
constexpr unsigned kMinChanges = 500;
#else
constexpr unsigned kMinChanges = 5000;
#endif
constexpr auto kMinTime = std::chrono::milliseconds(1500);

// One lcore without a device.
class Reader {
 public:
  Reader(RcuPublisher& publisher, unsigned id)
      : publisher_(publisher), id_(id), state_(std::make_unique<LcoreState>()) {
    REQUIRE(storage_.attach(state_->counters).ok());
    for (unsigned flow = 0; flow < kChurnFlows; ++flow) {
      for (unsigned i = 0; i < kPerFlow; ++i)
        frames_.push_back(test::churn_frame(static_cast<ChurnFlow>(flow), 37 * i + id));
    }
  }

  void run(const std::atomic<bool>& stop) {
    rte_rcu_qsbr* qsbr = publisher_.qsbr();
    rte_rcu_qsbr_thread_register(qsbr, id_);
    rte_rcu_qsbr_thread_online(qsbr, id_);
    for (std::uint64_t n = 0; !stop.load(std::memory_order_relaxed); ++n) {
      burst();
      if (n % 32 == 0) {
        // What an idle lcore does.
        rte_rcu_qsbr_thread_offline(qsbr, id_);
        std::this_thread::sleep_for(std::chrono::microseconds(20));
        rte_rcu_qsbr_thread_online(qsbr, id_);
      } else {
        rte_rcu_qsbr_quiescent(qsbr, id_);
      }
    }
    rte_rcu_qsbr_thread_offline(qsbr, id_);
    rte_rcu_qsbr_thread_unregister(qsbr, id_);
  }

  [[nodiscard]] const Counters& counters() const { return state_->counters; }

  std::uint64_t bursts = 0;
  std::uint64_t half_changed = 0;
  std::uint64_t unknown = 0;
  std::array<std::uint64_t, kChurnFlows> sent{};
  std::uint64_t punted = 0;

 private:
  void burst() {
    std::deque<test::FakeMbuf> mbufs;
    std::vector<rte_mbuf*> frames;
    for (const test::Bytes& frame : frames_)
      frames.push_back(mbufs.emplace_back(frame).get());
    forward_burst(publisher_.current(), *state_, 0, frames);
    for (const rte_mbuf* mbuf : state_->output.tx[1].list()) {
      const auto flow = check_.add(rte_pktmbuf_mtod(mbuf, const std::uint8_t*), mbuf->data_len);
      if (flow) {
        ++sent[static_cast<unsigned>(*flow)];
      } else {
        ++unknown;
      }
    }
    if (!check_.finish()) ++half_changed;
    punted += state_->output.punted.count;
    state_->output.clear();
    ++bursts;
  }

  RcuPublisher& publisher_;
  unsigned id_;
  std::unique_ptr<LcoreState> state_;
  CountersStorage storage_;
  std::vector<test::Bytes> frames_;
  BurstCheck check_;
};

TEST_CASE("churn: bursts see whole changes, and no packet is lost by one") {
  RcuPublisher publisher(kReaders);
  REQUIRE(publisher.publish(diff({}, ChurnTables::base())).ok());
  std::vector<std::unique_ptr<Reader>> readers;
  for (unsigned id = 0; id < kReaders; ++id)
    readers.push_back(std::make_unique<Reader>(publisher, id));
  std::vector<const Counters*> counters;
  for (const auto& reader : readers)
    counters.push_back(&reader->counters());
  CounterBook book;
  book.commit(diff({}, ChurnTables::base()));

  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (const auto& reader : readers)
    threads.emplace_back([&] { reader->run(stop); });

  ChurnTables tables;
  const ChurnTables::Load load{.routes = 2000, .local_sids = 500, .policies = 500};
  unsigned failures = 0;
  std::uint64_t counted = 0;
  const auto end = std::chrono::steady_clock::now() + kMinTime;
  const auto publish = [&](const TableDiff& change) {
    if (!publisher.settle()) ++failures;
    book.open(change, counters);
    if (!publisher.publish(change).ok()) ++failures;
    book.commit(change);
  };
  for (unsigned n = 0; n < kMinChanges || std::chrono::steady_clock::now() < end; ++n) {
    publish(tables.next());
    if (n % 1000 == 500) publish(ChurnTables::reload(load, n / 1000));
    // Reading counters while they are written is what every scrape does.
    if (n % 50 == 0) counted = book.snapshot(counters).segment_lists.at(0).packets;
  }
  stop = true;
  for (std::thread& thread : threads)
    thread.join();

  CHECK(failures == 0);
  CHECK(counted > 0);
  for (const auto& reader : readers) {
    CHECK(reader->bursts > 10);
    CHECK(reader->half_changed == 0);
    CHECK(reader->unknown == 0);
    CHECK(reader->punted == 0);
    std::uint64_t dropped = 0;
    for (const PacketCounter& drop : reader->counters().drops)
      dropped += drop.packets;
    const auto in = reader->bursts * kPerFlow;
    for (unsigned flow = 0; flow < kChurnFlows; ++flow) {
      if (static_cast<ChurnFlow>(flow) != ChurnFlow::kComingRoute) {
        CHECK(reader->sent[flow] == in);
      } else {
        CHECK(reader->sent[flow] + dropped == in);
      }
    }
    const auto no_route = static_cast<std::size_t>(DropReason::lookup_no_route);
    CHECK(reader->counters().drops[no_route].packets == dropped);
  }
}

TEST_CASE("churn: the check notices a burst that saw half a change") {
  const auto frame_of = [](const TableSet& tables, ChurnFlow flow) {
    auto state = std::make_unique<LcoreState>();
    test::FakeMbuf mbuf(test::churn_frame(flow, 1));
    rte_mbuf* frames[] = {mbuf.get()};
    forward_burst(tables, *state, 0, frames);
    REQUIRE(state->output.tx[1].count == 1);
    return mbuf.bytes();
  };
  TableSet before;
  TableSet after;
  REQUIRE(before.apply(diff({}, ChurnTables::base())).ok());
  REQUIRE(after.apply(diff({}, ChurnTables::base())).ok());
  ChurnTables tables;
  for (int i = 0; i < 5; ++i)
    REQUIRE(after.apply(tables.next()).ok());
  const ChurnFlow tagged[] = {ChurnFlow::kTaggedMac, ChurnFlow::kTaggedList, ChurnFlow::kTaggedSid,
                              ChurnFlow::kTaggedRoute};
  for (const ChurnFlow one : tagged) {
    for (const ChurnFlow other : tagged) {
      BurstCheck check;
      const test::Bytes first = frame_of(before, one);
      const test::Bytes second = frame_of(after, other);
      CHECK(check.add(first.data(), first.size()) == one);
      CHECK(check.add(second.data(), second.size()) == other);
      CHECK_FALSE(check.finish());
      const test::Bytes same = frame_of(after, one);
      (void)check.add(same.data(), same.size());
      (void)check.add(second.data(), second.size());
      CHECK(check.finish());
    }
  }
  BurstCheck check;
  const test::Bytes newer = frame_of(after, ChurnFlow::kTaggedMac);
  const test::Bytes older = frame_of(before, ChurnFlow::kTaggedMac);
  (void)check.add(newer.data(), newer.size());
  CHECK(check.finish());
  (void)check.add(older.data(), older.size());
  CHECK_FALSE(check.finish());
}

}  // namespace
}  // namespace sextant
