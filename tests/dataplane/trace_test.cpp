// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Tracer: what each stage leaves behind, which packets match, and what happens when memory is full.
#include "dataplane/trace.hpp"

#include <algorithm>
#include <memory>

#include "support/catch.hpp"
#include "support/proxy_fixture.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

using Stages = std::vector<TraceStage>;
using S = TraceStage;

// Traces what a fixture forwards.
template <typename Fixture>
struct Traced : Fixture {
  using Fixture::Fixture;

  std::atomic<std::int64_t> budget{100};
  std::unique_ptr<Tracer> tracer;

  ~Traced() { this->lcore().tracer = nullptr; }
  void trace(const TraceFilter& filter = {}, std::size_t ring_bytes = Tracer::kRingBytes) {
    tracer = std::make_unique<Tracer>(filter, 7, budget, ring_bytes);
    this->lcore().tracer = tracer.get();
  }
  std::vector<TracedPacket> found() {
    tracer->finish();
    std::vector<TracedPacket> packets;
    for (TracedPacket packet; tracer->take(packet);)
      packets.push_back(packet);
    return packets;
  }
  TracedPacket only() {
    const auto all = found();
    REQUIRE(all.size() == 1);
    return all.front();
  }
};

Stages stages_of(const TracedPacket& packet) {
  Stages out;
  for (const TraceStep& step : packet.steps)
    out.push_back(step.stage);
  return out;
}

const Ipv6Header& ip_of(const TraceStep& step) {
  return *reinterpret_cast<const Ipv6Header*>(step.bytes.data() + (step.has_link_layer ? 14 : 0));
}

const TraceStep& step_of(const TracedPacket& packet, TraceStage stage) {
  for (const TraceStep& step : packet.steps) {
    if (step.stage == stage) return step;
  }
  FAIL("no step of stage " << static_cast<int>(stage));
  return packet.steps.front();
}

// pg0 is where packets come in, pg1 leads to a4::/16; both are routed.
struct Node : Traced<SteeringFixture> {
  Bytes to(const char* destination, std::uint8_t hop_limit = 64) {
    return PacketBuilder().ipv6("1234::1", destination, {.hop_limit = hop_limit}).udp(1, 2);
  }
  Bytes along(const std::vector<V6>& list, std::uint8_t left) {
    return PacketBuilder().ipv6("1234::1", list[list.size() - 1 - left]).srh(list, left).udp(1, 2);
  }
};

TraceFilter with_reason(DropReason reason) {
  TraceFilter filter;
  filter.has_reason = true;
  filter.reason = reason;
  return filter;
}

}  // namespace

TEST_CASE("trace: a forwarded packet passes parse, lookup, rewrite and tx") {
  Node f;
  f.trace();
  const RunResult result = f.receive(f.to("a4::1"));
  REQUIRE(result.sent() == 1);
  const TracedPacket packet = f.only();
  CHECK(stages_of(packet) == Stages{S::kParse, S::kLookup, S::kRewrite, S::kTx});
  CHECK(packet.header.lcore == 7);
  CHECK(packet.header.port == 0);
  CHECK(packet.header.length == 14 + 48);
  CHECK(packet.header.outcome == TraceOutcome::kSent);
  CHECK(packet.header.sent_by == 1);

  const TraceStep& parse = packet.steps[0];
  CHECK(parse.interface == f.in);
  CHECK(parse.kind == PacketKind::kIpv6);
  CHECK(parse.destination_mac == port_mac(0));
  CHECK(parse.source_mac == peer_mac(0));
  CHECK(ip_of(parse).hop_limit == 64);
  CHECK(packet.steps[1].result == f.fabric);
  const TraceStep& rewrite = packet.steps[2];
  CHECK(rewrite.next == Next::kTransmitFrame);
  CHECK(rewrite.result == f.fabric);
  CHECK(rewrite.interface == f.out);
  CHECK(ip_of(rewrite).hop_limit == 63);
  // The last step has the bytes of the frame that left.
  const TraceStep& tx = packet.steps[3];
  CHECK(Bytes(tx.bytes.begin(), tx.bytes.begin() + tx.byte_count) == result.only(1));
}

