// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Opening, publishing and closing ports.
#include "port_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sextant {

namespace {

constexpr unsigned kHandoffEntries = 1024;
constexpr const char* kTapDriver = "kernel tap";

bool is_empty(const Ring& ring) {
  return ring == nullptr || rte_ring_empty(ring.get()) != 0;
}

// Whether everything that stood in a ring when its producer was there has been taken out.
bool consumed(const rte_ring& ring, std::uint32_t up_to) {
  const std::uint32_t at = __atomic_load_n(&ring.cons.tail, __ATOMIC_ACQUIRE);
  return static_cast<std::int32_t>(at - up_to) >= 0;
}
std::uint32_t produced(const rte_ring& ring) {
  return __atomic_load_n(&ring.prod.tail, __ATOMIC_ACQUIRE);
}

}  // namespace

PortSet::~PortSet() {
  close();
}

void PortSet::close() {
  taps_.reset();
  closing_.clear();
  for (auto& device : devices_)
    device.reset();
}

Status PortSet::open(const std::vector<PortConfig>& ports) {
  for (PortIndex index = 0; index < ports.size(); ++index) {
    auto port = Port::probe(ports[index], static_cast<unsigned>(queues_.size()));
    if (!port) return port.error();
    devices_[index] = std::move(port).value();
  }
  for (PortIndex index = 0; index < ports.size(); ++index) {
    if (auto status = open_device(index, ports[index]); !status) return status;
  }
  return Ok{};
}

// A device that was probed.
Status PortSet::open_device(PortIndex index, const PortConfig& config) {
  Port& port = *devices_[index];
  auto pool = pools_.get(plan_, port.socket());
  if (!pool) return pool.error();
  if (auto status = port.start(*pool); !status) return status;
  if (auto status = make_handoff(index); !status) return status;
  return assign_queues(config, index, queues_);
}

Status PortSet::make_handoff(PortIndex index) {
  if (devices_[index]->tx_queues() >= queues_.size()) return Ok{};
  auto ring = make_ring(fmt::format("handoff{}", index), kHandoffEntries, RING_F_SC_DEQ);
  if (!ring) return ring.error();
  handoffs_[index] = std::move(ring).value();
  return Ok{};
}

Status PortSet::make_taps(rte_mempool* pool) {
  taps_ = std::make_unique<KernelTaps>(pool, static_cast<unsigned>(queues_.size()));
  return taps_->make_rings();
}

TxPath PortSet::tx_path(PortIndex index, unsigned lcore) const {
  TxPath path;
  if (taps_ != nullptr && taps_->has(index)) {
    path.handoff = taps_->to_send();
    return path;
  }
  if (devices_[index] == nullptr) return path;
  const Port& port = *devices_[index];
  path.port_id = port.port_id();
  path.usable = &port.usable_flag();
  path.multi_segment = port.multi_segment_tx();
  if (lcore < port.tx_queues()) {
    path.queue = static_cast<std::uint16_t>(lcore);
  } else {
    path.handoff = handoffs_[index].get();
  }
  return path;
}

LcorePorts PortSet::ports_of(unsigned lcore) const {
  LcorePorts out;
  for (const RxQueue& queue : queues_[lcore]) {
    if (devices_[queue.port] != nullptr) out.rx.push_back(queue);
  }
  for (PortIndex index = 0; index < kMaxPorts; ++index) {
    out.tx[index] = tx_path(index, lcore);
    if (lcore == 0 && handoffs_[index] != nullptr) {
      out.handoffs.push_back({index, handoffs_[index].get()});
    }
  }
  return out;
}

void PortSet::serve(std::vector<Lcore*> lcores, RcuPublisher& publisher,
                    std::function<void(PortIndex)> reopened) {
  lcores_ = std::move(lcores);
  publisher_ = &publisher;
  running_.resize(lcores_.size());
  watch_ = std::make_unique<PortWatch>(
      devices_, publisher, [this, reopened = std::move(reopened)](PortIndex port) -> Status {
        if (auto status = reopen(port); !status) return status;
        reopened(port);
        return Ok{};
      });
}

