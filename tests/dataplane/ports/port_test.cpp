// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Ports on software devices that need no privileges, and what is said when one does not open.
#include "dataplane/ports/port.hpp"

#include "dataplane/ports/dpdk_log.hpp"
#include "dataplane/ports/mempool.hpp"
#include "support/catch.hpp"

using namespace sextant;

namespace {

MbufPlan small_plan() {
  MbufPlan plan;
  plan.mbufs = 4095;
  plan.data_room = 2176;
  return plan;
}

std::string probe_failure(const PortConfig& config, unsigned lcores = 1) {
  DpdkLog::install();
  const auto port = Port::probe(config, lcores);
  REQUIRE_FALSE(port.ok());
  CHECK(port.error().text.find("port '" + config.name + "' (" + config.device) == 0);
  CHECK(port.error().text.find('\n') == std::string::npos);
  return port.error().text;
}

}  // namespace

TEST_CASE("a port opens, says what it is, and closes") {
  DpdkLog::install();
  MbufPools pools;
  auto pool = pools.get(small_plan(), 0);
  REQUIRE(pool.ok());
  auto port = Port::probe({.name = "a", .device = "net_null_test0,no-rx=1"}, 1);
  REQUIRE(port.ok());
  CHECK_FALSE((*port)->usable());
  REQUIRE((*port)->start(*pool).ok());
  CHECK((*port)->usable());
  const PortState state = (*port)->state();
  CHECK(state.name == "a");
  CHECK(state.driver == "net_null");
  CHECK(state.present);
  CHECK(state.rx_queues == 1);
  CHECK((*port)->mac() == state.mac);
  CHECK((*port)->kernel_mac().is_zero());

  const std::uint16_t port_id = (*port)->port_id();
  CHECK(rte_eth_dev_is_valid_port(port_id) == 1);
  (*port)->close();
  CHECK_FALSE((*port)->usable());
  CHECK_FALSE((*port)->state().present);
  CHECK(rte_eth_dev_is_valid_port(port_id) == 0);
  (*port)->close();
}

TEST_CASE("the same device opens again after it was closed") {
  DpdkLog::install();
  MbufPools pools;
  auto pool = pools.get(small_plan(), 0);
  for (int round = 0; round < 3; ++round) {
    auto port = Port::probe({.name = "a", .device = "net_null_test1,no-rx=1"}, 1);
    REQUIRE(port.ok());
    REQUIRE((*port)->start(*pool).ok());
  }
  CHECK(rte_eth_dev_count_avail() == 0);
}

TEST_CASE("the configured MAC address is the port's") {
  DpdkLog::install();
  MbufPools pools;
  auto pool = pools.get(small_plan(), 0);
  const auto mac = MacAddress::parse("02:00:00:00:12:34");
  auto port = Port::probe({.name = "a", .device = "net_null_test2,no-rx=1", .mac = mac}, 1);
  REQUIRE(port.ok());
  REQUIRE((*port)->start(*pool).ok());
  CHECK((*port)->mac() == *mac);
}

TEST_CASE("one device serves one port") {
  DpdkLog::install();
  MbufPools pools;
  auto first = Port::probe({.name = "a", .device = "net_null_test3,no-rx=1"}, 1);
  REQUIRE(first.ok());
  const std::string text = probe_failure({.name = "b", .device = "net_null_test3,no-rx=1"});
  CHECK(text.find("another port has this device") != std::string::npos);
  // The first one is none the worse for it.
  auto pool = pools.get(small_plan(), 0);
  CHECK((*first)->start(*pool).ok());
}

TEST_CASE("more queues than the driver has are refused") {
  const std::string text =
      probe_failure({.name = "up", .device = "net_null_test4", .queues = 9000});
  CHECK(text.find("9000 receive queues") != std::string::npos);
  CHECK(text.find("net_null") != std::string::npos);
  CHECK(rte_eth_dev_count_avail() == 0);
}

TEST_CASE("no queue at all is refused") {
  probe_failure({.name = "up", .device = "net_null_test5", .queues = 0});
}

TEST_CASE("an unknown driver is named") {
  const std::string text = probe_failure({.name = "up", .device = "net_nonsense0"});
  CHECK(text.find("names no driver") != std::string::npos);
}

TEST_CASE("an empty device is refused") {
  probe_failure({.name = "up", .device = ""});
}

TEST_CASE("an interface that does not exist is named") {
  const std::string text = probe_failure({.name = "up", .device = "net_af_packet7,iface=sx-none"});
  CHECK(text.find("no interface 'sx-none'") != std::string::npos);
  CHECK(text.find("Operation not permitted") == std::string::npos);
}

TEST_CASE("a capture that does not exist is named") {
  const std::string text =
      probe_failure({.name = "up", .device = "net_pcap7,rx_pcap=/nowhere.pcap"});
  CHECK(text.find("'/nowhere.pcap' cannot be read") != std::string::npos);
}

TEST_CASE("a PCI device that does not exist is named") {
  const std::string text = probe_failure({.name = "up", .device = "0000:ff:1f.7"});
  CHECK(text.find("there is no PCI device 0000:ff:1f.7") != std::string::npos);
}

TEST_CASE("arguments that the driver does not know are an error") {
  probe_failure({.name = "up", .device = "net_null_test6,bogus=1"});
  CHECK(rte_eth_dev_count_avail() == 0);
}

TEST_CASE("a device that does not start is named, and the port closes") {
  DpdkLog::install();
  MbufPools pools;
  auto pool = pools.get(small_plan(), 0);
  // Nobody listens there.
  const std::string device = "net_memif7,role=client,socket=/nowhere/x.sock";
  auto port = Port::probe({.name = "up", .device = device}, 1);
  REQUIRE(port.ok());
  const auto status = (*port)->start(*pool);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().text.find("port 'up' (" + device + "): does not start") == 0);
  CHECK(status.error().text.find("a server runs before its client") != std::string::npos);
  CHECK_FALSE((*port)->usable());
  (*port)->close();
  CHECK(rte_eth_dev_count_avail() == 0);
}
