// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SR Policies in the data path: which list a flow takes, spray, copies, counters.
#include "dataplane/policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

// Lists that are told apart by their first segment: a4:<i>::.
struct PolicyFixture : SteeringFixture {
  std::vector<SegmentListId> lists;
  std::vector<V6> firsts;
  explicit PolicyFixture(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      firsts.push_back(("a4:" + std::to_string(i) + "::").c_str());
      lists.push_back(segment_list({firsts.back(), "a5::"}));
    }
  }
  // Index of the list that a sent packet is on.
  std::size_t list_of(const Bytes& frame) {
    const Bytes packet = sent_by(1, frame);
    for (std::size_t i = 0; i < firsts.size(); ++i) {
      if (std::equal(packet.begin() + 24, packet.begin() + 40, firsts[i].bytes.begin())) return i;
    }
    FAIL("no list starts there");
    return 0;
  }
  std::size_t list_of_flow(std::uint16_t port, bool v4 = false) {
    const Bytes inner = v4 ? inner_v4(4, {}, port) : inner_v6(4, {}, port);
    return list_of(receive(inner).only(1));
  }
};

}  // namespace

TEST_CASE("a flow keeps its list; flows spread by weight") {
  PolicyFixture head(3);
  // Weights 1, 2, 5.
  head.steer_both(head.policy(head.lists, {.slots = {0, 1, 1, 2, 2, 2, 2, 2}}));
  for (const bool v4 : {false, true}) {
    std::array<unsigned, 3> count{};
    constexpr unsigned kFlows = 4000;
    for (std::uint16_t port = 1; port <= kFlows; ++port) {
      const std::size_t list = head.list_of_flow(port, v4);
      ++count[list];
      if (port % 16 == 0) CHECK(head.list_of_flow(port, v4) == list);
    }
    // Binomial: five standard deviations at most.
    const std::array<double, 3> share = {1 / 8.0, 2 / 8.0, 5 / 8.0};
    for (std::size_t i = 0; i < 3; ++i) {
      const double expected = kFlows * share[i];
      const double deviation = std::sqrt(kFlows * share[i] * (1 - share[i]));
      CAPTURE(v4, i, count[i]);
      CHECK(std::abs(count[i] - expected) < 5 * deviation);
    }
  }
}

TEST_CASE("slots that did not change keep their flows") {
  PolicyFixture head(3);
  const PolicyId policy = head.policy(head.lists, {.slots = {0, 1, 2, 0, 1, 2, 0, 1}});
  head.steer_both(policy);
  std::map<std::uint16_t, std::size_t> before;
  for (std::uint16_t port = 1; port < 500; ++port)
    before[port] = head.list_of_flow(port);
  // List 2 goes: its slots are filled by the others, all else stays.
  head.tables().policies.at(policy).slots = {0, 1, 0, 0, 1, 1, 0, 1};
  for (const auto& [port, list] : before) {
    const std::size_t now = head.list_of_flow(port);
    if (list == 2) {
      CHECK(now != 2);
    } else {
      CHECK(now == list);
    }
  }
}

TEST_CASE("policy and list count packets and bytes as they were before the push") {
  PolicyFixture head(2);
  const PolicyId policy = head.policy({head.lists[1]});
  head.steer_both(policy);
  const Bytes six = inner_v6(50);
  const Bytes four = inner_v4(60);
  head.receive(six);
  head.receive(four);
  CHECK(head.policy_counter(policy).packets == 2);
  CHECK(head.policy_counter(policy).bytes == six.size() + four.size());
  CHECK(head.list_counter(head.lists[1]).packets == 2);
  CHECK(head.list_counter(head.lists[1]).bytes == six.size() + four.size());
  CHECK(head.list_counter(head.lists[0]).packets == 0);
  // A packet that is dropped at the push counts for its drop only.
  head.receive(inner_v6(4, {.hop_limit = 1}));
  CHECK(head.policy_counter(policy).packets == 2);
  CHECK(head.list_counter(head.lists[1]).packets == 2);
}

