// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// explain_offline(): the tables of a configuration, no daemon.
#include "daemon/explain_offline.hpp"

#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const std::vector<std::string> kPorts = {"lan", "wan"};

// No port has an address of its own before it is opened.
ForwardingTables tables_without_macs() {
  TablesBuilder builder;
  builder.port(0, {"fd00::1/64"});
  const InterfaceId out = builder.port(1, {"fd01::1/64"});
  builder.route("a4::/16", builder.via(out, "fd01::2"));
  builder.local_sid("a0::e", Behavior::kEnd);
  ForwardingTables tables = builder.take();
  for (Interface& interface : tables.interfaces)
    interface.mac = {};
  return tables;
}

}  // namespace

TEST_CASE("explain offline: a packet by fields, again and again") {
  const ForwardingTables tables = tables_without_macs();
  for (int i = 0; i < 3; ++i) {
    const auto answer = explain_offline(
        tables, kPorts, {{"from", "lan"}, {"src", "1234::1"}, {"segments", "a0::e,a4::9"}});
    REQUIRE(answer.ok());
    CHECK((*answer)["packets"][0]["outcome"]["sent"] == "wan");
    CHECK((*answer)["frames"].size() == 1);
  }
}

TEST_CASE("explain offline: a frame that was captured elsewhere is for the port") {
  const Bytes frame = PacketBuilder()
                          .ethernet("02:99:99:99:99:99", "02:88:88:88:88:88")
                          .ipv6("1234::1", "a4::1")
                          .udp(1, 2);
  const auto answer =
      explain_offline(tables_without_macs(), kPorts, {{"port", "lan"}, {"hex", hex(frame)}});
  REQUIRE(answer.ok());
  CHECK((*answer)["packets"][0]["outcome"]["sent"] == "wan");
}

TEST_CASE("explain offline: a neighbor of nobody's configuration is waited for") {
  const auto answer = explain_offline(tables_without_macs(), kPorts,
                                      {{"port", "lan"}, {"src", "1234::1"}, {"dst", "fd01::77"}});
  REQUIRE(answer.ok());
  CHECK((*answer)["packets"][0]["outcome"]["punted"] == "glean");
  CHECK((*answer)["frames"].empty());
}

TEST_CASE("explain offline: what is wrong is one sentence") {
  const ForwardingTables tables = tables_without_macs();
  CHECK_FALSE(explain_offline(tables, kPorts, {}).ok());
  CHECK_FALSE(explain_offline(tables, {}, {{"port", "lan"}, {"hex", "00"}}).ok());
  const auto answer = explain_offline(tables, kPorts, {{"port", "lan"}, {"hex", "xy"}});
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().text == "hex: 'x' is not a hexadecimal digit");
}
