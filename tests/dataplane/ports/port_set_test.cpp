// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PortSet and KernelTaps: ports that come and go under an lcore that keeps running. A socket pair
// stands for a tap: one frame per read() and write(), as a tap has it.
#include "dataplane/ports/port_set.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "dataplane/ports/dpdk_log.hpp"
#include "support/catch.hpp"
#include "support/packet_builder.hpp"
#include "support/tables_builder.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

constexpr PortIndex kFirst = kFirstPodPort;
constexpr PortIndex kSecond = kFirstPodPort + 1;

// The end that a pod would have.
class FakeTap {
 public:
  FakeTap() {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
            0);
    ours = ends[0];
    theirs = ends[1];
  }
  ~FakeTap() { close(ours); }
  FakeTap(const FakeTap&) = delete;
  FakeTap& operator=(const FakeTap&) = delete;

  void send(const Bytes& frame) const {
    REQUIRE(write(ours, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()));
  }
  // Empty: nothing has come.
  [[nodiscard]] Bytes receive() const {
    Bytes out(4096);
    const ssize_t got = read(ours, out.data(), out.size());
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  [[nodiscard]] bool closed() const { return fcntl(theirs, F_GETFD) < 0; }

  int ours = -1;
  int theirs = -1;
};

struct PortSetFixture {
  MbufPools pools;
  MbufPlan plan;
  std::unique_ptr<PortSet> ports;
  Ring punt;
  RcuPublisher publisher{1};
  TablesBuilder tables;
  std::unique_ptr<Lcore> lcore;

  PortSetFixture() {
    DpdkLog::install();
    plan.mbufs = 4095;
    plan.data_room = 2176;
    rte_mempool* const pool = pools.get(plan, 0).value();
    ports = std::make_unique<PortSet>(plan, pools, 1);
    REQUIRE(ports->make_taps(pool).ok());
    punt = make_ring("port_set_punt", 64, 0).value();
    for (const PortIndex port : {kFirst, kSecond}) {
      const std::string subnet = "2001:db8:" + std::to_string(port) + "::";
      const InterfaceId id = tables.port(port, {Prefix((subnet + "1/64").c_str())});
      tables.route(Prefix((subnet + "/64").c_str()), tables.via(id, subnet + "2"));
    }
    REQUIRE(publisher.publish(diff({}, tables.take())).ok());
    LcoreSetup setup;
    setup.publisher = &publisher;
    setup.pool = pool;
    setup.punt = punt.get();
    setup.taps = ports->taps_to(0);
    setup.ports = ports->ports_of(0);
    lcore = Lcore::create(std::move(setup)).value();
    ports->serve({lcore.get()}, publisher, [](PortIndex) {});
  }
  ~PortSetFixture() {
    lcore.reset();
    ports.reset();
    punt.reset();
  }