// The lcores may go on with what they had until they begin another turn.
void PortSet::publish() {
  for (unsigned lcore = 0; lcore < lcores_.size(); ++lcore) {
    auto next = std::make_unique<LcorePorts>(ports_of(lcore));
    lcores_[lcore]->use_ports(*next);
    std::swap(running_[lcore], next);
    if (next != nullptr) retired_.push_back({std::move(next), publisher_->mark()});
  }
}

// Buffers were counted when the process started.
Status PortSet::check_buffers(const PortConfig& config) const {
  constexpr unsigned kFrameOverhead = 14 + 4;
  if (config.mtu + kFrameOverhead + RTE_PKTMBUF_HEADROOM > plan_.data_room) {
    return Error{fmt::format(
        "port '{}' ({}): MTU {} does not fit into the packet buffers, which were made for the "
        "ports of the start: lower 'mtu', or restart sextantd",
        config.name, config.device, config.mtu)};
  }
  const unsigned wanted = unsigned{config.queues} * config.rx_descriptors;
  const std::uint32_t in_use = pools_.in_use();
  const std::uint32_t left = plan_.mbufs > in_use ? plan_.mbufs - in_use : 0;
  if (wanted < left / 2) return Ok{};
  return Error{fmt::format(
      "port '{}' ({}): its receive queues want {} packet buffers, and {} of {} are free, half of "
      "which are kept: lower 'rx_descriptors', or raise runtime.mbufs and restart sextantd",
      config.name, config.device, wanted, left, plan_.mbufs)};
}

Status PortSet::add(PortIndex index, const PortConfig& config) {
  if (!is_free(index)) return Error{"the place of the port is not free"};
  if (auto status = check_buffers(config); !status) return status;
  const LcoreQueues before = queues_;
  auto port = Port::probe(config, static_cast<unsigned>(queues_.size()));
  if (!port) return port.error();
  devices_[index] = std::move(port).value();
  if (auto status = open_device(index, config); !status) {
    queues_ = before;
    handoffs_[index].reset();
    devices_[index].reset();
    return status;
  }
  publish();
  return Ok{};
}

Status PortSet::add_tap(PortIndex index, const PortConfig& config, int descriptor) {
  if (!is_free(index)) {
    ::close(descriptor);
    return Error{"the place of the port is not free"};
  }
  LcoreQueues queues = queues_;
  if (auto status = assign_queues(config, index, queues); !status) {
    ::close(descriptor);
    return status;
  }
  const auto lcore = std::find_if(queues.begin(), queues.end(), [&](const auto& polled) {
    return !polled.empty() && polled.back().port == index;
  });
  if (auto status =
          taps_->add(index, descriptor, config.mtu, static_cast<unsigned>(lcore - queues.begin()));
      !status) {
    return Error{fmt::format("port '{}': {}", config.name, status.error().text)};
  }
  queues_ = std::move(queues);
  tap_configs_[index] = std::make_unique<PortConfig>(config);
  publish();
  return Ok{};
}

void PortSet::remove(PortIndex index) {
  if (devices_[index] == nullptr && tap_configs_[index] == nullptr) return;
  Closing closing;
  closing.index = index;
  if (tap_configs_[index] != nullptr) {
    closing.received = taps_->received(taps_->lcore_of(index));
    taps_->remove(index);
    tap_configs_[index].reset();
  } else {
    former_rx_no_mbuf_ += devices_[index]->state().rx_no_mbuf;
    devices_[index]->unplug();
    watch_->forget(index);
  }
  closing.device = std::move(devices_[index]);
  closing.handoff = std::move(handoffs_[index]);
  for (auto& queues : queues_)
    std::erase_if(queues, [&](const RxQueue& queue) { return queue.port == index; });
  publish();
  closing.token = publisher_->mark();
  closing_.push_back(std::move(closing));
}

bool PortSet::is_free(PortIndex index) const {
  return index < kMaxPorts && devices_[index] == nullptr && tap_configs_[index] == nullptr &&
         std::none_of(closing_.begin(), closing_.end(),
                      [&](const Closing& closing) { return closing.index == index; });
}

