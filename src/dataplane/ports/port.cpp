// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Opening and closing a device. The order of steps is in probe() and start().
#include "port.hpp"

#include <fmt/format.h>
#include <rte_dev.h>
#include <rte_errno.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "device.hpp"
#include "dpdk_log.hpp"

namespace sextant {

namespace {

// Drivers whose other end is a kernel interface that carries the device's own MAC address.
bool shares_mac_with_kernel(const std::string& driver) {
  return driver == "net_tap" || driver == "net_virtio_user" || driver == "virtio_user";
}

// Drivers that send only with as many queues as they receive with.
bool needs_equal_queues(const std::string& driver) {
  return driver == "net_tap";
}

MacAddress from_dpdk(const rte_ether_addr& address) {
  MacAddress out;
  std::memcpy(out.bytes.data(), address.addr_bytes, out.bytes.size());
  return out;
}

// The port of a device, or RTE_MAX_ETHPORTS.
std::uint16_t find_port(const std::string& name) {
  std::uint16_t port_id = RTE_MAX_ETHPORTS;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &port_id) == 0) return port_id;
  RTE_ETH_FOREACH_DEV(port_id) {
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(port_id, &info) != 0 || info.device == nullptr) continue;
    const std::string bus_name = rte_dev_name(info.device);
    if (bus_name == name || bus_name == "0000:" + name) return port_id;
  }
  return RTE_MAX_ETHPORTS;
}

// What ethdev accepts as MTU. af_packet names a plain Ethernet frame as its largest, whatever its
// frames (framesz) hold, so that ethdev refuses more; the kernel interface gets the rest.
std::uint16_t accepted_mtu(const rte_eth_dev_info& info, std::uint16_t mtu) {
  constexpr unsigned kOverhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
  const bool lies = std::string_view(info.driver_name) == "net_af_packet" &&
                    info.max_rx_pktlen > kOverhead && mtu + kOverhead > info.max_rx_pktlen;
  return lies ? static_cast<std::uint16_t>(info.max_rx_pktlen - kOverhead) : mtu;
}

// On any thread of DPDK.
int on_removed(std::uint16_t, rte_eth_event_type, void* usable, void*) {
  static_cast<std::atomic<bool>*>(usable)->store(false, std::memory_order_release);
  return 0;
}

}  // namespace

Error Port::failure(const std::string& what, int code, const std::string& captured) const {
  std::string text = fmt::format("port '{}' ({}): {}", config_.name, device_, what);
  // Drivers return a plain -1 for all kinds of reasons; it is no EPERM.
  if (code < -1 || (code != 0 && captured.empty())) {
    text += fmt::format(": {}", rte_strerror(-code));
  }
  if (!captured.empty()) text += fmt::format(" [{}]", captured);
  return Error{text + "; " + device_hint(device_, code)};
}

Result<std::unique_ptr<Port>> Port::probe(const PortConfig& config, unsigned lcores) {
  std::unique_ptr<Port> port(new Port(config));
  port->device_ = complete_device(config);
  if (auto status = port->attach(); !status) return status.error();
  if (auto status = port->check_queues(lcores); !status) {
    port->close();
    return status.error();
  }
  return port;
}

Port::~Port() {
  close();
}

Status Port::attach() {
  const std::string name = device_name(device_);
  port_id_ = find_port(name);
  if (port_id_ == RTE_MAX_ETHPORTS) {
    DpdkLog::Capture capture;
    const int code = rte_dev_probe(device_.c_str());
    if (code != 0) return failure("cannot be opened", code < 0 ? code : -code, capture.reason());
    created_ = true;
    port_id_ = find_port(name);
    if (port_id_ == RTE_MAX_ETHPORTS) {
      return failure("is not an Ethernet device", 0, capture.reason());
    }
  }
  rte_eth_dev_owner owner{};
  if (rte_eth_dev_owner_get(port_id_, &owner) == 0 && owner.id != RTE_ETH_DEV_NO_OWNER) {
    port_id_ = RTE_MAX_ETHPORTS;
    return failure("another port has this device", 0, "");
  }
  rte_eth_dev_owner_new(&owner.id);
  std::snprintf(owner.name, sizeof owner.name, "%s", config_.name.c_str());
  rte_eth_dev_owner_set(port_id_, &owner);
  owner_ = owner.id;
  rte_eth_dev_callback_register(port_id_, RTE_ETH_EVENT_INTR_RMV, on_removed, &usable_);
  return Ok{};
}

