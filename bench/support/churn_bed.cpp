// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ChurnBed: three threads on three CPUs; the lcore's runs Lcore::run_once() as the daemon's does.
#include "support/churn_bed.hpp"

#include <fmt/format.h>
#include <rte_errno.h>
#include <sys/resource.h>
#include <time.h>

#include <cstring>
#include <fstream>
#include <string>

#include "dataplane/slow_path/slow_path.hpp"
#include "support/rig.hpp"

namespace sextant::bench {

namespace {

constexpr unsigned kWire = 16384;
constexpr unsigned kInFlight = 1024;     // waiting to be received
constexpr unsigned kUnverified = 12288;  // sent and not looked at; more would overflow the wire
constexpr std::uint64_t kSuspiciousNs = 20'000;
constexpr unsigned kBurst = 64;

// How often the kernel took this thread off its CPU.
long switches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw + usage.ru_nvcsw;
}

std::uint64_t steal_ticks() {
  std::ifstream stat("/proc/stat");
  std::string name;
  std::uint64_t value = 0;
  stat >> name;
  for (int i = 0; i < 8; ++i)
    stat >> value;
  return value;
}

// Nothing of the traffic is punted; what comes here would be lost, and counted as foreign.
class NoOutput : public SlowPathOutput {
 public:
  void send_frame(InterfaceId, rte_mbuf* frame) override { rte_pktmbuf_free(frame); }
  void inject(TableId, rte_mbuf* packet) override { rte_pktmbuf_free(packet); }
  void resend(AdjacencyId, rte_mbuf* packet) override { rte_pktmbuf_free(packet); }
  void to_exception(TableId, rte_mbuf* packet) override { rte_pktmbuf_free(packet); }
  void count_drop(DropReason, rte_mbuf* packet) override { rte_pktmbuf_free(packet); }
};

}  // namespace

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

void Latencies::merge(const Latencies& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t Latencies::beyond(double us) const {
  const auto first = static_cast<std::size_t>(us * 1000 / static_cast<double>(kStepNs));
  std::uint64_t out = 0;
  for (std::size_t i = first; i < buckets_.size(); ++i)
    out += buckets_[i];
  return out;
}

double Latencies::quantile_us(double q) const {
  const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(count_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > wanted) return static_cast<double>((i + 1) * kStepNs) / 1000;
  }
  return max_us();
}

Result<std::unique_ptr<ChurnBed>> ChurnBed::start() {
  if (const Status started = start_eal(); !started) return started.error();
  std::unique_ptr<ChurnBed> bed(new ChurnBed);
  if (const Status opened = bed->open(); !opened) return opened.error();
  return bed;
}