  Status add_tap(PortIndex port, FakeTap& tap, std::uint16_t mtu = 1500) {
    const PortConfig config{
        .name = "tap" + std::to_string(port), .mtu = mtu, .mac = port_mac(port)};
    return ports->add_tap(port, config, tap.theirs);
  }
  void poll() {
    std::vector<PortEvent> events;
    ports->poll(0, events);
  }
  [[nodiscard]] std::uint64_t drops(DropReason reason) const {
    return lcore->counters().drops[static_cast<std::size_t>(reason)].read().packets;
  }
  // Turns of the lcore until done() or two seconds are over.
  template <typename Done>
  bool turn_until(Done done) {
    for (int i = 0; i < 2000; ++i) {
      lcore->run_once();
      if (done()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
};

// From the first tap to whoever is behind the second one.
Bytes frame_to_second(std::uint8_t payload = 0) {
  return PacketBuilder()
      .ethernet(port_mac(kFirst), peer_mac(kFirst))
      .ipv6("2001:db8:64::2", ("2001:db8:" + std::to_string(kSecond) + "::2").c_str())
      .udp(1, 2)
      .raw(Bytes(32, payload))
      .build();
}

}  // namespace

TEST_CASE("frames go from one tap to another") {
  PortSetFixture f;
  FakeTap first;
  FakeTap second;
  REQUIRE(f.add_tap(kFirst, first).ok());
  REQUIRE(f.add_tap(kSecond, second).ok());
  CHECK(f.ports->count() == 2);
  for (std::uint8_t i = 0; i < 100; ++i) {
    const Bytes sent = frame_to_second(i);
    first.send(sent);
    Bytes got;
    REQUIRE(f.turn_until([&] { return !(got = second.receive()).empty(); }));
    REQUIRE(got.size() == sent.size());
    CHECK(got.back() == i);
    CHECK(first.receive().empty());
  }
  const std::vector<PortState> states = f.ports->states();
  REQUIRE(states.size() == kSecond + 1u);
  CHECK(states[0].name.empty());
  CHECK_FALSE(states[0].present);
  CHECK(states[kFirst].name == "tap64");
  CHECK(states[kFirst].present);
  CHECK(states[kFirst].rx.packets == 100);
  CHECK(states[kSecond].tx.packets == 100);
  CHECK(states[kSecond].tx.bytes == states[kFirst].rx.bytes);
  CHECK(f.ports->macs()[kSecond] == port_mac(kSecond));
}

TEST_CASE("many frames at once keep their order; none is lost below the size of the rings") {
  PortSetFixture f;
  FakeTap first;
  FakeTap second;
  REQUIRE(f.add_tap(kFirst, first).ok());
  REQUIRE(f.add_tap(kSecond, second).ok());
  unsigned received = 0;
  for (unsigned round = 0; round < 10; ++round) {
    for (std::uint8_t i = 0; i < 50; ++i)
      first.send(frame_to_second(i));
    for (std::uint8_t i = 0; i < 50; ++i) {
      Bytes got;
      REQUIRE(f.turn_until([&] { return !(got = second.receive()).empty(); }));
      CHECK(got.back() == i);
      ++received;
    }
  }
  CHECK(received == 500);
}

TEST_CASE("a removed tap: its place is free only when nothing of it is under way") {
  PortSetFixture f;
  FakeTap first;
  FakeTap second;
  REQUIRE(f.add_tap(kFirst, first).ok());
  REQUIRE(f.add_tap(kSecond, second).ok());
  // The lcore is in the middle of a turn.
  rte_rcu_qsbr* const qsbr = f.publisher.qsbr();
  rte_rcu_qsbr_thread_register(qsbr, 0);
  rte_rcu_qsbr_thread_online(qsbr, 0);
  // A frame that waits in the lcore's ring.
  first.send(frame_to_second());
  for (int i = 0; i < 2000 && rte_ring_empty(f.ports->taps_to(0)) != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  REQUIRE(rte_ring_empty(f.ports->taps_to(0)) == 0);
  f.ports->remove(kFirst);
  CHECK(first.closed());
  for (int i = 0; i < 3; ++i)
    f.poll();
  CHECK_FALSE(f.ports->is_free(kFirst));
  FakeTap other;
  CHECK_FALSE(f.add_tap(kFirst, other).ok());
  CHECK(other.closed());
  // The turn is over, and still the frame is there.
  rte_rcu_qsbr_quiescent(qsbr, 0);
  for (int i = 0; i < 3; ++i)
    f.poll();
  CHECK_FALSE(f.ports->is_free(kFirst));
  f.lcore->run_once();
  rte_rcu_qsbr_quiescent(qsbr, 0);
  for (int i = 0; i < 100 && !f.ports->is_free(kFirst); ++i) {
    f.poll();
    rte_rcu_qsbr_quiescent(qsbr, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(f.ports->is_free(kFirst));
  rte_rcu_qsbr_thread_offline(qsbr, 0);
  rte_rcu_qsbr_thread_unregister(qsbr, 0);
  CHECK(f.ports->states()[kFirst].name.empty());
}

TEST_CASE("frames to a port that is gone are dropped under its own name") {
  PortSetFixture f;
  FakeTap first;
  FakeTap second;
  REQUIRE(f.add_tap(kFirst, first).ok());
  REQUIRE(f.add_tap(kSecond, second).ok());
  f.ports->remove(kSecond);
  first.send(frame_to_second());
  CHECK(f.turn_until([&] { return f.drops(DropReason::tx_port_down) == 1; }));
  f.ports->remove(kSecond);  // again: nothing
  for (int i = 0; i < 10; ++i)
    f.poll();
  CHECK(f.ports->is_free(kSecond));
  FakeTap third;
  REQUIRE(f.add_tap(kSecond, third).ok());
  first.send(frame_to_second(7));
  Bytes got;
  REQUIRE(f.turn_until([&] { return !(got = third.receive()).empty(); }));
  CHECK(got.back() == 7);
}

TEST_CASE("the kernel deletes a tap: the others go on") {
  PortSetFixture f;
  FakeTap first;
  FakeTap second;
  auto third = std::make_unique<FakeTap>();
  REQUIRE(f.add_tap(kFirst, first).ok());
  REQUIRE(f.add_tap(kSecond, second).ok());
  REQUIRE(f.add_tap(kSecond + 1, *third).ok());
  third.reset();
  CHECK(f.turn_until([&] { return !f.ports->states()[kSecond + 1].present; }));
  first.send(frame_to_second());
  CHECK(f.turn_until([&] { return !second.receive().empty(); }));
}

TEST_CASE("what does not fit into the buffers is refused, and the descriptor is closed") {
  PortSetFixture f;
  FakeTap tap;
  const Status status = f.add_tap(kFirst, tap, 9000);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().text.find("MTU 9000") != std::string::npos);
  CHECK(tap.closed());
  CHECK(f.ports->is_free(kFirst));
  CHECK(f.ports->count() == 0);
}

TEST_CASE("a device comes and goes while the lcore runs") {
  PortSetFixture f;
  FakeTap first;
  REQUIRE(f.add_tap(kFirst, first).ok());
  const PortConfig config{
      .name = "late", .device = "net_ring7", .rx_descriptors = 64, .tx_descriptors = 64};
  REQUIRE(f.ports->add(kSecond, config).ok());
  rte_ring* const wire = rte_ring_lookup("ETH_RXTX0_net_ring7");
  REQUIRE(wire != nullptr);
  first.send(frame_to_second());
  // net_ring sends to itself: what has left comes back, for somebody else's address.
  CHECK(f.turn_until([&] { return f.ports->states()[kSecond].tx.packets == 1; }));
  CHECK(f.turn_until([&] { return f.ports->states()[kSecond].rx.packets == 1; }));
  CHECK_FALSE(f.ports->add(kSecond, config).ok());
  f.ports->remove(kSecond);
  f.poll();
  CHECK(f.ports->is_free(kSecond));
  CHECK(f.ports->states().size() == kFirst + 1u);
  first.send(frame_to_second());
  CHECK(f.turn_until([&] { return f.drops(DropReason::tx_port_down) == 1; }));
}

TEST_CASE("a device that wants more buffers than there are left, or is none") {
  PortSetFixture f;
  PortConfig config{.name = "late", .device = "net_ring8", .rx_descriptors = 4096};
  const Status greedy = f.ports->add(kSecond, config);
  REQUIRE_FALSE(greedy.ok());
  CHECK(greedy.error().text.find("rx_descriptors") != std::string::npos);
  config.rx_descriptors = 64;
  config.mtu = 9000;
  CHECK_FALSE(f.ports->add(kSecond, config).ok());
  config.mtu = 1500;
  config.device = "no_such_driver0";
  CHECK_FALSE(f.ports->add(kSecond, config).ok());
  config.device = "net_ring8";
  config.assignments = {{0, 5}};
  CHECK_FALSE(f.ports->add(kSecond, config).ok());
  CHECK(f.ports->is_free(kSecond));
  config.assignments.clear();
  CHECK(f.ports->add(kSecond, config).ok());
}
