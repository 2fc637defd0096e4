// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One to N lcores, each with in-memory ports of its own, over the same tables, mbufs and proxy
// cache: how much of one lcore's speed each of them keeps.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/ports/lcore.hpp"
#include "dataplane/proxy_cache.hpp"
#include "support/measure.hpp"
#include "support/rig.hpp"
#include "support/traffic.hpp"

using namespace sextant;
using namespace sextant::bench;

namespace {

constexpr unsigned kBurst = 64;
constexpr unsigned kWarmUp = 500;  // bursts
constexpr std::size_t kLeastBursts = 64;
constexpr unsigned kMaxLcores = 16;

struct Options {
  unsigned lcores = static_cast<unsigned>(std::min<std::size_t>(allowed_cpus().size(), kMaxLcores));
  unsigned runs = 9;
  unsigned ms = 20;
  unsigned objects = 1000;
  std::vector<std::string> rows = {"plain IPv6",       "plain IPv4",         "End IPv6",
                                   "End.X IPv6",       "End.DT6 IPv6",       "End.DT4 IPv4",
                                   "End.DX2 L2",       "End.B6.Encaps IPv6", "End.AD IPv6",
                                   "H.Encaps IPv6 s2", "H.Encaps IPv4 s2"};
  std::string json;
};

struct Ports {
  RingPort in, out;
};

// Counters as they would be if all lcores wrote to the same ones. What a row with them loses shows
// that the bench sees shared lines.
struct alignas(64) SharedCounter {
  std::atomic<std::uint64_t> packets{0};
};

// One case, with as many lcores as there may be.
class Field {
 public:
  Field(const Case& c, const std::vector<Ports>& ports, rte_mempool* pool, bool shared_counters)
      : case_(c),
        workload_(make_workload(c)),
        ports_(ports),
        pool_(pool),
        shared_counters_(shared_counters),
        publisher_(static_cast<unsigned>(ports.size())),
        proxy_cache_(65536, 300, rte_get_tsc_hz()) {}

  Status prepare() {
    const auto published = publisher_.publish(diff({}, workload_.tables));
    if (!published) return published.error();
    for (unsigned i = 0; i < ports_.size(); ++i) {
      LcoreSetup setup;
      setup.index = i;
      setup.publisher = &publisher_;
      setup.pool = pool_;
      setup.proxy_cache = &proxy_cache_;
      setup.ports.rx = {{0, 0}};
      setup.ports.tx[0].port_id = ports_[i].in.id;
      setup.ports.tx[1].port_id = ports_[i].out.id;
      setup.burst = kBurst;
      setup.idle = IdleMode::kPoll;
      auto lcore = Lcore::create(std::move(setup));
      if (!lcore) return lcore.error();
      lcores_.push_back(std::move(lcore).value());
    }
    return Ok{};
  }

  // Packets per second of the first n lcores at the same time, together: each from the median of
  // its bursts, so that a burst during which the kernel took the CPU does not count.
  Result<double> run(unsigned n, std::chrono::milliseconds duration) {
    std::barrier ready(n + 1);
    stop_ = false;
    std::vector<std::thread> threads;
    std::vector<double> pps(n);
    for (unsigned i = 0; i < n; ++i) {
      threads.emplace_back([&, i] { pps[i] = run_lcore(i, ready); });
    }
    ready.arrive_and_wait();
    std::this_thread::sleep_for(duration);
    stop_ = true;
    for (std::thread& thread : threads)
      thread.join();
    double sum = 0;
    for (const double each : pps) {
      if (each == 0) return Error{case_.id() + ": packets did not leave"};
      sum += each;
    }
    return sum;
  }

