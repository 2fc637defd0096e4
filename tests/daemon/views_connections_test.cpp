// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The list of connections: rows, filters, empty places, pages.
#include "daemon_fixtures.hpp"

namespace sextant {

using daemon_test::kNode;
using daemon_test::Node;
using nlohmann::json;

namespace {

ConnectionInfo connection(std::uint16_t port, std::uint8_t protocol = 6) {
  const auto end = [](std::string_view address, std::uint16_t p) {
    return ConnectionInfo::End{*IpAddress::parse(address), p};
  };
  return {.interface = 0,
          .protocol = protocol,
          .client = end("2001:db8:1::7", port),
          .service = end("2096::d765", 80),
          .peer = end("2001:db8:1::7", static_cast<std::uint16_t>(port + 1)),
          .backend = end("2001:db8:2::5", 8080),
          .state = "established",
          .idle_s = 3};
}

}  // namespace

TEST_CASE("connections: empty places are no rows") {
  Node node(kNode);
  node.source.connections.resize(50);
  for (std::uint16_t place = 3; place < 50; place += 10)
    node.source.connections[place] = connection(place);
  node.source.use.connections.used = 5;
  const json all = node.json("/v1/connections");
  CHECK(all.at("total") == 5);
  REQUIRE(all.at("connections").size() == 5);
  const json row = all.at("connections").at(1);
  CHECK(row.at("client") == "2001:db8:1::7");
  CHECK(row.at("client_port") == 13);
  CHECK(row.at("peer_port") == 14);
  CHECK(row.at("service_port") == 80);
  CHECK(row.at("backend") == "2001:db8:2::5");
  CHECK(row.at("protocol") == "tcp");
  CHECK(row.at("state") == "established");
  CHECK(row.at("idle_s") == 3);
  const json first = node.json("/v1/connections?limit=2");
  CHECK(first.at("connections").size() == 2);
  const json rest = node.json("/v1/connections?after=" + first.at("next").get<std::string>());
  CHECK(rest.at("connections").size() == 3);
  CHECK_FALSE(rest.contains("next"));
}

TEST_CASE("connections: filters choose rows, or are refused") {
  Node node(kNode);
  node.source.connections = {connection(1), connection(2, 17), connection(3, 132)};
  const auto rows = [&](const std::string& query) {
    return node.json("/v1/connections?" + query).at("connections").size();
  };
  CHECK(rows("protocol=udp") == 1);
  CHECK(rows("client=2001:db8:1::/64") == 3);
  CHECK(rows("client=2001:db8:2::/64") == 0);
  CHECK(rows("service=2096::/16&protocol=sctp") == 1);
  CHECK(rows("backend=10.0.0.0/8") == 0);
  CHECK(rows("state=established") == 3);
  CHECK(rows("state=opening") == 0);
  for (const char* target : {"protocol=icmp", "client=x", "service=1", "backend=::/129",
                             "interface=nobody", "after=x", "limit=0"}) {
    INFO(target);
    CHECK_FALSE(node.refused(std::string("/v1/connections?") + target).empty());
  }
}

}  // namespace sextant
