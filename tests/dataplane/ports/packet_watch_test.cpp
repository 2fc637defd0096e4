// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PacketWatch over lcores with net_ring ports: traces and captures of two lcores at once, bounds,
// and what is freed when.
#include "dataplane/ports/packet_watch.hpp"

#include <unistd.h>

#include <set>
#include <thread>

#include "dataplane/ports/dpdk_log.hpp"
#include "dataplane/ports/lcore.hpp"
#include "dataplane/ports/mempool.hpp"
#include "dataplane/ports/port.hpp"
#include "dataplane/ports/ring.hpp"
#include "support/catch.hpp"
#include "support/fake_mbuf.hpp"
#include "support/packet_builder.hpp"
#include "support/tables_builder.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

// Lcore i receives from port i and sends by the other one.
struct WatchFixture {
  MbufPools pools;
  rte_mempool* pool = nullptr;
  std::vector<std::unique_ptr<Port>> ports;
  std::vector<rte_ring*> wires;
  Ring punt;
  RcuPublisher publisher{2};
  TablesBuilder tables;
  std::vector<std::unique_ptr<Lcore>> lcores;
  std::unique_ptr<PacketWatch> watch;

  WatchFixture() {
    DpdkLog::install();
    MbufPlan plan;
    plan.mbufs = 2047;
    plan.data_room = 2176;
    pool = pools.get(plan, 0).value();
    for (PortIndex i = 0; i < 2; ++i) {
      const std::string device = "net_ring" + std::to_string(i);
      auto port = Port::probe({.name = "p" + std::to_string(i), .device = device}, 1);
      REQUIRE(port.ok());
      REQUIRE((*port)->start(pool).ok());
      ports.push_back(std::move(port).value());
      wires.push_back(rte_ring_lookup(("ETH_RXTX0_" + device).c_str()));
      REQUIRE(wires.back() != nullptr);
      const std::string n = std::to_string(i + 1);
      const InterfaceId id = tables.port(i, {Prefix(("2001:db8:" + n + "::1/64").c_str())});
      tables.route(Prefix(("2001:db8:" + n + "::/64").c_str()),
                   tables.via(id, "2001:db8:" + n + "::2"));
    }
    punt = make_ring("watch_punt", 64, 0).value();
    REQUIRE(publisher.publish(diff({}, tables.take())).ok());
    std::vector<WatchSlots*> slots;
    for (unsigned i = 0; i < 2; ++i) {
      LcoreSetup setup;
      setup.index = i;
      setup.publisher = &publisher;
      setup.pool = pool;
      setup.punt = punt.get();
      setup.ports.rx = {{static_cast<PortIndex>(i), 0}};
      for (PortIndex port = 0; port < 2; ++port) {
        setup.ports.tx[port].port_id = ports[port]->port_id();
        setup.ports.tx[port].usable = &ports[port]->usable_flag();
      }
      lcores.push_back(Lcore::create(setup).value());
      slots.push_back(&lcores.back()->watch_slots());
    }
    watch = std::make_unique<PacketWatch>(slots, publisher.qsbr());
  }
  ~WatchFixture() {
    watch.reset();
    lcores.clear();
    for (rte_ring* wire : wires)
      drain_ring(wire);
    drain_ring(punt.get());
    CHECK(pools.in_use() == 0);
  }

  void receive(PortIndex port, const Bytes& bytes) {
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool);
    REQUIRE(mbuf != nullptr);
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(bytes.size())), bytes.data(),
                bytes.size());
    REQUIRE(rte_ring_enqueue(wires[port], mbuf) == 0);
  }
  void drain() {
    for (rte_ring* wire : wires)
      drain_ring(wire);
  }
  struct Captured {
    CapturedHeader header;
    Bytes bytes;
  };
  std::vector<Captured> captured(CaptureId id, std::size_t limit = 10'000) {
    std::vector<Captured> out;
    watch->take_captured(id, limit,
                         [&](const CapturedHeader& header, std::span<const std::uint8_t> bytes) {
                           out.push_back({header, {bytes.begin(), bytes.end()}});
                         });
    return out;
  }
};

Bytes frame_to(PortIndex from, const char* destination, std::uint8_t hop_limit = 64,
               std::size_t payload = 32) {
  return PacketBuilder()
      .ethernet(port_mac(from), peer_mac(from))
      .ipv6("2001:db8:9::9", destination, {.hop_limit = hop_limit})
      .udp(1, 2)
      .payload(payload);
}

CaptureSettings all_points() {
  CaptureSettings settings;
  settings.packets_per_second = 1'000'000;
  return settings;
}

}  // namespace