 private:
  // 0: a packet did not leave.
  double run_lcore(unsigned i, std::barrier<>& ready) {
    take_cpu(i);
    rte_thread_register();
    rte_rcu_qsbr* const qsbr = publisher_.qsbr();
    rte_rcu_qsbr_thread_register(qsbr, i);
    rte_rcu_qsbr_thread_online(qsbr, i);
    Traffic traffic(case_, workload_, i + 1);
    std::vector<std::uint64_t> cycles;
    cycles.reserve(1 << 16);
    bool all_left = true;
    for (unsigned n = 0; n < kWarmUp && all_left; ++n)
      all_left = turn(i, traffic) != 0;
    ready.arrive_and_wait();
    // A thread that got no CPU in all that time makes up for it.
    while (all_left && (cycles.size() < kLeastBursts || !stop_.load(std::memory_order_relaxed))) {
      cycles.push_back(turn(i, traffic));
      all_left = cycles.back() != 0;
    }
    rte_rcu_qsbr_thread_offline(qsbr, i);
    rte_rcu_qsbr_thread_unregister(qsbr, i);
    rte_thread_unregister();
    if (!all_left) return 0;
    const auto middle = cycles.begin() + static_cast<long>(cycles.size() / 2);
    std::nth_element(cycles.begin(), middle, cycles.end());
    return static_cast<double>(rte_get_tsc_hz()) * kBurst / static_cast<double>(*middle);
  }

  // Cycles of one turn of the lcore's loop; 0: packets did not leave.
  std::uint64_t turn(unsigned i, Traffic& traffic) {
    rte_mbuf* mbufs[kBurst];
    if (rte_pktmbuf_alloc_bulk(pool_, mbufs, kBurst) != 0) return 0;
    traffic.fill(mbufs);
    rte_ring_enqueue_bulk(ports_[i].in.ring, reinterpret_cast<void**>(mbufs), kBurst, nullptr);
    const std::uint64_t start = rte_rdtsc_precise();
    lcores_[i]->run_once();
    rte_rcu_qsbr_quiescent(publisher_.qsbr(), i);
    if (shared_counters_) count_shared();
    const std::uint64_t end = rte_rdtsc_precise();
    const unsigned sent = rte_ring_dequeue_burst(ports_[i].out.ring,
                                                 reinterpret_cast<void**>(mbufs), kBurst, nullptr);
    rte_pktmbuf_free_bulk(mbufs, sent);
    return sent == kBurst ? end - start : 0;
  }

  // Every packet of another SID.
  void count_shared() {
    for (SharedCounter& counter : counters_) {
      counter.packets.store(counter.packets.load(std::memory_order_relaxed) + 1,
                            std::memory_order_relaxed);
    }
  }