// One step on; true when it was the last one. Until then frames of the port may be under way, and
// another port in its place would be taken for it.
bool PortSet::finish(Closing& closing) {
  using Phase = Closing::Phase;
  if (closing.phase == Phase::kLcores && publisher_->passed(closing.token)) {
    closing.device.reset();
    if (closing.received == nullptr) return true;
    closing.received_up_to = produced(*closing.received);
    closing.sent_up_to = produced(*taps_->to_send());
    closing.phase = Phase::kRings;
  }
  if (closing.phase == Phase::kRings && consumed(*closing.received, closing.received_up_to) &&
      consumed(*taps_->to_send(), closing.sent_up_to)) {
    closing.token = publisher_->mark();
    closing.phase = Phase::kLastTurn;
  }
  return closing.phase == Phase::kLastTurn && publisher_->passed(closing.token);
}

void PortSet::poll(std::uint64_t now_ns, std::vector<PortEvent>& events) {
  std::erase_if(closing_, [this](Closing& closing) { return finish(closing); });
  std::erase_if(retired_, [this](const Retired& old) { return publisher_->passed(old.token); });
  for (PortEvent& event : watch_->poll(now_ns))
    events.push_back(std::move(event));
}

Status PortSet::reopen(PortIndex index) {
  auto pool = pools_.get(plan_, devices_[index]->socket());
  if (!pool) return pool.error();
  if (auto status = devices_[index]->reopen(static_cast<unsigned>(queues_.size()), *pool);
      !status) {
    return status;
  }
  publish();
  return Ok{};
}

std::vector<PortState> PortSet::states() const {
  std::vector<PortState> out;
  for (PortIndex index = 0; index < kMaxPorts; ++index) {
    if (devices_[index] == nullptr && tap_configs_[index] == nullptr) continue;
    out.resize(index + 1u, PortState{.present = false});
    if (devices_[index] != nullptr) {
      out[index] = devices_[index]->state();
      continue;
    }
    const PortConfig& config = *tap_configs_[index];
    PortState& state = out[index];
    state.name = config.name;
    state.device = config.device;
    state.driver = kTapDriver;
    state.mac = config.mac.value_or(MacAddress{});
    state.mtu = config.mtu;
    state.rx_queues = state.tx_queues = 1;
    state.multi_segment_tx = true;
    taps_->read_counters(index, state);
  }
  return out;
}

std::vector<MacAddress> PortSet::macs() const {
  std::vector<MacAddress> out(kMaxPorts);
  for (PortIndex index = 0; index < kMaxPorts; ++index) {
    if (devices_[index] != nullptr) out[index] = devices_[index]->mac();
    if (tap_configs_[index] != nullptr) out[index] = tap_configs_[index]->mac.value_or(out[index]);
  }
  return out;
}

std::vector<MacAddress> PortSet::kernel_macs() const {
  std::vector<MacAddress> out(kMaxPorts);
  for (PortIndex index = 0; index < kMaxPorts; ++index)
    out[index] = kernel_mac(index);
  return out;
}

MacAddress PortSet::kernel_mac(PortIndex port) const {
  return port < kMaxPorts && devices_[port] != nullptr ? devices_[port]->kernel_mac()
                                                       : MacAddress{};
}

Status PortSet::set_promiscuous(PortIndex port, bool on) {
  if (port >= kMaxPorts || devices_[port] == nullptr) return Error{"there is no such port"};
  return devices_[port]->set_promiscuous(on);
}

std::size_t PortSet::count() const {
  std::size_t ports = 0;
  for (PortIndex index = 0; index < kMaxPorts; ++index)
    ports += devices_[index] != nullptr || tap_configs_[index] != nullptr ? 1 : 0;
  return ports;
}

bool PortSet::drained() const {
  return taps_->idle() && std::all_of(handoffs_.begin(), handoffs_.end(), is_empty);
}

void PortSet::add_losses(CountersSnapshot& counters) const {
  const KernelTaps::Losses losses = taps_->losses();
  PacketTotal& no_mbuf = counters.drops[static_cast<std::size_t>(DropReason::rx_no_mbuf)];
  no_mbuf.packets += former_rx_no_mbuf_ + losses.rx_no_mbuf;
  for (const auto& device : devices_) {
    if (device != nullptr) no_mbuf.packets += device->state().rx_no_mbuf;
  }
  counters.drops[static_cast<std::size_t>(DropReason::tx_port_refused)] += losses.refused;
}

}  // namespace sextant
