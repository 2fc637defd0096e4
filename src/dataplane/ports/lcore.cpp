// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The loop of a forwarding lcore. It makes system calls only to sleep; what it calls for packets
// (forward.hpp, PMDs, rings) makes none.
#include "lcore.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace sextant {

namespace {

// Empty turns before the first pause instruction, and before the first sleep.
constexpr unsigned kBusyTurns = 256;
constexpr unsigned kPauseTurns = 2048;
constexpr unsigned kMinSleepUs = 2;
constexpr unsigned kMaxSleepUs = 100;

// One burst of so many is measured stage by stage, which costs a TSC read per stage.
constexpr unsigned kSampling = 64;

// One writer: a reader sees each word whole, and the writer pays nothing for it.
void store(std::uint64_t& word, std::uint64_t value) {
  __atomic_store_n(&word, value, __ATOMIC_RELAXED);
}
void add(std::uint64_t& word, std::uint64_t more) {
  store(word, word + more);
}
std::uint64_t load(const std::uint64_t& word) {
  return __atomic_load_n(&word, __ATOMIC_RELAXED);
}

std::uint64_t bytes_of(std::span<rte_mbuf* const> frames) {
  std::uint64_t bytes = 0;
  for (const rte_mbuf* frame : frames)
    bytes += frame->pkt_len;
  return bytes;
}

// The frame in one buffer: moved together when its first segment has the room, else copied. Null
// when neither is possible; the frame is as it was then.
rte_mbuf* in_one_segment(rte_mbuf* frame, rte_mempool* pool) {
  if (rte_pktmbuf_linearize(frame) == 0) return frame;
  if (pool == nullptr) return nullptr;
  rte_mbuf* const copy = rte_pktmbuf_copy(frame, pool, 0, UINT32_MAX);
  if (copy == nullptr) return nullptr;
  if (copy->nb_segs > 1) {
    rte_pktmbuf_free(copy);
    return nullptr;
  }
  rte_pktmbuf_free(frame);
  return copy;
}

}  // namespace

void InjectInfo::store(rte_mbuf* mbuf) const {
  static_assert(sizeof mbuf->hash >= sizeof(InjectInfo));
  std::memcpy(&mbuf->hash, this, sizeof *this);
}

InjectInfo InjectInfo::load(const rte_mbuf* mbuf) {
  InjectInfo info;
  std::memcpy(static_cast<void*>(&info), &mbuf->hash, sizeof info);
  return info;
}

Result<std::unique_ptr<Lcore>> Lcore::create(LcoreSetup setup) {
  std::unique_ptr<Lcore> lcore(new Lcore);
  lcore->setup_ = std::move(setup);
  lcore->setup_.burst = std::clamp<std::uint16_t>(lcore->setup_.burst, 1, kMaxRxBurst);
  lcore->state_ = std::make_unique<LcoreState>();
  LcoreState& state = *lcore->state_;
  lcore->use_ports(lcore->setup_.ports);
  if (auto status = lcore->storage_.attach(state.counters); !status) return status.error();
  state.pool = lcore->setup_.pool;
  state.proxy_cache = lcore->setup_.proxy_cache;
  state.flows = lcore->setup_.flows;
  state.tsc_hz = rte_get_tsc_hz();
  return lcore;
}

void Lcore::run() {
  // Sleeps end when they should, not up to 50 us later.
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  rte_rcu_qsbr* const qsbr = setup_.publisher->qsbr();
  rte_rcu_qsbr_thread_register(qsbr, setup_.index);
  rte_rcu_qsbr_thread_online(qsbr, setup_.index);
  store(work_.started_tsc, rte_rdtsc());
  while (!stop_.load(std::memory_order_relaxed)) {
    const unsigned work = run_once();
    rte_rcu_qsbr_quiescent(qsbr, setup_.index);
    if (likely(work > 0)) {
      empty_turns_ = sleep_us_ = 0;
    } else if (setup_.idle == IdleMode::kAdaptive) {
      idle();
    }
  }
  store(work_.ended_tsc, rte_rdtsc());
  rte_rcu_qsbr_thread_offline(qsbr, setup_.index);
  rte_rcu_qsbr_thread_unregister(qsbr, setup_.index);
}