TEST_CASE("trace: forwarding is the same with and without") {
  Node f;
  f.steer_to(segments(3));
  f.local_sid("a0::e", Behavior::kEnd);
  const std::vector<Frame> frames = {
      Frame(received_on(0, f.to("a4::1"))), Frame(received_on(0, f.to("a7::1"))),
      Frame(received_on(0, f.to("99::1"))), Frame(received_on(0, f.along({"a0::e", "a4::9"}, 1))),
      Frame(Bytes{1, 2, 3})};
  const RunResult plain = f.run(0, frames);
  f.trace();
  const RunResult traced = f.run(0, frames);
  CHECK(traced.tx == plain.tx);
  CHECK(traced.dropped == plain.dropped);
  CHECK(traced.drops == plain.drops);
  CHECK(f.found().size() == frames.size());
}

TEST_CASE("trace: a local SID tells its behavior, what it decided, and the packet after it") {
  Node f;
  const LocalSidId id = f.local_sid("a0::e", Behavior::kEnd);
  f.trace();
  f.receive(f.along({"a0::e", "a4::9"}, 1));
  const TracedPacket packet = f.only();
  CHECK(stages_of(packet) ==
        Stages{S::kParse, S::kLookup, S::kBehavior, S::kLookup, S::kRewrite, S::kTx});
  const TraceStep& behavior = packet.steps[2];
  CHECK(behavior.result == LookupResult(LookupResult::Kind::kLocalSid, id));
  CHECK(behavior.next == Next::kLookup);
  CHECK(ip_of(packet.steps[1]).destination == V6("a0::e"));
  CHECK(ip_of(behavior).destination == V6("a4::9"));
  const auto& srh = *reinterpret_cast<const Srh*>(behavior.bytes.data() + 40);
  CHECK(srh.segments_left == 0);
}

TEST_CASE("trace: decapsulation shows the inner packet in its table") {
  Node f;
  f.table(5);
  f.route("7.0.0.0/8", f.via(f.out, "10.0.1.2"), 5);
  SidArgs args;
  args.table = 5;
  f.local_sid("a0::d4", Behavior::kEndDt4, {.args = args});
  f.trace();
  REQUIRE(f.receive(encapsulated(inner_v4(), 4, {"a0::d4"})).sent() == 1);
  const TracedPacket packet = f.only();
  CHECK(stages_of(packet) ==
        Stages{S::kParse, S::kLookup, S::kBehavior, S::kLookup, S::kRewrite, S::kTx});
  CHECK(packet.steps[2].kind == PacketKind::kIpv4);
  CHECK(packet.steps[2].table == 5);
  CHECK(packet.steps[3].table == 5);
}

TEST_CASE("trace: a policy tells its segment list and what it pushed") {
  Node f;
  const SegmentListId list = f.steer_to(segments(2));
  f.trace();
  f.receive(f.to("a7::1"));
  const TracedPacket packet = f.only();
  CHECK(stages_of(packet) == Stages{S::kParse, S::kLookup, S::kPolicy, S::kRewrite, S::kTx});
  const TraceStep& policy = packet.steps[2];
  CHECK(policy.list == list);
  CHECK(policy.next == Next::kTransmit);
  CHECK(ip_of(policy).destination == segments(2)[0]);
  CHECK(policy.length == packet.steps[1].length + 40 + 40);
}

TEST_CASE("trace: a spray gives an entry for every copy") {
  Node f;
  f.use_mempool();
  const SegmentListId one = f.segment_list({"a4::1"});
  const SegmentListId two = f.segment_list({"a4::2"});
  const SegmentListId three = f.segment_list({"a4::3"});
  f.steer_both(f.policy({one, two, three}, {.spray = true}));
  f.trace();
  REQUIRE(f.receive(f.to("a7::1")).sent() == 3);
  const auto all = f.found();
  REQUIRE(all.size() == 3);
  CHECK_FALSE(all[0].header.copy);
  CHECK(step_of(all[0], S::kPolicy).list == one);
  std::vector<SegmentListId> copied;
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(all[i].header.copy);
    CHECK(stages_of(all[i]) == Stages{S::kCopy, S::kPolicy, S::kRewrite, S::kTx});
    copied.push_back(step_of(all[i], S::kPolicy).list);
    CHECK(all[i].header.outcome == TraceOutcome::kSent);
  }
  CHECK(copied == std::vector<SegmentListId>{two, three});
}

TEST_CASE("trace: a spray without buffers traces the packet alone") {
  Node f;
  f.steer_both(f.policy({f.segment_list({"a4::1"}), f.segment_list({"a4::2"})}, {.spray = true}));
  f.trace();
  f.receive(f.to("a7::1"));
  CHECK(stages_of(f.only()) == Stages{S::kParse, S::kLookup, S::kPolicy, S::kRewrite, S::kTx});
}

