// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Explainer: the same decisions as for a real packet, and no trace of it afterwards.
#include "dataplane/replay/explain.hpp"

#include "support/catch.hpp"
#include "support/proxy_fixture.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

template <typename Fixture>
struct Explained : Fixture {
  using Fixture::Fixture;
  std::unique_ptr<Explainer> explainer;

  Result<Explanation> ask(const Bytes& frame, PortIndex port = 0) {
    this->apply();
    if (explainer == nullptr) {
      this->use_mempool();
      explainer = std::make_unique<Explainer>(this->lcore().pool);
    }
    return explainer->explain(this->table_set(), port, frame, this->lcore().proxy_cache);
  }
  Explanation explain(const Bytes& frame, PortIndex port = 0) {
    auto explanation = ask(frame, port);
    REQUIRE(explanation.ok());
    CHECK(rte_mempool_in_use_count(this->lcore().pool) == 0);
    return std::move(explanation).value();
  }
};

}  // namespace

TEST_CASE("explain: gives the frames that the data path sends") {
  Explained<SteeringFixture> f;
  f.steer_to(segments(3));
  f.local_sid("a0::e", Behavior::kEnd);
  const std::vector<Bytes> packets = {
      PacketBuilder().ipv6("1234::1", "a4::1").udp(1, 2), inner_v6(), inner_v4(),
      PacketBuilder().ipv6("1234::1", "a0::e").srh({"a0::e", "a4::9"}, 1).udp(1, 2),
      PacketBuilder().ipv6("1234::1", "99::1").udp(1, 2)};
  for (const Bytes& packet : packets) {
    const Explanation explanation = f.explain(received_on(0, packet));
    const RunResult result = f.receive(packet);
    REQUIRE(explanation.packets.size() == 1);
    REQUIRE(explanation.frames.size() == result.sent());
    const ExplainedFrame& frame = explanation.frames.front();
    CHECK(result.only(frame.port) == frame.bytes);
  }
}

TEST_CASE("explain: all copies of a spray, the packet itself first") {
  Explained<SteeringFixture> f;
  f.steer_both(f.policy({f.segment_list({"a4::1"}), f.segment_list({"a4::2"})}, {.spray = true}));
  const Explanation explanation = f.explain(received_on(0, inner_v6()));
  CHECK(explanation.frames.size() == 2);
  REQUIRE(explanation.packets.size() == 2);
  CHECK_FALSE(explanation.packets[0].header.copy);
  CHECK(explanation.packets[1].header.copy);
}

TEST_CASE("explain: changes no counter of anyone") {
  Explained<SteeringFixture> f;
  const SegmentListId list = f.steer_to(segments(2));
  f.explain(received_on(0, inner_v6()));
  f.explain(received_on(0, PacketBuilder().ipv6("1234::1", "99::1").udp(1, 2)));
  CHECK(f.rx_counter(f.in).packets == 0);
  CHECK(f.tx_counter(f.out).packets == 0);
  CHECK(f.list_counter(list).packets == 0);
  CHECK(f.drops(DropReason::lookup_no_route) == 0);
  CHECK(f.lcore().counters.icmp_errors.packets == 0);
}

TEST_CASE("explain: always tells an ICMP error, whatever the limit has left") {
  Explained<SteeringFixture> f;
  f.settings().icmp_errors_per_second = 1;
  f.settings().icmp_error_burst = 1;
  const Bytes lost = received_on(0, PacketBuilder().ipv6("1234::1", "99::1").udp(1, 2));
  for (int i = 0; i < 3; ++i)
    CHECK(f.explain(lost).frames.size() == 1);
}

TEST_CASE("explain: reads the flow cache of End.AD and leaves it as it is") {
  Explained<ProxyFixture> f;
  f.proxy("a1::ad", Behavior::kEndAd, InnerType::kIpv4);
  const Bytes inner = inner_v4();
  const Bytes outer =
      PacketBuilder().ipv6("1234::1", "a1::ad").srh({"a1::ad", "a3::9"}, 1).raw(inner, 4);
  // Explaining the way there caches nothing: the way back is unknown.
  CHECK(f.explain(received_on(0, outer)).frames.size() == 1);
  CHECK(f.explain(received_on(f.back_port, inner), f.back_port).packets[0].header.reason ==
        DropReason::proxy_flow_unknown);
  f.from_function(inner).require_dropped("proxy_flow_unknown");
  // A real packet does.
  f.to_function(outer);
  CHECK(f.explain(received_on(f.back_port, inner), f.back_port).frames.size() == 1);
}

TEST_CASE("explain: punts go nowhere") {
  Explained<SteeringFixture> f;
  const Explanation explanation =
      f.explain(received_on(0, PacketBuilder().ipv6("1234::1", "fd01::99").udp(1, 2)));
  CHECK(explanation.frames.empty());
  REQUIRE(explanation.packets.size() == 1);
  CHECK(explanation.packets[0].header.punt_reason == PuntReason::kGlean);
}

TEST_CASE("explain: a bridge learns nothing") {
  Explained<ForwardFixture> f;
  const InterfaceId a = f.port(0);
  const InterfaceId b = f.port(1);
  f.bridge({a, b});
  const Explanation explanation = f.explain(
      PacketBuilder().ethernet("02:00:00:00:00:99", "02:00:00:00:00:98").raw(Bytes(40, 1)));
  CHECK(explanation.frames.size() == 1);
}

TEST_CASE("explain: frames that make no sense are explained, too") {
  Explained<SteeringFixture> f;
  CHECK(f.explain(Bytes{1, 2, 3}).packets[0].header.reason == DropReason::parse_ethernet_truncated);
  CHECK(f.explain(received_on(0, inner_v6()), 9).packets[0].header.reason ==
        DropReason::parse_interface_down);
}

TEST_CASE("explain: what cannot be a frame is refused in words") {
  Explained<SteeringFixture> f;
  CHECK_FALSE(f.ask({}).ok());
  const auto too_long = f.ask(Bytes(Explainer::kMaxFrameBytes + 1, 0));
  REQUIRE_FALSE(too_long.ok());
  CHECK(too_long.error().text.find("too long") != std::string::npos);
}

TEST_CASE("explain: a frame of many buffers") {
  Explained<SteeringFixture> f;
  const Bytes large = PacketBuilder().ipv6("1234::1", "a4::1").udp(1, 2).payload(8000);
  const Explanation explanation = f.explain(received_on(0, large));
  REQUIRE(explanation.frames.size() == 1);
  CHECK(explanation.frames[0].bytes.size() == 14 + large.size());
}

TEST_CASE("explain: without buffers it says so") {
  Explained<SteeringFixture> f;
  f.explain(received_on(0, inner_v6()));
  std::vector<rte_mbuf*> hoard;
  while (rte_mbuf* const mbuf = rte_pktmbuf_alloc(f.lcore().pool))
    hoard.push_back(mbuf);
  const auto explanation = f.ask(received_on(0, inner_v6()));
  REQUIRE_FALSE(explanation.ok());
  CHECK(explanation.error().text.find("buffer") != std::string::npos);
  rte_pktmbuf_free_bulk(hoard.data(), static_cast<unsigned>(hoard.size()));
}