TEST_CASE("watch: a trace collects from all lcores and ends at its count") {
  WatchFixture f;
  REQUIRE(f.watch->start_trace({}, 3).ok());
  f.receive(0, frame_to(0, "2001:db8:2::2"));
  f.receive(1, frame_to(1, "2001:db8:1::2"));
  f.lcores[0]->run_once();
  f.lcores[1]->run_once();  // forwards what lcore 0 sent to its wire, too
  CHECK_FALSE(f.watch->trace_complete() == (f.watch->traces_lost() > 0));
  f.receive(0, frame_to(0, "2001:db8:2::2"));
  f.lcores[0]->run_once();
  std::vector<TracedPacket> found;
  f.watch->take_traces(found);
  CHECK(found.size() == 3);
  CHECK(f.watch->trace_complete());
  std::set<unsigned> lcores;
  for (const TracedPacket& packet : found)
    lcores.insert(packet.header.lcore);
  CHECK(lcores == std::set<unsigned>{0, 1});
  f.watch->stop_trace();
  CHECK_FALSE(f.watch->tracing());
}

TEST_CASE("watch: one trace at a time, of a sensible size") {
  WatchFixture f;
  CHECK_FALSE(f.watch->start_trace({}, 0).ok());
  CHECK_FALSE(f.watch->start_trace({}, PacketWatch::kMaxTracedPackets + 1).ok());
  REQUIRE(f.watch->start_trace({}, 1).ok());
  const auto second = f.watch->start_trace({}, 1);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().text.find("another trace") == 0);
  f.watch->stop_trace();
  CHECK(f.watch->start_trace({}, 1).ok());
  f.watch->stop_trace();
  f.watch->stop_trace();  // no harm
}

TEST_CASE("watch: nothing is traced after the end") {
  WatchFixture f;
  REQUIRE(f.watch->start_trace({}, 1).ok());
  f.watch->stop_trace();
  f.receive(0, frame_to(0, "2001:db8:2::2"));
  f.lcores[0]->run_once();
  std::vector<TracedPacket> found;
  f.watch->take_traces(found);
  CHECK(found.empty());
  CHECK_FALSE(f.watch->trace_complete());
}

TEST_CASE("watch: a frame that its port refused is traced as dropped") {
  WatchFixture f;
  std::vector<rte_mbuf*> fillers;
  while (rte_ring_free_count(f.wires[1]) > 0)
    REQUIRE(rte_ring_enqueue(f.wires[1], rte_pktmbuf_alloc(f.pool)) == 0);
  TraceFilter filter;
  filter.has_reason = true;
  filter.reason = DropReason::tx_port_refused;
  REQUIRE(f.watch->start_trace(filter, 1).ok());
  f.receive(0, frame_to(0, "2001:db8:2::2"));
  f.lcores[0]->run_once();
  std::vector<TracedPacket> found;
  f.watch->take_traces(found);
  REQUIRE(found.size() == 1);
  CHECK(found[0].header.outcome == TraceOutcome::kDropped);
  CHECK(found[0].header.reason == DropReason::tx_port_refused);
}

TEST_CASE("watch: what an lcore may still look at waits for the grace period") {
  WatchFixture f;
  rte_rcu_qsbr* const qsbr = f.publisher.qsbr();
  rte_rcu_qsbr_thread_register(qsbr, 0);
  rte_rcu_qsbr_thread_online(qsbr, 0);
  REQUIRE(f.watch->start_trace({}, 1).ok());
  const auto id = f.watch->start_capture(all_points());
  REQUIRE(id.ok());
  f.watch->stop_capture(*id);
  f.watch->stop_trace();
  f.watch->poll();
  CHECK(f.watch->retired() > 0);
  rte_rcu_qsbr_quiescent(qsbr, 0);
  f.watch->poll();
  CHECK(f.watch->retired() == 0);
  rte_rcu_qsbr_thread_offline(qsbr, 0);
  rte_rcu_qsbr_thread_unregister(qsbr, 0);
}

TEST_CASE("watch: a capture sees a frame come in and leave") {
  WatchFixture f;
  const auto id = f.watch->start_capture(all_points());
  REQUIRE(id.ok());
  const Bytes frame = frame_to(0, "2001:db8:2::2");
  f.receive(0, frame);
  f.lcores[0]->run_once();
  const auto found = f.captured(*id);
  REQUIRE(found.size() == 2);
  CHECK(found[0].header.point == CapturePoint::kIngress);
  CHECK(found[0].header.port == 0);
  CHECK(found[0].bytes == frame);
  CHECK(found[1].header.point == CapturePoint::kEgress);
  CHECK(found[1].header.port == 1);
  CHECK(found[1].bytes.at(21) == 63);
  CHECK(found[1].header.tsc != 0);
  f.watch->stop_capture(*id);
}

