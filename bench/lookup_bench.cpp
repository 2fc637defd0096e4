// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TSC cycles per lookup: ExactTable beside rte_hash, PrefixTrie beside rte_fib and rte_fib6, with
// the same keys in the same order. Figures and method: bench/lookup.md.
#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_rib.h>
#include <rte_rib6.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "dataplane/tables/exact_table.hpp"
#include "dataplane/tables/prefix_trie.hpp"
#include "support/internet_routes.hpp"

namespace {

using namespace sextant;
using namespace sextant::bench;

constexpr unsigned kBurst = 64;
constexpr unsigned kRuns = 8;
constexpr std::size_t kLookups = std::size_t{1} << 18;  // different ones, per run
// Short, so that few of them contain an interrupt or a turn of another process.
constexpr std::size_t kSample = 16 * kBurst;

// Cycles per lookup: median, and the samples that a tenth lie below and above of.
struct Measured {
  double median = 0, low = 0, high = 0;
};

// lookup(first): looks up keys first to first + kBurst.
Measured measure(const std::function<void(std::size_t)>& lookup) {
  std::vector<double> samples;
  for (unsigned run = 0; run <= kRuns; ++run) {
    for (std::size_t at = 0; at < kLookups; at += kSample) {
      const std::uint64_t start = rte_rdtsc_precise();
      for (std::size_t burst = 0; burst < kSample; burst += kBurst)
        lookup(at + burst);
      const std::uint64_t cycles = rte_rdtsc_precise() - start;
      // The first run brings the tables into the caches.
      if (run != 0) samples.push_back(static_cast<double>(cycles) / kSample);
    }
  }
  std::sort(samples.begin(), samples.end());
  const std::size_t n = samples.size();
  return {samples[n / 2], samples[n / 10], samples[n - n / 10]};
}

std::string text(const Measured& m) {
  return fmt::format("{:7.1f} ({:.0f}-{:.0f})", m.median, m.low, m.high);
}

double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

std::mt19937_64 random_bits(1);

template <typename T>
std::vector<T> random_picks(const std::vector<T>& from) {
  std::vector<T> out;
  out.reserve(kLookups);
  for (std::size_t i = 0; i < kLookups; ++i)
    out.push_back(from[random_bits() % from.size()]);
  return out;
}

std::uint64_t sink = 0;  // keeps results alive

// Local SIDs, pods and services as a cluster gives them out: few prefixes, counted up in the last
// bytes.
std::vector<Ipv6Address> host_addresses(std::size_t n) {
  std::vector<Ipv6Address> out;
  for (std::size_t i = 0; i < n; ++i) {
    Ipv6Address a = *Ipv6Address::parse("fc00:0:1::");
    a.bytes[5] = static_cast<std::uint8_t>(i >> 16);
    a.bytes[7] = static_cast<std::uint8_t>(i % 7);
    a.bytes[14] = static_cast<std::uint8_t>(i >> 8);
    a.bytes[15] = static_cast<std::uint8_t>(i);
    out.push_back(a);
  }
  return out;
}

Measured measure_exact(const ExactTable& table, const std::vector<LookupKey>& keys) {
  return measure([&](std::size_t at) {
    std::uint64_t hashes[kBurst];
    LookupResult result;
    for (unsigned i = 0; i < kBurst; ++i) {
      hashes[i] = ExactTable::hash(keys[at + i]);
      table.prefetch(hashes[i]);
    }
    for (unsigned i = 0; i < kBurst; ++i) {
      if (table.find(keys[at + i], hashes[i], &result)) sink += result.word();
    }
  });
}

void bench_exact(std::size_t n) {
  const std::vector<Ipv6Address> hosts = host_addresses(n);
  ExactTable table;
  rte_hash_parameters parameters{};
  parameters.name = "lookup_bench";
  parameters.entries = static_cast<std::uint32_t>(n + n / 4 + 64);
  parameters.key_len = sizeof(Ipv6Address);
  parameters.hash_func = rte_hash_crc;
  rte_hash* hash = rte_hash_create(&parameters);
  for (std::size_t i = 0; i < n; ++i) {
    table.upsert({0, hosts[i]}, {LookupResult::Kind::kLocalSid, static_cast<std::uint32_t>(i)});
    if (hash != nullptr) {
      rte_hash_add_key_data(hash, &hosts[i], reinterpret_cast<void*>(i + 1));
    }
  }
  const std::vector<Ipv6Address> order = random_picks(hosts);
  std::vector<LookupKey> keys;
  std::vector<LookupKey> missing;
  for (const Ipv6Address& a : order) {
    keys.push_back({0, a});
    missing.push_back({2, a});  // another table: what LPM then answers
  }
  const Measured hit = measure_exact(table, keys);
  const Measured miss = measure_exact(table, missing);
  std::string other = "does not fit";
  if (hash != nullptr) {
    other = text(measure([&](std::size_t at) {
      const void* pointers[kBurst];
      void* data[kBurst];
      std::uint64_t hits = 0;
      for (unsigned i = 0; i < kBurst; ++i)
        pointers[i] = &order[at + i];
      rte_hash_lookup_bulk_data(hash, pointers, kBurst, &hits, data);
      sink += hits;
    }));
    rte_hash_free(hash);
  }
  fmt::print("{:>9} {:>18} {:>18} {:>18} {:>8.1f}\n", n, text(hit), text(miss), other,
             mebibytes(table.memory_bytes()));
  std::fflush(stdout);
}

enum class Shape { kInternet4, kInternet6, kLocators6 };

// Locators of nodes, one after another.
std::vector<IpPrefix> locators(std::size_t n) {
  std::vector<IpPrefix> out;
  for (std::size_t i = 0; i < n; ++i) {
    IpPrefix prefix{*Ipv6Address::parse("fc00:0:1::"), 64};
    prefix.address.v6.bytes[5] = static_cast<std::uint8_t>(1 + (i >> 16));
    prefix.address.v6.bytes[6] = static_cast<std::uint8_t>(i >> 8);
    prefix.address.v6.bytes[7] = static_cast<std::uint8_t>(i);
    out.push_back(prefix);
  }
  return out;
}

std::vector<IpPrefix> make_routes(Shape shape, std::size_t n) {
  switch (shape) {
    case Shape::kInternet4: return internet_routes(Family::kIpv4, n, random_bits);
    case Shape::kInternet6: return internet_routes(Family::kIpv6, n, random_bits);
    case Shape::kLocators6: return locators(n);
  }
  return {};
}

// An address of each picked prefix.
std::vector<IpAddress> make_targets(const std::vector<IpPrefix>& routes) {
  std::vector<IpAddress> out;
  for (const IpPrefix& prefix : random_picks(routes))
    out.push_back(address_within(prefix, random_bits));
  return out;
}

struct Filled {
  Measured lookup;
  double insert_us = 0;
  std::string note;
};

double elapsed_us(std::uint64_t start, std::size_t n) {
  return static_cast<double>(rte_rdtsc_precise() - start) * 1e6 /
         static_cast<double>(rte_get_tsc_hz()) / static_cast<double>(n);
}

Filled bench_trie(const std::vector<IpPrefix>& routes, const std::vector<IpAddress>& targets,
                  double* memory) {
  PrefixTrie trie;
  const TableScope scope = table_scope(0, routes[0].address.family);
  Filled out;
  const std::uint64_t start = rte_rdtsc_precise();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    trie.upsert(scope, routes[i],
                {LookupResult::Kind::kAdjacency, static_cast<std::uint32_t>(i % 1000)});
  }
  out.insert_us = elapsed_us(start, routes.size());
  std::vector<LookupKey> keys;
  for (const IpAddress& a : targets) {
    keys.push_back(a.is_v6() ? LookupKey(scope, a.v6) : LookupKey(scope, a.v4));
  }
  out.lookup = measure([&](std::size_t at) {
    const LookupKey* pointers[kBurst];
    LookupResult results[kBurst];
    for (unsigned i = 0; i < kBurst; ++i)
      pointers[i] = &keys[at + i];
    trie.find_bulk(pointers, kBurst, results);
    sink += results[0].word();
  });
  *memory = mebibytes(trie.memory_bytes());
  return out;
}

