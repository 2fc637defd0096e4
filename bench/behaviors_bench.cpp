// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TSC cycles per packet of every behavior and headend over the real path: forward_burst() alone,
// and the whole loop with receive and transmit on in-memory ports (net_ring).
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "dataplane/dpdk.hpp"
#include "support/cases.hpp"
#include "support/measure.hpp"

using namespace sextant;
using namespace sextant::bench;

namespace {

struct Options {
  std::vector<unsigned> bytes = {64, 192};
  std::vector<unsigned> objects = {1, 1000, 100000};
  std::string filter;
  unsigned burst = 64;
  unsigned runs = 5;
  unsigned ms = 20;  // per run
  unsigned count_bursts = 0;
  std::string json;
};

nlohmann::json to_json(const Summary& s) {
  return {{"min", s.min}, {"median", s.median}, {"max", s.max}};
}

void print_row(const Case& c, const Measured& m) {
  fmt::print("{:<16} {:<5} {:>4} {:>7} {:>3} {:>3} {:>9.1f} {:>6.1f} {:>6.1f} {:>9.1f} {:>8.2f}\n",
             c.name, c.inner, c.bytes, c.objects, c.segments, c.lists, m.forward.median,
             m.forward.min, m.forward.max, m.loop.median,
             static_cast<double>(rte_get_tsc_hz()) / m.loop.median / 1e6);
  std::fflush(stdout);
}

Options parse_options(int argc, char** argv) {
  Options options;
  CLI::App app("Cycles per packet of every behavior and headend");
  app.add_option("--bytes", options.bytes, "sizes of the inner packet")->delimiter(',');
  app.add_option("--objects", options.objects, "numbers of SIDs, policies or routes")
      ->delimiter(',');
  app.add_option("--filter", options.filter, "only cases whose name contains this");
  app.add_option("--burst", options.burst, "packets per burst")->check(CLI::Range(1, 256));
  app.add_option("--runs", options.runs, "runs per case; the median counts")
      ->check(CLI::Range(1, 1000));
  app.add_option("--ms", options.ms, "duration of a run")->check(CLI::Range(1, 60000));
  app.add_option("--count-bursts", options.count_bursts,
                 "no timing: so many bursts per case, for bench/instructions");
  app.add_option("--json", options.json, "write the results to this file too");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

// Marks each case for callgrind, whose dumps bench/instructions reads.
int count_instructions(const Options& options) {
  for (const Case& c : all_cases(options.bytes, options.objects)) {
    if (c.id().find(options.filter) == std::string::npos) continue;
    const Status counted = run_counted(c, options.burst, options.count_bursts);
    if (!counted) {
      fmt::print(stderr, "{}: {}\n", c.id(), counted.error().text);
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  if (const Status started = start_eal(); !started) {
    fmt::print(stderr, "behaviors_bench: {}\n", started.error().text);
    return 1;
  }
  if (options.count_bursts != 0) return count_instructions(options);
  fmt::print("{}\n", machine_facts());
  fmt::print("burst {}, {} runs of {} ms; cycles per packet of the TSC, median and spread\n\n",
             options.burst, options.runs, options.ms);
  fmt::print("{:<16} {:<5} {:>4} {:>7} {:>3} {:>3} {:>9} {:>6} {:>6} {:>9} {:>8}\n", "behavior",
             "inner", "B", "objects", "seg", "lst", "forward", "min", "max", "with I/O", "Mpps");

  nlohmann::json results = nlohmann::json::array();
  for (const Case& c : all_cases(options.bytes, options.objects)) {
    if (c.id().find(options.filter) == std::string::npos) continue;
    const Result<Measured> measured =
        measure(c, {options.burst, options.runs, std::chrono::milliseconds(options.ms)});
    if (!measured) {
      fmt::print(stderr, "{}: {}\n", c.id(), measured.error().text);
      return 1;
    }
    print_row(c, *measured);
    results.push_back({{"behavior", c.name},
                       {"inner", c.inner},
                       {"bytes", c.bytes},
                       {"objects", c.objects},
                       {"segments", c.segments},
                       {"lists", c.lists},
                       {"forward", to_json(measured->forward)},
                       {"loop", to_json(measured->loop)}});
  }
  if (!options.json.empty()) {
    std::FILE* file = std::fopen(options.json.c_str(), "w");
    if (file == nullptr) {
      fmt::print(stderr, "behaviors_bench: cannot write {}: {}\n", options.json, strerror(errno));
      return 1;
    }
    const nlohmann::json document = {{"machine", machine_facts()},
                                     {"burst", options.burst},
                                     {"tsc_hz", rte_get_tsc_hz()},
                                     {"rows", results}};
    fmt::print(file, "{}\n", document.dump(2));
    std::fclose(file);
  }
  return 0;
}