TEST_CASE("watch: a captured drop has its reason and its Ethernet header") {
  WatchFixture f;
  CaptureSettings settings = all_points();
  settings.filter.points = static_cast<std::uint8_t>(CapturePoint::kDrop);
  const auto id = f.watch->start_capture(settings);
  const Bytes no_route = frame_to(0, "2001:db8:77::2");
  const Bytes short_one{1, 2, 3};
  Bytes unknown_type = frame_to(0, "2001:db8:2::2");
  unknown_type[12] = 0x12;
  f.receive(0, no_route);
  f.receive(0, short_one);
  f.receive(0, unknown_type);
  f.lcores[0]->run_once();
  const auto found = f.captured(*id);
  REQUIRE(found.size() >= 3);
  std::map<DropReason, Bytes> by_reason;
  for (const auto& one : found) {
    CHECK(one.header.point == CapturePoint::kDrop);
    // The ICMP error about the first one has no route either: its drop comes later.
    if (by_reason.emplace(one.header.reason, one.bytes).second) {
      CHECK_FALSE(one.header.made_link_layer);
    }
  }
  CHECK(by_reason[DropReason::lookup_no_route] == no_route);
  CHECK(by_reason[DropReason::parse_ethernet_truncated] == short_one);
  CHECK(by_reason[DropReason::parse_ethertype_unknown] == unknown_type);
}

TEST_CASE("watch: a packet that was taken apart gets an empty Ethernet header") {
  WatchFixture f;
  SidArgs args;
  args.table = 0;
  const ForwardingTables before = f.tables.take();
  f.tables.local_sid("2001:db8:1::d6", Behavior::kEndDt6, {.args = args});
  REQUIRE(f.publisher.publish(diff(before, f.tables.take())).ok());
  CaptureSettings settings = all_points();
  settings.filter.points = static_cast<std::uint8_t>(CapturePoint::kDrop);
  const auto id = f.watch->start_capture(settings);
  const Bytes inner = PacketBuilder().ipv6("2001:db8:9::1", "2001:db8:77::2").udp(1, 2);
  f.receive(0, PacketBuilder()
                   .ethernet(port_mac(0), peer_mac(0))
                   .ipv6("2001:db8:9::9", "2001:db8:1::d6")
                   .raw(inner, 41));
  f.lcores[0]->run_once();
  const auto found = f.captured(*id);
  REQUIRE_FALSE(found.empty());
  CHECK(found[0].header.reason == DropReason::lookup_no_route);
  CHECK(found[0].header.made_link_layer);
  Bytes expected(12, 0);
  expected.insert(expected.end(), {0x86, 0xdd});
  expected.insert(expected.end(), inner.begin(), inner.end());
  CHECK(found[0].bytes == expected);
}

TEST_CASE("watch: capture filters") {
  WatchFixture f;
  CaptureSettings settings = all_points();
  CaptureFilter& filter = settings.filter;
  std::size_t expected = 0;
  SECTION("ingress") {
    filter.points = static_cast<std::uint8_t>(CapturePoint::kIngress);
    expected = 3;
  }
  SECTION("egress by port") {
    filter.points = static_cast<std::uint8_t>(CapturePoint::kEgress);
    filter.has_port = true;
    filter.port = 1;
    expected = 1;
  }
  SECTION("another port") {
    filter.has_port = true;
    filter.port = 5;
  }
  SECTION("destination") {
    filter.has_destination = true;
    filter.destination = Prefix("2001:db8:2::/64");
    expected = 2;
  }
  SECTION("source of nobody") {
    filter.has_source = true;
    filter.source = Prefix("2001:db8:ff::/64");
  }
  SECTION("IPv4 prefix for IPv6 packets") {
    filter.has_source = true;
    filter.source = Prefix("0.0.0.0/0");
  }
  SECTION("reason") {
    filter.has_reason = true;
    filter.reason = DropReason::parse_ethernet_truncated;
    expected = 1;
  }
  SECTION("reason that does not happen") {
    filter.has_reason = true;
    filter.reason = DropReason::end_fragment;
  }
  const auto id = f.watch->start_capture(settings);
  f.receive(0, frame_to(0, "2001:db8:2::2"));
  f.receive(0, frame_to(0, "2001:db8:77::2"));
  f.receive(0, Bytes{1, 2, 3});
  f.lcores[0]->run_once();
  CHECK(f.captured(*id).size() == expected);
}

