// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A case on in-memory ports: frames are laid into mbufs outside the measured time, then received,
// forwarded and sent as an lcore does it.
#include "support/measure.hpp"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <vector>

#include <fmt/format.h>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define SEXTANT_HAS_CALLGRIND
#endif

#include "dataplane/forward.hpp"
#include "dataplane/ports/counters_storage.hpp"
#include "dataplane/proxy_cache.hpp"
#include "dataplane/tables/table_set.hpp"

namespace sextant::bench {

namespace {

constexpr unsigned kPorts = 2;
constexpr unsigned kRingSize = 1024;

Summary summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values.back()};
}

// Two net_ring devices. What the first receives is put into its ring by the bench; what the second
// sends is taken out of its ring again.
struct RingPorts {
  rte_ring* rings[kPorts] = {};
  std::uint16_t ids[kPorts] = {};
  rte_mempool* pool = nullptr;

  Status open() {
    pool = rte_pktmbuf_pool_create("bench", 8191, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
    if (pool == nullptr) return Error{fmt::format("no mbufs: {}", rte_strerror(rte_errno))};
    for (unsigned i = 0; i < kPorts; ++i) {
      const std::string name = "bench" + std::to_string(i);
      rings[i] = rte_ring_create(name.c_str(), kRingSize, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
      const int id = rings[i] == nullptr ? -1 : rte_eth_from_ring(rings[i]);
      if (id < 0) return Error{fmt::format("no ring port: {}", rte_strerror(rte_errno))};
      ids[i] = static_cast<std::uint16_t>(id);
      const rte_eth_conf config{};
      if (rte_eth_dev_configure(ids[i], 1, 1, &config) != 0 ||
          rte_eth_rx_queue_setup(ids[i], 0, kRingSize, 0, nullptr, pool) != 0 ||
          rte_eth_tx_queue_setup(ids[i], 0, kRingSize, 0, nullptr) != 0 ||
          rte_eth_dev_start(ids[i]) != 0) {
        return Error{fmt::format("ring port {} does not start: {}", i, rte_strerror(rte_errno))};
      }
    }
    return Ok{};
  }
};

RingPorts& ring_ports() {
  static RingPorts ports;
  return ports;
}

// One case with its tables applied.
class Bed {
 public:
  Bed(const Case& c, unsigned burst)
      : workload_(make_workload(c)),
        objects_(c.objects),
        burst_(burst),
        lcore_(std::make_unique<LcoreState>()),
        proxy_cache_(std::make_unique<ProxyCache>(65536, 300, rte_get_tsc_hz())) {}

  Status prepare() {
    if (const Status applied = tables_.apply(diff({}, workload_.tables)); !applied) return applied;
    if (const Status counters = storage_.attach(lcore_->counters); !counters) return counters;
    lcore_->pool = ring_ports().pool;
    lcore_->proxy_cache = proxy_cache_.get();
    lcore_->tsc_hz = rte_get_tsc_hz();
    return Ok{};
  }

  // Cycles of one burst: of forward_burst() alone, and with receive and transmit.
  struct Cycles {
    std::uint64_t forward = 0;
    std::uint64_t loop = 0;
  };
  // An error when a packet does not leave as a frame.
  Result<Cycles> turn() {
    const RingPorts& ports = ring_ports();
    rte_mbuf* mbufs[kMaxRxBurst];
    if (rte_pktmbuf_alloc_bulk(ports.pool, mbufs, burst_) != 0) return Error{"out of mbufs"};
    for (unsigned i = 0; i < burst_; ++i)
      fill(mbufs[i]);
    rte_ring_enqueue_bulk(ports.rings[0], reinterpret_cast<void**>(mbufs), burst_, nullptr);

    const std::uint64_t t0 = rte_rdtsc_precise();
    const std::uint16_t received =
        rte_eth_rx_burst(ports.ids[0], 0, mbufs, static_cast<std::uint16_t>(burst_));
    const std::uint64_t t1 = rte_rdtsc_precise();
    lcore_->now_tsc = t1;
    forward_burst(tables_, *lcore_, 0, {mbufs, received});
    const std::uint64_t t2 = rte_rdtsc_precise();
    MbufList& out = lcore_->output.tx[1];
    const std::uint16_t sent =
        rte_eth_tx_burst(ports.ids[1], 0, out.mbufs.data(), static_cast<std::uint16_t>(out.count));
    const std::uint64_t t3 = rte_rdtsc_precise();

    const bool all_left = sent == burst_;
    const Error failed{all_left ? "" : why_not()};
    drain();
    if (!all_left) return failed;
    return Cycles{t2 - t1, t3 - t0};
  }

 private:
  void fill(rte_mbuf* mbuf) {
    auto* data = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
    const std::vector<std::uint8_t>& frame = workload_.frame;
    std::memcpy(data, frame.data(), frame.size());
    if (workload_.address_bytes != 0) {
      workload_.write_address(static_cast<unsigned>(random_() % objects_),
                              data + workload_.address_at);
    }
    if (workload_.flow_at != 0) {
      const auto flow = static_cast<std::uint16_t>(random_());
      std::memcpy(data + workload_.flow_at, &flow, sizeof flow);
    }
    mbuf->data_len = static_cast<std::uint16_t>(frame.size());
    mbuf->pkt_len = static_cast<std::uint32_t>(frame.size());
  }

  std::string why_not() const {
    std::string text = "packets did not leave:";
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      const PacketCounter drops = lcore_->counters.drops[i];
      if (drops.packets != 0) {
        text += fmt::format(" {} {}", drops.packets, kDropReasons[i].name);
      }
    }
    return text + fmt::format(", {} punted", lcore_->output.punted.count);
  }

  // Everything back to the pool.
  void drain() {
    BurstOutput& output = lcore_->output;
    void* mbufs[kMaxRxBurst];
    while (const unsigned n =
               rte_ring_dequeue_burst(ring_ports().rings[1], mbufs, kMaxRxBurst, nullptr)) {
      rte_pktmbuf_free_bulk(reinterpret_cast<rte_mbuf**>(mbufs), n);
    }
    rte_pktmbuf_free_bulk(output.punted.mbufs.data(), output.punted.count);
    rte_pktmbuf_free_bulk(output.dropped.mbufs.data(), output.dropped.count);
    output.clear();
  }

  Workload workload_;
  unsigned objects_;
  unsigned burst_;
  std::mt19937 random_{1};
  TableSet tables_;
  CountersStorage storage_;
  std::unique_ptr<LcoreState> lcore_;
  std::unique_ptr<ProxyCache> proxy_cache_;
};

std::string read_line(const char* path, const std::string& prefix) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(prefix)) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

