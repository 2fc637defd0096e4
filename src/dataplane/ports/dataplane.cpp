// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Start and stop in order, and the work of the control thread in between.
#include "dataplane.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_random.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "control_output.hpp"
#include "counter_book.hpp"
#include "dataplane/flow_tables.hpp"
#include "dataplane/proxy_cache.hpp"
#include "dataplane/replay/explain.hpp"
#include "dataplane/slow_path/slow_path.hpp"
#include "dataplane/translate.hpp"
#include "eal.hpp"
#include "lcore.hpp"
#include "mempool.hpp"
#include "packet_watch.hpp"
#include "port_set.hpp"
#include "ring.hpp"

namespace sextant {

namespace {

constexpr unsigned kPuntEntries = 4096;
constexpr unsigned kInjectEntries = 4096;
// Punted packets that one poll() takes at most, so that timers and sockets get their turn.
constexpr unsigned kPollBatch = 64;
constexpr unsigned kPollBatches = 8;
constexpr std::uint64_t kPortWatch_ns = 100'000'000;

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
  std::unique_ptr<ProxyCache> proxy_cache;
  std::unique_ptr<FlowTables> flows;
  std::unique_ptr<RcuPublisher> publisher;
  Ring punt;
  std::vector<Ring> inject;  // by lcore
  std::unique_ptr<PortSet> ports;
  std::unique_ptr<ControlOutput> output;
  std::unique_ptr<SlowPath> slow_path;
  std::vector<std::unique_ptr<Lcore>> lcores;
  CounterBook book;
  std::unique_ptr<PacketWatch> watch;
  std::unique_ptr<Explainer> explainer;  // made when it is asked for
  std::uint64_t next_watch_ns = 0;
  std::vector<PortEvent> port_events;
  bool launched = false;
  std::uint64_t progress_token = 0;  // of lcores_progress(); 0: none yet
  std::uint64_t drain_token = 0;     // set by drain()

  ~Parts() { stop_lcores(); }

