// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PacketMemory: mbufs for packets that do not come from a port, each with its time.
#include "packet_memory.hpp"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

namespace sextant {

namespace {

// Lcore 0 on the first CPU that this process may use.
std::string first_allowed_lcore(const cpu_set_t& allowed) {
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) return "0@" + std::to_string(cpu);
  }
  return "0@0";
}

}  // namespace

Status start_private_eal(std::uint32_t memory_mb) {
  // EAL knows no socket before it runs.
  if (rte_socket_count() > 0) return Ok{};
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  // EAL keeps pointers into its arguments.
  static std::vector<std::string> words;
  words = {"sextant",
           "--no-huge",
           "--no-pci",
           "--no-telemetry",
           "--no-shconf",
           "-m",
           std::to_string(memory_mb),
           "--lcores",
           first_allowed_lcore(allowed),
           "--log-level",
           "error"};
  static std::vector<char*> arguments;
  arguments.clear();
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int status = rte_eal_init(static_cast<int>(words.size()), arguments.data());
  // EAL pinned this thread, and threads made later would inherit that.
  sched_setaffinity(0, sizeof allowed, &allowed);
  if (status < 0) {
    return Error{std::string("DPDK's memory cannot be set up: ") + rte_strerror(rte_errno)};
  }
  return Ok{};
}

Result<PacketMemory> PacketMemory::create(std::uint32_t mbufs) {
  static const rte_mbuf_dynfield field = [] {
    rte_mbuf_dynfield out{};
    std::snprintf(out.name, sizeof out.name, "sextant_packet_time");
    out.size = out.align = sizeof(std::uint64_t);
    return out;
  }();
  static unsigned serial = 0;

  PacketMemory memory;
  memory.time_offset_ = rte_mbuf_dynfield_register(&field);
  const std::string name = "replay_" + std::to_string(serial++);
  memory.pool_.reset(
      rte_pktmbuf_pool_create(name.c_str(), mbufs, 0, 0, kHeadroom + kSegmentBytes, SOCKET_ID_ANY));
  if (memory.time_offset_ < 0 || !memory.pool_) {
    return Error{"no memory for " + std::to_string(mbufs) + " packets: " + rte_strerror(rte_errno)};
  }
  return memory;
}

rte_mbuf* PacketMemory::make(std::span<const std::uint8_t> bytes) const {
  rte_mbuf* head = nullptr;
  rte_mbuf* tail = nullptr;
  do {
    rte_mbuf* segment = rte_pktmbuf_alloc(pool_.get());
    if (segment == nullptr) {
      rte_pktmbuf_free(head);
      return nullptr;
    }
    segment->data_off = kHeadroom;
    const std::size_t here = std::min<std::size_t>(bytes.size(), kSegmentBytes);
    if (here != 0) std::memcpy(rte_pktmbuf_mtod(segment, std::uint8_t*), bytes.data(), here);
    segment->data_len = static_cast<std::uint16_t>(here);
    bytes = bytes.subspan(here);
    if (head == nullptr) {
      head = segment;
      head->pkt_len = static_cast<std::uint32_t>(here);
    } else {
      tail->next = segment;
      ++head->nb_segs;
      head->pkt_len += static_cast<std::uint32_t>(here);
    }
    tail = segment;
  } while (!bytes.empty());
  return head;
}

std::span<const std::uint8_t> bytes_of(const rte_mbuf* mbuf, std::vector<std::uint8_t>& storage) {
  if (mbuf->nb_segs == 1) return {rte_pktmbuf_mtod(mbuf, const std::uint8_t*), mbuf->data_len};
  storage.clear();
  for (const rte_mbuf* segment = mbuf; segment != nullptr; segment = segment->next) {
    const auto* data = rte_pktmbuf_mtod(segment, const std::uint8_t*);
    storage.insert(storage.end(), data, data + segment->data_len);
  }
  return storage;
}

}  // namespace sextant
