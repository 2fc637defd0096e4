// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Eal: DPDK's environment, started once from RuntimeConfig; arguments are computed apart, so that
// they can be tested without starting anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/ports/runtime_config.hpp>

#include "dpdk_log.hpp"

namespace sextant {

// What EAL's arguments depend on beyond the configuration.
struct MachineFacts {
  std::vector<unsigned> allowed_cpus;      // where this process may run
  std::uint64_t free_huge_page_bytes = 0;  // of all sizes
};
[[nodiscard]] MachineFacts read_machine_facts();

// Pure. EAL's arguments, program name first. EAL lcore 0 is the control thread, lcore i + 1 the
// forwarding lcore i; CPUs may be shared, so that a machine with one CPU works. memory_bytes: what
// pools, queues and rings need.
struct EalArguments {
  std::vector<std::string> words;
  std::vector<unsigned> cpus;  // of the forwarding lcores
  bool huge_pages = false;
};
[[nodiscard]] Result<EalArguments> make_eal_arguments(const RuntimeConfig& config,
                                                      const MachineFacts& machine,
                                                      std::uint64_t memory_bytes);

// Owns the running EAL. EAL cannot start twice in one process, not even after stop().
class Eal {
 public:
  Eal() = default;
  ~Eal() { stop(); }
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  // Pins the calling thread to the CPUs of the control thread.
  Status start(const RuntimeConfig& config, std::uint64_t memory_bytes);
  // After everything that uses DPDK's memory is gone.
  void stop();
  // A device is meant to stay as it is: stop() leaves DPDK to the end of the process, as its own
  // clean-up would close the device.
  static void leave_devices();

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] bool uses_huge_pages() const { return arguments_.huge_pages; }
  // How many forwarding lcores there are, and their EAL lcore ids.
  [[nodiscard]] unsigned lcore_count() const {
    return static_cast<unsigned>(arguments_.cpus.size());
  }
  [[nodiscard]] static unsigned lcore_id(unsigned index) { return index + 1; }
  [[nodiscard]] const EalArguments& arguments() const { return arguments_; }

 private:
  EalArguments arguments_;
  std::vector<std::string> words_;  // EAL keeps pointers into its arguments
  std::vector<char*> argv_;
  bool running_ = false;
};

}  // namespace sextant
