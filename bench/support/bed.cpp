// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Bed: receive, forward and send one burst at a time.
#include "support/bed.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <rte_errno.h>

#include "dataplane/replay/capture_file.hpp"

namespace sextant::bench {

namespace {

constexpr unsigned kRingSize = 1024;

// What malloc() gave out.
std::size_t allocated() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

Bed::Bed(const Case& c, unsigned burst)
    : case_(c),
      workload_(make_workload(c)),
      burst_(burst),
      traffic_(case_, workload_),
      lcore_(std::make_unique<LcoreState>()),
      proxy_cache_(std::make_unique<ProxyCache>(65536, 300, rte_get_tsc_hz())) {}

Result<Bed::Ports> Bed::open_ports() {
  static Ports ports;
  if (ports.pool != nullptr) return ports;
  ports.pool = rte_pktmbuf_pool_create("bench", 8191, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
  if (ports.pool == nullptr) return Error{fmt::format("no mbufs: {}", rte_strerror(rte_errno))};
  for (RingPort* port : {&ports.in, &ports.out}) {
    auto opened = RingPort::open(port == &ports.in ? "in" : "out", kRingSize, ports.pool);
    if (!opened) return opened.error();
    *port = *opened;
  }
  return ports;
}

Status Bed::prepare() {
  auto ports = open_ports();
  if (!ports) return ports.error();
  ports_ = *ports;
  {
    const TableDiff all = diff({}, workload_.tables);
    const std::size_t before = allocated();
    if (const Status applied = tables_.apply(all); !applied) return applied;
    table_bytes_ = allocated() - before;
  }
  if (const Status counters = storage_.attach(lcore_->counters); !counters) return counters;
  lcore_->pool = ports_.pool;
  lcore_->proxy_cache = proxy_cache_.get();
  lcore_->tsc_hz = rte_get_tsc_hz();
  return prime();
}

Status Bed::prime() {
  if (!workload_.prime) return Ok{};
  for (unsigned flow = 0; flow < kFlows; ++flow) {
    const std::vector<std::uint8_t> frame = workload_.prime(flow);
    rte_mbuf* mbuf = rte_pktmbuf_alloc(ports_.pool);
    if (mbuf == nullptr) return Error{"out of mbufs"};
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    lcore_->now_tsc = rte_rdtsc();
    forward_burst(tables_, *lcore_, 1, {&mbuf, 1});
    MbufList& sent = lcore_->output.tx[2];
    if (sent.count != 1) return Error{why_not()};
    rte_pktmbuf_free_bulk(sent.mbufs.data(), sent.count);
    drain();
  }
  return Ok{};
}

// Makes one burst and puts it where port 0 receives it.
Status Bed::receive_burst() {
  rte_mbuf* mbufs[kMaxRxBurst];
  if (rte_pktmbuf_alloc_bulk(ports_.pool, mbufs, burst_) != 0) return Error{"out of mbufs"};
  traffic_.fill({mbufs, burst_});
  rte_ring_enqueue_bulk(ports_.in.ring, reinterpret_cast<void**>(mbufs), burst_, nullptr);
  return Ok{};
}

Result<BurstCycles> Bed::turn() {
  if (const Status made = receive_burst(); !made) return made.error();
  rte_mbuf* mbufs[kMaxRxBurst];
  const std::uint64_t t0 = rte_rdtsc_precise();
  const std::uint16_t received =
      rte_eth_rx_burst(ports_.in.id, 0, mbufs, static_cast<std::uint16_t>(burst_));
  const std::uint64_t t1 = rte_rdtsc_precise();
  lcore_->now_tsc = t1;
  forward_burst(tables_, *lcore_, 0, {mbufs, received});
  const std::uint64_t t2 = rte_rdtsc_precise();
  MbufList& out = lcore_->output.tx[1];
  const std::uint16_t sent =
      rte_eth_tx_burst(ports_.out.id, 0, out.mbufs.data(), static_cast<std::uint16_t>(out.count));
  const std::uint64_t t3 = rte_rdtsc_precise();

  const bool all_left = sent == burst_;
  const Error failed{all_left ? "" : why_not()};
  drain();
  if (!all_left) return failed;
  return BurstCycles{t2 - t1, t3 - t0};
}

Status Bed::turn_recorded(CaptureWriter& in, CaptureWriter& out) {
  if (const Status made = receive_burst(); !made) return made;
  const auto write = [](CaptureWriter& writer, std::span<rte_mbuf* const> frames) -> Status {
    for (const rte_mbuf* frame : frames) {
      if (frame->nb_segs != 1) return Error{"a frame in pieces cannot be written down"};
      const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
      if (const Status written = writer.write(0, {data, frame->data_len}); !written) return written;
    }
    return Ok{};
  };
  rte_mbuf* mbufs[kMaxRxBurst];
  const std::uint16_t received =
      rte_eth_rx_burst(ports_.in.id, 0, mbufs, static_cast<std::uint16_t>(burst_));
  if (const Status written = write(in, {mbufs, received}); !written) return written;
  lcore_->now_tsc = rte_rdtsc();
  forward_burst(tables_, *lcore_, 0, {mbufs, received});
  MbufList& sent = lcore_->output.tx[1];
  if (sent.count != burst_) return Error{why_not()};
  const Status written = write(out, sent.list());
  rte_pktmbuf_free_bulk(sent.mbufs.data(), sent.count);
  sent.count = 0;
  drain();
  return written;
}

std::string Bed::why_not() const {
  std::string text = "packets did not leave:";
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const PacketCounter drops = lcore_->counters.drops[i];
    if (drops.packets != 0) text += fmt::format(" {} {}", drops.packets, kDropReasons[i].name);
  }
  return text + fmt::format(", {} punted", lcore_->output.punted.count);
}

// Everything back to the pool.
void Bed::drain() {
  BurstOutput& output = lcore_->output;
  void* mbufs[kMaxRxBurst];
  while (const unsigned n = rte_ring_dequeue_burst(ports_.out.ring, mbufs, kMaxRxBurst, nullptr)) {
    rte_pktmbuf_free_bulk(reinterpret_cast<rte_mbuf**>(mbufs), n);
  }
  rte_pktmbuf_free_bulk(output.punted.mbufs.data(), output.punted.count);
  rte_pktmbuf_free_bulk(output.dropped.mbufs.data(), output.dropped.count);
  output.clear();
}

}  // namespace sextant::bench
