// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// /v1/trace, /v1/capture and /v1/explain with a client and an lcore that the test plays.
#include "daemon/trace_routes.hpp"

#include <algorithm>
#include <chrono>

#include "dataplane/replay/explain.hpp"
#include "support/catch.hpp"
#include "support/pcapng_blocks.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;
using nlohmann::json;

namespace {

struct FakeResponder : ApiResponder {
  int replies = 0;
  ApiReply last;
  std::string type;
  std::string stream;
  bool ended = false;
  bool is_gone = false;
  bool is_slow = false;

  void reply(ApiReply reply) override {
    ++replies;
    last = std::move(reply);
  }
  void begin(std::string_view content_type) override { type = content_type; }
  bool write(std::string chunk) override {
    if (is_slow || is_gone) return false;
    stream += chunk;
    return true;
  }
  void end() override { ended = true; }
  [[nodiscard]] bool gone() const override { return is_gone; }

  [[nodiscard]] json body() const { return json::parse(last.body); }
};

// One lcore, played by run(); the loop is turned by hand.
struct RoutesFixture : SteeringFixture {
  WatchSlots slots;
  std::unique_ptr<PacketWatch> watch =
      std::make_unique<PacketWatch>(std::vector<WatchSlots*>{&slots}, nullptr);
  boost::asio::io_context loop;
  Api api;
  ForwardingTables current;
  std::unique_ptr<Explainer> explainer;
  std::vector<std::shared_ptr<FakeResponder>> clients;

  RoutesFixture() {
    use_mempool();
    explainer = std::make_unique<Explainer>(lcore().pool);
    tables().tables.push_back({0, "main", kNoInterface});
    TraceSource source;
    source.watch = [this] { return watch.get(); };
    source.tables = [this]() -> const ForwardingTables& { return current; };
    source.ports = [] { return std::vector<std::string>{"lan", "wan"}; };
    source.explain = [this](PortIndex port, std::span<const std::uint8_t> frame) {
      return explainer->explain(table_set(), port, frame, nullptr);
    };
    add_trace_routes(api, std::move(source), loop);
  }
  ~RoutesFixture() {
    lcore().tracer = nullptr;
    lcore().taps = nullptr;
  }

