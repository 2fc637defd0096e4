// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Start and stop in order, and the work of the control thread in between.
#include "dataplane.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <time.h>

#include <algorithm>

#include "control_output.hpp"
#include "dataplane/proxy_cache.hpp"
#include "dataplane/slow_path/slow_path.hpp"
#include "eal.hpp"
#include "lcore.hpp"
#include "mempool.hpp"
#include "port.hpp"
#include "ring.hpp"

namespace sextant {

namespace {

constexpr unsigned kPuntEntries = 4096;
constexpr unsigned kInjectEntries = 4096;
constexpr unsigned kHandoffEntries = 1024;
// Punted packets that one poll() takes at most, so that timers and sockets get their turn.
constexpr unsigned kPollBatch = 64;
constexpr unsigned kPollBatches = 8;

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

int run_lcore(void* lcore) {
  static_cast<Lcore*>(lcore)->run();
  return 0;
}

}  // namespace

// Members in the order in which they come up; destroyed the other way round.
struct Dataplane::Parts {
  RuntimeConfig config;
  MbufPlan plan;
  Eal eal;
  MbufPools pools;
  std::vector<std::unique_ptr<Port>> ports;
  std::unique_ptr<ProxyCache> proxy_cache;
  std::unique_ptr<RcuPublisher> publisher;
  Ring punt;
  std::vector<Ring> inject;    // by lcore
  std::vector<Ring> handoffs;  // by port; null: every lcore has a queue
  std::unique_ptr<ControlOutput> output;
  std::unique_ptr<SlowPath> slow_path;
  std::vector<std::unique_ptr<Lcore>> lcores;
  ForwardingTables tables;
  bool launched = false;
  std::uint64_t progress_token = 0;  // of lcores_progress(); 0: none yet
  std::uint64_t drain_token = 0;     // set by drain()

  ~Parts() { stop_lcores(); }

