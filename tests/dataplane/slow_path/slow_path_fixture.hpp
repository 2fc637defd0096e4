// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath with a pool, a publisher and an output that records bytes; no mbuf may be left over.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/slow_path/slow_path.hpp"
#include "support/catch.hpp"
#include "support/fake_mbuf.hpp"
#include "table_fixture.hpp"

namespace sextant::test {

inline constexpr std::uint64_t kSecond = 1'000'000'000;

// One call of SlowPathOutput: "frame 1", "inject 0", "resend 7", "exception 0", "drop <reason>".
struct Sent {
  std::string what;
  Bytes bytes;
};

class RecordingOutput : public SlowPathOutput {
 public:
  void send_frame(InterfaceId id, rte_mbuf* m) override {
    record("frame " + std::to_string(id), m);
  }
  void inject(TableId table, rte_mbuf* m) override { record("inject " + std::to_string(table), m); }
  void resend(AdjacencyId id, rte_mbuf* m) override { record("resend " + std::to_string(id), m); }
  void to_exception(TableId table, rte_mbuf* m) override {
    record("exception " + std::to_string(table), m);
  }
  void count_drop(DropReason reason, rte_mbuf* m) override {
    record("drop " + std::string(name_of(reason)), m);
  }
  std::vector<Sent> take() { return std::exchange(sent_, {}); }

 private:
  void record(std::string what, rte_mbuf* mbuf) {
    sent_.push_back({std::move(what), bytes_of(mbuf)});
    rte_pktmbuf_free(mbuf);
  }
  std::vector<Sent> sent_;
};

class SlowPathFixture : public ChangingTables {
 public:
  explicit SlowPathFixture(const SlowPathSettings& settings = {}, unsigned mbufs = 255) {
    static unsigned count = 0;
    const std::string name = "slow_path_test_" + std::to_string(count++);
    pool_ = rte_pktmbuf_pool_create(name.c_str(), mbufs, 0, 0, 2048 + RTE_PKTMBUF_HEADROOM,
                                    SOCKET_ID_ANY);
    REQUIRE(pool_ != nullptr);
    slow_path = std::make_unique<SlowPath>(publisher, output, pool_, settings);
    change_tables();
    // Tests look at what comes later.
    publisher.changes.clear();
    publisher.adjacencies.clear();
    publisher.fib.clear();
  }
  ~SlowPathFixture() {
    slow_path.reset();
    CHECK(rte_mempool_in_use_count(pool_) == 0);
    rte_mempool_free(pool_);
  }
  SlowPathFixture(const SlowPathFixture&) = delete;
  SlowPathFixture& operator=(const SlowPathFixture&) = delete;

  // Publishes what the test has changed in tables.
  void change_tables() { REQUIRE(slow_path->publish(take_change()).ok()); }

  rte_mbuf* mbuf(const Bytes& bytes, const PuntInfo& info) {
    rte_mbuf* out = rte_pktmbuf_alloc(pool_);
    REQUIRE(out != nullptr);
    char* to = rte_pktmbuf_append(out, static_cast<std::uint16_t>(bytes.size()));
    REQUIRE(to != nullptr);
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    info.store(out);
    return out;
  }
  // One punted packet and the tick behind it; what came out.
  std::vector<Sent> punt(const Bytes& bytes, const PuntInfo& info) {
    slow_path->handle(mbuf(bytes, info), now);
    slow_path->tick(now);
    return output.take();
  }
  std::vector<Sent> local(const Bytes& bytes, InterfaceId rx = 1,
                          PacketKind kind = PacketKind::kIpv6) {
    return punt(bytes, {PuntReason::kLocal, kind, rx, kNoObject});
  }
  std::vector<Sent> arp(const Bytes& bytes, InterfaceId rx = 1) {
    return punt(bytes, {PuntReason::kArp, PacketKind::kArp, rx, kNoObject});
  }
  std::vector<Sent> resolve(const Bytes& bytes, AdjacencyId adjacency, InterfaceId rx = 2) {
    return punt(bytes, {PuntReason::kResolve, PacketKind::kIpv6, rx, adjacency});
  }
  std::vector<Sent> glean(const Bytes& bytes, std::uint32_t interface, InterfaceId rx = 2) {
    return punt(bytes, {PuntReason::kGlean, PacketKind::kIpv6, rx, interface});
  }
  std::vector<Sent> tick(std::uint64_t at) {
    now = at;
    slow_path->tick(now);
    return output.take();
  }
  // An advertisement of an address behind interface rx.
  std::vector<Sent> advertise(const char* address, const MacAddress& mac, InterfaceId rx = 1) {
    const V6 target = address;
    Bytes body(target.bytes.begin(), target.bytes.end());
    body.insert(body.end(), {2, 1});
    body.insert(body.end(), mac.bytes.begin(), mac.bytes.end());
    return local(PacketBuilder()
                     .ipv6(target, "fe80::ff:fe00:1", {.hop_limit = 255})
                     .icmp6(136, 0, {.parameter = 0x60000000})
                     .raw(body),
                 rx);
  }
  [[nodiscard]] rte_mempool* pool() const { return pool_; }

  FakePublisher publisher;
  RecordingOutput output;
  std::uint64_t now = 100 * kSecond;
  std::unique_ptr<SlowPath> slow_path;

 private:
  rte_mempool* pool_ = nullptr;
};

// From a host behind interface 2.
inline Bytes packet_to(const char* destination) {
  return PacketBuilder().ipv6("fc00:2::9", destination).udp(1, 2).payload(10);
}

// Body of a solicitation, with a source link-layer address option.
inline Bytes target(V6 address, std::optional<MacAddress> mac = {}) {
  Bytes out(address.bytes.begin(), address.bytes.end());
  if (mac) {
    out.insert(out.end(), {1, 1});
    out.insert(out.end(), mac->bytes.begin(), mac->bytes.end());
  }
  return out;
}

inline ArpPacket arp(std::uint16_t operation, const MacAddress& sender, const char* from,
                     const char* to) {
  return {Be16(1), Be16(0x0800), 6, 4, Be16(operation), sender, V4(from), {}, V4(to)};
}

inline Bytes arp_bytes(const ArpPacket& packet) {
  const auto* at = reinterpret_cast<const std::uint8_t*>(&packet);
  return {at, at + sizeof packet};
}

// Names of what was sent, for comparing.
inline std::vector<std::string> names(const std::vector<Sent>& sent) {
  std::vector<std::string> out;
  for (const Sent& one : sent)
    out.push_back(one.what);
  return out;
}

}  // namespace sextant::test