  Status make_rings();
  Status make_lcores();
  Status make_slow_path();
  void watch_ports(std::uint64_t now_ns);
  void stop_lcores();
  [[nodiscard]] std::vector<const Counters*> all_counters() const;
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
  parts->ports = std::make_unique<PortSet>(parts->plan, parts->pools, lcores);
  if (auto status = parts->ports->open(config.ports); !status) return status;
  parts->publisher = std::make_unique<RcuPublisher>(lcores);
  parts->proxy_cache = std::make_unique<ProxyCache>(config.proxy_cache_entries,
                                                    config.proxy_cache_timeout_s, rte_get_tsc_hz());
  parts->flows = std::make_unique<FlowTables>(config.flows, rte_get_tsc_hz(), rte_rand());
  if (auto status = parts->make_rings(); !status) return status;
  if (auto status = parts->make_slow_path(); !status) return status;
  if (auto status = parts->make_lcores(); !status) return status;
  std::vector<WatchSlots*> slots;
  for (const auto& lcore : parts->lcores)
    slots.push_back(&lcore->watch_slots());
  parts->watch = std::make_unique<PacketWatch>(std::move(slots), parts->publisher->qsbr());
  std::vector<Lcore*> all;
  for (const auto& lcore : parts->lcores)
    all.push_back(lcore.get());
  parts->ports->serve(std::move(all), *parts->publisher, [parts = parts.get()](PortIndex port) {
    parts->slow_path->forget_neighbors(port);
  });
  parts_ = std::move(parts);
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
  auto pool = pools.get(plan, pools.nearest(0));
  return pool ? ports->make_taps(*pool) : Status(pool.error());
}

Status Dataplane::Parts::make_slow_path() {
  auto created = ControlOutput::create(*publisher, inject.front().get(),
                                       [this](PortIndex port) { return ports->kernel_mac(port); });
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

Status Dataplane::Parts::make_lcores() {
  for (unsigned index = 0; index < eal.lcore_count(); ++index) {
    LcoreSetup setup;
    setup.index = index;
    setup.publisher = publisher.get();
    const auto socket = static_cast<int>(rte_lcore_to_socket_id(Eal::lcore_id(index)));
    auto pool = pools.get(plan, pools.nearest(socket));
    if (!pool) return pool.error();
    setup.pool = *pool;
    setup.proxy_cache = proxy_cache.get();
    setup.flows = flows.get();
    setup.punt = punt.get();
    setup.inject = inject[index].get();
    setup.taps = ports->taps_to(index);
    setup.ports = ports->ports_of(index);
    setup.burst = config.burst;
    setup.idle = config.idle;
    auto lcore = Lcore::create(std::move(setup));
    if (!lcore) return lcore.error();
    lcores.push_back(std::move(lcore).value());
  }
  return Ok{};
}

void Dataplane::Parts::watch_ports(std::uint64_t now_ns) {
  if (now_ns < next_watch_ns) return;
  next_watch_ns = now_ns + kPortWatch_ns;
  ports->poll(now_ns, port_events);
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
  return parts_ == nullptr ? std::vector<MacAddress>{} : parts_->ports->kernel_macs();
}

std::vector<MacAddress> Dataplane::port_macs() const {
  return parts_ == nullptr ? std::vector<MacAddress>{} : parts_->ports->macs();
}

bool Dataplane::is_free(PortIndex port) const {
  return parts_ != nullptr && parts_->ports->is_free(port);
}

Status Dataplane::add_port(PortIndex port, const PortConfig& config) {
  if (parts_ == nullptr) return Error{"the data plane does not run"};
  return parts_->ports->add(port, config);
}

Status Dataplane::add_tap(PortIndex port, const PortConfig& config, int descriptor) {
  if (parts_ != nullptr) return parts_->ports->add_tap(port, config, descriptor);
  close(descriptor);
  return Error{"the data plane does not run"};
}

void Dataplane::remove_port(PortIndex port) {
  if (parts_ != nullptr) parts_->ports->remove(port);
}

Status Dataplane::check(const TableDiff& change) {
  if (parts_ == nullptr) return Error{"the data plane does not run"};
  return parts_->publisher->check(change);
}

Result<Generation> Dataplane::publish(const TableDiff& change) {
  if (const Status status = check(change); !status) return status.error();
  // check() has waited for the change before: nobody counts on an id that it has freed.
  parts_->book.open(change, parts_->all_counters());
  auto generation = parts_->slow_path->publish(change);
  if (generation) parts_->book.commit(change);
  return generation;
}

std::vector<const Counters*> Dataplane::Parts::all_counters() const {
  std::vector<const Counters*> out{&output->counters()};
  for (const auto& lcore : lcores)
    out.push_back(&lcore->counters());
  return out;
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
  bool worked = !parts.publisher->poll();
  parts.watch->poll();
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
  parts.watch_ports(monotonic_ns());
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
  if (parts_ == nullptr) return Error{"the data plane does not run"};
  return parts_->ports->set_promiscuous(port, on);
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
         parts.ports->drained();
}

std::vector<PortEvent> Dataplane::take_port_events() {
  return parts_ == nullptr ? std::vector<PortEvent>{} : std::exchange(parts_->port_events, {});
}

void Dataplane::stop() {
  parts_.reset();
}

CountersSnapshot Dataplane::counters() const {
  if (parts_ == nullptr) return {};
  CountersSnapshot sum = parts_->book.snapshot(parts_->all_counters());
  parts_->ports->add_losses(sum);
  return sum;
}

std::vector<PortState> Dataplane::ports() const {
  return parts_ == nullptr ? std::vector<PortState>{} : parts_->ports->states();
}

std::vector<LcoreStatistics> Dataplane::lcores() const {
  std::vector<LcoreStatistics> out;
  if (parts_ == nullptr) return out;
  const std::vector<unsigned>& cpus = parts_->eal.arguments().cpus;
  for (const auto& lcore : parts_->lcores) {
    out.push_back(lcore->statistics());
    if (const unsigned index = out.back().index; index < cpus.size()) out.back().cpu = cpus[index];
  }
  return out;
}

std::size_t Dataplane::connection_places() const {
  return parts_ == nullptr ? 0 : parts_->flows->connections.capacity();
}

std::optional<ConnectionInfo> Dataplane::connection(std::size_t place) const {
  if (place >= connection_places()) return std::nullopt;
  return connection_at(parts_->flows->connections,
                       static_cast<std::uint32_t>(place / FlowTable::kWays),
                       place % FlowTable::kWays, rte_rdtsc());
}

FlowUse Dataplane::flow_use() const {
  if (parts_ == nullptr) return {};
  const std::uint64_t now = rte_rdtsc();
  const auto use = [now](const FlowTable& table) {
    return FlowTableUse{table.capacity(), table.count(now), table.evictions()};
  };
  return {use(parts_->flows->connections), use(parts_->flows->choices)};
}

Generation Dataplane::generation() const {
  return parts_ == nullptr ? 0 : parts_->publisher->generation();
}

PublicationStatus Dataplane::publication() const {
  return parts_ == nullptr ? PublicationStatus{} : parts_->publisher->status();
}

PacketWatch* Dataplane::watch() {
  return parts_ == nullptr ? nullptr : parts_->watch.get();
}

Result<Explanation> Dataplane::explain(PortIndex port, std::span<const std::uint8_t> frame) {
  if (parts_ == nullptr) return Error{"the data plane does not run"};
  Parts& parts = *parts_;
  if (parts.explainer == nullptr) {
    auto pool = parts.pools.get(parts.plan, parts.pools.nearest(0));
    if (!pool) return pool.error();
    parts.explainer = std::make_unique<Explainer>(*pool);
  }
  return parts.explainer->explain(parts.publisher->current(), port, frame, parts.proxy_cache.get(),
                                  parts.flows.get());
}

const SlowPath* Dataplane::slow_path() const {
  return parts_ == nullptr ? nullptr : parts_->slow_path.get();
}

std::string Dataplane::summary() const {
  if (parts_ == nullptr) return "stopped";
  return fmt::format("{} ports, {} lcores on CPU {}, {} packet buffers of {} bytes, {} huge pages",
                     parts_->ports->count(), parts_->lcores.size(),
                     fmt::join(parts_->eal.arguments().cpus, ","), parts_->plan.mbufs,
                     parts_->plan.data_room, parts_->eal.uses_huge_pages() ? "with" : "without");
}

}  // namespace sextant
