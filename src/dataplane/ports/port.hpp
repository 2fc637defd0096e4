// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Port: one DPDK device, from probing to closing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/ports/runtime_config.hpp>
#include <sextant/telemetry/counters.hpp>

#include "dataplane/dpdk.hpp"

namespace sextant {

// Ports are opened and closed by the control thread; lcores read port_id(), tx_queues() and
// usable().
class Port {
 public:
  // Finds or creates the device and learns what it can do. lcores: how many will send.
  static Result<std::unique_ptr<Port>> probe(const PortConfig& config, unsigned lcores);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // Sets up queues, MTU, MAC address and filters, and starts the device. pool serves all receive
  // queues.
  Status start(rte_mempool* pool);
  // While it runs. Devices that cannot filter take everything anyway.
  Status set_promiscuous(bool on);
  // Stops and closes the device, and removes it when probe() created it. No lcore may use it.
  void close();

  [[nodiscard]] const PortConfig& config() const { return config_; }
  [[nodiscard]] std::uint16_t port_id() const { return port_id_; }
  [[nodiscard]] int socket() const { return socket_; }
  // The address that the forwarder answers to. For a device whose other end is a kernel interface
  // with the device's own address (net_tap, net_virtio_user) it is a different one.
  [[nodiscard]] const MacAddress& mac() const { return mac_; }
  // The address of the kernel interface at the other end of net_tap and net_virtio_user; else zero.
  [[nodiscard]] MacAddress kernel_mac() const;
  [[nodiscard]] std::uint16_t tx_queues() const { return tx_queues_; }
  [[nodiscard]] bool multi_segment_tx() const { return multi_segment_tx_; }
  // False once the device was unplugged: nothing may be received from or sent to it.
  [[nodiscard]] bool usable() const { return usable_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::atomic<bool>& usable_flag() const { return usable_; }
  [[nodiscard]] PortState state() const;

 private:
  explicit Port(const PortConfig& config) : config_(config) {}

  Status attach();
  Status check_queues(unsigned lcores);
  Status configure();
  Status apply_mtu();
  Status setup_queues(rte_mempool* pool);
  Status apply_mac();
  Status apply_filters();
  void discard_foreign_frames();
  // "port 'up' (net_tap0,iface=x): what: reason: hint"
  [[nodiscard]] Error failure(const std::string& what, int code, const std::string& captured) const;

  PortConfig config_;
  std::string device_;  // with the arguments that follow from the configuration
  std::uint16_t port_id_ = RTE_MAX_ETHPORTS;
  std::string driver_;
  int socket_ = 0;
  MacAddress mac_;
  MacAddress device_mac_;
  rte_device* bus_device_ = nullptr;
  std::uint64_t owner_ = RTE_ETH_DEV_NO_OWNER;
  std::uint16_t rx_descriptors_ = 0;
  std::uint16_t tx_descriptors_ = 0;
  std::uint16_t tx_queues_ = 1;
  bool multi_segment_tx_ = false;
  bool created_ = false;  // by us: removed on close
  bool started_ = false;
  std::atomic<bool> usable_{false};
};

}  // namespace sextant
