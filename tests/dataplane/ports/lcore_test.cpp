// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The loop of an lcore over net_ring ports: a frame put into a port's ring is received, and what is
// sent waits in the ring of the other port.
#include "dataplane/ports/lcore.hpp"

#include <unistd.h>

#include <thread>

#include "dataplane/ports/control_output.hpp"
#include "dataplane/ports/dpdk_log.hpp"
#include "dataplane/ports/mempool.hpp"
#include "dataplane/ports/port.hpp"
#include "dataplane/ports/ring.hpp"
#include "dataplane/punt.hpp"
#include "support/catch.hpp"
#include "support/fake_mbuf.hpp"
#include "support/packet_builder.hpp"
#include "support/tables_builder.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

// Port 0 receives, port 1 is where 2001:db8:2::/64 leads. Member order: ports close before their
// pool, lcores before the rings.
struct LcoreFixture {
  static constexpr unsigned kRingEntries = 64;

  MbufPools pools;
  rte_mempool* pool = nullptr;
  std::vector<std::unique_ptr<Port>> ports;
  std::vector<rte_ring*> wires;  // of the ports' only queues
  Ring punt;
  Ring inject;
  Ring handoff;
  RcuPublisher publisher{2};
  TablesBuilder tables;
  LcoreSetup setup;
  std::unique_ptr<Lcore> lcore;

  explicit LcoreFixture(std::uint32_t mbufs = 2047) {
    DpdkLog::install();
    MbufPlan plan;
    plan.mbufs = mbufs;
    plan.data_room = 2176;
    pool = pools.get(plan, 0).value();
    for (int i = 0; i < 2; ++i) {
      const std::string device = "net_ring" + std::to_string(i);
      auto port = Port::probe({.name = "p" + std::to_string(i), .device = device}, 1);
      INFO((port.ok() ? "" : port.error().text));
      REQUIRE(port.ok());
      REQUIRE((*port)->start(pool).ok());
      ports.push_back(std::move(port).value());
      wires.push_back(rte_ring_lookup(("ETH_RXTX0_" + device).c_str()));
      REQUIRE(wires.back() != nullptr);
    }
    punt = make_ring("test_punt", kRingEntries, 0).value();
    inject = make_ring("test_inject", kRingEntries, 0).value();
    handoff = make_ring("test_handoff", kRingEntries, 0).value();

    tables.port(0, {"2001:db8:1::1/64"});
    const InterfaceId out = tables.port(1, {"2001:db8:2::1/64"});
    tables.route("2001:db8:2::/64", tables.via(out, "2001:db8:2::2"));
    REQUIRE(publisher.publish(diff({}, tables.take())).ok());

    setup.publisher = &publisher;
    setup.pool = pool;
    setup.punt = punt.get();
    setup.inject = inject.get();
    setup.ports.rx = {{0, 0}};
    for (PortIndex i = 0; i < 2; ++i) {
      setup.ports.tx[i].port_id = ports[i]->port_id();
      setup.ports.tx[i].usable = &ports[i]->usable_flag();
    }
  }
  ~LcoreFixture() {
    lcore.reset();
    for (rte_ring* wire : wires)
      drain_ring(wire);
    drain_ring(punt.get());
    drain_ring(inject.get());
    drain_ring(handoff.get());
    // No packet was lost on any path.
    CHECK(pools.in_use() == 0);
  }

  void create() { lcore = Lcore::create(setup).value(); }

  rte_mbuf* make(const Bytes& bytes) {
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool);
    REQUIRE(mbuf != nullptr);
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(bytes.size())), bytes.data(),
                bytes.size());
    return mbuf;
  }
  // Two buffers; the first has no room behind its data.
  rte_mbuf* make_chain(const Bytes& bytes, std::size_t first_bytes) {
    rte_mbuf* const head =
        make(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(first_bytes)));
    rte_mbuf* const tail = make(Bytes(bytes.begin() + static_cast<long>(first_bytes), bytes.end()));
    REQUIRE(rte_pktmbuf_chain(head, tail) == 0);
    return head;
  }
  void receive(rte_mbuf* mbuf) { REQUIRE(rte_ring_enqueue(wires[0], mbuf) == 0); }
  void receive(const Bytes& bytes) { receive(make(bytes)); }

  // What waits in a ring, freed.
  std::vector<Bytes> taken(rte_ring* ring) {
    std::vector<Bytes> out;
    void* mbuf = nullptr;
    while (rte_ring_dequeue(ring, &mbuf) == 0) {
      out.push_back(bytes_of(static_cast<rte_mbuf*>(mbuf)));
      rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
    }
    return out;
  }
  [[nodiscard]] std::uint64_t drops(DropReason reason) const {
    return lcore->counters().drops[static_cast<std::size_t>(reason)].packets;
  }
};

