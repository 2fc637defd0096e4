// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Changes of the tables under full forwarding load: what they cost a burst, and that none is lost
// and none sees half a change.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "dataplane/slow_path/slow_path.hpp"
#include "support/churn_bed.hpp"

using namespace sextant;
using namespace sextant::bench;

namespace {

struct Options {
  unsigned seconds = 60;
  unsigned rate = 10'000;
  unsigned idle_seconds = 10;
  test::ChurnTables::Load load;
};

struct Failure {
  std::string text;
};

void publish(ChurnBed& bed, const TableDiff& change) {
  if (const Status done = bed.publish(change); !done) throw Failure{done.error().text};
}

double rate_of(const PhaseResult& phase) {
  return static_cast<double>(phase.packets) / static_cast<double>(phase.ns) * 1000;
}

void print_phase(const char* name, const PhaseResult& phase, const PhaseResult& idle) {
  const double median = idle.turns.quantile_us(0.5);
  const double limit = median + 100;
  const double seconds = static_cast<double>(phase.ns) / 1e9;
  fmt::print(
      "{:<12} {:>5.2f} Mpps {:>4.0f} %  turns {:>9}: median {:.1f} us, p99.9 {:.1f}, p99.99 "
      "{:.1f}, "
      "max {:.1f}; 0.1 ms beyond idle: {} ({:.1f}/s)\n"
      "{:<12} the kernel took the lcore's CPU {} times (max {:.0f} us); a loop that only watches, "
      "on "
      "another CPU: max {:.1f} us, {} gaps beyond ({:.1f}/s); steal {} ticks\n",
      name, rate_of(phase), 100 * rate_of(phase) / rate_of(idle), phase.turns.count(),
      phase.turns.quantile_us(0.5), phase.turns.quantile_us(0.999), phase.turns.quantile_us(0.9999),
      phase.turns.max_us(), phase.turns.beyond(limit),
      static_cast<double>(phase.turns.beyond(limit)) / seconds, "", phase.preempted.count(),
      phase.preempted.max_us(), phase.pacing.max_us(), phase.pacing.beyond(limit),
      static_cast<double>(phase.pacing.beyond(limit)) / seconds, phase.steal_ticks);
  std::fflush(stdout);
}

void watch_idle(ChurnBed& bed, PhaseResult& phase, unsigned ms) {
  const std::uint64_t end = monotonic_ns() + ms * std::uint64_t{1'000'000};
  bed.enter(phase);
  for (std::uint64_t at = monotonic_ns(); at < end; at += 100'000)
    bed.wait_until(at);
  bed.leave();
}

// At a fixed rate; what comes late is made up for.
std::uint64_t churn(ChurnBed& bed, test::ChurnTables& tables, const Options& options,
                    PhaseResult& phase, Latencies& publications) {
  const std::uint64_t start = monotonic_ns();
  const std::uint64_t step = 1'000'000'000 / options.rate;
  const std::uint64_t total = std::uint64_t{options.rate} * options.seconds;
  bed.enter(phase);
  for (std::uint64_t n = 0; n < total; ++n) {
    const TableDiff change = tables.next();
    bed.wait_until(start + n * step);
    const std::uint64_t before = monotonic_ns();
    publish(bed, change);
    publications.add(monotonic_ns() - before);
  }
  bed.leave();
  return monotonic_ns() - start;
}

// Returns how long the control thread was busy with it.
std::uint64_t reload(ChurnBed& bed, const TableDiff& change, PhaseResult& phase) {
  bed.enter(phase);
  const std::uint64_t start = monotonic_ns();
  publish(bed, change);
  const std::uint64_t taken = monotonic_ns() - start;
  // The other copy, caches and freed memory are part of it.
  bed.wait_until(monotonic_ns() + 50'000'000);
  bed.leave();
  return taken;
}

bool report(const ChurnBed& bed) {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::uint64_t lost = 0;
  for (unsigned flow = 0; flow < test::kChurnFlows; ++flow) {
    const FlowResult& counted = bed.flows()[flow];
    in += counted.in;
    out += counted.out;
    if (static_cast<test::ChurnFlow>(flow) != test::ChurnFlow::kComingRoute) {
      lost += counted.in - counted.out;
    }
  }
  std::uint64_t dropped = 0;
  fmt::print("packets in {}, out {}", in, out);
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const std::uint64_t packets = bed.counters().drops[i].read().packets;
    dropped += packets;
    if (packets != 0) fmt::print(", {} {}", kDropReasons[i].name, packets);
  }
  const std::uint64_t no_route =
      bed.counters().drops[static_cast<std::size_t>(DropReason::lookup_no_route)].read().packets;
  const bool exact = in == out + dropped && dropped == no_route && bed.foreign() == 0;
  fmt::print(
      "\naccounts {}; lost of flows whose way never went: {}; bursts checked {}, half "
      "changed {}\n",
      exact ? "exact" : "DO NOT AGREE", lost, bed.bursts(), bed.half_changed());
  return exact && lost == 0 && bed.half_changed() == 0;
}

int run(const Options& options) {
  auto started = ChurnBed::start();
  if (!started) throw Failure{started.error().text};
  ChurnBed& bed = **started;
  test::ChurnTables tables;
  PhaseResult warm_up;
  watch_idle(bed, warm_up, 500);

  auto idle = std::make_unique<PhaseResult>();
  watch_idle(bed, *idle, options.idle_seconds * 1000);
  print_phase("no changes", *idle, *idle);

  auto churning = std::make_unique<PhaseResult>();
  Latencies publications;
  const std::uint64_t taken = churn(bed, tables, options, *churning, publications);
  print_phase("churning", *churning, *idle);
  const double changes = static_cast<double>(publications.count());
  const PublicationStatus status = bed.publication();
  fmt::print(
      "{:.0f} changes in {:.2f} s: {:.0f} a second; publish() median {:.1f} us, p99 {:.1f}, "
      "max {:.1f}; longest apply {:.1f} us, grace {:.1f} us\n",
      changes, static_cast<double>(taken) / 1e9, changes * 1e9 / static_cast<double>(taken),
      publications.quantile_us(0.5), publications.quantile_us(0.99), publications.max_us(),
      static_cast<double>(status.longest.apply_ns) / 1000,
      static_cast<double>(status.longest.grace_ns) / 1000);

  const std::pair<const char*, TableDiff> reloads[] = {
      {"full load", test::ChurnTables::reload(options.load, 0)},
      {"full reload", test::ChurnTables::reload(options.load, 1)},
      {"full reload", test::ChurnTables::reload(options.load, 2)},
      {"full unload", test::ChurnTables::unload(options.load)}};
  for (const auto& [name, change] : reloads) {
    auto phase = std::make_unique<PhaseResult>();
    const std::uint64_t busy = reload(bed, change, *phase);
    print_phase(name, *phase, *idle);
    fmt::print("{} in {:.1f} ms on the control thread\n", name, static_cast<double>(busy) / 1e6);
  }
  bed.finish();
  return report(bed) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Changes of the tables under full forwarding load");
  app.add_option("--seconds", options.seconds, "how long tables change")
      ->check(CLI::Range(1, 3600));
  app.add_option("--rate", options.rate, "changes a second")->check(CLI::Range(1, 1'000'000));
  app.add_option("--idle-seconds", options.idle_seconds, "how long before, for comparison")
      ->check(CLI::Range(1, 3600));
  app.add_option("--routes", options.load.routes, "routes of a full reload");
  app.add_option("--local-sids", options.load.local_sids, "local SIDs of a full reload");
  app.add_option("--policies", options.load.policies, "policies of a full reload");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const Failure& failure) {
    fmt::print(stderr, "churn_bench: {}\n", failure.text);
    return 1;
  }
}