Status Port::check_queues(unsigned lcores) {
  rte_eth_dev_info info{};
  if (const int code = rte_eth_dev_info_get(port_id_, &info); code != 0) {
    return failure("does not say what it can do", code, "");
  }
  driver_ = info.driver_name;
  bus_device_ = info.device;
  socket_ = rte_eth_dev_socket_id(port_id_);
  if (config_.queues == 0 || config_.queues > info.max_rx_queues) {
    return Error{
        fmt::format("port '{}' ({}): {} receive queues were asked for, the driver {} offers 1 "
                    "to {} here; correct 'queues' or the device arguments",
                    config_.name, device_, config_.queues, driver_, info.max_rx_queues)};
  }
  if (config_.mtu < info.min_mtu || config_.mtu > info.max_mtu) {
    return Error{
        fmt::format("port '{}' ({}): MTU {} was asked for, the driver {} offers {} to {}; "
                    "correct 'mtu' or the device arguments",
                    config_.name, device_, config_.mtu, driver_, info.min_mtu, info.max_mtu)};
  }
  tx_queues_ = static_cast<std::uint16_t>(
      std::clamp<unsigned>(lcores, 1, std::max<unsigned>(info.max_tx_queues, 1)));
  if (needs_equal_queues(driver_)) tx_queues_ = config_.queues;
  multi_segment_tx_ = (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
  return Ok{};
}

Status Port::start(rte_mempool* pool) {
  if (auto status = configure(); !status) return status;
  if (auto status = setup_queues(pool); !status) return status;
  if (auto status = apply_mac(); !status) return status;
  if (auto status = apply_mtu(); !status) return status;
  {
    DpdkLog::Capture capture;
    if (const int code = rte_eth_dev_start(port_id_); code != 0) {
      return failure("does not start", code, capture.reason());
    }
  }
  started_ = true;
  if (auto status = apply_filters(); !status) return status;
  if (driver_ == "net_af_packet") discard_foreign_frames();
  usable_.store(true, std::memory_order_release);
  return Ok{};
}

Status Port::apply_mtu() {
  rte_eth_dev_info info{};
  rte_eth_dev_info_get(port_id_, &info);
  const std::uint16_t mtu = accepted_mtu(info, config_.mtu);
  DpdkLog::Capture capture;
  int code = rte_eth_dev_set_mtu(port_id_, mtu);
  if (code == -ENOTSUP) code = 0;
  if (code == 0 && mtu != config_.mtu) code = set_kernel_mtu(device_, config_.mtu);
  if (code == 0) return Ok{};
  return failure(fmt::format("does not take MTU {}", config_.mtu), code, capture.reason());
}

Status Port::configure() {
  rte_eth_dev_info info{};
  rte_eth_dev_info_get(port_id_, &info);
  rte_eth_conf conf{};
  conf.rxmode.mtu = accepted_mtu(info, config_.mtu);
  if (multi_segment_tx_) conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  const std::uint64_t hash = info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | kRssIpv6FlowLabel);
  if (config_.queues > 1 && hash != 0) {
    // Addresses, and the flow label where the card knows it: encapsulated flows differ in that
    // alone.
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf =
        hash | (info.flow_type_rss_offloads & (RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP));
  }
  DpdkLog::Capture capture;
  if (const int code = rte_eth_dev_configure(port_id_, config_.queues, tx_queues_, &conf);
      code != 0) {
    return failure(fmt::format("cannot be configured with {} receive and {} transmit queues",
                               config_.queues, tx_queues_),
                   code, capture.reason());
  }
  rx_descriptors_ = config_.rx_descriptors;
  tx_descriptors_ = config_.tx_descriptors;
  if (const int code =
          rte_eth_dev_adjust_nb_rx_tx_desc(port_id_, &rx_descriptors_, &tx_descriptors_);
      code != 0) {
    return failure("takes no number of descriptors", code, capture.reason());
  }
  return Ok{};
}

Status Port::setup_queues(rte_mempool* pool) {
  DpdkLog::Capture capture;
  const auto socket = static_cast<unsigned>(socket_);
  for (std::uint16_t queue = 0; queue < config_.queues; ++queue) {
    const int code =
        rte_eth_rx_queue_setup(port_id_, queue, rx_descriptors_, socket, nullptr, pool);
    if (code != 0) {
      return failure(fmt::format("receive queue {} cannot be set up", queue), code,
                     capture.reason());
    }
  }
  for (std::uint16_t queue = 0; queue < tx_queues_; ++queue) {
    const int code = rte_eth_tx_queue_setup(port_id_, queue, tx_descriptors_, socket, nullptr);
    if (code != 0) {
      return failure(fmt::format("transmit queue {} cannot be set up", queue), code,
                     capture.reason());
    }
  }
  return Ok{};
}