TEST_CASE("a policy that is not valid drops, with its own reason") {
  PolicyFixture head(1);
  head.steer_both(head.policy(head.lists, {.valid = false}));
  head.receive(inner_v6()).require_dropped("headend_policy_invalid");
  head.receive(inner_v4()).require_dropped("headend_policy_invalid");
}

TEST_CASE("references to what is gone drop as stale") {
  PolicyFixture head(2);
  const PolicyId policy = head.policy({head.lists[0]});
  head.steer_both(policy);
  head.apply();
  ForwardContext context{head.table_set(), head.lcore(), head.lcore().burst};
  FakeMbuf mbuf(inner_v6());
  context.burst.clear();
  const Lane lane = context.burst.add(mbuf.get());
  for (const PolicyId gone : {PolicyId{1000}, kNoObject}) {
    const Verdict verdict = enter_policy(context, lane, gone);
    CHECK(verdict.dropped());
    CHECK(verdict.reason() == DropReason::lookup_stale_result);
  }
  head.table_set().segment_lists.at(head.lists[0]).present = false;
  CHECK(enter_policy(context, lane, policy).reason() == DropReason::lookup_stale_result);
  CHECK(hex(mbuf.bytes()) == hex(inner_v6()));
}

TEST_CASE("spray: one packet on every list, all with the flow's label") {
  const std::size_t n = GENERATE(1u, 2u, 3u, 8u);
  const bool chained = GENERATE(false, true);
  PolicyFixture head(n);
  head.use_mempool();
  const PolicyId policy = head.policy(head.lists, {.spray = true});
  head.steer_both(policy);
  for (const bool v4 : {false, true}) {
    const Bytes inner = v4 ? inner_v4(300) : inner_v6(300);
    MbufOptions mbuf;
    if (chained) mbuf.segments = {100, 30};
    const RunResult result = head.receive(inner, mbuf);
    REQUIRE(result.tx.at(1).size() == n);
    std::vector<bool> seen(n, false);
    std::set<std::uint32_t> labels;
    for (const Bytes& frame : result.tx.at(1)) {
      const std::size_t list = head.list_of(frame);
      CHECK_FALSE(seen[list]);
      seen[list] = true;
      const Bytes packet = sent_by(1, frame);
      labels.insert(flow_label_of(packet));
      CHECK(hex(without_flow_label(packet)) ==
            hex(encapsulated(one_hop_on(inner), v4 ? 4 : 41, {head.firsts[list], "a5::"},
                             {.source = "a0::1"})));
    }
    CHECK(labels.size() == 1);
  }
  CHECK(head.policy_counter(policy).packets == 2);
  for (const SegmentListId list : head.lists)
    CHECK(head.list_counter(list).packets == 2);
}

TEST_CASE("spray of frames") {
  PolicyFixture head(3);
  head.use_mempool();
  const InterfaceId pseudowire = head.port(2);
  head.steer_interface(pseudowire, head.policy(head.lists, {.spray = true}));
  const Bytes frame =
      PacketBuilder().ethernet("ff:ff:ff:ff:ff:ff", "00:11:22:33:44:55", 9).payload(60);
  const RunResult result = head.run(2, frame);
  REQUIRE(result.tx.at(1).size() == 3);
  for (const Bytes& sent : result.tx.at(1)) {
    CHECK(hex(without_flow_label(sent_by(1, sent))) ==
          hex(encapsulated(frame, 143, {head.firsts[head.list_of(sent)], "a5::"},
                           {.source = "a0::1"})));
  }
}