TEST_CASE("watch: frames are cut at the snap length and keep their length") {
  WatchFixture f;
  CaptureSettings settings = all_points();
  settings.snap_length = 64;
  const auto id = f.watch->start_capture(settings);
  const Bytes frame = frame_to(0, "2001:db8:2::2", 64, 1000);
  f.receive(0, frame);
  f.lcores[0]->run_once();
  for (const auto& one : f.captured(*id)) {
    CHECK(one.bytes.size() == 64);
    CHECK(one.header.length == frame.size());
  }
}

TEST_CASE("watch: above the rate and beyond the memory frames are counted, and forwarded") {
  WatchFixture f;
  CaptureSettings settings = all_points();
  settings.filter.points = static_cast<std::uint8_t>(CapturePoint::kIngress);
  const auto send = [&](unsigned n, std::size_t payload) {
    for (unsigned i = 0; i < n; ++i) {
      f.receive(0, frame_to(0, "2001:db8:2::2", 64, payload));
      f.lcores[0]->run_once();
      if (i % 32 == 31) f.drain();
    }
    f.drain();
  };
  SECTION("rate") {
    settings.packets_per_second = 400;  // 200 for each lcore: 10 in 50 ms
    const auto id = f.watch->start_capture(settings);
    send(64, 32);
    const std::size_t found = f.captured(*id).size();
    CHECK(found >= 10);
    CHECK(found < 64);
    CHECK(f.watch->losses(*id).over_rate == 64 - found);
    CHECK(f.watch->losses(*id).no_room == 0);
  }
  SECTION("memory") {
    settings.snap_length = kMaxSnapLength;
    const auto id = f.watch->start_capture(settings);
    send(1024, 1400);
    const std::size_t found = f.captured(*id).size();
    CHECK(found < 1024);
    CHECK(f.watch->losses(*id).no_room + f.watch->losses(*id).over_rate == 1024 - found);
    CHECK(f.watch->losses(*id).no_room > 0);
    send(1, 1400);
    CHECK(f.captured(*id).size() == 1);
  }
  CHECK(f.lcores[0]->counters().interfaces_rx[0].packets >= 64);
}

TEST_CASE("watch: captures are taken in portions, and their number is bounded") {
  WatchFixture f;
  std::vector<CaptureId> ids;
  for (unsigned i = 0; i < kMaxCaptures; ++i) {
    const auto id = f.watch->start_capture(all_points());
    REQUIRE(id.ok());
    ids.push_back(*id);
  }
  const auto more = f.watch->start_capture(all_points());
  REQUIRE_FALSE(more.ok());
  CHECK(more.error().text.find("captures run") != std::string::npos);

  f.receive(0, frame_to(0, "2001:db8:2::2"));
  f.lcores[0]->run_once();
  for (const CaptureId id : ids)
    CHECK(f.captured(id, 1).size() == 1);
  CHECK(f.captured(ids[0], 10).size() == 1);
  f.watch->stop_capture(ids[1]);
  f.watch->stop_capture(ids[1]);  // no harm
  CHECK(f.captured(ids[1]).empty());
  CHECK(f.watch->losses(ids[1]).no_room == 0);
  CHECK(f.watch->start_capture(all_points()).ok());
}

TEST_CASE("watch: two lcores on threads trace and capture at once while watchers come and go") {
  WatchFixture f;
  std::vector<std::thread> threads;
  for (const auto& lcore : f.lcores) {
    threads.emplace_back([&lcore] {
      REQUIRE(rte_thread_register() == 0);
      lcore->run();
      rte_thread_unregister();
    });
  }
  // A frame that travels from wire to wire until its hop limit ends.
  std::set<unsigned> traced_by;
  std::size_t captured = 0;
  for (int round = 0; round < 50; ++round) {
    REQUIRE(f.watch->start_trace({}, 20).ok());
    const auto id = f.watch->start_capture(all_points());
    REQUIRE(id.ok());
    for (PortIndex port = 0; port < 2; ++port)
      f.receive(port, frame_to(port, port == 0 ? "2001:db8:2::2" : "2001:db8:1::2"));
    std::vector<TracedPacket> found;
    for (int i = 0; i < 2000 && found.size() < 2; ++i) {
      f.watch->take_traces(found);
      f.watch->poll();
      usleep(100);
    }
    for (const TracedPacket& packet : found) {
      traced_by.insert(packet.header.lcore);
      REQUIRE_FALSE(packet.steps.empty());
      CHECK(packet.steps[0].stage == TraceStage::kParse);
    }
    captured += f.captured(*id).size();
    f.watch->stop_capture(*id);
    f.watch->stop_trace();
  }
  for (const auto& lcore : f.lcores)
    lcore->stop();
  for (std::thread& thread : threads)
    thread.join();
  CHECK(traced_by == std::set<unsigned>{0, 1});
  CHECK(captured > 0);
  f.watch->poll();
  CHECK(f.watch->retired() == 0);
}