  Status open_ports();
  Status make_rings();
  Status make_lcores();
  Status make_slow_path();
  TxPath tx_path(const Port& port, rte_ring* handoff, unsigned lcore) const;
  void stop_lcores();
};

Dataplane::Dataplane() = default;
Dataplane::~Dataplane() {
  stop();
}

Status Dataplane::start(const RuntimeConfig& config) {
  if (parts_ != nullptr) return Error{"the data plane runs already"};
  if (config.ports.size() > kMaxPorts) {
    return Error{
        fmt::format("{} ports, and there can be {} at most", config.ports.size(), kMaxPorts)};
  }
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  const auto lcores = static_cast<unsigned>(std::max<std::size_t>(config.lcores.size(), 1));
  // What needs no EAL first: a wrong number should not wait for devices.
  if (auto assigned = assign_queues(config, lcores); !assigned) return assigned.error();
  auto plan = plan_mbufs(config, lcores);
  if (!plan) return plan.error();
  parts->plan = *plan;
  if (auto status = parts->eal.start(config, plan->memory_bytes); !status) return status;
  if (auto status = parts->open_ports(); !status) return status;
  parts->publisher = std::make_unique<RcuPublisher>(lcores);
  parts->proxy_cache = std::make_unique<ProxyCache>(config.proxy_cache_entries,
                                                    config.proxy_cache_timeout_s, rte_get_tsc_hz());
  if (auto status = parts->make_rings(); !status) return status;
  if (auto status = parts->make_slow_path(); !status) return status;
  if (auto status = parts->make_lcores(); !status) return status;
  parts_ = std::move(parts);
  return Ok{};
}

Status Dataplane::Parts::open_ports() {
  for (const PortConfig& port_config : config.ports) {
    auto port = Port::probe(port_config, eal.lcore_count());
    if (!port) return port.error();
    ports.push_back(std::move(port).value());
  }
  for (const auto& port : ports) {
    auto pool = pools.get(plan, port->socket());
    if (!pool) return pool.error();
    if (auto status = port->start(*pool); !status) return status;
  }
  return Ok{};
}

Status Dataplane::Parts::make_rings() {
  auto punt_ring = make_ring("punt", kPuntEntries, RING_F_SC_DEQ);
  if (!punt_ring) return punt_ring.error();
  punt = std::move(punt_ring).value();
  for (unsigned i = 0; i < eal.lcore_count(); ++i) {
    auto ring =
        make_ring(fmt::format("inject{}", i), kInjectEntries, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (!ring) return ring.error();
    inject.push_back(std::move(ring).value());
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    handoffs.emplace_back();
    if (ports[i]->tx_queues() >= eal.lcore_count()) continue;
    auto ring = make_ring(fmt::format("handoff{}", i), kHandoffEntries, RING_F_SC_DEQ);
    if (!ring) return ring.error();
    handoffs.back() = std::move(ring).value();
  }
  return Ok{};
}

Status Dataplane::Parts::make_slow_path() {
  auto created = ControlOutput::create(*publisher, inject.front().get(), [this](PortIndex port) {
    return port < ports.size() ? ports[port]->kernel_mac() : MacAddress{};
  });
  if (!created) return created.error();
  output = std::move(created).value();
  auto pool = pools.get(plan, pools.nearest(0));
  if (!pool) return pool.error();
  SlowPathSettings settings;
  settings.neighbors.hold_packets = config.neighbor_hold_packets;
  settings.seed = monotonic_ns();
  slow_path = std::make_unique<SlowPath>(*publisher, *output, *pool, settings);
  return Ok{};
}

TxPath Dataplane::Parts::tx_path(const Port& port, rte_ring* handoff, unsigned lcore) const {
  TxPath path;
  path.port_id = port.port_id();
  path.usable = &port.usable_flag();
  path.multi_segment = port.multi_segment_tx();
  if (lcore < port.tx_queues()) {
    path.queue = static_cast<std::uint16_t>(lcore);
  } else {
    path.handoff = handoff;
  }
  return path;
}

Status Dataplane::Parts::make_lcores() {
  auto queues = assign_queues(config, eal.lcore_count());
  if (!queues) return queues.error();
  for (unsigned index = 0; index < eal.lcore_count(); ++index) {
    LcoreSetup setup;
    setup.index = index;
    setup.publisher = publisher.get();
    const auto socket = static_cast<int>(rte_lcore_to_socket_id(Eal::lcore_id(index)));
    auto pool = pools.get(plan, pools.nearest(socket));
    if (!pool) return pool.error();
    setup.pool = *pool;
    setup.proxy_cache = proxy_cache.get();
    setup.punt = punt.get();
    setup.inject = inject[index].get();
    setup.rx = (*queues)[index];
    for (PortIndex port = 0; port < ports.size(); ++port) {
      setup.ports[port] = tx_path(*ports[port], handoffs[port].get(), index);
      if (index == 0 && handoffs[port] != nullptr) {
        setup.handoffs.push_back({port, handoffs[port].get()});
      }
    }
    setup.burst = config.burst;
    setup.idle = config.idle;
    auto lcore = Lcore::create(std::move(setup));
    if (!lcore) return lcore.error();
    lcores.push_back(std::move(lcore).value());
  }
  return Ok{};
}

void Dataplane::Parts::stop_lcores() {
  if (!launched) return;
  for (const auto& lcore : lcores)
    lcore->stop();
  for (unsigned i = 0; i < lcores.size(); ++i)
    rte_eal_wait_lcore(Eal::lcore_id(i));
  launched = false;
}

std::vector<MacAddress> Dataplane::kernel_macs() const {
  std::vector<MacAddress> macs;
  if (parts_ == nullptr) return macs;
  for (const auto& port : parts_->ports)
    macs.push_back(port->kernel_mac());
  return macs;
}

std::vector<MacAddress> Dataplane::port_macs() const {
  std::vector<MacAddress> macs;
  if (parts_ == nullptr) return macs;
  for (const auto& port : parts_->ports)
    macs.push_back(port->mac());
  return macs;
}

Result<Generation> Dataplane::apply(const ForwardingTables& tables) {
  if (parts_ == nullptr) return Error{"the data plane does not run"};
  auto generation = parts_->publisher->publish(diff(parts_->tables, tables));
  if (!generation) return generation;
  parts_->tables = tables;
  parts_->slow_path->tables_changed(parts_->tables);
  return generation;
}

Status Dataplane::launch() {
  if (parts_ == nullptr) return Error{"the data plane does not run"};
  if (parts_->launched) return Error{"the lcores run already"};
  parts_->launched = true;
  for (unsigned i = 0; i < parts_->lcores.size(); ++i) {
    const int code = rte_eal_remote_launch(run_lcore, parts_->lcores[i].get(), Eal::lcore_id(i));
    if (code != 0) return Error{fmt::format("lcore {} does not start: {}", i, rte_strerror(-code))};
  }
  return Ok{};
}

bool Dataplane::poll() {
  if (parts_ == nullptr) return false;
  Parts& parts = *parts_;
  bool worked = false;
  for (unsigned batch = 0; batch < kPollBatches; ++batch) {
    std::array<void*, kPollBatch> punted;
    const unsigned count =
        rte_ring_sc_dequeue_burst(parts.punt.get(), punted.data(), kPollBatch, nullptr);
    if (count == 0) break;
    worked = true;
    const std::uint64_t now = monotonic_ns();
    for (unsigned i = 0; i < count; ++i) {
      parts.slow_path->handle(static_cast<rte_mbuf*>(punted[i]), now);
    }
    parts.slow_path->tick(now);
  }
  if (const std::uint64_t now = monotonic_ns(); parts.slow_path->next_deadline() <= now) {
    parts.slow_path->tick(now);
    worked = true;
  }
  return worked;
}

bool Dataplane::lcores_progress() {
  if (parts_ == nullptr || !parts_->launched) return false;
  rte_rcu_qsbr* const qsbr = parts_->publisher->qsbr();
  std::uint64_t& token = parts_->progress_token;
  // Lcores that sleep are offline and hold nothing up.
  if (token != 0 && rte_rcu_qsbr_check(qsbr, token, false) == 0) return false;
  token = rte_rcu_qsbr_start(qsbr);
  return true;
}

Status Dataplane::set_promiscuous(PortIndex port, bool on) {
  if (parts_ == nullptr || port >= parts_->ports.size()) return Error{"there is no such port"};
  return parts_->ports[port]->set_promiscuous(on);
}

void Dataplane::drain() {
  if (parts_ == nullptr || !parts_->launched) return;
  for (const auto& lcore : parts_->lcores)
    lcore->drain();
  // When all have reported, the last burst is out of their hands.
  parts_->drain_token = rte_rcu_qsbr_start(parts_->publisher->qsbr());
}

bool Dataplane::drained() const {
  if (parts_ == nullptr || !parts_->launched) return true;
  const Parts& parts = *parts_;
  const auto empty = [](const Ring& ring) {
    return ring == nullptr || rte_ring_empty(ring.get()) != 0;
  };
  return parts.drain_token != 0 &&
         rte_rcu_qsbr_check(parts.publisher->qsbr(), parts.drain_token, false) != 0 &&
         empty(parts.punt) && std::all_of(parts.inject.begin(), parts.inject.end(), empty) &&
         std::all_of(parts.handoffs.begin(), parts.handoffs.end(), empty);
}

void Dataplane::stop() {
  parts_.reset();
}

CountersSnapshot Dataplane::counters() const {
  CountersSnapshot sum;
  if (parts_ == nullptr) return sum;
  const CounterLimits limits = limits_of(parts_->tables);
  for (const auto& lcore : parts_->lcores)
    add_counters(sum, lcore->counters(), limits);
  add_counters(sum, parts_->output->counters(), limits);
  for (const auto& port : parts_->ports) {
    sum.drops[static_cast<std::size_t>(DropReason::rx_no_mbuf)].packets += port->state().rx_no_mbuf;
  }
  return sum;
}

std::vector<PortState> Dataplane::ports() const {
  std::vector<PortState> out;
  if (parts_ == nullptr) return out;
  for (const auto& port : parts_->ports)
    out.push_back(port->state());
  return out;
}

const ForwardingTables& Dataplane::tables() const {
  static const ForwardingTables none;
  return parts_ == nullptr ? none : parts_->tables;
}

Generation Dataplane::generation() const {
  return parts_ == nullptr ? 0 : parts_->publisher->generation();
}

const SlowPath* Dataplane::slow_path() const {
  return parts_ == nullptr ? nullptr : parts_->slow_path.get();
}

std::string Dataplane::summary() const {
  if (parts_ == nullptr) return "stopped";
  return fmt::format("{} ports, {} lcores on CPU {}, {} packet buffers of {} bytes, {} huge pages",
                     parts_->ports.size(), parts_->lcores.size(),
                     fmt::join(parts_->eal.arguments().cpus, ","), parts_->plan.mbufs,
                     parts_->plan.data_room, parts_->eal.uses_huge_pages() ? "with" : "without");
}

}  // namespace sextant
