// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Dataplane: everything between the configuration and running lcores, owned and started in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/net/ip_address.hpp>
#include <sextant/ports/runtime_config.hpp>
#include <sextant/tables/forwarding_tables.hpp>
#include <sextant/tables/table_publisher.hpp>
#include <sextant/telemetry/counters.hpp>

namespace sextant {

class RcuPublisher;
class SlowPath;

// Used by the control thread alone. start(), apply(), launch(), then poll() until stop().
class Dataplane {
 public:
  Dataplane();
  ~Dataplane();
  Dataplane(const Dataplane&) = delete;
  Dataplane& operator=(const Dataplane&) = delete;

  // EAL, pools and ports; packets are not yet received. On error everything is closed again.
  Status start(const RuntimeConfig& config);
  // Addresses of the ports by PortIndex; compile() wants them.
  [[nodiscard]] std::vector<MacAddress> port_macs() const;
  // Of the kernel's end of taps; zero for other ports.
  [[nodiscard]] std::vector<MacAddress> kernel_macs() const;

  // Publishes what differs from the tables applied before.
  Result<Generation> apply(const ForwardingTables& tables);
  // Starts the lcores; once, after the first apply().
  Status launch();

  // Serves what lcores punted, and timers. True when there was something to do.
  bool poll();
  // Whether every lcore was between two bursts, or asleep, at some moment since the last call. To
  // be called every second or so: a burst that is still in the works is no standstill.
  bool lcores_progress();
  // Ports whose frames are steered or bridged need those that are not addressed to them.
  Status set_promiscuous(PortIndex port, bool on);
  // From now on nothing is received; what was is still sent. poll() goes on until drained().
  void drain();
  [[nodiscard]] bool drained() const;
  // Stops lcores, closes ports and ends EAL; counters are gone then. Again: does nothing.
  void stop();

  [[nodiscard]] CountersSnapshot counters() const;
  [[nodiscard]] std::vector<PortState> ports() const;
  [[nodiscard]] const ForwardingTables& tables() const;
  [[nodiscard]] Generation generation() const;
  // Null before start().
  [[nodiscard]] const SlowPath* slow_path() const;
  // One line for the log: lcores, memory, huge pages.
  [[nodiscard]] std::string summary() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sextant
