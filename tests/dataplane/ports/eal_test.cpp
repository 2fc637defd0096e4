// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// EAL's arguments and start: nothing here starts it, the test program has done that.
#include "dataplane/ports/eal.hpp"

#include <algorithm>

#include "dataplane/ports/device.hpp"
#include "support/catch.hpp"

using namespace sextant;

namespace {

constexpr std::uint64_t kMegabyte = 1u << 20;

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

EalArguments arguments(const RuntimeConfig& config, const MachineFacts& machine) {
  auto result = make_eal_arguments(config, machine, 100 * kMegabyte);
  INFO((result.ok() ? "" : result.error().text));
  REQUIRE(result.ok());
  return *result;
}

std::string failure(const RuntimeConfig& config, const MachineFacts& machine) {
  const auto result = make_eal_arguments(config, machine, 100 * kMegabyte);
  REQUIRE_FALSE(result.ok());
  return result.error().text;
}

}  // namespace

TEST_CASE("one CPU serves control and forwarding") {
  const EalArguments out = arguments({}, {.allowed_cpus = {5}});
  CHECK(out.cpus == std::vector<unsigned>{5});
  CHECK(has(out.words, "--lcores=0@(5),1@5"));
  CHECK(has(out.words, "--main-lcore=0"));
}

TEST_CASE("the control thread keeps away from forwarding CPUs where it can") {
  CHECK(has(arguments({}, {.allowed_cpus = {0, 1, 2}}).words, "--lcores=0@(1,2),1@0"));
  RuntimeConfig config;
  config.lcores = {2, 0};
  CHECK(has(arguments(config, {.allowed_cpus = {0, 1, 2}}).words, "--lcores=0@(1),1@2,2@0"));
  config.lcores = {0, 0};
  CHECK(has(arguments(config, {.allowed_cpus = {0}}).words, "--lcores=0@(0),1@0,2@0"));
}

TEST_CASE("a CPU that this process must not use is named") {
  RuntimeConfig config;
  config.lcores = {1, 9};
  const std::string text = failure(config, {.allowed_cpus = {0, 1}});
  CHECK(text.find("CPU 9") != std::string::npos);
  CHECK(text.find("(0,1)") != std::string::npos);
  CHECK_FALSE(make_eal_arguments({}, {}, 0).ok());
}

TEST_CASE("huge pages are used when there are enough") {
  RuntimeConfig config;
  const MachineFacts few{.allowed_cpus = {0}, .free_huge_page_bytes = 100 * kMegabyte};
  const MachineFacts many{.allowed_cpus = {0}, .free_huge_page_bytes = 1000 * kMegabyte};

  CHECK_FALSE(arguments(config, few).huge_pages);
  CHECK(has(arguments(config, few).words, "--no-huge"));
  CHECK(has(arguments(config, few).words, "164"));
  CHECK(arguments(config, many).huge_pages);
  CHECK_FALSE(has(arguments(config, many).words, "--no-huge"));
  CHECK(has(arguments(config, many).words, "--in-memory"));

  config.huge_pages = HugePages::kOff;
  CHECK(has(arguments(config, many).words, "--no-huge"));
  config.huge_pages = HugePages::kOn;
  CHECK(arguments(config, many).huge_pages);
  const std::string text = failure(config, few);
  CHECK(text.find("100 MB of the 164 MB") != std::string::npos);
  CHECK(text.find("nr_hugepages") != std::string::npos);
}

TEST_CASE("memory, prefix and further arguments are passed on") {
  RuntimeConfig config;
  config.memory_mb = 333;
  config.file_prefix = "node-a";
  config.eal_arguments = {"--log-level=8"};
  const EalArguments out = arguments(config, {.allowed_cpus = {0}});
  CHECK(has(out.words, "333"));
  CHECK(has(out.words, "--file-prefix=node-a"));
  CHECK(out.words.back() == "--log-level=8");
  CHECK_FALSE(has(out.words, "--no-shconf"));
  CHECK(has(out.words, "--no-telemetry"));
}