Status Port::apply_mac() {
  rte_ether_addr address{};
  if (rte_eth_macaddr_get(port_id_, &address) == 0) device_mac_ = from_dpdk(address);
  mac_ = device_mac_;
  if (shares_mac_with_kernel(driver_)) {
    mac_.bytes[0] = static_cast<std::uint8_t>((mac_.bytes[0] ^ 0x04) | 0x02);
    if (config_.mac) mac_ = *config_.mac;
    // Equal addresses at both ends of a link break duplicate address detection on the kernel's
    // side.
    if (mac_ == device_mac_) {
      return Error{
          fmt::format("port '{}' ({}): mac {} is the address of the kernel's end of the "
                      "device; choose another or leave 'mac' out",
                      config_.name, device_, mac_.to_string())};
    }
    return Ok{};
  }
  if (!config_.mac || *config_.mac == device_mac_) return Ok{};
  mac_ = *config_.mac;
  std::memcpy(address.addr_bytes, mac_.bytes.data(), mac_.bytes.size());
  DpdkLog::Capture capture;
  // A device that cannot filter by address takes any.
  if (const int code = rte_eth_dev_default_mac_addr_set(port_id_, &address);
      code != 0 && code != -ENOTSUP) {
    return failure(fmt::format("does not take MAC address {}", mac_.to_string()), code,
                   capture.reason());
  }
  return Ok{};
}

Status Port::apply_filters() {
  DpdkLog::Capture capture;
  // Neighbor discovery needs multicast; devices that cannot filter let all of it pass.
  if (const int code = rte_eth_allmulticast_enable(port_id_); code != 0 && code != -ENOTSUP) {
    return failure("does not receive multicast", code, capture.reason());
  }
  return config_.promiscuous ? set_promiscuous(true) : Ok{};
}

Status Port::set_promiscuous(bool on) {
  if (port_id_ == RTE_MAX_ETHPORTS) return Error{"the port is closed"};
  DpdkLog::Capture capture;
  const int code =
      on ? rte_eth_promiscuous_enable(port_id_) : rte_eth_promiscuous_disable(port_id_);
  if (code == 0 || (code == -ENOTSUP && !is_pci_device(device_))) return Ok{};
  return failure(on ? "cannot be made promiscuous" : "stays promiscuous", code, capture.reason());
}

// The driver opens its socket for all protocols before it binds it to the interface: until then
// frames of every interface in the namespace land in this port's ring, those of untrusted ones too.
void Port::discard_foreign_frames() {
  constexpr std::uint16_t kBurst = 64;
  constexpr unsigned kMaxBursts = 1024;  // of frames that keep arriving by right
  std::array<rte_mbuf*, kBurst> frames{};
  for (std::uint16_t queue = 0; queue < config_.queues; ++queue) {
    for (unsigned burst = 0; burst < kMaxBursts; ++burst) {
      const std::uint16_t count = rte_eth_rx_burst(port_id_, queue, frames.data(), kBurst);
      rte_pktmbuf_free_bulk(frames.data(), count);
      if (count < kBurst) break;
    }
  }
  rte_eth_stats_reset(port_id_);
}

MacAddress Port::kernel_mac() const {
  return shares_mac_with_kernel(driver_) ? device_mac_ : MacAddress{};
}

void Port::close() {
  usable_.store(false, std::memory_order_release);
  if (port_id_ == RTE_MAX_ETHPORTS) return;
  // A failing driver has nobody left to tell.
  DpdkLog::Capture capture;
  rte_eth_dev_callback_unregister(port_id_, RTE_ETH_EVENT_INTR_RMV, on_removed, &usable_);
  if (owner_ != RTE_ETH_DEV_NO_OWNER) rte_eth_dev_owner_unset(port_id_, owner_);
  if (started_) rte_eth_dev_stop(port_id_);
  if (started_ || created_) rte_eth_dev_close(port_id_);
  if (created_ && bus_device_ != nullptr) rte_dev_remove(bus_device_);
  started_ = created_ = false;
  port_id_ = RTE_MAX_ETHPORTS;
}

PortState Port::state() const {
  PortState out;
  out.name = config_.name;
  out.device = config_.device;
  out.driver = driver_;
  out.mac = mac_;
  out.mtu = config_.mtu;
  out.rx_queues = config_.queues;
  out.tx_queues = tx_queues_;
  out.multi_segment_tx = multi_segment_tx_;
  out.present = usable();
  if (!out.present || port_id_ == RTE_MAX_ETHPORTS) return out;
  out.promiscuous = rte_eth_promiscuous_get(port_id_) == 1;
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(port_id_, &link) == 0) {
    out.link_up = link.link_status == RTE_ETH_LINK_UP;
    if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN) out.speed_mbps = link.link_speed;
  }
  rte_eth_stats stats{};
  if (rte_eth_stats_get(port_id_, &stats) == 0) {
    out.rx = {stats.ipackets, stats.ibytes};
    out.tx = {stats.opackets, stats.obytes};
    out.rx_missed = stats.imissed;
    out.rx_errors = stats.ierrors;
    out.rx_no_mbuf = stats.rx_nombuf;
    out.tx_errors = stats.oerrors;
  }
  return out;
}

}  // namespace sextant