Bytes frame_to(const char* destination, std::uint8_t hop_limit = 64, std::size_t payload = 32) {
  return PacketBuilder()
      .ethernet(port_mac(0), peer_mac(0))
      .ipv6("2001:db8:1::2", destination, {.hop_limit = hop_limit})
      .udp(1, 2)
      .payload(payload);
}

Bytes forwarded(std::size_t payload = 32) {
  return PacketBuilder()
      .ethernet(peer_mac(1), port_mac(1))
      .ipv6("2001:db8:1::2", "2001:db8:2::2", {.hop_limit = 63})
      .udp(1, 2)
      .payload(payload);
}

}  // namespace

TEST_CASE("lcore: a frame goes in by one port and out by the other") {
  LcoreFixture f;
  f.create();
  CHECK(f.lcore->run_once() == 0);
  f.receive(frame_to("2001:db8:2::2"));
  CHECK(f.lcore->run_once() == 1);
  CHECK(f.taken(f.wires[1]) == std::vector<Bytes>{forwarded()});
  CHECK(f.lcore->counters().interfaces_rx[0].packets == 1);
  CHECK(f.lcore->counters().interfaces_tx[1].packets == 1);
}

TEST_CASE("lcore: statistics say how bursts came and where the cycles went") {
  LcoreFixture f;
  f.create();
  f.lcore->run_once();
  LcoreStatistics statistics = f.lcore->statistics();
  CHECK(statistics.bursts == 0);
  CHECK(statistics.busy_cycles == 0);
  CHECK(statistics.sampled_bursts == 0);
  CHECK_FALSE(statistics.running);
  CHECK(statistics.total_cycles == 0);
  const auto burst = [&](unsigned packets) {
    for (unsigned i = 0; i < packets; ++i)
      f.receive(frame_to("2001:db8:2::2"));
    REQUIRE(f.lcore->run_once() == packets);
    (void)f.taken(f.wires[1]);
  };
  // The first burst is sampled, and one of 64 after it.
  burst(5);
  statistics = f.lcore->statistics();
  CHECK(statistics.sampled_bursts == 1);
  CHECK(statistics.sampled_packets == 5);
  for (const std::uint64_t cycles : statistics.stage_cycles)
    CHECK(cycles > 0);
  CHECK(statistics.busy_cycles >= statistics.stage_cycles[2]);
  CHECK(statistics.longest_turn_cycles == statistics.busy_cycles);
  for (unsigned packets : {1, 2, 3, 4, 63})
    burst(packets);
  statistics = f.lcore->statistics();
  CHECK(statistics.bursts == 6);
  CHECK(statistics.packets == 78);
  CHECK(statistics.bursts_by_size ==
        std::array<std::uint64_t, kBurstBuckets>{1, 2, 2, 0, 0, 1, 0, 0, 0});
  CHECK(statistics.sampled_bursts == 1);
  for (unsigned n = 6; n < 65; ++n)
    burst(1);
  CHECK(f.lcore->statistics().sampled_bursts == 2);
  CHECK(f.lcore->statistics().sampled_packets == 6);
}

TEST_CASE("lcore: dropped packets are counted and freed") {
  LcoreFixture f;
  f.create();
  f.receive(frame_to("2001:db8:9::2"));
  f.receive(Bytes{1, 2, 3});
  f.lcore->run_once();
  CHECK(f.drops(DropReason::lookup_no_route) == 1);
  CHECK(f.drops(DropReason::parse_ethernet_truncated) == 1);
  CHECK(f.taken(f.wires[1]).empty());
}

TEST_CASE("lcore: a full transmit queue refuses and counts") {
  LcoreFixture f;
  f.create();
  // Fill the far wire.
  rte_mbuf* filler = nullptr;
  unsigned filled = 0;
  while (rte_ring_free_count(f.wires[1]) > 1) {
    filler = f.make({0});
    REQUIRE(rte_ring_enqueue(f.wires[1], filler) == 0);
    ++filled;
  }
  for (int i = 0; i < 3; ++i)
    f.receive(frame_to("2001:db8:2::2"));
  f.lcore->run_once();
  CHECK(f.drops(DropReason::tx_port_refused) == 2);
  CHECK(f.lcore->counters().drops[static_cast<std::size_t>(DropReason::tx_port_refused)].bytes ==
        2 * forwarded().size());
  CHECK(f.taken(f.wires[1]).size() == filled + 1);
}

TEST_CASE("lcore: a port that is gone neither receives nor sends") {
  LcoreFixture f;
  std::atomic<bool> usable{false};
  f.setup.ports.tx[1].usable = &usable;
  f.create();
  f.receive(frame_to("2001:db8:2::2"));
  CHECK(f.lcore->run_once() == 1);
  CHECK(f.drops(DropReason::tx_port_down) == 1);
  usable = true;
  f.receive(frame_to("2001:db8:2::2"));
  f.lcore->run_once();
  CHECK(f.taken(f.wires[1]).size() == 1);
}