  Case case_;
  Workload workload_;
  const std::vector<Ports>& ports_;
  rte_mempool* pool_;
  bool shared_counters_;
  RcuPublisher publisher_;
  ProxyCache proxy_cache_;
  std::vector<std::unique_ptr<Lcore>> lcores_;
  std::atomic<bool> stop_{false};
  std::array<SharedCounter, kBurst> counters_;
};

struct Scaled {
  unsigned lcores = 1;
  Summary mpps;        // of all together
  Summary efficiency;  // of each, to one lcore alone in the same round
};

// The numbers of lcores in turn, round after round: what drifts on the machine meets all of them.
Result<std::vector<Scaled>> scale(Field& field, const Options& options) {
  std::vector<std::vector<double>> mpps(options.lcores);
  std::vector<std::vector<double>> efficiency(options.lcores);
  for (unsigned run = 0; run < options.runs; ++run) {
    double alone = 0;
    for (unsigned n = 1; n <= options.lcores; ++n) {
      const Result<double> pps = field.run(n, std::chrono::milliseconds(options.ms));
      if (!pps) return pps.error();
      if (n == 1) alone = *pps;
      mpps[n - 1].push_back(*pps / 1e6);
      efficiency[n - 1].push_back(*pps / (n * alone));
    }
  }
  std::vector<Scaled> out;
  for (unsigned n = 1; n <= options.lcores; ++n)
    out.push_back({n, summarize(mpps[n - 1]), summarize(efficiency[n - 1])});
  return out;
}

nlohmann::json to_json(const Summary& s) {
  return {{"min", s.min}, {"median", s.median}, {"max", s.max}};
}

void report(const std::string& id, const std::vector<Scaled>& rows, nlohmann::json& all) {
  for (const Scaled& row : rows) {
    fmt::print("{:<36} {:>6} {:>8.2f} {:>8.2f} {:>10.3f} {:>6.3f} {:>6.3f}\n", id, row.lcores,
               row.mpps.median, row.mpps.max, row.efficiency.median, row.efficiency.min,
               row.efficiency.max);
    all.push_back({{"id", id},
                   {"lcores", row.lcores},
                   {"mpps", to_json(row.mpps)},
                   {"efficiency", to_json(row.efficiency)}});
  }
  std::fflush(stdout);
}

// "H.Encaps IPv6 s2" is the row whose id has these words at its start and end.
std::vector<Case> chosen(const Options& options) {
  std::vector<Case> out;
  const std::vector<Case> all = all_cases(
      {.bytes = {64}, .objects = {options.objects}, .flows = {Flows::kRandom}, .filter = ""});
  for (const std::string& row : options.rows) {
    for (const Case& c : all) {
      const std::string name = c.name + " " + c.inner;
      if (c.lists == 1 && (row == name || row == name + " s" + std::to_string(c.segments))) {
        out.push_back(c);
        break;
      }
    }
  }
  return out;
}

Result<std::vector<Ports>> open_ports(unsigned lcores, rte_mempool* pool) {
  std::vector<Ports> out;
  for (unsigned i = 0; i < lcores; ++i) {
    auto in = RingPort::open(fmt::format("in{}", i), 1024, pool);
    auto sent = RingPort::open(fmt::format("out{}", i), 1024, pool);
    if (!in || !sent) return in ? sent.error() : in.error();
    out.push_back({*in, *sent});
  }
  return out;
}

Status run(const Options& options) {
  if (const Status started = start_eal(); !started) return started;
  rte_mempool* const pool =
      rte_pktmbuf_pool_create("scaling", 16383, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
  if (pool == nullptr) return Error{"no memory for mbufs"};
  const auto ports = open_ports(options.lcores, pool);
  if (!ports) return ports.error();
  const std::vector<Case> cases = chosen(options);
  if (cases.empty()) return Error{"none of the rows exists; see behaviors_bench --list"};

  fmt::print("{}\n{} CPUs allowed; 64 B, {} objects, random flows, {} rounds of {} ms\n\n",
             machine_facts(), allowed_cpus().size(), options.objects, options.runs, options.ms);
  fmt::print("{:<36} {:>6} {:>8} {:>8} {:>10} {:>6} {:>6}\n", "row", "lcores", "Mpps", "best",
             "efficiency", "min", "max");
  nlohmann::json rows = nlohmann::json::array();
  for (const bool shared_counters : {false, true}) {
    for (const Case& c : cases) {
      // One row is enough to see what shared counters cost.
      if (shared_counters && &c != &cases.front()) break;
      Field field(c, *ports, pool, shared_counters);
      if (const Status ready = field.prepare(); !ready) return ready;
      const auto scaled = scale(field, options);
      if (!scaled) return scaled.error();
      report(c.id() + (shared_counters ? ", shared counters" : ""), *scaled, rows);
    }
  }
  if (options.json.empty()) return Ok{};
  std::ofstream file(options.json);
  file << nlohmann::json{{"machine", machine_facts()}, {"rows", rows}}.dump(2) << '\n';
  if (!file.flush()) return Error{"cannot write " + options.json};
  return Ok{};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("What each of 1 to N lcores keeps of the speed of one");
  app.add_option("--lcores", options.lcores, "up to so many; default: one per CPU allowed")
      ->check(CLI::Range(1u, kMaxLcores));
  app.add_option("--runs", options.runs, "rounds; the median counts")->check(CLI::Range(1, 1000));
  app.add_option("--ms", options.ms, "duration of a run")->check(CLI::Range(1, 60000));
  app.add_option("--objects", options.objects, "SIDs, policies or routes")
      ->check(CLI::Range(1, 100'000));
  app.add_option("--rows", options.rows,
                 "behavior, inner type and segments, for example 'End IPv6'")
      ->delimiter(',');
  app.add_option("--json", options.json, "write the results to this file too");
  CLI11_PARSE(app, argc, argv);
  if (const Status done = run(options); !done) {
    fmt::print(stderr, "scaling_bench: {}\n", done.error().text);
    return 1;
  }
  return 0;
}