Status ChurnBed::open() {
  pool_ = rte_pktmbuf_pool_create("churn", 32767, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
  boundaries_ = rte_ring_create("boundaries", 32768, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
  if (pool_ == nullptr || boundaries_ == nullptr) {
    return Error{fmt::format("no memory: {}", rte_strerror(rte_errno))};
  }
  LcoreSetup setup;
  for (unsigned i = 0; i < 2; ++i) {
    auto port = RingPort::open(fmt::format("wire{}", i), kWire, pool_);
    if (!port) return port.error();
    wires_[i] = port->ring;
    setup.ports.tx[i].port_id = port->id;
  }
  setup.publisher = &publisher_;
  setup.pool = pool_;
  setup.ports.rx = {{0, 0}};
  setup.burst = kBurst;
  setup.idle = IdleMode::kPoll;
  auto lcore = Lcore::create(std::move(setup));
  if (!lcore) return lcore.error();
  lcore_ = std::move(lcore).value();
  output_ = std::make_unique<NoOutput>();
  slow_path_ = std::make_unique<SlowPath>(publisher_, *output_, pool_);
  if (const Status base = publish(diff({}, test::ChurnTables::base())); !base) return base;
  for (unsigned i = 0; i < 16 * test::kChurnFlows; ++i) {
    frame_flows_.push_back(static_cast<std::uint8_t>(i % test::kChurnFlows));
    frames_.push_back(
        test::churn_frame(static_cast<test::ChurnFlow>(i % test::kChurnFlows), 61 * i));
  }
  lcore_thread_ = std::thread([this] { run_lcore(); });
  traffic_thread_ = std::thread([this] { run_traffic(); });
  take_cpu(2);
  return Ok{};
}

ChurnBed::~ChurnBed() {
  finish();
}

void ChurnBed::finish() {
  stop_traffic_ = true;
  if (traffic_thread_.joinable()) traffic_thread_.join();
  stop_lcore_ = true;
  if (lcore_thread_.joinable()) lcore_thread_.join();
}

Status ChurnBed::publish(const TableDiff& change) {
  if (const Status status = publisher_.check(change); !status) return status;
  const Counters* const counters[] = {&lcore_->counters()};
  book_.open(change, counters);
  if (const auto published = slow_path_->publish(change); !published) return published.error();
  book_.commit(change);
  return Ok{};
}

void ChurnBed::enter(PhaseResult& phase) {
  phase_steal_ = steal_ticks();
  phase_start_ns_ = last_watch_ns_ = monotonic_ns();
  phase_begin_ = lcore_->statistics();
  own_phase_ = &phase;
  phase_.store(&phase, std::memory_order_release);
}

void ChurnBed::leave() {
  phase_.store(nullptr, std::memory_order_release);
  // The lcore writes to the phase until the end of its turn.
  const std::uint64_t turns = turns_.load(std::memory_order_acquire);
  while (turns_.load(std::memory_order_acquire) < turns + 2)
    rte_pause();
  const LcoreStatistics now = lcore_->statistics();
  own_phase_->busy_cycles += now.busy_cycles - phase_begin_.busy_cycles;
  own_phase_->busy_packets += now.packets - phase_begin_.packets;
  own_phase_->ns += monotonic_ns() - phase_start_ns_;
  own_phase_->steal_ticks += steal_ticks() - phase_steal_;
  own_phase_ = nullptr;
}

void ChurnBed::wait_until(std::uint64_t ns) {
  const long before = switches();
  Latencies gaps;
  std::uint64_t last = monotonic_ns();
  while (last < ns) {
    const std::uint64_t now = monotonic_ns();
    gaps.add(now - last);
    last = now;
  }
  // What the kernel did to this thread tells nothing about the host.
  if (own_phase_ != nullptr && switches() == before) own_phase_->pacing.merge(gaps);
}

// True when it made a system call, after which the kernel likes to run something else: that time
// is not the turn's.
bool ChurnBed::watch(PhaseResult* phase, std::uint64_t ns, std::uint64_t packets) {
  phase->packets += packets;
  if (ns < kSuspiciousNs) {
    phase->turns.add(ns);
    return false;
  }
  const long now = switches();
  (now == switches_ ? phase->turns : phase->preempted).add(ns);
  switches_ = now;
  return true;
}

void ChurnBed::run_lcore() {
  take_cpu(0);
  rte_thread_register();
  rte_rcu_qsbr* const qsbr = publisher_.qsbr();
  rte_rcu_qsbr_thread_register(qsbr, 0);
  rte_rcu_qsbr_thread_online(qsbr, 0);
  const double ns_per_cycle = 1e9 / static_cast<double>(rte_get_tsc_hz());
  switches_ = switches();
  std::uint64_t last = rte_rdtsc();
  PhaseResult* last_phase = nullptr;
  for (std::uint64_t n = 0; !stop_lcore_.load(std::memory_order_relaxed); ++n) {
    PhaseResult* const phase = phase_.load(std::memory_order_acquire);
    const unsigned work = lcore_->run_once();
    rte_rcu_qsbr_quiescent(qsbr, 0);
    const std::uint64_t now = rte_rdtsc();
    const std::uint64_t turn = now - last;
    last = now;
    turns_.store(n, std::memory_order_release);
    if (work == 0) continue;
    rte_ring_sp_enqueue(boundaries_,
                        reinterpret_cast<void*>(std::uintptr_t{1} << 32 | wires_[1]->prod.tail));
    if (phase != nullptr && phase == last_phase &&
        watch(phase, static_cast<std::uint64_t>(static_cast<double>(turn) * ns_per_cycle), work)) {
      last = rte_rdtsc();
    }
    last_phase = phase;
    // So that one of long ago does not excuse a long turn of now; costs this thread 0.3 us.
    if (n % 4096 == 0) {
      switches_ = switches();
      last = rte_rdtsc();
    }
  }
  rte_rcu_qsbr_thread_offline(qsbr, 0);
  rte_rcu_qsbr_thread_unregister(qsbr, 0);
}

unsigned ChurnBed::generate() {
  if (rte_ring_count(wires_[0]) > kInFlight || rte_ring_count(wires_[1]) > kUnverified) return 0;
  rte_mbuf* mbufs[kBurst];
  if (rte_pktmbuf_alloc_bulk(pool_, mbufs, kBurst) != 0) return 0;
  for (rte_mbuf* mbuf : mbufs) {
    const test::Bytes& frame = frames_[next_frame_];
    ++flows_[frame_flows_[next_frame_]].in;
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    if (++next_frame_ == frames_.size()) next_frame_ = 0;
  }
  return rte_ring_sp_enqueue_bulk(wires_[0], reinterpret_cast<void**>(mbufs), kBurst, nullptr);
}

// Takes the frames of one burst off the wire.
unsigned ChurnBed::verify(std::uint32_t end) {
  const std::uint32_t count = end - verified_;
  for (std::uint32_t left = count; left > 0;) {
    rte_mbuf* mbufs[kBurst];
    const unsigned got = rte_ring_sc_dequeue_burst(wires_[1], reinterpret_cast<void**>(mbufs),
                                                   std::min(left, kBurst), nullptr);
    for (unsigned i = 0; i < got; ++i) {
      const auto flow =
          check_.add(rte_pktmbuf_mtod(mbufs[i], const std::uint8_t*), mbufs[i]->data_len);
      if (flow) {
        ++flows_[static_cast<unsigned>(*flow)].out;
      } else {
        ++foreign_;
      }
    }
    rte_pktmbuf_free_bulk(mbufs, got);
    left -= got;
  }
  verified_ = end;
  ++bursts_;
  if (!check_.finish()) ++half_changed_;
  return count;
}

void ChurnBed::run_traffic() {
  take_cpu(1);
  rte_thread_register();
  const auto take = [this] {
    void* boundary = nullptr;
    if (rte_ring_sc_dequeue(boundaries_, &boundary) != 0) return false;
    verify(static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(boundary)));
    return true;
  };
  while (!stop_traffic_.load(std::memory_order_relaxed)) {
    generate();
    while (take()) {
      if (rte_ring_count(wires_[0]) < kInFlight / 2) generate();
    }
  }
  // What is on its way still comes through: the lcore runs on.
  for (const std::uint64_t end = monotonic_ns() + 1'000'000'000; monotonic_ns() < end;)
    take();
}

}  // namespace sextant::bench