TEST_CASE("spray counts each copy that cannot be made; the packet itself goes on") {
  PolicyFixture head(4);
  const PolicyId policy = head.policy(head.lists, {.spray = true});
  head.steer_both(policy);
  SECTION("no pool at all") {
    const RunResult result = head.receive(inner_v6());
    CHECK(head.list_of(result.only(1)) == 0);
    CHECK(result.drops == std::map<std::string, std::uint64_t>{{"replicate_no_mbuf", 3}});
  }
  SECTION("an exhausted pool") {
    head.use_mempool(2);
    const RunResult result = head.receive(inner_v6());
    CHECK(result.tx.at(1).size() == 3);
    CHECK(result.drops == std::map<std::string, std::uint64_t>{{"replicate_no_mbuf", 1}});
  }
  SECTION("a chain that needs two mbufs, half of it to be had") {
    head.use_mempool(3);
    const RunResult result = head.receive(inner_v6(3000), {.room = 4096});
    CHECK(result.tx.at(1).size() == 2);
    CHECK(result.drops == std::map<std::string, std::uint64_t>{{"replicate_no_mbuf", 2}});
  }
  SECTION("a full burst") {
    head.use_mempool(2047);
    const std::vector<Frame> frames(kMaxRxBurst, Frame(received_on(0, inner_v6())));
    const RunResult result = head.run(0, frames);
    CHECK(result.tx.at(1).size() == kBurstCapacity);
    CHECK(result.drops ==
          std::map<std::string, std::uint64_t>{{"replicate_burst_full", 3 * 256 - 256}});
  }
}

TEST_CASE("spray: a list that drops its copy does not touch the others") {
  PolicyFixture head(3);
  head.use_mempool();
  head.tables().segment_lists.at(head.lists[1]).path_mtu = 1280;
  const PolicyId policy = head.policy(head.lists, {.spray = true});
  head.steer_both(policy);
  const RunResult result = head.receive(inner_v6(1280 - 48));
  CHECK(result.tx.at(1).size() == 2);
  CHECK(result.drops == std::map<std::string, std::uint64_t>{{"forward_packet_too_big", 1}});
  CHECK(head.list_counter(head.lists[1]).packets == 0);
  CHECK(head.policy_counter(policy).packets == 1);
}

TEST_CASE("replicate copies bytes and meta, and gives room for headers") {
  PolicyFixture head(1);
  head.use_mempool(7);
  head.apply();
  ForwardContext context{head.table_set(), head.lcore(), head.lcore().burst};
  context.burst.clear();
  const Bytes bytes = inner_v6(500);
  FakeMbuf mbuf(bytes, {.headroom = 0, .segments = {60, 60}});
  const Lane lane = context.burst.add(mbuf.get());
  context.burst.meta(lane).rx_interface = 7;
  context.burst.meta(lane).rounds = 3;
  Lane copy = 0;
  REQUIRE(replicate(context, lane, &copy));
  const Packet packet = context.burst.packet(copy);
  CHECK(copy != lane);
  CHECK(hex(bytes_of(packet.mbuf())) == hex(bytes));
  CHECK(packet.meta().rx_interface == 7);
  CHECK(packet.meta().rounds == 3);
  CHECK(rte_pktmbuf_headroom(packet.mbuf()) >= 128);
  packet.data()[0] = 0;
  CHECK(mbuf.bytes()[0] == bytes[0]);
  rte_pktmbuf_free(packet.mbuf());
}

TEST_CASE("mixed policies at every position of a burst") {
  PolicyFixture head(3);
  head.use_mempool();
  head.steer_both(head.policy(head.lists, {.slots = {0, 1, 2, 1}}));
  head.steer("a8::/16", head.policy({head.lists[0], head.lists[2]}, {.spray = true}));
  head.steer("a9::/16", head.policy({head.lists[1]}, {.valid = false}));
  const auto six = [](const char* to) {
    return Frame(received_on(0, PacketBuilder().ipv6("1234::1", to).udp(7, 8).payload(40)));
  };
  std::vector<Frame> others = {six("a8::1"), six("a9::1"), six("a8::2"), six("a7::5")};
  for (std::uint16_t port = 1; port < 8; ++port) {
    others.emplace_back(received_on(0, inner_v6(4, {}, port)));
    others.emplace_back(received_on(0, inner_v4(4, {}, port)));
  }
  head.run_at_every_position(0, six("a8::3"), others);
}
