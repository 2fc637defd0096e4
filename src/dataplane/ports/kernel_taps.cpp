// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The thread of the taps: one read() or writev() per frame.
#include "kernel_taps.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sextant {

namespace {

constexpr unsigned kRingEntries = 4096;
constexpr unsigned kBatch = 64;
constexpr unsigned kEvents = 64;
// The longest chain of buffers that a packet can be.
constexpr unsigned kMaxParts = 64;
// Ethernet header and a VLAN tag.
constexpr unsigned kFrameOverhead = 14 + 4;
// As lcores do: turns without work before the first sleep, then longer and longer ones.
constexpr unsigned kBusyTurns = 64;
constexpr long kMinSleep_ns = 2'000;
constexpr long kMaxSleep_ns = 100'000;

}  // namespace

// Holds the thread up between two turns.
class KernelTaps::Turn {
 public:
  explicit Turn(const KernelTaps& taps) : taps_(taps) {
    taps_.waiting_.fetch_add(1, std::memory_order_relaxed);
    taps_.mutex_.lock();
    taps_.waiting_.fetch_sub(1, std::memory_order_relaxed);
  }
  ~Turn() { taps_.mutex_.unlock(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  const KernelTaps& taps_;
};

KernelTaps::~KernelTaps() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_) thread_->join();
  for (const auto& tap : taps_) {
    if (tap) close(tap->descriptor);
  }
  if (epoll_ >= 0) close(epoll_);
}

Status KernelTaps::make_rings() {
  for (unsigned lcore = 0; lcore < lcores_; ++lcore) {
    auto ring =
        make_ring(fmt::format("taps_to_{}", lcore), kRingEntries, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (!ring) return ring.error();
    received_.push_back(std::move(ring).value());
  }
  auto ring = make_ring("taps_from", kRingEntries, RING_F_SC_DEQ);
  if (!ring) return ring.error();
  to_send_ = std::move(ring).value();
  return Ok{};
}

Status KernelTaps::add(PortIndex port, int descriptor, std::uint16_t mtu, unsigned lcore) {
  const auto fail = [&](const std::string& text) {
    close(descriptor);
    return Error{text};
  };
  const unsigned room = rte_pktmbuf_data_room_size(pool_) - RTE_PKTMBUF_HEADROOM;
  if (mtu + kFrameOverhead > room) {
    return fail(
        fmt::format("MTU {} does not fit into the packet buffers, which were made for the "
                    "largest MTU of the configured ports and take {} bytes: give one of "
                    "the ports the larger 'mtu' and restart sextantd",
                    mtu, room - kFrameOverhead));
  }
  if (epoll_ < 0) epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return fail(fmt::format("epoll_create1: {}", std::strerror(errno)));
  auto tap = std::make_unique<Tap>();
  tap->descriptor = descriptor;
  tap->lcore = lcore;
  {
    const Turn turn(*this);
    epoll_event event{.events = EPOLLIN, .data = {.u32 = port}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
      return fail(fmt::format("epoll_ctl: {}", std::strerror(errno)));
    }
    taps_[port] = std::move(tap);
  }
  if (!thread_) thread_.emplace([this] { run(); });
  return Ok{};
}

void KernelTaps::remove(PortIndex port) {
  std::unique_ptr<Tap> tap;
  {
    const Turn turn(*this);
    tap = std::move(taps_[port]);
    if (tap) detach(*tap);
  }
  if (tap) close(tap->descriptor);
}

void KernelTaps::detach(Tap& tap) {
  if (tap.attached) epoll_ctl(epoll_, EPOLL_CTL_DEL, tap.descriptor, nullptr);
  tap.attached = false;
}

bool KernelTaps::attached(PortIndex port) const {
  const Turn turn(*this);
  return taps_[port] != nullptr && taps_[port]->attached;
}

void KernelTaps::read_counters(PortIndex port, PortState& state) const {
  const Turn turn(*this);
  const Tap& tap = *taps_[port];
  state.present = state.link_up = tap.attached;
  state.rx = tap.rx;
  state.tx = tap.tx;
  state.rx_missed = tap.rx_missed;
  state.rx_no_mbuf = tap.rx_no_mbuf;
  state.tx_errors = tap.tx_errors;
}

KernelTaps::Losses KernelTaps::losses() const {
  const Turn turn(*this);
  return losses_;
}

bool KernelTaps::idle() const {
  const auto empty = [](const Ring& ring) { return rte_ring_empty(ring.get()) != 0; };
  return to_send_ == nullptr ||
         (empty(to_send_) && std::all_of(received_.begin(), received_.end(), empty));
}

void KernelTaps::run() {
  prctl(PR_SET_NAME, "sextant-taps", 0, 0, 0);
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  unsigned empty_turns = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    while (waiting_.load(std::memory_order_relaxed) > 0)
      std::this_thread::yield();
    unsigned work = 0;
    {
      const std::lock_guard lock(mutex_);
      work = send_frames() + receive_frames();
    }
    empty_turns = work > 0 ? 0 : empty_turns + 1;
    if (empty_turns > kBusyTurns) sleep(empty_turns - kBusyTurns);
  }
}