TEST_CASE("trace: fragments are copies") {
  Node f;
  f.use_mempool();
  f.route("9.0.0.0/8", f.via(f.out, "10.0.1.2"));
  f.interface(f.out).mtu = 600;
  f.trace();
  const Bytes large = PacketBuilder().ipv4("123.1.1.1", "9.1.1.1").udp(1, 2).payload(1000);
  REQUIRE(f.receive(large).sent() == 2);
  const auto all = f.found();
  REQUIRE(all.size() == 2);
  CHECK(all[1].header.copy);
  CHECK(stages_of(all[1]) == Stages{S::kCopy, S::kRewrite, S::kTx});
}

TEST_CASE("trace: an ECMP choice is a step of its own") {
  Node f;
  f.route("b1::/16", f.ecmp({f.fabric, f.via(f.out, "fd01::3")}));
  f.trace();
  f.receive(f.to("b1::1"));
  const TracedPacket packet = f.only();
  CHECK(stages_of(packet) == Stages{S::kParse, S::kLookup, S::kDispatch, S::kRewrite, S::kTx});
  CHECK(packet.steps[1].result.kind() == LookupResult::Kind::kEcmpGroup);
  CHECK(packet.steps[2].result.kind() == LookupResult::Kind::kAdjacency);
  CHECK(packet.steps[2].next == Next::kTransmit);
}

TEST_CASE("trace: drops of each stage") {
  Node f;
  f.local_sid("a0::e", Behavior::kEnd);
  struct Row {
    Bytes frame;
    DropReason reason;
    Stages stages;
  };
  const Bytes udp_to_sid = PacketBuilder().ipv6("1234::1", "a0::e", {.hop_limit = 64}).udp(1, 2);
  Bytes alien = received_on(0, f.to("a4::1"));
  alien[0] = 0x06;
  const std::vector<Row> rows = {
      {Bytes{1, 2, 3}, DropReason::parse_ethernet_truncated, {S::kParse, S::kDrop}},
      {alien, DropReason::parse_ethernet_not_for_us, {S::kParse, S::kDrop}},
      {received_on(0, PacketBuilder().ipv6("::1", "a4::1").udp(1, 2)),
       DropReason::parse_ipv6_martian,
       {S::kParse, S::kDrop}},
      {received_on(0, PacketBuilder().ipv6("fe80::1", "a4::1").udp(1, 2)),
       DropReason::forward_link_local,
       {S::kParse, S::kLookup, S::kDrop}},
  };
  for (const Row& row : rows) {
    INFO(name_of(row.reason));
    f.trace();
    f.run(0, Frame(row.frame));
    const TracedPacket packet = f.only();
    CHECK(stages_of(packet) == row.stages);
    CHECK(packet.header.outcome == TraceOutcome::kDropped);
    CHECK(packet.header.reason == row.reason);
    CHECK(packet.header.sent_by == kNoPort);
    CHECK(packet.steps.back().reason == row.reason);
    CHECK(packet.steps.back().error == IcmpError::kNone);
  }
}

TEST_CASE("trace: a drop that is answered tells the way of the ICMP error") {
  Node f;
  f.trace();
  const RunResult result = f.receive(f.to("99::1"));
  REQUIRE(result.sent() == 1);
  const TracedPacket packet = f.only();
  CHECK(stages_of(packet) ==
        Stages{S::kParse, S::kLookup, S::kDrop, S::kLookup, S::kRewrite, S::kTx});
  CHECK(packet.header.outcome == TraceOutcome::kDropped);
  CHECK(packet.header.reason == DropReason::lookup_no_route);
  CHECK(packet.header.sent_by == 0);
  CHECK(packet.steps[2].error == IcmpError::kNoRoute);
  // The packet as it was, before it became the error.
  CHECK(ip_of(packet.steps[2]).destination == V6("99::1"));
  CHECK(ip_of(packet.steps[3]).destination == V6("1234::1"));
}

TEST_CASE("trace: the SID that drops a packet is named before the drop") {
  Node f;
  f.local_sid("a0::e", Behavior::kEnd);
  f.trace();
  f.receive(PacketBuilder().ipv6("1234::1", "a0::e").udp(1, 2));
  const TracedPacket packet = f.only();
  REQUIRE(packet.steps.size() >= 4);
  CHECK(packet.steps[2].stage == S::kBehavior);
  CHECK(packet.steps[2].next == Next::kDrop);
  CHECK(packet.steps[3].stage == S::kDrop);
  CHECK(packet.steps[3].reason == DropReason::end_upper_layer_unexpected);
}