  std::shared_ptr<FakeResponder> get(const std::string& path,
                                     const std::map<std::string, std::string>& query = {}) {
    apply();
    current = take();
    clients.push_back(std::make_shared<FakeResponder>());
    for (const ApiRoute& route : api.routes()) {
      if (route.path == path) route.handler({"GET", path, query, "", false}, clients.back());
    }
    return clients.back();
  }
  // What an lcore does with packets while it is watched.
  void forward(const Bytes& packet, PortIndex port = 0) {
    lcore().tracer = slots.tracer.load();
    lcore().taps = slots.taps.load();
    const Bytes frame = received_on(port, packet);
    FakeMbuf mbuf(frame, {});
    const std::array<rte_mbuf*, 1> burst{mbuf.get()};
    lcore().now_tsc = rte_rdtsc();
    lcore().tsc_hz = rte_get_tsc_hz();
    lcore().output.clear();
    if (lcore().taps != nullptr) {
      capture_frames(lcore(), CapturePoint::kIngress, port, {}, burst);
    }
    forward_burst(table_set(), lcore(), port, burst);
    if (lcore().tracer != nullptr) lcore().tracer->finish();
    lcore().tracer = nullptr;
    lcore().taps = nullptr;
  }
  void turn(int ms = 40) {
    loop.restart();
    loop.run_for(std::chrono::milliseconds(ms));
  }
  void require_refused(const std::string& path, const std::map<std::string, std::string>& query,
                       const std::string& words) {
    const auto client = get(path, query);
    INFO(path << " " << json(query).dump() << " " << client->last.body);
    REQUIRE(client->replies == 1);
    CHECK(client->last.status == 400);
    CHECK(client->body()["detail"].get<std::string>().find(words) != std::string::npos);
    CHECK(client->type.empty());
    CHECK_FALSE(watch->tracing());
    CHECK(slots.taps.load() == nullptr);
  }
};

Bytes to(const char* destination) {
  return PacketBuilder().ipv6("1234::1", destination).udp(1, 2);
}

std::vector<std::string> stages_of(const json& packet) {
  std::vector<std::string> out;
  for (const json& step : packet["steps"])
    out.push_back(step["stage"]);
  return out;
}

bool says(const json& step, const std::string& words) {
  return step["text"].get<std::string>().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("/v1/trace answers when it has the packets") {
  RoutesFixture f;
  f.local_sid("a0::e", Behavior::kEnd, {.flavors = kPsp});
  const auto client = f.get("/v1/trace", {{"count", "2"}});
  f.forward(PacketBuilder().ipv6("1234::1", "a0::e").srh({"a0::e", "a4::9"}, 1).udp(1, 2));
  f.turn();
  CHECK(client->replies == 0);
  f.forward(to("99::1"));
  f.turn();
  REQUIRE(client->replies == 1);
  CHECK(client->last.status == 200);
  const json body = client->body();
  CHECK(body["lost"] == 0);
  REQUIRE(body["packets"].size() == 2);

  const json& first = body["packets"][0];
  CHECK(first["port"] == "lan");
  CHECK(first["outcome"] == json{{"sent", "wan"}});
  CHECK(first["time"].get<std::string>().size() == 30);
  CHECK(stages_of(first) ==
        std::vector<std::string>{"parse", "lookup", "behavior", "lookup", "rewrite", "tx"});
  const json& parse = first["steps"][0];
  CHECK(parse["interface"] == "pg0");
  CHECK(parse["kind"] == "ipv6");
  CHECK(parse["source"] == "1234::1");
  CHECK(parse["hop_limit"] == 64);
  CHECK(parse["srh"]["segments_left"] == 1);
  CHECK(parse["srh"]["segments"] == json{"a4::9", "a0::e"});
  const json& lookup = first["steps"][1];
  CHECK(lookup["prefix"] == "a0::e/128");
  CHECK(lookup["result"] == "local SID");
  CHECK(says(lookup, "destination a0::e in table main matches a0::e/128: local SID End"));
  const json& behavior = first["steps"][2];
  CHECK(behavior["behavior"] == "End");
  CHECK(behavior["flavors"] == json{"PSP"});
  CHECK(behavior["next"] == "lookup");
  CHECK_FALSE(behavior.contains("srh"));
  CHECK(says(behavior, "a4::9 is looked up in table main"));
  CHECK(first["steps"][4]["adjacency"] == "pg1 via fd01::2");
  CHECK(first["steps"][5]["port"] == "wan");

  const json& second = body["packets"][1];
  CHECK(second["outcome"] == json{{"dropped", "lookup_no_route"}, {"answered", "lan"}});
  CHECK(says(second["steps"][1], "no route"));
  CHECK(second["steps"][2]["help"] == "no route to the destination in this table");
  CHECK_FALSE(f.watch->tracing());
}

TEST_CASE("/v1/trace answers with what there is when the time is over") {
  RoutesFixture f;
  const auto client = f.get("/v1/trace", {{"timeout_s", "1"}, {"count", "5"}});
  f.forward(to("a4::1"));
  f.turn(1200);
  REQUIRE(client->replies == 1);
  CHECK(client->body()["packets"].size() == 1);
  CHECK_FALSE(f.watch->tracing());
}

TEST_CASE("/v1/trace refuses filters that make no sense, in words") {
  RoutesFixture f;
  f.local_sid("a0::e", Behavior::kEnd);
  const auto refused = [&](const std::map<std::string, std::string>& query, const char* words) {
    f.require_refused("/v1/trace", query, words);
  };
  refused({{"port", "moon"}}, "there is no port 'moon'; there are: lan, wan");
  refused({{"src", "2001:db8::/129"}}, "src: '2001:db8::/129' is not an address or prefix");
  refused({{"dst", "here"}}, "dst:");
  refused({{"sid", "a0::f"}}, "no local SID of this node");
  refused({{"sid", "10.0.0.1"}}, "is not an IPv6 address");
  refused({{"reason", "bad_luck"}}, "is not a drop reason");
  refused({{"count", "0"}}, "count: '0' is not a number from 1 to 1000");
  refused({{"count", "1001"}}, "count");
  refused({{"count", "-1"}}, "count");
  refused({{"count", "1x"}}, "count");
  refused({{"count", "99999999999999999999999"}}, "count");
  refused({{"timeout_s", "301"}}, "timeout_s");
}

TEST_CASE("/v1/trace: one at a time, and none for a client that is gone") {
  RoutesFixture f;
  const auto first = f.get("/v1/trace");
  const auto second = f.get("/v1/trace");
  CHECK(second->last.status == 409);
  CHECK(first->replies == 0);
  first->is_gone = true;
  f.turn();
  CHECK(first->replies == 0);
  CHECK_FALSE(f.watch->tracing());
  const auto third = f.get("/v1/trace");
  f.forward(to("a4::1"));
  f.turn();
  CHECK(third->last.status == 200);
}

TEST_CASE("/v1/trace: the data plane stops meanwhile, or does not run") {
  RoutesFixture f;
  const auto client = f.get("/v1/trace");
  f.watch.reset();
  f.turn();
  CHECK(client->last.status == 503);
  CHECK(f.get("/v1/trace")->last.status == 503);
  CHECK(f.get("/v1/capture")->last.status == 503);
  CHECK(f.get("/v1/explain", {{"port", "lan"}, {"hex", "00"}})->last.status == 503);
}

TEST_CASE("/v1/trace: names of a policy and of copies") {
  RoutesFixture f;
  const PolicyId policy =
      f.policy({f.segment_list({"a4::1", "a4::7"}), f.segment_list({"a4::2"})}, {.spray = true});
  f.tables().policies.at(policy).name = "to-b";
  f.steer_both(policy);
  const auto client = f.get("/v1/trace", {{"count", "2"}, {"src", "1234::/16"}});
  f.forward(inner_v6());
  f.turn();
  REQUIRE(client->replies == 1);
  const json body = client->body();
  const json& step = body["packets"][0]["steps"][2];
  CHECK(step["stage"] == "policy");
  CHECK(step["policy"] == "to-b");
  CHECK(step["headend"] == "H.Encaps");
  CHECK(step["segment_list"] == json{"a4::1", "a4::7"});
  CHECK(says(step, "steered into policy to-b, H.Encaps with segments a4::1, a4::7"));
  CHECK(body["packets"][1]["copy"] == true);
  CHECK_FALSE(body["packets"][0].contains("copy"));
}

TEST_CASE("/v1/trace: tables that changed since do not confuse the words") {
  RoutesFixture f;
  f.local_sid("a0::e", Behavior::kEnd);
  const auto client = f.get("/v1/trace");
  f.forward(PacketBuilder().ipv6("1234::1", "a0::e").srh({"a0::e", "a4::9"}, 1).udp(1, 2));
  f.current = ForwardingTables{};
  f.turn();
  REQUIRE(client->replies == 1);
  CHECK(client->last.status == 200);
  CHECK_FALSE(client->body()["packets"][0]["steps"][1].contains("prefix"));
}

TEST_CASE("/v1/capture streams frames and drops with their reasons") {
  RoutesFixture f;
  const auto client = f.get("/v1/capture", {{"packets", "3"}});
  CHECK(client->type == "application/x-pcapng");
  f.forward(to("a4::1"));
  f.forward(to("99::1"));
  f.turn();
  CHECK(client->ended);
  const auto blocks = pcapng_blocks(client->stream);
  REQUIRE(blocks.size() == 1 + 3 + 3 + 3);
  CHECK(blocks[1].options.at(2) == "lan");
  CHECK(blocks[2].options.at(2) == "wan");
  CHECK(blocks[3].options.at(2) == "node");
  CHECK(blocks[4].interface == 0);
  const Bytes frame = received_on(0, to("a4::1"));
  CHECK(blocks[4].bytes == std::string(frame.begin(), frame.end()));
  CHECK(blocks[4].options.count(1) == 0);
  CHECK(blocks[6].options.at(1) ==
        "dropped: lookup_no_route (no route to the destination in this table)");
  CHECK(blocks[7].type == 5);
  CHECK(blocks[7].options.at(4)[0] == 3);
  CHECK(f.slots.taps.load() == nullptr);
}

TEST_CASE("/v1/capture ends at its bytes and at its time") {
  RoutesFixture f;
  SECTION("bytes") {
    const auto client = f.get("/v1/capture", {{"bytes", "1"}, {"point", "ingress"}});
    f.forward(to("a4::1"));
    f.forward(to("a4::1"));
    f.turn();
    CHECK(client->ended);
    CHECK(pcapng_blocks(client->stream).size() == 4 + 1 + 3);
  }
  SECTION("time") {
    const auto client = f.get("/v1/capture", {{"seconds", "1"}});
    f.turn(500);
    CHECK_FALSE(client->ended);
    f.turn(700);
    CHECK(client->ended);
    CHECK(pcapng_blocks(client->stream).size() == 4 + 3);
  }
}

TEST_CASE("/v1/capture: a slow client loses frames, and is told how many") {
  RoutesFixture f;
  const auto client = f.get("/v1/capture", {{"packets", "3"}, {"point", "ingress"}});
  client->is_slow = true;
  f.forward(to("a4::1"));
  f.forward(to("a4::1"));
  f.turn();
  client->is_slow = false;
  f.forward(to("a4::1"));
  f.turn();
  CHECK(client->ended);
  const auto blocks = pcapng_blocks(client->stream);
  REQUIRE(blocks.size() == 4 + 1 + 3);
  CHECK(blocks[5].options.at(4)[0] == 1);
  CHECK(blocks[5].options.at(5)[0] == 2);
  CHECK(blocks[5].options.at(1).find("2 that the client did not read in time") !=
        std::string::npos);
}

TEST_CASE("/v1/capture: ends when the client is gone, from the start or later") {
  RoutesFixture f;
  const auto client = f.get("/v1/capture");
  CHECK(f.slots.taps.load() != nullptr);
  client->is_gone = true;
  f.turn();
  CHECK(f.slots.taps.load() == nullptr);
  CHECK_FALSE(client->ended);
}

TEST_CASE("/v1/capture: four at a time") {
  RoutesFixture f;
  for (unsigned i = 0; i < kMaxCaptures; ++i)
    CHECK(f.get("/v1/capture")->replies == 0);
  const auto fifth = f.get("/v1/capture");
  CHECK(fifth->last.status == 409);
  CHECK(fifth->type.empty());
}

TEST_CASE("/v1/capture refuses what makes no sense, in words") {
  RoutesFixture f;
  const auto refused = [&](const std::map<std::string, std::string>& query, const char* words) {
    f.require_refused("/v1/capture", query, words);
  };
  refused({{"point", "middle"}}, "none of ingress, egress, drop, all");
  refused({{"point", "ingress"}, {"reason", "end_fragment"}}, "goes with point=drop only");
  refused({{"port", "moon"}}, "no port 'moon'");
  refused({{"reason", "bad_luck"}}, "is not a drop reason");
  refused({{"snaplen", "63"}}, "snaplen: '63' is not a number from 64 to 16384");
  refused({{"snaplen", "16385"}}, "snaplen");
  refused({{"packets", "0"}}, "packets");
  refused({{"bytes", "many"}}, "bytes");
  refused({{"seconds", "3601"}}, "seconds");
  refused({{"rate", "19"}}, "rate");
}

TEST_CASE("/v1/explain: by fields, by hex and by pcap the same") {
  RoutesFixture f;
  const auto fields = f.get(
      "/v1/explain",
      {{"from", "lan"}, {"src", "1234::1"}, {"dst", "a4::1"}, {"proto", "tcp"}, {"dport", "80"}});
  REQUIRE(fields->last.status == 200);
  const json body = fields->body();
  REQUIRE(body["packets"].size() == 1);
  CHECK(stages_of(body["packets"][0]) ==
        std::vector<std::string>{"parse", "lookup", "rewrite", "tx"});
  CHECK(body["packets"][0]["outcome"] == json{{"sent", "wan"}});
  CHECK_FALSE(body["packets"][0].contains("time"));
  REQUIRE(body["frames"].size() == 1);
  CHECK(body["frames"][0]["port"] == "wan");
  CHECK(body["frames"][0]["headers"][2] == "TCP 40000 > 80, flags SYN");

  const auto hex = f.get("/v1/explain", {{"port", "lan"}, {"hex", body["packet"]["hex"]}});
  CHECK(hex->body() == body);
  // pcap: magic, version 2.4, snap length, Ethernet; then one record.
  const std::string frame = body["packet"]["hex"];
  const Bytes length = {static_cast<std::uint8_t>(frame.size() / 2), 0, 0, 0};
  const std::string pcap = "d4c3b2a1020004000000000000000000ffff000001000000" +
                           std::string(16, '0') + test::hex(length) + test::hex(length) + frame;
  CHECK(f.get("/v1/explain", {{"port", "lan"}, {"pcap", pcap}})->body() == body);
  CHECK(f.drops(DropReason::lookup_no_route) == 0);
  CHECK(f.rx_counter(f.in).packets == 0);
}

TEST_CASE("/v1/explain: segments, encapsulated packets and drops") {
  RoutesFixture f;
  f.local_sid("a0::e", Behavior::kEnd);
  SidArgs args;
  f.local_sid("a0::d4", Behavior::kEndDt4, {.args = args});
  const auto end =
      f.get("/v1/explain", {{"from", "lan"}, {"src", "1234::1"}, {"segments", "a0::e,a4::1"}});
  REQUIRE(end->last.status == 200);
  CHECK(stages_of(end->body()["packets"][0])[2] == "behavior");
  const auto inside = f.get("/v1/explain", {{"from", "lan"},
                                            {"src", "123.1.1.1"},
                                            {"dst", "7.1.1.1"},
                                            {"outer_src", "1234::1"},
                                            {"segments", "a0::d4"}});
  REQUIRE(inside->last.status == 200);
  const json body = inside->body();
  CHECK(body["packets"][0]["steps"][2]["behavior"] == "End.DT4");
  CHECK(body["packets"][0]["outcome"]["dropped"] == "lookup_no_route");
  CHECK(body["packet"]["headers"].size() == 4);
}

TEST_CASE("/v1/explain: a ping to this node has a right checksum and is punted") {
  RoutesFixture f;
  for (const char* own : {"fd00::1", "10.0.0.1"}) {
    const std::string source = own[0] == 'f' ? "1234::1" : "123.1.1.1";
    const auto client =
        f.get("/v1/explain", {{"from", "lan"}, {"src", source}, {"dst", own}, {"proto", "icmp"}});
    CHECK(client->body()["packets"][0]["outcome"] == json{{"punted", "local"}});
  }
}

TEST_CASE("/v1/explain refuses what is no packet, in words") {
  RoutesFixture f;
  const auto refused = [&](std::map<std::string, std::string> query, const char* words) {
    query.emplace("port", "lan");
    f.require_refused("/v1/explain", query, words);
  };
  f.require_refused("/v1/explain", {{"hex", "00"}}, "say by which port the packet comes in");
  refused({{"port", "moon"}, {"hex", "00"}}, "there is no port 'moon'");
  refused({}, "give the packet once");
  refused({{"hex", "00"}, {"src", "a::1"}}, "give the packet once");
  refused({{"hex", "0g"}}, "'g' is not a hexadecimal digit");
  refused({{"hex", "000"}}, "odd number of digits");
  refused({{"hex", " "}}, "no bytes");
  refused({{"hex", std::string(40'000, '0')}}, "more than 9700 bytes");
  refused({{"pcap", "00"}}, "pcap: cannot read capture");
  refused({{"src", "a::1"}}, "dst: an address is needed");
  refused({{"dst", "a::1"}}, "src: an address is needed");
  refused({{"src", "a::1"}, {"dst", "1.2.3.4"}}, "must both be IPv6 or both be IPv4");
  refused({{"src", "x"}, {"dst", "a::1"}}, "'x' is not an IP address");
  refused({{"src", "a::1"}, {"dst", "a::2"}, {"proto", "carrier-pigeon"}}, "proto");
  refused({{"src", "a::1"}, {"dst", "a::2"}, {"dport", "65536"}}, "dport");
  refused({{"src", "a::1"}, {"dst", "a::2"}, {"hop_limit", "256"}}, "hop_limit");
  refused({{"src", "a::1"}, {"dst", "a::2"}, {"size", "47"}}, "the headers alone have 48 bytes");
  refused({{"src", "a::1"}, {"dst", "a::2"}, {"vlan", "4095"}}, "vlan");
  refused({{"src", "a::1"}, {"segments", "a::2,,a::3"}}, "segments: '' is not an IPv6 address");
  refused({{"src", "a::1"}, {"segments", "a::2"}, {"segments_left", "1"}}, "segments_left");
  refused({{"src", "1.2.3.4"}, {"segments", "a::2"}}, "src must be, too");
  refused({{"src", "1.2.3.4"}, {"dst", "1.2.3.5"}, {"segments", "a::2"}}, "outer_src");
}

TEST_CASE("routes: each has what OpenAPI needs") {
  RoutesFixture f;
  REQUIRE(f.api.routes().size() == 3);
  for (const ApiRoute& route : f.api.routes()) {
    CHECK(route.method == "GET");
    CHECK_FALSE(route.privileged);
    CHECK_FALSE(route.summary.empty());
    for (const ApiParameter& parameter : route.parameters)
      CHECK_FALSE(parameter.help.empty());
    CHECK((route.content_type == "application/json") == !route.schema.is_null());
  }
}
