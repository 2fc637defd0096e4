// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The loop of a forwarding lcore. It makes system calls only to sleep; what it calls for packets
// (forward.hpp, PMDs, rings) makes none.
#include "lcore.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace sextant {

namespace {

// Empty turns before the first pause instruction, and before the first sleep.
constexpr unsigned kBusyTurns = 256;
constexpr unsigned kPauseTurns = 2048;
constexpr unsigned kMinSleepUs = 2;
constexpr unsigned kMaxSleepUs = 100;

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
  if (auto status = lcore->storage_.attach(state.counters); !status) return status.error();
  state.pool = lcore->setup_.pool;
  state.proxy_cache = lcore->setup_.proxy_cache;
  state.tsc_hz = rte_get_tsc_hz();
  return lcore;
}

void Lcore::run() {
  // Sleeps end when they should, not up to 50 us later.
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  rte_rcu_qsbr* const qsbr = setup_.publisher->qsbr();
  rte_rcu_qsbr_thread_register(qsbr, setup_.index);
  rte_rcu_qsbr_thread_online(qsbr, setup_.index);
  while (!stop_.load(std::memory_order_relaxed)) {
    const unsigned work = run_once();
    rte_rcu_qsbr_quiescent(qsbr, setup_.index);
    if (likely(work > 0)) {
      empty_turns_ = sleep_us_ = 0;
    } else if (setup_.idle == IdleMode::kAdaptive) {
      idle();
    }
  }
  rte_rcu_qsbr_thread_offline(qsbr, setup_.index);
  rte_rcu_qsbr_thread_unregister(qsbr, setup_.index);
}

unsigned Lcore::run_once() {
  const TableSet& tables = setup_.publisher->current();
  const bool draining = draining_.load(std::memory_order_relaxed);
  const unsigned received = likely(!draining) ? receive(tables) : 0;
  return received + take_injected(tables) + take_handoffs();
}

unsigned Lcore::receive(const TableSet& tables) {
  unsigned work = 0;
  std::array<rte_mbuf*, kMaxRxBurst> frames;
  for (const RxQueue& rx : setup_.rx) {
    const TxPath& port = setup_.ports[rx.port];
    if (unlikely(!port.open())) continue;
    const unsigned count = rte_eth_rx_burst(port.port_id, rx.queue, frames.data(), setup_.burst);
    if (count == 0) continue;
    state_->now_tsc = rte_rdtsc();
    forward_burst(tables, *state_, rx.port, {frames.data(), count});
    flush();
    work += count;
  }
  return work;
}

unsigned Lcore::take_injected(const TableSet& tables) {
  if (setup_.inject == nullptr || likely(rte_ring_empty(setup_.inject) != 0)) return 0;
  std::array<rte_mbuf*, kMaxRxBurst> packets;
  const unsigned count = rte_ring_sc_dequeue_burst(
      setup_.inject, reinterpret_cast<void**>(packets.data()), setup_.burst, nullptr);
  state_->now_tsc = rte_rdtsc();
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
  for (const TxHandoff& handoff : setup_.handoffs) {
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
  output.clear();
}

void Lcore::send(PortIndex port, std::span<rte_mbuf*> frames) {
  if (frames.empty()) return;
  if (unlikely(port >= kMaxPorts || !setup_.ports[port].open())) {
    drop(DropReason::tx_port_down, frames);
    return;
  }
  const TxPath& path = setup_.ports[port];
  if (likely(path.handoff == nullptr)) {
    transmit(path, frames);
    return;
  }
  const unsigned taken =
      rte_ring_mp_enqueue_burst(path.handoff, reinterpret_cast<void* const*>(frames.data()),
                                static_cast<unsigned>(frames.size()), nullptr);
  drop(DropReason::tx_port_refused, frames.subspan(taken));
}

void Lcore::transmit(const TxPath& path, std::span<rte_mbuf*> frames) {
  if (unlikely(!path.multi_segment)) frames = linearize(frames);
  // A driver may take a part at a time; one that takes nothing is full.
  while (!frames.empty()) {
    const unsigned sent = rte_eth_tx_burst(path.port_id, path.queue, frames.data(),
                                           static_cast<std::uint16_t>(frames.size()));
    if (unlikely(sent == 0)) break;
    frames = frames.subspan(sent);
  }
  drop(DropReason::tx_port_refused, frames);
}

std::span<rte_mbuf*> Lcore::linearize(std::span<rte_mbuf*> frames) {
  std::size_t kept = 0;
  for (rte_mbuf* frame : frames) {
    if (unlikely(frame->nb_segs > 1)) {
      rte_mbuf* const whole = in_one_segment(frame, setup_.pool);
      if (whole == nullptr) {
        drop(DropReason::tx_not_contiguous, {&frame, 1});
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
  drop(DropReason::punt_queue_full, {punted.mbufs.data() + taken, punted.count - taken});
}

void Lcore::drop(DropReason reason, std::span<rte_mbuf*> frames) {
  if (likely(frames.empty())) return;
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
  usleep(sleep_us_);
  rte_rcu_qsbr_thread_online(qsbr, setup_.index);
}

}  // namespace sextant
