// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ProxyFixture: a node with a service function: pg0 and pg1 are the fabric, pg2 leads to the
// function, pg3 comes back from it (or pg2 does both).
#pragma once

#include "dataplane/proxy_cache.hpp"
#include "support/steering_fixture.hpp"

namespace sextant::test {

struct ProxyFixture : ForwardFixture {
  static constexpr PortIndex kToFunction = 2;

  ProxyCache cache{1024, 10, 1'000'000'000};
  PortIndex back_port;
  InterfaceId in = port(0, {"fd00::1/64"});
  InterfaceId out = port(1, {"fd01::1/64"});
  InterfaceId function = port(2, {"fd02::1/64", "10.0.2.1/24"});
  InterfaceId back = function;
  std::vector<LocalSidId> sids;

  explicit ProxyFixture(bool one_interface = false) : back_port(one_interface ? 2 : 3) {
    if (!one_interface) back = port(3, {"fd03::1/64", "10.0.3.1/24"});
    route("a3::/16", via(out, "fd01::2"));
    route("a0::/16", via(in, "fd00::2"));
    route("1234::/16", via(in, "fd00::2"));
    lcore().proxy_cache = &cache;
  }
  // Installs the SID and makes the return interface its own.
  LocalSidId proxy(const V6& sid, Behavior behavior, InnerType inner,
                   SegmentListId static_list = kNoObject) {
    SidArgs args;
    args.inner = inner;
    args.interface = function;
    args.return_interface = back;
    args.static_list = static_list;
    if (inner == InnerType::kIpv6) args.forward = via(function, "fd02::2");
    if (inner == InnerType::kIpv4) args.forward = via(function, "10.0.2.2");
    const LocalSidId id = local_sid(sid, behavior, {.args = args});
    if (inner == InnerType::kIpv6) interface(back).proxy_ipv6 = id;
    if (inner == InnerType::kIpv4) interface(back).proxy_ipv4 = id;
    if (inner == InnerType::kEthernet) {
      if (back != function) interface(function).role = InterfaceRole::kL2Only;
      interface(back).role = InterfaceRole::kL2Proxy;
      interface(back).role_index = id;
    }
    return id;
  }
  RunResult receive(const Bytes& packet, const MbufOptions& mbuf = {}) {
    return run(0, Frame(received_on(0, packet), mbuf));
  }
  // What the function gets, as an IP packet.
  Bytes to_function(const Bytes& packet, const MbufOptions& mbuf = {}) {
    return sent_by(kToFunction, receive(packet, mbuf).only(kToFunction));
  }
  // The function sends a packet.
  RunResult from_function(const Bytes& packet, const MbufOptions& mbuf = {}) {
    return run(back_port, Frame(received_on(back_port, packet), mbuf));
  }
  // The function returns a packet, and it leaves by the fabric.
  Bytes returned(const Bytes& packet, const MbufOptions& mbuf = {}) {
    return sent_by(1, from_function(packet, mbuf).only(1));
  }
};

// Type, code and the last byte of the parameter of an ICMPv6 error that left by pg0.
inline std::vector<int> icmp6_error(const RunResult& result) {
  const Bytes error = sent_by(0, result.only(0));
  return {error.at(40), error.at(41), error.at(47)};
}

}  // namespace sextant::test
