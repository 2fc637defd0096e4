// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Starting EAL: the machine's facts, the arguments that follow from them, one call.
#include "eal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "device.hpp"

namespace sextant {

namespace {

bool devices_left = false;

constexpr std::uint64_t kMegabyte = 1u << 20;
// EAL's own structures and what drivers allocate beside queues.
constexpr std::uint64_t kSpareBytes = 64 * kMegabyte;

std::uint64_t read_number(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::uint64_t number = 0;
  in >> number;
  return in ? number : 0;
}

std::uint64_t megabytes(std::uint64_t bytes) {
  return (bytes + kMegabyte - 1) / kMegabyte;
}

Result<std::vector<unsigned>> choose_cpus(const RuntimeConfig& config,
                                          const MachineFacts& machine) {
  if (machine.allowed_cpus.empty()) return Error{"no CPU to run on"};
  if (config.lcores.empty()) return std::vector<unsigned>{machine.allowed_cpus.front()};
  for (const unsigned cpu : config.lcores) {
    if (std::find(machine.allowed_cpus.begin(), machine.allowed_cpus.end(), cpu) ==
        machine.allowed_cpus.end()) {
      return Error{
          fmt::format("lcores: CPU {} is not among the CPUs that this process may run on ({}): "
                      "correct 'lcores', or the cpuset or taskset of the process",
                      cpu, fmt::join(machine.allowed_cpus, ","))};
    }
  }
  if (config.lcores.size() >= RTE_MAX_LCORE) {
    return Error{fmt::format("lcores: {} CPUs, and DPDK is built for at most {}",
                             config.lcores.size(), RTE_MAX_LCORE - 1)};
  }
  return config.lcores;
}

Result<bool> choose_huge_pages(const RuntimeConfig& config, const MachineFacts& machine,
                               std::uint64_t needed) {
  if (config.huge_pages == HugePages::kOff) return false;
  const bool enough = machine.free_huge_page_bytes >= needed;
  if (enough || config.huge_pages == HugePages::kAuto) return enough;
  return Error{fmt::format(
      "huge_pages is on and only {} MB of the {} MB needed are free in huge pages: reserve "
      "more (sysctl vm.nr_hugepages=N, pages of 2 MB), or set huge_pages to auto or off",
      machine.free_huge_page_bytes / kMegabyte, megabytes(needed))};
}

// "0@(2,3),1@0,2@1"
std::string lcore_map(const std::vector<unsigned>& forwarding,
                      const std::vector<unsigned>& allowed) {
  std::vector<unsigned> control;
  std::copy_if(allowed.begin(), allowed.end(), std::back_inserter(control), [&](unsigned cpu) {
    return std::find(forwarding.begin(), forwarding.end(), cpu) == forwarding.end();
  });
  if (control.empty()) control = allowed;
  std::string map = fmt::format("0@({})", fmt::join(control, ","));
  for (unsigned i = 0; i < forwarding.size(); ++i) {
    map += fmt::format(",{}@{}", Eal::lcore_id(i), forwarding[i]);
  }
  return map;
}

void add_devices(const RuntimeConfig& config, std::vector<std::string>& words) {
  bool pci = false;
  for (const PortConfig& port : config.ports) {
    if (!is_pci_device(port.device)) continue;
    pci = true;
    words.push_back("-a");
    words.push_back(port.device);
  }
  if (!pci) words.push_back("--no-pci");
}

}  // namespace

MachineFacts read_machine_facts() {
  MachineFacts facts;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) facts.allowed_cpus.push_back(cpu);
    }
  }
  std::error_code ignored;
  const std::filesystem::path sizes("/sys/kernel/mm/hugepages");
  for (const auto& entry : std::filesystem::directory_iterator(sizes, ignored)) {
    // "hugepages-2048kB"
    const std::string name = entry.path().filename().string();
    const std::size_t dash = name.find('-');
    if (dash == std::string::npos) continue;
    const std::uint64_t kilobytes = std::strtoull(name.c_str() + dash + 1, nullptr, 10);
    facts.free_huge_page_bytes += kilobytes * 1024 * read_number(entry.path() / "free_hugepages");
  }
  return facts;
}

Result<EalArguments> make_eal_arguments(const RuntimeConfig& config, const MachineFacts& machine,
                                        std::uint64_t memory_bytes) {
  EalArguments out;
  auto cpus = choose_cpus(config, machine);
  if (!cpus) return cpus.error();
  out.cpus = std::move(cpus).value();

  const std::uint64_t computed = memory_bytes + kSpareBytes;
  const std::uint64_t needed = config.memory_mb > 0 ? config.memory_mb * kMegabyte : computed;
  const auto huge = choose_huge_pages(config, machine, needed);
  if (!huge) return huge.error();
  out.huge_pages = *huge;

  out.words = {"sextantd", "--no-telemetry", "--log-level=*:warning",
               "--lcores=" + lcore_map(out.cpus, machine.allowed_cpus), "--main-lcore=0"};
  if (!config.file_prefix.empty()) {
    out.words.push_back("--file-prefix=" + config.file_prefix);
  } else {
    // EAL refuses --in-memory together with --no-huge, whose memory is private anyway.
    out.words.push_back(out.huge_pages ? "--in-memory" : "--no-shconf");
  }
  if (!out.huge_pages) out.words.push_back("--no-huge");
  // Without huge pages all memory is one mapping of fixed size; with them it grows on demand.
  if (!out.huge_pages || config.memory_mb > 0) {
    out.words.push_back("-m");
    out.words.push_back(std::to_string(megabytes(needed)));
  }
  add_devices(config, out.words);
  out.words.insert(out.words.end(), config.eal_arguments.begin(), config.eal_arguments.end());
  return out;
}

Status Eal::start(const RuntimeConfig& config, std::uint64_t memory_bytes) {
  static bool used = false;
  if (used) return Error{"DPDK cannot be started twice in one process"};
  auto arguments = make_eal_arguments(config, read_machine_facts(), memory_bytes);
  if (!arguments) return arguments.error();
  arguments_ = std::move(arguments).value();
  words_ = arguments_.words;
  for (std::string& word : words_)
    argv_.push_back(word.data());
  argv_.push_back(nullptr);

  used = true;
  DpdkLog::install();
  DpdkLog::Capture capture(true);
  if (rte_eal_init(static_cast<int>(words_.size()), argv_.data()) < 0) {
    const int code = rte_errno;
    const std::string reason = capture.reason();
    return Error{
        fmt::format("DPDK does not start: {}{}{}; check huge_pages, memory_mb, lcores and "
                    "eal_arguments (it was "
                    "started with: {})",
                    rte_strerror(code), reason.empty() ? "" : ": ", reason,
                    fmt::join(arguments_.words.begin() + 1, arguments_.words.end(), " "))};
  }
  running_ = true;
  return Ok{};
}

void Eal::stop() {
  if (!running_) return;
  running_ = false;
  if (!devices_left) rte_eal_cleanup();
}

void Eal::leave_devices() {
  devices_left = true;
}

}  // namespace sextant