// Until a tap has a frame; those of the lcores are looked for after a while.
void KernelTaps::sleep(unsigned empty_turns) {
  const long ns = empty_turns > 6 ? kMaxSleep_ns : kMinSleep_ns << empty_turns;
  const timespec time{.tv_sec = 0, .tv_nsec = std::min(ns, kMaxSleep_ns)};
  epoll_event event{};
  // Older than Linux 5.11.
  if (epoll_pwait2(epoll_, &event, 1, &time, nullptr) < 0 && errno == ENOSYS) {
    nanosleep(&time, nullptr);
  }
}

unsigned KernelTaps::send_frames() {
  std::array<rte_mbuf*, kBatch> frames;
  const unsigned count = rte_ring_sc_dequeue_burst(
      to_send_.get(), reinterpret_cast<void**>(frames.data()), kBatch, nullptr);
  for (unsigned i = 0; i < count; ++i)
    send(frames[i]);
  if (count > 0) rte_pktmbuf_free_bulk(frames.data(), count);
  return count;
}

void KernelTaps::send(rte_mbuf* frame) {
  Tap* const tap = frame->port < kMaxPorts ? taps_[frame->port].get() : nullptr;
  if (tap == nullptr) {  // removed since
    losses_.refused += {1, frame->pkt_len};
    return;
  }
  std::array<iovec, kMaxParts> parts;
  int count = 0;
  for (rte_mbuf* segment = frame; segment != nullptr && count < static_cast<int>(kMaxParts);
       segment = segment->next) {
    parts[static_cast<unsigned>(count++)] = {rte_pktmbuf_mtod(segment, void*), segment->data_len};
  }
  const ssize_t sent = writev(tap->descriptor, parts.data(), count);
  if (sent == static_cast<ssize_t>(frame->pkt_len)) {
    ++tap->tx.packets;
    tap->tx.bytes += frame->pkt_len;
  } else {
    ++tap->tx_errors;
    losses_.refused += {1, frame->pkt_len};
  }
}

unsigned KernelTaps::receive_frames() {
  std::array<epoll_event, kEvents> events;
  const int count = epoll_wait(epoll_, events.data(), kEvents, 0);
  unsigned work = 0;
  for (int i = 0; i < count; ++i) {
    const auto port = static_cast<PortIndex>(events[static_cast<unsigned>(i)].data.u32);
    if (taps_[port]) work += receive(port, *taps_[port]);
  }
  return work;
}

unsigned KernelTaps::receive(PortIndex port, Tap& tap) {
  std::array<rte_mbuf*, kBatch> frames;
  if (rte_pktmbuf_alloc_bulk(pool_, frames.data(), kBatch) != 0) {
    ++tap.rx_no_mbuf;
    ++losses_.rx_no_mbuf;
    return 0;
  }
  unsigned count = 0;
  while (count < kBatch) {
    rte_mbuf* const frame = frames[count];
    const ssize_t length =
        read(tap.descriptor, rte_pktmbuf_mtod(frame, void*), rte_pktmbuf_tailroom(frame));
    if (length <= 0) {
      // EBADFD: the interface is gone, with its network namespace perhaps.
      if (length == 0 || (errno != EAGAIN && errno != EINTR)) detach(tap);
      break;
    }
    frame->data_len = static_cast<std::uint16_t>(length);
    frame->pkt_len = static_cast<std::uint32_t>(length);
    frame->port = port;
    ++tap.rx.packets;
    tap.rx.bytes += static_cast<std::uint64_t>(length);
    ++count;
  }
  const unsigned taken = rte_ring_sp_enqueue_burst(
      received_[tap.lcore].get(), reinterpret_cast<void* const*>(frames.data()), count, nullptr);
  tap.rx_missed += count - taken;
  rte_pktmbuf_free_bulk(frames.data() + taken, kBatch - taken);
  return count;
}

}  // namespace sextant
