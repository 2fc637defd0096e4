// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// main() of the data path's tests: starts the EAL once, without huge pages, devices or privileges.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>

#include <cstdio>
#include <string>
#include <vector>

namespace {

// "0@N": lcore 0 on the first CPU that this process may use.
std::string first_allowed_cpu(const cpu_set_t& allowed) {
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) return "0@" + std::to_string(cpu);
  }
  return "0@0";
}

bool start_eal(const char* program, const cpu_set_t& allowed) {
  std::vector<std::string> words = {
      program,       "--no-huge", "--no-shconf",   "--no-pci",
      "-m",          "256",       "--lcores",      first_allowed_cpu(allowed),
      "--log-level", "error",     "--no-telemetry"};
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  return rte_eal_init(static_cast<int>(words.size()), argv.data()) >= 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  if (!start_eal(argv[0], allowed)) {
    std::fprintf(stderr, "tests: the EAL does not start: %s\n", rte_strerror(rte_errno));
    return 1;
  }
  // The EAL pinned this thread; tests that start threads want all CPUs.
  sched_setaffinity(0, sizeof allowed, &allowed);
  const int failed = Catch::Session().run(argc, argv);
  rte_eal_cleanup();
  return failed;
}
