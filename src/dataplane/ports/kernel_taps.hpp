// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// KernelTaps: ports that are taps of the kernel without a device of DPDK, of which a process can
// have 32: one for each pod. A thread of its own makes the system calls; lcores see rings.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/telemetry/counters.hpp>

#include "dataplane/forward.hpp"
#include "ring.hpp"

namespace sextant {

// Everything but the thread itself is for the control thread. A call waits for at most one turn of
// the thread: 64 frames each way for every tap that has some.
class KernelTaps {
 public:
  // pool: of received frames. Rings and thread are made with the first tap.
  KernelTaps(rte_mempool* pool, unsigned lcores) : pool_(pool), lcores_(lcores) {}
  ~KernelTaps();
  KernelTaps(const KernelTaps&) = delete;
  KernelTaps& operator=(const KernelTaps&) = delete;

  // The rings, without which lcores cannot be told of taps that come later. Once, before lcores
  // are.
  Status make_rings();
  // To an lcore: frames with their PortIndex in mbuf::port. And from all of them.
  [[nodiscard]] rte_ring* received(unsigned lcore) const { return received_[lcore].get(); }
  [[nodiscard]] rte_ring* to_send() const { return to_send_.get(); }

  // Serves a descriptor of /dev/net/tun (IFF_TAP | IFF_NO_PI) from now on and closes it at the end;
  // also when this fails. mtu: of the interface. lcore: who forwards its frames.
  Status add(PortIndex port, int descriptor, std::uint16_t mtu, unsigned lcore);
  // Nothing is read or written any more; what was read may still be in the ring of its lcore.
  void remove(PortIndex port);
  [[nodiscard]] bool has(PortIndex port) const { return taps_[port] != nullptr; }
  // False once the kernel has deleted the interface.
  [[nodiscard]] bool attached(PortIndex port) const;
  [[nodiscard]] unsigned lcore_of(PortIndex port) const { return taps_[port]->lcore; }
  // Fills in what is counted.
  void read_counters(PortIndex port, PortState& state) const;
  // Of all taps there ever were: frames lost for want of a buffer, and those that no tap took.
  struct Losses {
    std::uint64_t rx_no_mbuf = 0;
    PacketTotal refused;
  };
  [[nodiscard]] Losses losses() const;
  // Whether nothing is on its way between taps and lcores.
  [[nodiscard]] bool idle() const;

 private:
  struct Tap {
    int descriptor = -1;
    unsigned lcore = 0;
    bool attached = true;
    PacketTotal rx;
    PacketTotal tx;
    std::uint64_t rx_missed = 0;  // the lcore's ring was full
    std::uint64_t rx_no_mbuf = 0;
    std::uint64_t tx_errors = 0;
  };
  class Turn;  // the lock, for the control thread

  void run();
  unsigned send_frames();
  void send(rte_mbuf* frame);
  unsigned receive_frames();
  unsigned receive(PortIndex port, Tap& tap);
  void sleep(unsigned empty_turns);
  void detach(Tap& tap);

  rte_mempool* pool_;
  unsigned lcores_;
  int epoll_ = -1;
  std::vector<Ring> received_;
  Ring to_send_;
  std::array<std::unique_ptr<Tap>, kMaxPorts> taps_;
  Losses losses_;
  // Of taps_ and losses_; whoever waits for it goes before the next turn.
  mutable std::mutex mutex_;
  mutable std::atomic<unsigned> waiting_{0};
  std::atomic<bool> stop_{false};
  std::optional<std::thread> thread_;
};

}  // namespace sextant
