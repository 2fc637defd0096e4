// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Replay: frames in memory through the real forwarding code and slow path, in virtual time.
#include "replay.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <utility>

#include <sextant/net/headers.hpp>

#include "dataplane/flow_tables.hpp"
#include "dataplane/forward.hpp"
#include "dataplane/ports/counters_storage.hpp"
#include "dataplane/proxy_cache.hpp"
#include "dataplane/punt.hpp"
#include "dataplane/slow_path/slow_path.hpp"
#include "dataplane/tables/rcu_publisher.hpp"
#include "packet_memory.hpp"

namespace sextant {

namespace {

// Virtual time starts here, so that token buckets that count from 0 are full.
constexpr std::uint64_t kStart_ns = 3'600'000'000'000;
constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
// One of many that may be in use at once.
constexpr std::uint32_t kMemoryMb = 256;
// The sender of packets that were captured without a link-layer header.
constexpr MacAddress kRawSource{{0x02, 0, 0, 0, 0xff, 0xff}};

}  // namespace

// What the slow path wants done; kept until it has returned, because forwarding may punt again.
class ReplaySlowPathOutput : public SlowPathOutput {
 public:
  struct Order {
    enum class Kind { kFrame, kInject, kResend, kException } kind;
    std::uint32_t object;
    rte_mbuf* packet;
  };

  explicit ReplaySlowPathOutput(Counters& counters) : counters_(counters) {}
  ~ReplaySlowPathOutput() override {
    for (const Order& order : orders_)
      rte_pktmbuf_free(order.packet);
  }

  void send_frame(InterfaceId interface, rte_mbuf* frame) override {
    orders_.push_back({Order::Kind::kFrame, interface, frame});
  }
  void inject(TableId table, rte_mbuf* packet) override {
    orders_.push_back({Order::Kind::kInject, table, packet});
  }
  void resend(AdjacencyId adjacency, rte_mbuf* packet) override {
    orders_.push_back({Order::Kind::kResend, adjacency, packet});
  }
  void to_exception(TableId table, rte_mbuf* packet) override {
    orders_.push_back({Order::Kind::kException, table, packet});
  }
  void count_drop(DropReason reason, rte_mbuf* packet) override {
    counters_.drops[static_cast<std::size_t>(reason)].add(1, packet->pkt_len);
    rte_pktmbuf_free(packet);
  }

  bool take(Order& order) {
    if (orders_.empty()) return false;
    order = orders_.front();
    orders_.pop_front();
    return true;
  }

 private:
  Counters& counters_;
  std::deque<Order> orders_;
};

struct Replay::Parts {
  Parts(ForwardingTables forwarding_tables, const ReplayOptions& replay_options, Sink frame_sink,
        PacketMemory packet_memory)
      : tables(std::move(forwarding_tables)),
        options(replay_options),
        sink(std::move(frame_sink)),
        memory(std::move(packet_memory)),
        publisher(1) {}

  Status start();
  void receive(const ReplayFrame& frame);
  void flush();
  void finish();

  rte_mbuf* make_frame(const ReplayFrame& frame);
  void rewrite_destination(rte_mbuf* mbuf, PortIndex port) const;
  void advance(std::uint64_t time_ns);
  void run_timers(std::uint64_t until_ns);
  void deliver();
  void carry_out(const ReplaySlowPathOutput::Order& order);
  void follow_orders();
  void emit(PortIndex port, rte_mbuf* mbuf);
  void exception_frame(TableId table, rte_mbuf* packet);
  [[nodiscard]] std::uint64_t virtual_time(std::uint64_t time_ns) const {
    return kStart_ns + (time_ns - first_time_ns);
  }