TEST_CASE("trace: an expired packet shows the next hop that it would have had") {
  Node f;
  f.trace();
  f.receive(f.to("a4::1", 1));
  const TracedPacket packet = f.only();
  CHECK(packet.header.reason == DropReason::forward_hop_limit_exceeded);
  CHECK(packet.steps[2].stage == S::kRewrite);
  CHECK(packet.steps[2].next == Next::kDrop);
  CHECK(packet.steps[2].result == f.fabric);
}

TEST_CASE("trace: SIDs that form a loop end with the drop, within the bound of steps") {
  Node f;
  f.local_sid("a0::1", Behavior::kEnd);
  f.local_sid("a0::2", Behavior::kEnd);
  f.trace();
  const std::vector<V6> list = {"a0::1", "a0::2", "a0::1", "a0::2", "a0::1",
                                "a0::2", "a0::1", "a0::2", "a0::1", "a0::2"};
  f.receive(f.along(list, 9));
  const TracedPacket packet = f.only();
  CHECK(packet.header.reason == DropReason::lookup_loop);
  CHECK(packet.steps.size() <= Tracer::kMaxStepsPerPacket);
  const auto acted = std::count_if(packet.steps.begin(), packet.steps.end(),
                                   [](const TraceStep& s) { return s.stage == S::kBehavior; });
  CHECK(acted == kMaxRounds);
}

TEST_CASE("trace: punts tell why") {
  Node f;
  f.trace();
  SECTION("for this node") {
    f.receive(PacketBuilder().ipv6("1234::1", "fd00::1").icmp6(128));
    const TracedPacket packet = f.only();
    CHECK(stages_of(packet) == Stages{S::kParse, S::kLookup, S::kDispatch, S::kPunt});
    CHECK(packet.header.outcome == TraceOutcome::kPunted);
    CHECK(packet.header.punt_reason == PuntReason::kLocal);
  }
  SECTION("a neighbor that is not known") {
    f.receive(f.to("fd01::77"));
    const TracedPacket packet = f.only();
    CHECK(stages_of(packet) == Stages{S::kParse, S::kLookup, S::kRewrite, S::kPunt});
    CHECK(packet.header.punt_reason == PuntReason::kGlean);
    CHECK(packet.steps[2].next == Next::kPunt);
  }
  SECTION("ARP") {
    f.run(0, Frame(PacketBuilder()
                       .ethernet("ff:ff:ff:ff:ff:ff", peer_mac(0), 0, {.type = 0x0806})
                       .raw(Bytes(28, 0))));
    const TracedPacket packet = f.only();
    CHECK(stages_of(packet) == Stages{S::kParse, S::kPunt});
    CHECK(packet.header.punt_reason == PuntReason::kArp);
  }
}

TEST_CASE("trace: what the control thread injects has no port") {
  Node f;
  f.trace();
  f.run_injected(0, {Frame(f.to("a4::1"))});
  const TracedPacket packet = f.only();
  CHECK(packet.header.port == kNoPort);
  CHECK(stages_of(packet) == Stages{S::kInject, S::kLookup, S::kRewrite, S::kTx});

  TraceFilter filter;
  filter.has_port = true;
  f.trace(filter);
  f.run_injected(0, {Frame(f.to("a4::1"))});
  CHECK(f.found().empty());
}

TEST_CASE("trace: a bridge floods copies") {
  Traced<ForwardFixture> f;
  f.use_mempool();
  const InterfaceId a = f.port(0);
  const InterfaceId b = f.port(1);
  const InterfaceId c = f.port(2);
  f.bridge({a, b, c}, {}, {}, false);
  f.trace();
  const Bytes frame =
      PacketBuilder().ethernet("02:00:00:00:00:99", "02:00:00:00:00:98").raw(Bytes(40, 1));
  REQUIRE(f.run(0, Frame(frame)).sent() == 2);
  const auto all = f.found();
  REQUIRE(all.size() == 2);
  std::vector<PortIndex> ports;
  for (const TracedPacket& packet : all) {
    CHECK(step_of(packet, S::kDispatch).next == Next::kTransmitFrame);
    ports.push_back(packet.header.sent_by);
  }
  std::sort(ports.begin(), ports.end());
  CHECK(ports == std::vector<PortIndex>{1, 2});
}