TEST_CASE("lcore: a receiving port that is gone is not polled") {
  LcoreFixture f;
  const std::atomic<bool> usable{false};
  f.setup.ports.tx[0].usable = &usable;
  f.create();
  f.receive(frame_to("2001:db8:2::2"));
  CHECK(f.lcore->run_once() == 0);
}

TEST_CASE("lcore: frames for a port that was never opened are dropped") {
  LcoreFixture f;
  f.setup.ports.tx[1] = {};
  f.create();
  f.receive(frame_to("2001:db8:2::2"));
  f.lcore->run_once();
  CHECK(f.drops(DropReason::tx_port_down) == 1);
}

TEST_CASE("lcore: packets for own addresses go to the control thread") {
  LcoreFixture f;
  f.create();
  f.receive(PacketBuilder()
                .ethernet(port_mac(0), peer_mac(0))
                .ipv6("2001:db8:1::2", "2001:db8:1::1")
                .icmp6(128));
  f.lcore->run_once();
  void* mbuf = nullptr;
  REQUIRE(rte_ring_dequeue(f.punt.get(), &mbuf) == 0);
  const PuntInfo info = PuntInfo::load(static_cast<rte_mbuf*>(mbuf));
  CHECK(info.reason == PuntReason::kLocal);
  CHECK(info.rx_interface == 0);
  rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
}

TEST_CASE("lcore: a full ring to the control thread drops and counts") {
  LcoreFixture f;
  f.create();
  const unsigned room = rte_ring_free_count(f.punt.get());
  for (unsigned i = 0; i < room + 5; ++i) {
    f.receive(PacketBuilder()
                  .ethernet(port_mac(0), peer_mac(0))
                  .ipv6("2001:db8:1::2", "2001:db8:1::1")
                  .icmp6(128));
    f.lcore->run_once();
  }
  CHECK(f.drops(DropReason::punt_queue_full) == 5);
  CHECK(rte_ring_count(f.punt.get()) == room);
}

TEST_CASE("lcore: what the control thread injects leaves in order") {
  LcoreFixture f;
  f.create();
  auto output =
      ControlOutput::create(f.publisher, f.inject.get(), [](PortIndex) { return MacAddress{}; });
  REQUIRE(output.ok());
  const Bytes packet = PacketBuilder().ipv6("2001:db8:2::1", "2001:db8:2::2").udp(7, 8).payload(4);
  const Bytes frame = PacketBuilder().ethernet(peer_mac(1), port_mac(1)).raw({1, 2, 3, 4});
  (*output)->inject(0, f.make(packet));
  (*output)->send_frame(1, f.make(frame));
  (*output)->resend(0, f.make(packet));
  CHECK(f.lcore->run_once() == 3);
  const std::vector<Bytes> sent = f.taken(f.wires[1]);
  REQUIRE(sent.size() == 3);
  // Injected packets keep their hop limit; those that waited were decremented before they did.
  CHECK(Bytes(sent[0].begin() + 14, sent[0].end()) == packet);
  CHECK(sent[1] == frame);
  CHECK(Bytes(sent[2].begin() + 14, sent[2].end()) == packet);
  CHECK((*output)->counters().interfaces_tx[1].packets == 1);
}

TEST_CASE("lcore: the way to the lcores can be full, too") {
  LcoreFixture f;
  f.create();
  auto output =
      ControlOutput::create(f.publisher, f.inject.get(), [](PortIndex) { return MacAddress{}; });
  const unsigned room = rte_ring_free_count(f.inject.get());
  for (unsigned i = 0; i < room + 3; ++i)
    (*output)->send_frame(1, f.make({1, 2, 3}));
  const auto& drops = (*output)->counters().drops;
  CHECK(drops[static_cast<std::size_t>(DropReason::inject_queue_full)].packets == 3);
  CHECK((*output)->counters().interfaces_tx[1].packets == room);
  // An interface that was removed meanwhile.
  (*output)->send_frame(99, f.make({1, 2, 3}));
  CHECK(drops[static_cast<std::size_t>(DropReason::lookup_stale_result)].packets == 1);
}

