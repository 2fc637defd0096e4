// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ProxyCache: find and store, eviction, bounds, and many threads at once.
#include "dataplane/proxy_cache.hpp"

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/proxy_flow.hpp"
#include "support/catch.hpp"
#include "support/fake_mbuf.hpp"
#include "support/packet_builder.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

constexpr std::uint64_t kHz = 1000;
constexpr std::uint64_t kSecond = kHz;
constexpr std::uint64_t kStart = 100 * kSecond;

ProxyFlowKey key_of(std::uint64_t n) {
  return {{n, n * 3, 1, 2, 3}};
}

ProxyHeader header_of(std::uint64_t value, std::uint32_t count = 96, LocalSidId sid = 5) {
  ProxyHeader header;
  header.sid = sid;
  header.count = count;
  header.sid_address.fill(value);
  header.words.fill(value);
  return header;
}

bool holds(const ProxyCache& cache, std::uint64_t n, std::uint64_t value) {
  ProxyHeader found;
  if (cache.find(key_of(n), found) != ProxyCache::Found::kYes) return false;
  for (std::size_t i = 0; i < found.count / 8; ++i) {
    if (found.words[i] != value) return false;
  }
  return true;
}

ProxyFlowKey key(const PacketBuilder& builder, PacketKind kind, InterfaceId interface = 1,
                 bool skip_tag = false, const MbufOptions& options = {}) {
  FakeMbuf mbuf(builder.build(), options);
  PacketMeta meta;
  meta.kind = kind;
  return proxy_flow_key({mbuf.get(), &meta}, interface, skip_tag);
}

}  // namespace

TEST_CASE("the cache gives back what was stored, whole, and nothing else") {
  ProxyCache cache(64, 300, kHz);
  ProxyHeader found;
  CHECK(cache.find(key_of(1), found) == ProxyCache::Found::kUnknown);
  for (const std::uint32_t count : {40u, 48u, 96u, 368u}) {
    ProxyHeader header = header_of(0, count, 1000 + count);
    for (std::size_t i = 0; i < header.words.size(); ++i)
      header.words[i] = i * count;
    CHECK(cache.store(key_of(1), header, kStart) == ProxyCache::Stored::kWritten);
    REQUIRE(cache.find(key_of(1), found) == ProxyCache::Found::kYes);
    CHECK(found.sid == header.sid);
    CHECK(found.count == count);
    CHECK(std::equal(found.data(), found.data() + count, header.data()));
  }
  CHECK(cache.find(key_of(2), found) == ProxyCache::Found::kUnknown);
  for (std::size_t word = 0; word < 5; ++word) {
    ProxyFlowKey other = key_of(1);
    other.words[word] ^= std::uint64_t{1} << 63;
    CHECK(cache.find(other, found) == ProxyCache::Found::kUnknown);
  }
}

TEST_CASE("an all-zero key is a key like any other") {
  ProxyCache cache(4, 300, kHz);
  ProxyHeader found;
  CHECK(cache.find({}, found) == ProxyCache::Found::kUnknown);
  CHECK(cache.store({}, header_of(9), kStart) == ProxyCache::Stored::kWritten);
  CHECK(cache.find({}, found) == ProxyCache::Found::kYes);
}

TEST_CASE("a steady flow is written once a second, a change at once") {
  ProxyCache cache(64, 300, kHz);
  CHECK(cache.store(key_of(1), header_of(7), kStart) == ProxyCache::Stored::kWritten);
  CHECK(cache.store(key_of(1), header_of(7), kStart + 1) == ProxyCache::Stored::kUnchanged);
  CHECK(cache.store(key_of(1), header_of(7), kStart - 5) == ProxyCache::Stored::kUnchanged);
  CHECK(cache.store(key_of(1), header_of(7), kStart + kSecond - 1) ==
        ProxyCache::Stored::kUnchanged);
  CHECK(cache.store(key_of(1), header_of(7), kStart + kSecond) == ProxyCache::Stored::kWritten);
  CHECK(cache.store(key_of(1), header_of(8), kStart + kSecond) == ProxyCache::Stored::kWritten);
  CHECK(cache.store(key_of(1), header_of(8, 104), kStart + kSecond) ==
        ProxyCache::Stored::kWritten);
  CHECK(cache.store(key_of(1), header_of(8, 104, 6), kStart + kSecond) ==
        ProxyCache::Stored::kWritten);
  CHECK(holds(cache, 1, 8));
}

