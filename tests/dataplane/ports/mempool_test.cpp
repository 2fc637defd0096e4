// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Packet memory and queue assignment: numbers that follow from the configuration.
#include "dataplane/ports/mempool.hpp"

#include <sextant/net/headers.hpp>
#include <sextant/srv6/srh.hpp>

#include "dataplane/packet.hpp"
#include "dataplane/ports/queue_assignment.hpp"
#include "support/catch.hpp"

using namespace sextant;

namespace {

RuntimeConfig with_ports(std::vector<PortConfig> ports) {
  RuntimeConfig config;
  config.ports = std::move(ports);
  return config;
}

}  // namespace

TEST_CASE("16 segments fit in front of a packet of MTU size") {
  for (const unsigned mtu : {1500u, 1700u, 4000u, 9000u}) {
    const RuntimeConfig config =
        with_ports({{.name = "a", .mtu = static_cast<std::uint16_t>(mtu)}});
    const auto plan = plan_mbufs(config, 1);
    REQUIRE(plan.ok());
    MbufPools pools;
    MbufPlan few = *plan;
    few.mbufs = 511;
    auto pool = pools.get(few, 0);
    REQUIRE(pool.ok());
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(*pool);
    REQUIRE(mbuf != nullptr);
    REQUIRE(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(mtu)) != nullptr);
    PacketMeta meta;
    const Packet packet(mbuf, &meta);
    // Outer header and SRH with an HMAC TLV, then Ethernet with a VLAN tag.
    CHECK(packet.push_front(sizeof(Ipv6Header) + srh_bytes(kMaxSegments) + sizeof(HmacTlv)) !=
          nullptr);
    CHECK(packet.push_front(18) != nullptr);
    CHECK(mbuf->nb_segs == 1);
    rte_pktmbuf_free(mbuf);
  }
}

TEST_CASE("a port receives a whole MTU-size frame into one buffer") {
  const auto plan = plan_mbufs(with_ports({{.name = "a", .mtu = 9000}}), 1);
  REQUIRE(plan.ok());
  CHECK(plan->data_room - RTE_PKTMBUF_HEADROOM >= 9000 + 22);
}

TEST_CASE("the number of buffers follows from queues and descriptors") {
  const auto small = plan_mbufs(with_ports({{.name = "a"}}), 1);
  const auto large =
      plan_mbufs(with_ports({{.name = "a", .queues = 4, .rx_descriptors = 4096}}), 4);
  REQUIRE(small.ok());
  REQUIRE(large.ok());
  CHECK(small->mbufs >= 2 * 1024);
  CHECK(large->mbufs >= 4 * 4096 + 4 * 1024);
  CHECK(large->memory_bytes > large->mbufs * std::uint64_t{large->data_room});
}

TEST_CASE("too few configured buffers are refused") {
  RuntimeConfig config = with_ports({{.name = "a", .queues = 2, .rx_descriptors = 2048}});
  config.mbufs = 4000;
  const auto plan = plan_mbufs(config, 2);
  REQUIRE_FALSE(plan.ok());
  CHECK(plan.error().text.find("4000") != std::string::npos);
  config.mbufs = 20000;
  CHECK(plan_mbufs(config, 2)->mbufs == 20000);
}

TEST_CASE("memory that is not there is an error") {
  MbufPlan plan = *plan_mbufs(with_ports({{.name = "a"}}), 1);
  plan.mbufs = 4'000'000;
  MbufPools pools;
  const auto pool = pools.get(plan, 0);
  REQUIRE_FALSE(pool.ok());
  CHECK(pool.error().text.find("4000000 packet buffers") != std::string::npos);
}

TEST_CASE("queues are spread over lcores in turn") {
  const auto queues = assign_queues(with_ports({{.queues = 2}, {.queues = 1}, {.queues = 2}}), 2);
  REQUIRE(queues.ok());
  CHECK((*queues)[0] == std::vector<RxQueue>{{0, 0}, {1, 0}, {2, 1}});
  CHECK((*queues)[1] == std::vector<RxQueue>{{0, 1}, {2, 0}});
}

TEST_CASE("assigned queues stay where they were put") {
  const auto queues =
      assign_queues(with_ports({{.queues = 2, .assignments = {{0, 1}, {1, 1}}}, {.queues = 1}}), 2);
  REQUIRE(queues.ok());
  CHECK((*queues)[0] == std::vector<RxQueue>{{1, 0}});
  CHECK((*queues)[1] == std::vector<RxQueue>{{0, 0}, {0, 1}});
}

TEST_CASE("wrong assignments are refused") {
  const auto text = [](PortConfig port, unsigned lcores = 2) {
    port.name = "up";
    const auto result = assign_queues(with_ports({std::move(port)}), lcores);
    REQUIRE_FALSE(result.ok());
    return result.error().text;
  };
  CHECK(text({.queues = 1, .assignments = {{1, 0}}}).find("queue 1") != std::string::npos);
  CHECK(text({.queues = 1, .assignments = {{0, 2}}}).find("lcore 2") != std::string::npos);
  CHECK(text({.queues = 2, .assignments = {{0, 0}}}).find("0 lcores") != std::string::npos);
  CHECK(text({.queues = 1, .assignments = {{0, 0}, {0, 1}}}).find("2 lcores") != std::string::npos);
  CHECK_FALSE(assign_queues({}, 0).ok());
}