TEST_CASE("control: own-address traffic goes to the kernel's MAC address, or is dropped") {
  LcoreFixture f;
  const Mac kernel = "02:00:00:00:00:77";
  auto output =
      ControlOutput::create(f.publisher, f.inject.get(), [&](PortIndex) { return kernel; });
  const Bytes packet = PacketBuilder().ipv4("192.0.2.9", "192.0.2.1").tcp(1, 2);
  (*output)->to_exception(0, f.make(packet));
  CHECK((*output)
            ->counters()
            .drops[static_cast<std::size_t>(DropReason::local_protocol_unserved)]
            .packets == 1);

  const ForwardingTables before = f.tables.take();
  f.tables.table(0, 1);
  REQUIRE(f.publisher.publish(diff(before, f.tables.take())).ok());
  f.create();
  (*output)->to_exception(0, f.make(packet));
  f.lcore->run_once();
  const Bytes expected =
      PacketBuilder().ethernet(kernel, port_mac(1)).ipv4("192.0.2.9", "192.0.2.1").tcp(1, 2);
  CHECK(f.taken(f.wires[1]) == std::vector<Bytes>{expected});
}

TEST_CASE("lcore: without a queue of its own it sends through another lcore") {
  LcoreFixture f;
  f.setup.ports.tx[1].handoff = f.handoff.get();
  f.create();
  LcoreSetup owner = f.setup;
  owner.index = 1;
  owner.ports.rx.clear();
  owner.inject = nullptr;
  owner.ports.tx[1].handoff = nullptr;
  owner.ports.handoffs = {{1, f.handoff.get()}};
  auto second = Lcore::create(owner);
  REQUIRE(second.ok());

  f.receive(frame_to("2001:db8:2::2"));
  f.lcore->run_once();
  CHECK(f.taken(f.wires[1]).empty());
  CHECK((*second)->run_once() == 1);
  CHECK(f.taken(f.wires[1]) == std::vector<Bytes>{forwarded()});

  // More than the ring takes.
  const unsigned room = rte_ring_free_count(f.handoff.get());
  for (unsigned i = 0; i < room + 4; ++i) {
    f.receive(frame_to("2001:db8:2::2"));
    f.lcore->run_once();
  }
  CHECK(f.drops(DropReason::tx_port_refused) == 4);
}

TEST_CASE("lcore: chained buffers are put together for ports that cannot send them") {
  LcoreFixture f;
  f.setup.ports.tx[1].multi_segment = false;
  f.create();
  const Bytes frame = frame_to("2001:db8:2::2", 64, 1000);

  SECTION("moved into the room behind the first one") {
    f.receive(f.make_chain(frame, 100));
  }
  SECTION("copied when there is no room") {
    rte_mbuf* const chain = f.make_chain(frame, 100);
    chain->data_off = static_cast<std::uint16_t>(chain->buf_len - chain->data_len);
    // Moving data_off moved the data, too.
    std::memcpy(rte_pktmbuf_mtod(chain, void*), frame.data(), 100);
    f.receive(chain);
  }
  f.lcore->run_once();
  void* mbuf = nullptr;
  REQUIRE(rte_ring_dequeue(f.wires[1], &mbuf) == 0);
  CHECK(static_cast<rte_mbuf*>(mbuf)->nb_segs == 1);
  CHECK(bytes_of(static_cast<rte_mbuf*>(mbuf)) == forwarded(1000));
  rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
}

TEST_CASE("lcore: running out of buffers drops and counts") {
  LcoreFixture f(511);
  f.setup.ports.tx[1].multi_segment = false;
  f.create();
  const Bytes frame = frame_to("2001:db8:2::2", 64, 1000);
  rte_mbuf* const chain = f.make_chain(frame, 100);
  chain->data_off = static_cast<std::uint16_t>(chain->buf_len - chain->data_len);
  std::memcpy(rte_pktmbuf_mtod(chain, void*), frame.data(), 100);
  std::vector<rte_mbuf*> hoard;
  while (rte_mbuf* const mbuf = rte_pktmbuf_alloc(f.pool))
    hoard.push_back(mbuf);
  f.receive(chain);
  f.lcore->run_once();
  CHECK(f.drops(DropReason::tx_not_contiguous) == 1);
  rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
}

TEST_CASE("lcore: a thread forwards, sleeps, and does not hold up publication") {
  LcoreFixture f;
  f.create();
  std::thread thread([&] {
    REQUIRE(rte_thread_register() == 0);
    f.lcore->run();
    rte_thread_unregister();
  });
  // Long enough to fall asleep.
  usleep(50'000);
  for (int round = 0; round < 20; ++round) {
    const ForwardingTables before = f.tables.take();
    f.tables.settings().icmp_errors_per_second = 100u + static_cast<unsigned>(round);
    CHECK(f.publisher.publish(diff(before, f.tables.take())).ok());
  }
  for (int i = 0; i < 40; ++i)
    f.receive(frame_to("2001:db8:2::2"));
  for (int i = 0; i < 2000 && rte_ring_count(f.wires[1]) < 40; ++i)
    usleep(1000);
  f.lcore->stop();
  thread.join();
  CHECK(f.taken(f.wires[1]) == std::vector<Bytes>(40, forwarded()));
}
