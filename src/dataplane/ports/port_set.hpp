// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PortSet: the open ports by PortIndex, which lcore polls which queue, and how both change while
// packets flow.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/ports/runtime_config.hpp>
#include <sextant/telemetry/counters.hpp>

#include "dataplane/tables/rcu_publisher.hpp"
#include "kernel_taps.hpp"
#include "lcore.hpp"
#include "mempool.hpp"
#include "port.hpp"
#include "port_watch.hpp"
#include "ring.hpp"

namespace sextant {

// Control thread. An lcore never sees a port change: it gets another LcorePorts, and what the
// former one refers to stays until the lcore has begun another turn.
class PortSet {
 public:
  PortSet(MbufPlan plan, MbufPools& pools, unsigned lcores)
      : plan_(plan), pools_(pools), queues_(lcores) {}
  ~PortSet();
  PortSet(const PortSet&) = delete;
  PortSet& operator=(const PortSet&) = delete;

  // The ports of the configuration, before there are lcores.
  Status open(const std::vector<PortConfig>& ports);
  // What an lcore starts with, and how frames of taps reach it. After open().
  [[nodiscard]] LcorePorts ports_of(unsigned lcore) const;
  Status make_taps(rte_mempool* pool);
  [[nodiscard]] rte_ring* taps_to(unsigned lcore) const { return taps_->received(lcore); }
  // From now on the lcores follow. All of it outlives the set's use, not the set. reopened: a
  // device is another one behind the same port.
  void serve(std::vector<Lcore*> lcores, RcuPublisher& publisher,
             std::function<void(PortIndex)> reopened);

  // Opens one more port, which may be used in tables from then on. index must be free: not used,
  // and not by a port that is still being closed.
  Status add(PortIndex index, const PortConfig& config);
  // The same for a tap of the kernel; the descriptor is closed with the port, or here on failure.
  Status add_tap(PortIndex index, const PortConfig& config, int descriptor);
  // No table names the port any more. It is closed by poll(), once no lcore uses it.
  void remove(PortIndex index);
  [[nodiscard]] bool is_free(PortIndex index) const;

  // Ports that go and come back, and those that were removed.
  void poll(std::uint64_t now_ns, std::vector<PortEvent>& events);
  // Without lcores: everything is closed at once.
  void close();

  // By PortIndex up to the last one that is used; a state without a name: there is none.
  [[nodiscard]] std::vector<PortState> states() const;
  [[nodiscard]] std::vector<MacAddress> macs() const;
  [[nodiscard]] std::vector<MacAddress> kernel_macs() const;
  [[nodiscard]] MacAddress kernel_mac(PortIndex port) const;
  Status set_promiscuous(PortIndex port, bool on);
  [[nodiscard]] std::size_t count() const;
  // Frames on their way between lcores and ports.
  [[nodiscard]] bool drained() const;
  // Adds frames that ports lost to the drops of the lcores.
  void add_losses(CountersSnapshot& counters) const;

 private:
  // A removed port: lcores leave it, then its frames leave the rings, then lcores finish with
  // those.
  struct Closing {
    enum class Phase : std::uint8_t { kLcores, kRings, kLastTurn };
    PortIndex index = 0;
    std::unique_ptr<Port> device;
    Ring handoff;
    rte_ring* received = nullptr;  // of a tap: where its frames went
    Phase phase = Phase::kLcores;
    std::uint64_t token = 0;
    std::uint32_t received_up_to = 0;
    std::uint32_t sent_up_to = 0;
  };
  struct Retired {
    std::unique_ptr<LcorePorts> ports;
    std::uint64_t token = 0;
  };

  Status open_device(PortIndex index, const PortConfig& config);
  Status make_handoff(PortIndex index);
  Status reopen(PortIndex index);
  void publish();
  bool finish(Closing& closing);
  [[nodiscard]] Status check_buffers(const PortConfig& config) const;
  [[nodiscard]] TxPath tx_path(PortIndex port, unsigned lcore) const;

  MbufPlan plan_;
  MbufPools& pools_;
  LcoreQueues queues_;
  std::vector<std::unique_ptr<Port>> devices_{kMaxPorts};  // null: none, or a tap
  std::array<Ring, kMaxPorts> handoffs_;                   // null: every lcore has a queue
  std::array<std::unique_ptr<PortConfig>, kMaxPorts> tap_configs_;
  std::unique_ptr<KernelTaps> taps_;
  std::unique_ptr<PortWatch> watch_;

  std::vector<Lcore*> lcores_;
  RcuPublisher* publisher_ = nullptr;
  std::vector<std::unique_ptr<LcorePorts>> running_;  // by lcore; null: that of the start
  std::vector<Retired> retired_;
  std::vector<Closing> closing_;
  std::uint64_t former_rx_no_mbuf_ = 0;  // of ports that are gone
};

}  // namespace sextant