TEST_CASE("a full set refuses new flows until one was silent long enough") {
  ProxyCache cache(4, 10, kHz);  // one set
  CHECK(cache.capacity() == 4);
  for (std::uint64_t n = 1; n <= 4; ++n) {
    CHECK(cache.store(key_of(n), header_of(n), kStart + n) == ProxyCache::Stored::kWritten);
  }
  CHECK(cache.store(key_of(5), header_of(5), kStart + 5) == ProxyCache::Stored::kFull);
  CHECK(cache.store(key_of(5), header_of(5), kStart + 10 * kSecond) == ProxyCache::Stored::kFull);
  // Flow 1 speaks again, so flow 2 is the most silent one.
  CHECK(cache.store(key_of(1), header_of(1), kStart + 9 * kSecond) == ProxyCache::Stored::kWritten);
  CHECK(cache.store(key_of(5), header_of(5), kStart + 11 * kSecond) ==
        ProxyCache::Stored::kWritten);
  for (const std::uint64_t n : {1u, 3u, 4u, 5u})
    CHECK(holds(cache, n, n));
  CHECK_FALSE(holds(cache, 2, 2));
  CHECK(cache.store(key_of(1), header_of(10), kStart + 11 * kSecond) ==
        ProxyCache::Stored::kWritten);
}

TEST_CASE("a longer timeout keeps flows longer") {
  ProxyCache cache(4, 300, kHz);
  for (std::uint64_t n = 1; n <= 4; ++n)
    cache.store(key_of(n), header_of(n), kStart + n);
  CHECK(cache.store(key_of(5), header_of(5), kStart + 299 * kSecond) == ProxyCache::Stored::kFull);
  CHECK(cache.store(key_of(5), header_of(5), kStart + 301 * kSecond) ==
        ProxyCache::Stored::kWritten);
}

TEST_CASE("a shorter timeout lets flows go earlier; without need none goes") {
  ProxyCache cache(4, 2, kHz);
  for (std::uint64_t n = 1; n <= 4; ++n)
    cache.store(key_of(n), header_of(n), kStart + n);
  CHECK(cache.store(key_of(5), header_of(5), kStart + kSecond) == ProxyCache::Stored::kFull);
  CHECK(holds(cache, 1, 1));
  CHECK(cache.store(key_of(5), header_of(5), kStart + 3 * kSecond) == ProxyCache::Stored::kWritten);
  CHECK_FALSE(holds(cache, 1, 1));
}

TEST_CASE("sizes are rounded up; most of the cache can be used") {
  CHECK(ProxyCache(0, 1, kHz).capacity() == 4);
  CHECK(ProxyCache(5, 1, kHz).capacity() == 8);
  ProxyCache cache(1024, 300, kHz);
  std::uint64_t stored = 0;
  for (std::uint64_t n = 0; n < 512; ++n) {
    stored += cache.store(key_of(n), header_of(n), kStart) == ProxyCache::Stored::kWritten;
  }
  CHECK(stored > 480);
}

TEST_CASE("flow keys: what belongs to the flow and what does not") {
  const auto six = [](std::uint16_t from = 1, std::uint8_t hops = 64) {
    return PacketBuilder().ipv6("1::1", "2::2", {.hop_limit = hops}).udp(from, 2).payload(9);
  };
  const auto four = [](std::uint16_t from = 1, std::uint16_t fragment = 0) {
    return PacketBuilder()
        .ipv4("1.1.1.1", "2.2.2.2", {.fragment = fragment})
        .udp(from, 2)
        .payload(9);
  };
  CHECK(key(six(), PacketKind::kIpv6) == key(six(1, 3), PacketKind::kIpv6));
  CHECK_FALSE(key(six(), PacketKind::kIpv6) == key(six(9), PacketKind::kIpv6));
  CHECK_FALSE(key(six(), PacketKind::kIpv6, 1) == key(six(), PacketKind::kIpv6, 2));
  CHECK(key(four(), PacketKind::kIpv4) == key(four(), PacketKind::kIpv4));
  CHECK_FALSE(key(four(), PacketKind::kIpv4) == key(four(9), PacketKind::kIpv4));
  // The first fragment shows its ports, later ones never do.
  CHECK(key(four(1, 0x2000), PacketKind::kIpv4) == key(four(), PacketKind::kIpv4));
  CHECK(key(four(1, 0x2001), PacketKind::kIpv4) == key(four(9, 0x0002), PacketKind::kIpv4));
  CHECK_FALSE(key(four(1, 0x2001), PacketKind::kIpv4) == key(four(), PacketKind::kIpv4));

  const auto piece = [](std::uint16_t offset, std::uint16_t from) {
    return PacketBuilder()
        .ipv6("1::1", "2::2")
        .dest_options()
        .fragment({.offset = offset, .more = true})
        .udp(from, 2)
        .payload(8);
  };
  CHECK(key(piece(0, 1), PacketKind::kIpv6) == key(six(), PacketKind::kIpv6));
  CHECK(key(piece(1, 1), PacketKind::kIpv6) == key(piece(9, 7), PacketKind::kIpv6));
  const auto icmp = [](std::uint32_t id) {
    return PacketBuilder().ipv6("1::1", "2::2").icmp6(128, 0, {.parameter = id});
  };
  CHECK(key(icmp(1), PacketKind::kIpv6) == key(icmp(2), PacketKind::kIpv6));
}