Filled bench_fib4(const std::vector<IpPrefix>& routes, const std::vector<IpAddress>& targets) {
  rte_fib_conf conf{};
  conf.type = RTE_FIB_DIR24_8;
  conf.max_routes = static_cast<int>(routes.size() * 2 + 1024);
  conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
  conf.dir24_8.num_tbl8 = 65536;
  rte_fib* fib = rte_fib_create("lookup_bench4", SOCKET_ID_ANY, &conf);
  Filled out;
  if (fib == nullptr) {
    out.note = std::string("not created: ") + rte_strerror(rte_errno);
    return out;
  }
  const auto host_order = [](const IpAddress& a) {
    return std::uint32_t{a.v4.bytes[0]} << 24 | a.v4.bytes[1] << 16 | a.v4.bytes[2] << 8 |
           a.v4.bytes[3];
  };
  const std::uint64_t start = rte_rdtsc_precise();
  for (std::size_t i = 0; i < routes.size() && out.note.empty(); ++i) {
    const int error = rte_fib_add(fib, host_order(routes[i].address), routes[i].len, i % 1000);
    if (error != 0) out.note = fmt::format("full at {}", i);
  }
  out.insert_us = elapsed_us(start, routes.size());
  std::vector<std::uint32_t> keys;
  for (const IpAddress& a : targets)
    keys.push_back(host_order(a));
  if (out.note.empty()) {
    out.lookup = measure([&](std::size_t at) {
      std::uint64_t next_hops[kBurst];
      rte_fib_lookup_bulk(fib, keys.data() + at, next_hops, kBurst);
      sink += next_hops[0];
    });
  }
  rte_fib_free(fib);
  return out;
}