TEST_CASE("PCI is scanned only for PCI ports") {
  RuntimeConfig config;
  config.ports = {{.name = "a", .device = "net_tap0,iface=x"}};
  CHECK(has(arguments(config, {.allowed_cpus = {0}}).words, "--no-pci"));
  config.ports.push_back({.name = "b", .device = "0000:3b:00.0"});
  const EalArguments out = arguments(config, {.allowed_cpus = {0}});
  CHECK_FALSE(has(out.words, "--no-pci"));
  CHECK(has(out.words, "0000:3b:00.0"));
}

TEST_CASE("device strings") {
  CHECK(is_pci_device("0000:3b:00.0"));
  CHECK(is_pci_device("3b:00.1,arg=1"));
  CHECK_FALSE(is_pci_device("net_tap0,iface=a:b.c"));
  CHECK_FALSE(is_pci_device("3b00.0"));
  CHECK_FALSE(is_pci_device(""));
  CHECK_FALSE(is_pci_device("0000:3b:00."));
  CHECK(device_name("net_tap0,iface=x") == "net_tap0");
  CHECK(device_argument("net_tap0,iface=x,mac=fixed", "mac") == "fixed");
  CHECK(device_argument("net_tap0,iface=x,", "iface") == "x");
  CHECK_FALSE(device_argument("net_tap0,iface=x", "ifac").has_value());
  CHECK_FALSE(device_argument("net_tap0", "iface").has_value());
}

TEST_CASE("net_af_packet gets the queues and frames that the port needs") {
  CHECK(complete_device({.device = "net_af_packet0,iface=x"}) == "net_af_packet0,iface=x");
  CHECK(complete_device({.device = "net_af_packet0,iface=x", .queues = 3}) ==
        "net_af_packet0,iface=x,qpairs=3");
  CHECK(complete_device({.device = "net_af_packet0,iface=x,qpairs=4", .queues = 3}) ==
        "net_af_packet0,iface=x,qpairs=4");
  // Slots for whole frames, and whole slots in a block.
  const std::string jumbo = complete_device({.device = "net_af_packet0,iface=x", .mtu = 9000});
  const unsigned long slot = std::stoul(device_argument(jumbo, "framesz").value_or("0"));
  const unsigned long block = std::stoul(device_argument(jumbo, "blocksz").value_or("0"));
  CHECK(slot >= 9000 + 22);
  REQUIRE(block > 0);
  CHECK(block % slot == 0);
  CHECK(block % 4096 == 0);
  CHECK(complete_device({.device = "net_af_packet0,iface=x,framesz=65536", .mtu = 9000}) ==
        "net_af_packet0,iface=x,framesz=65536");
  CHECK(complete_device({.device = "net_tap0,iface=x", .queues = 3, .mtu = 9000}) ==
        "net_tap0,iface=x");
}

TEST_CASE("hints name what to check") {
  CHECK(device_hint("net_af_packet0", -1).find("iface=") != std::string::npos);
  CHECK(device_hint("net_af_packet0,iface=sx-none", -1).find("no interface 'sx-none'") !=
        std::string::npos);
  CHECK(device_hint("net_tap0,iface=a-name-that-is-too-long", -1).find("15 characters") !=
        std::string::npos);
  CHECK(device_hint("net_pcap0,rx_pcap=/nowhere/x.pcap", -1).find("/nowhere/x.pcap") !=
        std::string::npos);
  CHECK(device_hint("0000:ff:1f.7", -1).find("lspci") != std::string::npos);
  CHECK(device_hint("eth0", -1).find("names no driver") != std::string::npos);
  CHECK(device_hint("net_null0", -ENOMEM).find("memory_mb") != std::string::npos);
  CHECK(device_hint("net_null0", -EEXIST).find("another port") != std::string::npos);
  CHECK_FALSE(device_hint("net_null0", -1).empty());
}