Status start_eal() {
  std::vector<std::string> words = {"bench",       "--no-huge", "--no-shconf",   "--no-pci",
                                    "-m",          "512",       "--lcores",      "0",
                                    "--log-level", "error",     "--no-telemetry"};
  static std::vector<char*> argv;
  static std::vector<std::string> kept = words;
  for (std::string& word : kept)
    argv.push_back(word.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    return Error{fmt::format("the EAL does not start: {}", rte_strerror(rte_errno))};
  }
  return ring_ports().open();
}

std::string machine_facts() {
  return fmt::format("{}; TSC {:.2f} GHz; 4 KiB pages (no huge pages); {}; compiler {}",
                     read_line("/proc/cpuinfo", "model name"),
                     static_cast<double>(rte_get_tsc_hz()) / 1e9, rte_version(), __VERSION__);
}

Result<Measured> measure(const Case& c, const MeasureOptions& options) {
  Bed bed(c, options.burst);
  if (const Status ready = bed.prepare(); !ready) return ready.error();
  // Caches, branch predictors and lazily touched memory first.
  for (unsigned i = 0; i < 2000; ++i) {
    if (const auto turn = bed.turn(); !turn) return turn.error();
  }
  std::vector<double> forward;
  std::vector<double> loop;
  for (unsigned run = 0; run < options.runs; ++run) {
    Bed::Cycles sum;
    std::uint64_t packets = 0;
    const auto end = std::chrono::steady_clock::now() + options.run_time;
    while (std::chrono::steady_clock::now() < end) {
      const auto turn = bed.turn();
      if (!turn) return turn.error();
      sum.forward += turn->forward;
      sum.loop += turn->loop;
      packets += options.burst;
    }
    forward.push_back(static_cast<double>(sum.forward) / static_cast<double>(packets));
    loop.push_back(static_cast<double>(sum.loop) / static_cast<double>(packets));
  }
  return Measured{summarize(forward), summarize(loop)};
}

Status run_counted(const Case& c, unsigned burst, unsigned bursts) {
  Bed bed(c, burst);
  if (Status ready = bed.prepare(); !ready) return ready;
  // Callgrind writes its dump some time after it was asked to, from this string.
  [[maybe_unused]] static std::vector<std::unique_ptr<std::string>> ids;
  ids.push_back(std::make_unique<std::string>(c.id()));
  // The first burst finds empty caches of the data path itself.
  if (const auto turn = bed.turn(); !turn) return turn.error();
#ifdef SEXTANT_HAS_CALLGRIND
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
#endif
  for (unsigned i = 0; i < bursts; ++i) {
    if (const auto turn = bed.turn(); !turn) return turn.error();
  }
#ifdef SEXTANT_HAS_CALLGRIND
  CALLGRIND_DUMP_STATS_AT(ids.back()->c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
#endif
  return Ok{};
}

}  // namespace sextant::bench
