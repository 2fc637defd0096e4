// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Dataplane: everything between the configuration and running lcores, owned and started in order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/net/ip_address.hpp>
#include <sextant/ports/runtime_config.hpp>
#include <sextant/tables/table_publisher.hpp>
#include <sextant/telemetry/connections.hpp>
#include <sextant/telemetry/counters.hpp>
#include <sextant/telemetry/lcore_statistics.hpp>
#include <sextant/telemetry/publication.hpp>

#include "port_watch.hpp"

namespace sextant {

class PacketWatch;
class RcuPublisher;
class SlowPath;
struct Explanation;

// Used by the control thread alone. start(), publish(), launch(), then poll() until stop().
class Dataplane : public TablePublisher {
 public:
  Dataplane();
  ~Dataplane() override;
  Dataplane(const Dataplane&) = delete;
  Dataplane& operator=(const Dataplane&) = delete;

  // EAL, pools and ports; packets are not yet received. On error everything is closed again.
  Status start(const RuntimeConfig& config);
  // Addresses of the ports by PortIndex, zero where there is none; compile() wants them.
  [[nodiscard]] std::vector<MacAddress> port_macs() const;
  // Of the kernel's end of taps; zero for other ports.
  [[nodiscard]] std::vector<MacAddress> kernel_macs() const;

  // A change of compile()'s tables: next hops that were learned go on top by themselves. Costs what
  // the change costs; waits for lcores at most as PublisherPatience says. An id that goes may be
  // given to another object by a later change, never by the same.
  Status check(const TableDiff& change) override;
  Result<Generation> publish(const TableDiff& change) override;
  // Ports that come and go while packets flow; the other ports do not notice. A port has a place
  // that the caller chooses among the free ones, below kMaxPorts; it may stand in tables once it
  // was added, and must not any more when it is removed. Its place is free again a moment later.
  [[nodiscard]] bool is_free(PortIndex port) const;
  Status add_port(PortIndex port, const PortConfig& config);
  // A tap of the kernel without a device of DPDK (kernel_taps.hpp); config.device is for people
  // only, config.mac is needed. The descriptor belongs to the port, on failure too.
  Status add_tap(PortIndex port, const PortConfig& config, int descriptor);
  void remove_port(PortIndex port);

  // Starts the lcores; once, after the first publish().
  Status launch();

  // What happened to ports since the last call.
  [[nodiscard]] std::vector<PortEvent> take_port_events();
  // Serves what lcores punted, timers, and ports that go and come back. True when there was
  // something to do.
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
  [[nodiscard]] std::vector<LcoreStatistics> lcores() const;
  // Connections of service backends by place, from 0 to below connection_places(); many places are
  // empty.
  [[nodiscard]] std::size_t connection_places() const;
  [[nodiscard]] std::optional<ConnectionInfo> connection(std::size_t place) const;
  // Reads 64 bytes for every seven places.
  [[nodiscard]] FlowUse flow_use() const;
  [[nodiscard]] Generation generation() const;
  // How long publications take, and whether an lcore holds them up.
  [[nodiscard]] PublicationStatus publication() const;
  // Traces and captures; null before start().
  [[nodiscard]] PacketWatch* watch();
  // Takes a frame, as if port had received it, through the live tables; nothing is sent, counted or
  // learned. Fails without buffers, and before start().
  [[nodiscard]] Result<Explanation> explain(PortIndex port, std::span<const std::uint8_t> frame);
  // Null before start().
  [[nodiscard]] const SlowPath* slow_path() const;
  // One line for the log: lcores, memory, huge pages.
  [[nodiscard]] std::string summary() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sextant
