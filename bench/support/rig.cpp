// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Rig: EAL, in-memory ports and CPUs of benches.
#include "support/rig.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>

#include "dataplane/dpdk.hpp"

namespace sextant::bench {

namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown CPU";
}

}  // namespace

const std::vector<int>& allowed_cpus() {
  static std::vector<int> out;
  if (!out.empty()) return out;
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) out.push_back(cpu);
  }
  return out;
}

void take_cpu(std::size_t n) {
  const std::vector<int>& cpus = allowed_cpus();
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpus[cpus.size() - 1 - n % cpus.size()], &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), -20);
}

Status start_eal() {
  static std::vector<std::string> words = {
      "bench",       "--no-huge", "--no-shconf",   "--no-pci",
      "-m",          "512",       "--lcores",      fmt::format("0@{}", allowed_cpus().back()),
      "--log-level", "error",     "--no-telemetry"};
  static std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    return Error{fmt::format("the EAL does not start: {}", rte_strerror(rte_errno))};
  }
  take_cpu(0);
  return Ok{};
}

std::string machine_facts() {
  return fmt::format("{}; TSC {:.2f} GHz; 4 KiB pages (no huge pages); {}; compiler {}",
                     cpu_model(), static_cast<double>(rte_get_tsc_hz()) / 1e9, rte_version(),
                     __VERSION__);
}

Result<RingPort> RingPort::open(const std::string& name, unsigned slots, rte_mempool* pool) {
  RingPort out;
  out.ring = rte_ring_create(name.c_str(), slots, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
  const int id = out.ring == nullptr ? -1 : rte_eth_from_ring(out.ring);
  if (id < 0) return Error{fmt::format("no ring port: {}", rte_strerror(rte_errno))};
  out.id = static_cast<std::uint16_t>(id);
  const auto descriptors = static_cast<std::uint16_t>(slots);
  const rte_eth_conf config{};
  if (rte_eth_dev_configure(out.id, 1, 1, &config) != 0 ||
      rte_eth_rx_queue_setup(out.id, 0, descriptors, 0, nullptr, pool) != 0 ||
      rte_eth_tx_queue_setup(out.id, 0, descriptors, 0, nullptr) != 0 ||
      rte_eth_dev_start(out.id) != 0) {
    return Error{fmt::format("ring port {} does not start: {}", name, rte_strerror(rte_errno))};
  }
  return out;
}

}  // namespace sextant::bench