unsigned Lcore::run_once() {
  const TableSet& tables = setup_.publisher->current();
  const std::uint64_t start = rte_rdtsc();
  state_->now_tsc = start;
  now_ = ports_.load(std::memory_order_acquire);
  state_->tracer = watch_.tracer.load(std::memory_order_acquire);
  state_->taps = watch_.taps.load(std::memory_order_acquire);
  const bool draining = draining_.load(std::memory_order_relaxed);
  const unsigned received = likely(!draining) ? receive(tables) + take_tap_frames(tables) : 0;
  const unsigned work = received + take_injected(tables) + take_handoffs();
  if (work > 0) {
    const std::uint64_t cycles = rte_rdtsc() - start;
    add(work_.busy_cycles, cycles);
    if (unlikely(cycles > work_.longest_turn)) store(work_.longest_turn, cycles);
  }
  return work;
}

void Lcore::count_burst(unsigned packets) {
  add(work_.bursts, 1);
  add(work_.packets, packets);
  add(work_.by_size[static_cast<unsigned>(std::bit_width(packets)) - 1], 1);
}

void Lcore::forward_received(const TableSet& tables, PortIndex port,
                             std::span<rte_mbuf* const> frames) {
  if (unlikely(state_->taps != nullptr)) {
    capture_frames(*state_, CapturePoint::kIngress, port, {}, frames);
  }
  forward_burst(tables, *state_, port, frames);
}

// The same as a turn of receive(), with the clock in hand.
unsigned Lcore::receive_sampled(const TableSet& tables, const RxQueue& rx) {
  std::array<rte_mbuf*, kMaxRxBurst> frames;
  const std::uint64_t start = rte_rdtsc();
  const unsigned count =
      rte_eth_rx_burst(now_->tx[rx.port].port_id, rx.queue, frames.data(), setup_.burst);
  if (count == 0) return 0;
  const std::uint64_t received = rte_rdtsc();
  state_->stage_cycles = {};
  state_->measure_stages = true;
  forward_received(tables, rx.port, {frames.data(), count});
  state_->measure_stages = false;
  const std::uint64_t forwarded = rte_rdtsc();
  flush();
  add(work_.stage_cycles.front(), received - start);
  for (unsigned stage = 0; stage < kStageCount; ++stage)
    add(work_.stage_cycles[stage + 1], state_->stage_cycles[stage]);
  add(work_.stage_cycles.back(), rte_rdtsc() - forwarded);
  add(work_.sampled_bursts, 1);
  add(work_.sampled_packets, count);
  bursts_to_sample_ = kSampling;
  return count;
}

LcoreStatistics Lcore::statistics() const {
  static_assert(kLcoreStages.size() == kStageCount + 2);
  static_assert(kMaxRxBurst >> (kBurstBuckets - 1) == 1);
  LcoreStatistics out;
  out.index = setup_.index;
  out.tsc_hz = state_->tsc_hz;
  const std::uint64_t started = load(work_.started_tsc);
  const std::uint64_t ended = load(work_.ended_tsc);
  out.running = started != 0 && ended == 0;
  if (started != 0) out.total_cycles = (ended == 0 ? rte_rdtsc() : ended) - started;
  out.bursts = load(work_.bursts);
  out.packets = load(work_.packets);
  for (std::size_t i = 0; i < kBurstBuckets; ++i)
    out.bursts_by_size[i] = load(work_.by_size[i]);
  out.busy_cycles = load(work_.busy_cycles);
  out.sleeps = load(work_.sleeps);
  out.longest_turn_cycles = load(work_.longest_turn);
  out.sampled_bursts = load(work_.sampled_bursts);
  out.sampled_packets = load(work_.sampled_packets);
  for (std::size_t i = 0; i < kLcoreStages.size(); ++i)
    out.stage_cycles[i] = load(work_.stage_cycles[i]);
  return out;
}

