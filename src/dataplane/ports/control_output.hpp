// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ControlOutput: how packets of the control thread reach the wire: by a ring to one lcore.
#pragma once

#include <functional>
#include <memory>

#include "counters_storage.hpp"
#include "dataplane/slow_path/slow_path.hpp"
#include "dataplane/tables/rcu_publisher.hpp"
#include "lcore.hpp"

namespace sextant {

// Control thread only. Keeps the order of packets: all of them go through the same lcore.
class ControlOutput : public SlowPathOutput {
 public:
  // The address of the kernel's end of a port; zero when it is not known.
  using KernelMac = std::function<MacAddress(PortIndex)>;

  static Result<std::unique_ptr<ControlOutput>> create(const RcuPublisher& publisher,
                                                       rte_ring* inject, KernelMac kernel_mac);

  void send_frame(InterfaceId interface, rte_mbuf* frame) override;
  void inject(TableId table, rte_mbuf* packet) override;
  void resend(AdjacencyId adjacency, rte_mbuf* packet) override;
  void to_exception(TableId table, rte_mbuf* packet) override;
  void count_drop(DropReason reason, rte_mbuf* packet) override;

  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  ControlOutput(const RcuPublisher& publisher, rte_ring* inject, KernelMac kernel_mac)
      : publisher_(publisher), inject_(inject), kernel_mac_(std::move(kernel_mac)) {}

  bool hand_over(InjectInfo info, rte_mbuf* packet);

  const RcuPublisher& publisher_;
  rte_ring* inject_;
  KernelMac kernel_mac_;
  Counters counters_;
  CountersStorage storage_;
};

}  // namespace sextant