// rte_ipv6_addr replaced the byte array in 24.11.
#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
using FibKey6 = rte_ipv6_addr;
int fib6_add(rte_fib6* fib, const Ipv6Address& a, std::uint8_t len, std::uint64_t next_hop) {
  return rte_fib6_add(fib, reinterpret_cast<const rte_ipv6_addr*>(a.bytes.data()), len, next_hop);
}
#else
struct FibKey6 {
  std::uint8_t bytes[16];
};
int fib6_add(rte_fib6* fib, const Ipv6Address& a, std::uint8_t len, std::uint64_t next_hop) {
  return rte_fib6_add(fib, a.bytes.data(), len, next_hop);
}
#endif

void fib6_lookup(rte_fib6* fib, FibKey6* keys, std::uint64_t* next_hops) {
#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
  rte_fib6_lookup_bulk(fib, keys, next_hops, kBurst);
#else
  rte_fib6_lookup_bulk(fib, reinterpret_cast<std::uint8_t(*)[16]>(keys), next_hops, kBurst);
#endif
}

Filled bench_fib6(const std::vector<IpPrefix>& routes, const std::vector<IpAddress>& targets) {
  rte_fib6_conf conf{};
  conf.type = RTE_FIB6_TRIE;
  conf.max_routes = static_cast<int>(routes.size() * 2 + 1024);
  conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
  // It reserves one group for each byte behind the third of every prefix, shared or not.
  conf.trie.num_tbl8 = static_cast<std::uint32_t>(routes.size() * 5 + 1024);
  rte_fib6* fib = rte_fib6_create("lookup_bench6", SOCKET_ID_ANY, &conf);
  Filled out;
  if (fib == nullptr) {
    out.note = std::string("not created: ") + rte_strerror(rte_errno);
    return out;
  }
  const std::uint64_t start = rte_rdtsc_precise();
  for (std::size_t i = 0; i < routes.size() && out.note.empty(); ++i) {
    if (fib6_add(fib, routes[i].address.v6, routes[i].len, i % 1000) != 0) {
      out.note = fmt::format("full at {}", i);
    }
  }
  out.insert_us = elapsed_us(start, routes.size());
  std::vector<FibKey6> keys(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i)
    std::memcpy(&keys[i], targets[i].data(), 16);
  if (out.note.empty()) {
    out.lookup = measure([&](std::size_t at) {
      std::uint64_t next_hops[kBurst];
      fib6_lookup(fib, keys.data() + at, next_hops);
      sink += next_hops[0];
    });
  }
  rte_fib6_free(fib);
  return out;
}

void bench_prefixes(Shape shape, const char* name, std::size_t n) {
  const std::vector<IpPrefix> routes = make_routes(shape, n);
  const std::vector<IpAddress> targets = make_targets(routes);
  double memory = 0;
  const Filled ours = bench_trie(routes, targets, &memory);
  const Filled other =
      shape == Shape::kInternet4 ? bench_fib4(routes, targets) : bench_fib6(routes, targets);
  fmt::print("{:<11} {:>8} {:>18} {:>8.2f} {:>8.1f} {:>18} {:>8.2f}\n", name, n, text(ours.lookup),
             ours.insert_us, memory, other.note.empty() ? text(other.lookup) : other.note,
             other.insert_us);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char* argv[]) {
  // The EAL's memory is for rte_hash and rte_fib alone.
  const char* words[] = {argv[0], "--no-huge",      "--no-shconf", "--no-pci", "-m",
                         "3072",  "--no-telemetry", "--log-level", "critical"};
  if (rte_eal_init(std::size(words), const_cast<char**>(words)) < 0) {
    fmt::print(stderr, "lookup_bench: the EAL does not start: {}\n", rte_strerror(rte_errno));
    return 1;
  }
  const std::size_t largest = argc > 1 ? std::stoul(argv[1]) : 1'000'000;
  fmt::print(
      "TSC {:.2f} GHz, bursts of {}, cycles per lookup: median (first and ninth decile) of {} "
      "samples\n\n",
      static_cast<double>(rte_get_tsc_hz()) / 1e9, kBurst, kRuns * kLookups / kSample);
  fmt::print("{:>9} {:>18} {:>18} {:>18} {:>8}\n", "hosts", "ExactTable hit", "ExactTable miss",
             "rte_hash hit", "MiB");
  for (std::size_t n = 100; n <= largest; n *= 10)
    bench_exact(n);
  fmt::print("\n{:<11} {:>8} {:>18} {:>8} {:>8} {:>18} {:>8}\n", "prefixes", "routes", "PrefixTrie",
             "us/add", "MiB", "rte_fib, rte_fib6", "us/add");
  for (std::size_t n = 1000; n <= largest; n *= 10) {
    bench_prefixes(Shape::kLocators6, "IPv6 /64", n);
    bench_prefixes(Shape::kInternet6, "IPv6 mixed", n);
    bench_prefixes(Shape::kInternet4, "IPv4 mixed", n);
  }
  return sink == 0 ? 1 : 0;
}