unsigned Lcore::receive(const TableSet& tables) {
  unsigned work = 0;
  std::array<rte_mbuf*, kMaxRxBurst> frames;
  for (const RxQueue& rx : now_->rx) {
    const TxPath& port = now_->tx[rx.port];
    if (unlikely(!port.open())) continue;
    unsigned count = 0;
    if (unlikely(bursts_to_sample_ == 0)) {
      count = receive_sampled(tables, rx);
      if (count == 0) continue;
    } else {
      count = rte_eth_rx_burst(port.port_id, rx.queue, frames.data(), setup_.burst);
      if (count == 0) continue;
      forward_received(tables, rx.port, {frames.data(), count});
      flush();
    }
    --bursts_to_sample_;
    count_burst(count);
    work += count;
  }
  return work;
}

unsigned Lcore::take_tap_frames(const TableSet& tables) {
  if (setup_.taps == nullptr || likely(rte_ring_empty(setup_.taps) != 0)) return 0;
  std::array<rte_mbuf*, kMaxRxBurst> frames;
  const unsigned count = rte_ring_sc_dequeue_burst(
      setup_.taps, reinterpret_cast<void**>(frames.data()), setup_.burst, nullptr);
  for (unsigned start = 0, end = 0; start < count; start = end) {
    const PortIndex port = frames[start]->port;
    for (end = start + 1; end < count && frames[end]->port == port; ++end) {
    }
    forward_received(tables, port, {&frames[start], end - start});
    flush();
    count_burst(end - start);
  }
  return count;
}

unsigned Lcore::take_injected(const TableSet& tables) {
  if (setup_.inject == nullptr || likely(rte_ring_empty(setup_.inject) != 0)) return 0;
  std::array<rte_mbuf*, kMaxRxBurst> packets;
  const unsigned count = rte_ring_sc_dequeue_burst(
      setup_.inject, reinterpret_cast<void**>(packets.data()), setup_.burst, nullptr);
  // Neighbors with the same destination go together; the order stays.
  for (unsigned start = 0, end = 0; start < count; start = end) {
    const InjectInfo info = InjectInfo::load(packets[start]);
    for (end = start + 1; end < count; ++end) {
      const InjectInfo next = InjectInfo::load(packets[end]);
      if (next.kind != info.kind || next.object != info.object) break;
    }
    forward_run(tables, info, {&packets[start], end - start});
  }
  return count;
}

void Lcore::forward_run(const TableSet& tables, InjectInfo info, std::span<rte_mbuf*> packets) {
  switch (info.kind) {
    case InjectInfo::Kind::kFrame: send(static_cast<PortIndex>(info.object), packets); return;
    case InjectInfo::Kind::kPacket:
      forward_injected(tables, *state_, static_cast<TableId>(info.object), packets);
      break;
    case InjectInfo::Kind::kAdjacency:
      forward_adjacency(tables, *state_, info.object, packets);
      break;
  }
  flush();
}

unsigned Lcore::take_handoffs() {
  unsigned work = 0;
  std::array<rte_mbuf*, kMaxRxBurst> frames;
  for (const TxHandoff& handoff : now_->handoffs) {
    if (likely(rte_ring_empty(handoff.ring) != 0)) continue;
    const unsigned count = rte_ring_sc_dequeue_burst(
        handoff.ring, reinterpret_cast<void**>(frames.data()), kMaxRxBurst, nullptr);
    if (count > 0) send(handoff.port, {frames.data(), count});
    work += count;
  }
  return work;
}

void Lcore::flush() {
  BurstOutput& output = state_->output;
  for (unsigned i = 0; i < output.used_count; ++i) {
    MbufList& list = output.tx[output.used[i]];
    send(output.used[i], {list.mbufs.data(), list.count});
  }
  if (output.punted.count > 0) punt();
  // Counted already.
  if (output.dropped.count > 0) {
    rte_pktmbuf_free_bulk(output.dropped.mbufs.data(), output.dropped.count);
  }
  if (unlikely(state_->tracer != nullptr)) state_->tracer->finish();
  output.clear();
}