  ForwardingTables tables;
  ReplayOptions options;
  Sink sink;
  PacketMemory memory;  // outlives all that holds packets
  std::unique_ptr<ProxyCache> proxy_cache;
  std::unique_ptr<FlowTables> flows;
  LcoreState lcore;
  CountersStorage counters_storage;
  CounterLimits limits;
  RcuPublisher publisher;
  std::unique_ptr<ReplaySlowPathOutput> orders;
  std::unique_ptr<SlowPath> slow_path;
  std::vector<ReplayPortTotal> ports;

  // Frames that wait to become a burst.
  std::vector<rte_mbuf*> waiting;
  PortIndex waiting_port = 0;
  std::uint64_t waiting_since_ns = 0;

  bool started = false;
  std::uint64_t first_time_ns = 0;
  std::uint64_t now_ns = 0;        // in the time of the captures
  std::uint64_t burst_end_ns = 0;  // latest packet of the running burst
  std::vector<std::uint8_t> scratch;
};

Status Replay::Parts::start() {
  limits = limits_of(tables);
  if (Status attached = counters_storage.attach(lcore.counters, limits); !attached) return attached;
  proxy_cache = std::make_unique<ProxyCache>(options.proxy_cache_entries,
                                             options.proxy_cache_timeout_s, kNanosecondsPerSecond);
  lcore.pool = memory.pool();
  lcore.proxy_cache = proxy_cache.get();
  flows = std::make_unique<FlowTables>(options.flows, kNanosecondsPerSecond, 0);
  lcore.flows = flows.get();
  lcore.tsc_hz = kNanosecondsPerSecond;
  lcore.now_tsc = kStart_ns;
  lcore.output.clear();

  orders = std::make_unique<ReplaySlowPathOutput>(lcore.counters);
  SlowPathSettings settings;
  settings.neighbors.hold_packets = options.neighbor_hold_packets;
  slow_path = std::make_unique<SlowPath>(publisher, *orders, memory.pool(), settings);
  const auto published = slow_path->publish(diff({}, tables));
  return published ? Status(Ok{}) : Status(published.error());
}

rte_mbuf* Replay::Parts::make_frame(const ReplayFrame& frame) {
  if (frame.has_link_layer) return memory.make(frame.bytes);
  const TableSet& set = publisher.current();
  InterfaceId id = kNoInterface;
  const InterfaceEntry* interface = set.interface_of(frame.port, 0, &id);
  EthernetHeader header{};
  if (interface != nullptr) header.destination = interface->mac;
  header.source = kRawSource;
  const unsigned version = frame.bytes.empty() ? 0 : frame.bytes[0] >> 4;
  header.type = Be16(version == 6   ? ether_type::kIpv6
                     : version == 4 ? ether_type::kIpv4
                                    : std::uint16_t{0});
  scratch.resize(sizeof header);
  std::memcpy(scratch.data(), &header, sizeof header);
  scratch.insert(scratch.end(), frame.bytes.begin(), frame.bytes.end());
  return memory.make(scratch);
}

// What came from another machine's link is taken as if it had been sent to this one.
void Replay::Parts::rewrite_destination(rte_mbuf* mbuf, PortIndex port) const {
  if (mbuf->data_len < sizeof(EthernetHeader)) return;
  auto* ethernet = rte_pktmbuf_mtod(mbuf, EthernetHeader*);
  if (ethernet->destination.is_multicast()) return;
  std::uint16_t vlan = 0;
  if (ethernet->type.host() == ether_type::kVlan &&
      mbuf->data_len >= sizeof(EthernetHeader) + sizeof(VlanHeader)) {
    vlan = reinterpret_cast<const VlanHeader*>(ethernet + 1)->tci.host() & 0xfff;
  }
  InterfaceId id = kNoInterface;
  const InterfaceEntry* interface = publisher.current().interface_of(port, vlan, &id);
  if (interface == nullptr || interface->role != InterfaceRole::kRouted) return;
  ethernet->destination = interface->mac;
}

void Replay::Parts::receive(const ReplayFrame& frame) {
  if (frame.port >= ports.size()) return;
  if (!started) {
    started = true;
    first_time_ns = now_ns = burst_end_ns = frame.time_ns;
  }
  const std::uint64_t time_ns = std::max({frame.time_ns, now_ns, burst_end_ns});
  if (!waiting.empty() && (frame.port != waiting_port || waiting.size() >= options.burst ||
                           time_ns - waiting_since_ns > kBurstSpan_ns)) {
    flush();
  }
  if (waiting.empty()) advance(time_ns);

  ports[frame.port].in += {1, frame.bytes.size()};
  rte_mbuf* mbuf = make_frame(frame);
  if (mbuf == nullptr) {
    lcore.counters.drops[static_cast<std::size_t>(DropReason::rx_no_mbuf)].add(1,
                                                                               frame.bytes.size());
    return;
  }
  memory.set_time(mbuf, time_ns);
  if (!options.strict_mac) rewrite_destination(mbuf, frame.port);
  if (waiting.empty()) {
    waiting_port = frame.port;
    waiting_since_ns = time_ns;
  }
  burst_end_ns = time_ns;
  waiting.push_back(mbuf);
}

void Replay::Parts::flush() {
  if (waiting.empty()) return;
  const std::vector<rte_mbuf*> frames = std::exchange(waiting, {});
  forward_burst(publisher.current(), lcore, waiting_port, frames);
  deliver();
  follow_orders();
  slow_path->tick(lcore.now_tsc);
  follow_orders();
}

// To the time of the next packet, with all that is due in between.
void Replay::Parts::advance(std::uint64_t time_ns) {
  run_timers(virtual_time(time_ns));
  now_ns = burst_end_ns = time_ns;
  lcore.now_tsc = virtual_time(time_ns);
}

void Replay::Parts::run_timers(std::uint64_t until_ns) {
  // Each round is at a later time; the bound is for timers that would not move on.
  for (unsigned round = 0; round < 1'000'000; ++round) {
    const std::uint64_t due = std::max(slow_path->next_deadline(), lcore.now_tsc);
    if (slow_path->next_deadline() == SlowPath::kNever || due > until_ns) return;
    lcore.now_tsc = due;
    now_ns = burst_end_ns = first_time_ns + (due - kStart_ns);
    slow_path->tick(due);
    follow_orders();
  }
}

// Takes what a burst left behind: frames leave, punted packets go to the slow path.
void Replay::Parts::deliver() {
  BurstOutput& output = lcore.output;
  for (unsigned i = 0; i < output.used_count; ++i) {
    const PortIndex port = output.used[i];
    for (rte_mbuf* mbuf : output.tx[port].list())
      emit(port, mbuf);
  }
  for (rte_mbuf* mbuf : output.dropped.list())
    rte_pktmbuf_free(mbuf);
  const std::span<rte_mbuf* const> list = output.punted.list();
  const std::vector<rte_mbuf*> punted(list.begin(), list.end());
  output.clear();
  for (rte_mbuf* mbuf : punted)
    slow_path->handle(mbuf, lcore.now_tsc);
  if (!punted.empty()) slow_path->tick(lcore.now_tsc);
}

void Replay::Parts::follow_orders() {
  ReplaySlowPathOutput::Order order{};
  while (orders->take(order))
    carry_out(order);
}

void Replay::Parts::carry_out(const ReplaySlowPathOutput::Order& order) {
  using Kind = ReplaySlowPathOutput::Order::Kind;
  const std::array<rte_mbuf*, 1> packets{order.packet};
  switch (order.kind) {
    case Kind::kFrame: {
      const InterfaceEntry* interface = TableSet::at(publisher.current().interfaces, order.object);
      if (interface == nullptr) return rte_pktmbuf_free(order.packet);
      Counters& counters = lcore.counters;
      counters.of(counters.interfaces_tx, order.object).add(1, order.packet->pkt_len);
      return emit(interface->port, order.packet);
    }
    case Kind::kInject:
      forward_injected(publisher.current(), lcore, static_cast<TableId>(order.object), packets);
      return deliver();
    case Kind::kResend:
      forward_adjacency(publisher.current(), lcore, order.object, packets);
      return deliver();
    case Kind::kException: return exception_frame(static_cast<TableId>(order.object), order.packet);
  }
}

void Replay::Parts::exception_frame(TableId table, rte_mbuf* packet) {
  const TableSet& set = publisher.current();
  const InterfaceId id =
      table < set.exception_interface.size() ? set.exception_interface[table] : kNoInterface;
  const InterfaceEntry* interface = TableSet::at(set.interfaces, id);
  if (interface == nullptr) {
    return orders->count_drop(DropReason::local_protocol_unserved, packet);
  }
  const unsigned version = *rte_pktmbuf_mtod(packet, const std::uint8_t*) >> 4;
  auto* ethernet =
      reinterpret_cast<EthernetHeader*>(rte_pktmbuf_prepend(packet, sizeof(EthernetHeader)));
  if (ethernet == nullptr) return orders->count_drop(DropReason::headend_no_headroom, packet);
  ethernet->destination = ethernet->source = interface->mac;
  ethernet->type = Be16(version == 6 ? ether_type::kIpv6 : ether_type::kIpv4);
  emit(interface->port, packet);
}

void Replay::Parts::emit(PortIndex port, rte_mbuf* mbuf) {
  // The time field of a packet that the slow path made is not set; one that waited was received in
  // an earlier burst. Both leave now.
  const std::uint64_t own = memory.time_of(mbuf);
  const std::uint64_t time_ns = own >= now_ns && own <= burst_end_ns ? own : burst_end_ns;
  if (port < ports.size()) {
    ports[port].out += {1, mbuf->pkt_len};
    sink({port, time_ns, bytes_of(mbuf, scratch), true});
  }
  rte_pktmbuf_free(mbuf);
}

void Replay::Parts::finish() {
  flush();
  std::uint64_t held = 0;
  for (const NeighborInfo& neighbor : slow_path->neighbors())
    held += neighbor.held;
  // They waited for an answer that is not in the captures; nobody knows their lengths any more.
  lcore.counters.drops[static_cast<std::size_t>(DropReason::neighbor_unresolved)].add(held, 0);
}

Replay::Replay(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Replay::~Replay() {
  for (rte_mbuf* mbuf : parts_->waiting)
    rte_pktmbuf_free(mbuf);
}

Status Replay::start_memory() {
  return start_private_eal(kMemoryMb);
}

Result<std::unique_ptr<Replay>> Replay::create(const ForwardingTables& tables,
                                               const std::vector<std::string>& port_names,
                                               const ReplayOptions& options, Sink sink) {
  if (options.burst == 0 || options.burst > kMaxRxBurst) {
    return Error{"burst must be 1 to " + std::to_string(kMaxRxBurst)};
  }
  if (port_names.size() > kMaxPorts) {
    return Error{"more than " + std::to_string(kMaxPorts) + " ports"};
  }
  Result<PacketMemory> memory = PacketMemory::create(options.mbufs);
  if (!memory) return memory.error();
  auto parts = std::make_unique<Parts>(tables, options, std::move(sink), std::move(*memory));
  for (const std::string& name : port_names)
    parts->ports.push_back({name, {}, {}});
  if (Status started = parts->start(); !started) return started.error();
  return std::unique_ptr<Replay>(new Replay(std::move(parts)));
}

void Replay::receive(const ReplayFrame& frame) {
  parts_->receive(frame);
}
void Replay::flush() {
  parts_->flush();
}
void Replay::finish() {
  parts_->finish();
}

CountersSnapshot Replay::counters() const {
  CountersSnapshot out;
  add_counters(out, parts_->lcore.counters, parts_->limits);
  return out;
}

const std::vector<ReplayPortTotal>& Replay::ports() const {
  return parts_->ports;
}

}  // namespace sextant