TEST_CASE("trace: the way to a service function and back") {
  Traced<ProxyFixture> f;
  f.proxy("a1::ad", Behavior::kEndAd, InnerType::kIpv4);
  f.trace();
  const Bytes inner = inner_v4();
  REQUIRE(
      f.receive(PacketBuilder().ipv6("1234::1", "a1::ad").srh({"a1::ad", "a3::9"}, 1).raw(inner, 4))
          .sent() == 1);
  const TracedPacket there = f.only();
  CHECK(step_of(there, S::kBehavior).kind == PacketKind::kIpv4);
  CHECK(there.header.sent_by == f.kToFunction);

  REQUIRE(f.from_function(inner).sent() == 1);
  const TracedPacket back = f.only();
  const TraceStep& step = step_of(back, S::kDispatch);
  CHECK(step.from_function);
  CHECK(step.next == Next::kLookup);
  CHECK(step.kind == PacketKind::kIpv6);
}

TEST_CASE("trace: filters") {
  Node f;
  f.local_sid("a0::e", Behavior::kEnd);
  f.local_sid("a0::f", Behavior::kEnd);
  f.route("99::/16", LookupResult(DropReason::lookup_blackhole));
  const std::vector<Frame> frames = {
      Frame(received_on(0, f.to("a4::1"))), Frame(received_on(0, f.along({"a0::e", "a4::9"}, 1))),
      Frame(received_on(0, f.along({"a0::f", "a4::9"}, 1))), Frame(received_on(0, f.to("99::1"))),
      Frame(received_on(0, inner_v4()))};
  const auto positions = [&](const TraceFilter& filter, PortIndex port = 0) {
    f.trace(filter);
    f.run(port, frames);
    std::vector<int> out;
    for (const TracedPacket& packet : f.found())
      out.push_back(packet.header.position);
    return out;
  };
  TraceFilter filter;
  CHECK(positions(filter).size() == 5);
  SECTION("by port") {
    filter.has_port = true;
    CHECK(positions(filter).size() == 5);
    filter.port = 1;
    CHECK(positions(filter).empty());
  }
  SECTION("by destination, before or after a behavior") {
    filter.has_destination = true;
    filter.destination = Prefix("a4::9/128");
    CHECK(positions(filter) == std::vector<int>{1, 2});
    filter.destination = Prefix("a0::e");
    CHECK(positions(filter) == std::vector<int>{1});
    filter.destination = Prefix("7.0.0.0/8");
    CHECK(positions(filter) == std::vector<int>{4});
    filter.destination = Prefix("a9::/16");
    CHECK(positions(filter).empty());
  }
  SECTION("by source") {
    filter.has_source = true;
    filter.source = Prefix("1234::/16");
    CHECK(positions(filter) == std::vector<int>{0, 1, 2, 3});
    filter.source = Prefix("123.1.1.1");
    CHECK(positions(filter) == std::vector<int>{4});
  }
  SECTION("by SID") {
    filter.has_sid = true;
    filter.sid = V6("a0::f");
    CHECK(positions(filter) == std::vector<int>{2});
    filter.sid = V6("a4::9");
    CHECK(positions(filter).empty());
  }
  SECTION("by drop reason") {
    CHECK(positions(with_reason(DropReason::lookup_blackhole)) == std::vector<int>{3});
    CHECK(positions(with_reason(DropReason::end_fragment)).empty());
  }
  SECTION("all conditions at once") {
    filter = with_reason(DropReason::lookup_blackhole);
    filter.has_source = filter.has_destination = filter.has_port = true;
    filter.source = Prefix("1234::1");
    filter.destination = Prefix("99::/16");
    CHECK(positions(filter) == std::vector<int>{3});
    filter.has_sid = true;
    filter.sid = V6("a0::e");
    CHECK(positions(filter).empty());
  }
}

TEST_CASE("trace: the record is the same at every position of a burst") {
  Node f;
  f.local_sid("a0::e", Behavior::kEnd);
  f.steer_to(segments(2));
  const Frame wanted(received_on(0, f.along({"a0::e", "a4::9"}, 1)));
  const std::vector<Frame> others = {Frame(received_on(0, f.to("a4::1"))),
                                     Frame(received_on(0, f.to("a7::1"))),
                                     Frame(received_on(0, f.to("99::1"))), Frame(Bytes{1})};
  TraceFilter filter;
  filter.has_sid = true;
  filter.sid = V6("a0::e");
  for (std::size_t position = 0; position <= others.size(); ++position) {
    std::vector<Frame> frames = others;
    frames.insert(frames.begin() + static_cast<long>(position), wanted);
    f.trace(filter);
    f.run(0, frames);
    const TracedPacket packet = f.only();
    CHECK(packet.header.position == position);
    CHECK(stages_of(packet) ==
          Stages{S::kParse, S::kLookup, S::kBehavior, S::kLookup, S::kRewrite, S::kTx});
  }
}