TEST_CASE("flow keys of frames: addresses, VLAN id, ethertype") {
  const auto frame = [](std::uint16_t vlan, std::uint8_t priority = 0, std::uint16_t type = 0x8137,
                        const char* to = "00:55:44:33:22:11") {
    return PacketBuilder()
        .ethernet(to, "00:11:22:33:44:55", vlan, {.priority = priority, .type = type})
        .payload(46);
  };
  const auto of = [](const PacketBuilder& b, bool skip = false) {
    return key(b, PacketKind::kFrame, 1, skip);
  };
  CHECK(of(frame(0)) == of(frame(0)));
  CHECK(of(frame(5, 1)) == of(frame(5, 7)));
  CHECK_FALSE(of(frame(5)) == of(frame(6)));
  CHECK_FALSE(of(frame(0)) == of(frame(0, 0, 0x8138)));
  CHECK_FALSE(of(frame(0)) == of(frame(0, 0, 0x8137, "00:55:44:33:22:12")));
  // The interface's own tag does not come back.
  CHECK(of(frame(5), true) == of(frame(0)));
  CHECK_FALSE(of(frame(5)) == of(frame(0)));
}

TEST_CASE("flow keys never read beyond the first segment") {
  const PacketBuilder six =
      PacketBuilder().ipv6("1::1", "2::2").dest_options().udp(1, 2).payload(9);
  for (const std::uint16_t first : {40, 41, 47, 48, 50, 51}) {
    key(six, PacketKind::kIpv6, 1, false, {.headroom = 0, .room = 70, .segments = {first}});
  }
  const PacketBuilder frame =
      PacketBuilder().ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", 5).payload(46);
  for (const std::uint16_t first : {14, 15, 17, 18}) {
    key(frame, PacketKind::kFrame, 1, true, {.headroom = 0, .room = 70, .segments = {first}});
  }
}

TEST_CASE("many threads: a reader sees a header as one writer wrote it") {
  // Few sets and more flows than entries, so that threads meet.
  ProxyCache cache(16, 0, 1);
  constexpr unsigned kThreads = 4;
  // SEXTANT_PROXY_ROUNDS=2500000: ten million packets there, and as many looked for.
  const char* const wanted_rounds = std::getenv("SEXTANT_PROXY_ROUNDS");
  const std::uint64_t rounds = wanted_rounds != nullptr ? std::stoull(wanted_rounds) : 20000;
  std::atomic<std::uint64_t> found_count{0};
  std::atomic<std::uint64_t> torn{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ProxyHeader found;
      for (std::uint64_t i = 0; i < rounds; ++i) {
        const std::uint64_t n = (i * 7 + t) % 24;
        const std::uint64_t value = n << 32 | (i & 0xffff);
        cache.store(key_of(n), header_of(value, 96 + 8 * (i % 8), static_cast<LocalSidId>(n % 2)),
                    i);
        const std::uint64_t wanted = (i * 5 + t) % 24;
        if (cache.find(key_of(wanted), found) != ProxyCache::Found::kYes) continue;
        ++found_count;
        // Two SIDs, one for each chain: even flows and odd ones.
        bool whole = found.sid == wanted % 2 && found.words[0] >> 32 == wanted &&
                     found.sid_address[0] == found.words[0] &&
                     found.sid_address[1] == found.words[0];
        for (std::size_t w = 1; w < found.count / 8; ++w)
          whole &= found.words[w] == found.words[0];
        if (!whole) ++torn;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(torn == 0);
  CHECK(found_count > 0);
}

TEST_CASE("many threads on one flow: it never becomes unknown") {
  ProxyCache cache(4, 300, kHz);
  cache.store(key_of(1), header_of(1), kStart);
  std::atomic<std::uint64_t> unknown{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      ProxyHeader found;
      for (std::uint64_t i = 0; i < 20000; ++i) {
        if (t < 2) {
          const auto stored = cache.store(key_of(1), header_of(i * 2 + t), kStart + i);
          if (stored == ProxyCache::Stored::kFull) ++unknown;
        } else if (cache.find(key_of(1), found) == ProxyCache::Found::kUnknown) {
          ++unknown;
        }
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(unknown == 0);
}