void Lcore::send(PortIndex port, std::span<rte_mbuf*> frames) {
  if (frames.empty()) return;
  if (unlikely(port >= kMaxPorts || !now_->tx[port].open())) {
    drop(DropReason::tx_port_down, port, frames);
    return;
  }
  const TxPath& path = now_->tx[port];
  if (likely(path.handoff == nullptr)) {
    transmit(port, frames);
    return;
  }
  for (rte_mbuf* frame : frames)
    frame->port = port;
  const unsigned taken =
      rte_ring_mp_enqueue_burst(path.handoff, reinterpret_cast<void* const*>(frames.data()),
                                static_cast<unsigned>(frames.size()), nullptr);
  drop(DropReason::tx_port_refused, port, frames.subspan(taken));
}

void Lcore::transmit(PortIndex port, std::span<rte_mbuf*> frames) {
  const TxPath& path = now_->tx[port];
  if (unlikely(!path.multi_segment)) frames = linearize(port, frames);
  if (unlikely(state_->taps != nullptr)) {
    capture_frames(*state_, CapturePoint::kEgress, port, {}, frames);
  }
  // A driver may take a part at a time; one that takes nothing is full.
  while (!frames.empty()) {
    const unsigned sent = rte_eth_tx_burst(path.port_id, path.queue, frames.data(),
                                           static_cast<std::uint16_t>(frames.size()));
    if (unlikely(sent == 0)) break;
    frames = frames.subspan(sent);
  }
  drop(DropReason::tx_port_refused, port, frames);
}

std::span<rte_mbuf*> Lcore::linearize(PortIndex port, std::span<rte_mbuf*> frames) {
  std::size_t kept = 0;
  for (rte_mbuf* frame : frames) {
    if (unlikely(frame->nb_segs > 1)) {
      rte_mbuf* const whole = in_one_segment(frame, setup_.pool);
      if (whole == nullptr) {
        drop(DropReason::tx_not_contiguous, port, {&frame, 1});
        continue;
      }
      frame = whole;
    }
    frames[kept++] = frame;
  }
  return frames.first(kept);
}

void Lcore::punt() {
  MbufList& punted = state_->output.punted;
  unsigned taken = 0;
  if (setup_.punt != nullptr) {
    taken = rte_ring_mp_enqueue_burst(
        setup_.punt, reinterpret_cast<void* const*>(punted.mbufs.data()), punted.count, nullptr);
  }
  drop(DropReason::punt_queue_full, kNoPort, {punted.mbufs.data() + taken, punted.count - taken});
}

void Lcore::drop(DropReason reason, PortIndex port, std::span<rte_mbuf*> frames) {
  if (likely(frames.empty())) return;
  if (unlikely(state_->tracer != nullptr)) {
    for (const rte_mbuf* frame : frames)
      state_->tracer->refused(reason, frame);
  }
  if (unlikely(state_->taps != nullptr)) {
    capture_frames(*state_, CapturePoint::kDrop, port, reason, frames, port != kNoPort);
  }
  state_->counters.drops[static_cast<std::size_t>(reason)].add(frames.size(), bytes_of(frames));
  rte_pktmbuf_free_bulk(frames.data(), static_cast<unsigned>(frames.size()));
}

void Lcore::idle() {
  ++empty_turns_;
  if (empty_turns_ <= kBusyTurns) return;
  if (empty_turns_ <= kPauseTurns) {
    rte_pause();
    return;
  }
  sleep_us_ = std::clamp(sleep_us_ * 2, kMinSleepUs, kMaxSleepUs);
  rte_rcu_qsbr* const qsbr = setup_.publisher->qsbr();
  // A grace period does not have to wait for a sleeping lcore.
  rte_rcu_qsbr_thread_offline(qsbr, setup_.index);
  add(work_.sleeps, 1);
  usleep(sleep_us_);
  rte_rcu_qsbr_thread_online(qsbr, setup_.index);
}

}  // namespace sextant