TEST_CASE("trace: a full burst fits, and what does not is counted") {
  Node f;
  const std::vector<Frame> frames(kMaxRxBurst, Frame(received_on(0, f.to("a4::1"))));
  f.budget = 1000;
  SECTION("all of them") {
    f.trace({}, 1024 * 1024);
    f.run(0, frames);
    CHECK(f.found().size() == kMaxRxBurst);
    CHECK(f.tracer->lost() == 0);
  }
  SECTION("the ring is full: counted, and the budget is kept for others") {
    f.trace({}, 4096);
    f.run(0, frames);
    const std::size_t found = f.found().size();
    CHECK(found > 0);
    CHECK(found < kMaxRxBurst);
    CHECK(f.tracer->lost() == kMaxRxBurst - found);
    CHECK(f.budget == static_cast<std::int64_t>(1000 - found));
    // There is room again.
    f.run(0, frames[0]);
    CHECK(f.found().size() == 1);
  }
  SECTION("a ring too small for any") {
    f.trace({}, 64);
    f.run(0, frames[0]);
    CHECK(f.found().empty());
    CHECK(f.tracer->lost() == 1);
  }
}

TEST_CASE("trace: steps beyond the memory of a burst are counted") {
  Node f;
  f.local_sid("a0::1", Behavior::kEnd);
  f.local_sid("a0::2", Behavior::kEnd);
  const Frame busy(
      received_on(0, f.along({"a0::1", "a0::2", "a0::1", "a0::2", "a0::1", "a0::2", "a4::1"}, 6)));
  f.budget = 1000;
  f.trace({}, 4 * 1024 * 1024);
  f.run(0, std::vector<Frame>(kMaxRxBurst, busy));
  const auto all = f.found();
  REQUIRE(all.size() == kMaxRxBurst);
  std::size_t steps = 0;
  std::size_t lost = 0;
  for (const TracedPacket& packet : all) {
    steps += packet.steps.size();
    lost += packet.header.steps_lost;
    CHECK(packet.header.outcome == TraceOutcome::kSent);
  }
  CHECK(steps == Tracer::kSteps);
  CHECK(lost > 0);
}

TEST_CASE("trace: nothing is recorded when the budget is used up") {
  Node f;
  f.budget = 2;
  f.trace();
  f.run(0, std::vector<Frame>(5, Frame(received_on(0, f.to("a4::1")))));
  CHECK(f.found().size() == 2);
  f.run(0, Frame(received_on(0, f.to("a4::1"))));
  CHECK(f.found().empty());
  CHECK(f.tracer->lost() == 0);
}

TEST_CASE("trace: a burst that was not finished is finished by the next one") {
  Node f;
  f.trace();
  f.receive(f.to("a4::1"));
  f.receive(f.to("a4::2"));
  CHECK(f.found().size() == 2);
}

TEST_CASE("trace: a port that refuses a frame turns sent into dropped") {
  Node f;
  f.trace(with_reason(DropReason::tx_port_refused));
  f.apply();
  FakeMbuf frame(received_on(0, f.to("a4::1")), {});
  f.lcore().output.clear();
  const std::array<rte_mbuf*, 1> burst{frame.get()};
  forward_burst(f.table_set(), f.lcore(), 0, burst);
  f.tracer->refused(DropReason::tx_port_refused, frame.get());
  const TracedPacket packet = f.only();
  CHECK(packet.header.outcome == TraceOutcome::kDropped);
  CHECK(packet.header.sent_by == kNoPort);
  CHECK(packet.steps.back().stage == S::kDrop);
  // A frame that nobody traces.
  f.tracer->refused(DropReason::tx_port_refused, frame.get());
  CHECK(f.found().empty());
}

TEST_CASE("trace: long headers are cut, and the packet is not") {
  Node f;
  f.trace();
  f.receive(PacketBuilder().ipv6("1234::1", "a4::1").srh(segments(16), 3).udp(1, 2).payload(1000));
  const TracedPacket packet = f.only();
  CHECK(packet.steps[0].byte_count == TraceStep::kMaxBytes);
  CHECK(packet.steps[0].length == 40 + 8 + 16 * 16 + 8 + 1000);
}
