// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TSC cycles per packet of every behavior and headend over the real path: forward_burst() alone,
// and the whole loop with receive and transmit on in-memory ports (net_ring).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dataplane/dpdk.hpp"
#include "support/cases.hpp"
#include "support/measure.hpp"
#include "support/rig.hpp"

using namespace sextant;
using namespace sextant::bench;

namespace {

struct Options {
  Grid grid{.bytes = {64, 192}, .objects = {1, 1000, 100000}};
  MeasureOptions measure;
  unsigned ms = 20;  // per run
  unsigned count_bursts = 0;
  unsigned record_bursts = 0;
  std::string record_folder;
  bool list = false;
  bool build = false;
  std::string json;
};

const char* name_of(Flows flows) {
  return flows == Flows::kRandom ? "random" : "repeated";
}

nlohmann::json to_json(const Summary& s) {
  return {{"min", s.min}, {"median", s.median}, {"max", s.max}};
}

nlohmann::json to_json(const Case& c, const Measured& m) {
  const BurstTimes& us = m.burst;
  return {{"id", c.id()},
          {"behavior", c.name},
          {"inner", c.inner},
          {"bytes", c.bytes},
          {"objects", c.objects},
          {"segments", c.segments},
          {"lists", c.lists},
          {"flows", name_of(c.flows)},
          {"forward", to_json(m.forward)},
          {"loop", to_json(m.loop)},
          {"mpps", static_cast<double>(rte_get_tsc_hz()) / m.loop.median / 1e6},
          {"burst_us", {{"p50", us.median}, {"p99", us.p99}, {"p99.9", us.p999}, {"max", us.max}}},
          {"table_mib", m.table_mib}};
}

void print_head() {
  fmt::print(
      "{:<15} {:<5} {:>4} {:>7} {:>3} {:>3} {:<8} {:>7} {:>6} {:>6} {:>8} {:>6} {:>6} {:>6} "
      "{:>6} {:>6} {:>7}\n",
      "behavior", "inner", "B", "objects", "seg", "lst", "flows", "forward", "min", "max",
      "with I/O", "Mpps", "p50", "p99", "p99.9", "max us", "MiB");
}

void print_row(const Case& c, const Measured& m) {
  fmt::print(
      "{:<15} {:<5} {:>4} {:>7} {:>3} {:>3} {:<8} {:>7.1f} {:>6.1f} {:>6.1f} {:>8.1f} "
      "{:>6.2f} {:>6.1f} {:>6.1f} {:>6.1f} {:>6.1f} {:>7.1f}\n",
      c.name, c.inner, c.bytes, c.objects, c.segments, c.lists, name_of(c.flows), m.forward.median,
      m.forward.min, m.forward.max, m.loop.median,
      static_cast<double>(rte_get_tsc_hz()) / m.loop.median / 1e6, m.burst.median, m.burst.p99,
      m.burst.p999, m.burst.max, m.table_mib);
  std::fflush(stdout);
}

Options parse_options(int argc, char** argv) {
  Options options;
  CLI::App app("Cycles per packet of every behavior and headend");
  app.add_option("--bytes", options.grid.bytes, "sizes of the inner packet")->delimiter(',');
  app.add_option("--objects", options.grid.objects, "numbers of SIDs, policies or routes")
      ->delimiter(',');
  std::map<std::string, Flows> flows = {{"repeated", Flows::kRepeated}, {"random", Flows::kRandom}};
  app.add_option("--flows", options.grid.flows, "repeated (a burst is one flow), random, or both")
      ->delimiter(',')
      ->transform(CLI::CheckedTransformer(flows));
  app.add_option("--filter", options.grid.filter, "only cases whose id contains this");
  app.add_flag("--list", options.list, "print the ids of the cases and stop");
  app.add_flag("--build", options.build, "print what instruction counts depend on and stop");
  app.add_option("--burst", options.measure.burst, "packets per burst")->check(CLI::Range(1, 256));
  app.add_option("--runs", options.measure.runs, "runs per case; the median counts")
      ->check(CLI::Range(1, 1000));
  app.add_option("--ms", options.ms, "duration of a run")->check(CLI::Range(1, 60000));
  app.add_option("--count-bursts", options.count_bursts,
                 "no timing: so many bursts per case, for bench/instructions");
  app.add_option("--record", options.record_folder,
                 "no timing: write what each case receives and sends to captures in this folder")
      ->check(CLI::ExistingDirectory);
  app.add_option("--record-bursts", options.record_bursts, "so many bursts of each case")
      ->default_val(4)
      ->check(CLI::Range(1, 1000));
  app.add_option("--json", options.json, "write the results to this file too");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  options.measure.run_time = std::chrono::milliseconds(options.ms);
  return options;
}

int measure_all(const std::vector<Case>& cases, const Options& options) {
  fmt::print("{}\n", machine_facts());
  fmt::print(
      "burst {}, {} runs of {} ms; TSC cycles per packet, median and spread; p50 to max: "
      "one burst from receive to transmit, microseconds\n\n",
      options.measure.burst, options.measure.runs, options.ms);
  print_head();
  nlohmann::json rows = nlohmann::json::array();
  for (const Case& c : cases) {
    const Result<Measured> measured = measure(c, options.measure);
    if (!measured) {
      fmt::print(stderr, "{}: {}\n", c.id(), measured.error().text);
      return 1;
    }
    print_row(c, *measured);
    rows.push_back(to_json(c, *measured));
  }
  if (options.json.empty()) return 0;
  const nlohmann::json document = {{"machine", machine_facts()},
                                   {"compiler", __VERSION__},
                                   {"burst", options.measure.burst},
                                   {"tsc_hz", rte_get_tsc_hz()},
                                   {"rows", rows}};
  std::ofstream file(options.json);
  file << document.dump(2) << '\n';
  if (!file.flush()) {
    fmt::print(stderr, "behaviors_bench: cannot write {}: {}\n", options.json, strerror(errno));
    return 1;
  }
  return 0;
}

// run(case) for all of them, until one fails.
int for_each(const std::vector<Case>& cases, const std::function<Status(const Case&)>& run) {
  for (const Case& c : cases) {
    if (const Status done = run(c); !done) {
      fmt::print(stderr, "{}: {}\n", c.id(), done.error().text);
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  if (options.build) {
    fmt::print("compiler {}, {}\n", __VERSION__, rte_version());
    return 0;
  }
  const std::vector<Case> cases = all_cases(options.grid);
  if (cases.empty()) {
    fmt::print(stderr, "behaviors_bench: no case has '{}' in its id; see --list\n",
               options.grid.filter);
    return 1;
  }
  if (options.list) {
    for (const Case& c : cases)
      fmt::print("{}\n", c.id());
    return 0;
  }
  if (const Status started = start_eal(); !started) {
    fmt::print(stderr, "behaviors_bench: {}\n", started.error().text);
    return 1;
  }
  const unsigned burst = options.measure.burst;
  if (!options.record_folder.empty()) {
    return for_each(cases, [&](const Case& c) {
      return run_recorded(c, burst, options.record_bursts, options.record_folder);
    });
  }
  if (options.count_bursts != 0) {
    return for_each(cases,
                    [&](const Case& c) { return run_counted(c, burst, options.count_bursts); });
  }
  return measure_all(cases, options);
}
