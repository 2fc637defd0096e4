// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Changes of the tables under full forwarding load: what they cost a burst, and that none is lost
// and none sees half a change.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dataplane/slow_path/slow_path.hpp"
#include "support/churn_bed.hpp"
#include "support/measure.hpp"
#include "support/rig.hpp"

using namespace sextant;
using namespace sextant::bench;

namespace {

struct Options {
  unsigned seconds = 60;
  unsigned rate = 10'000;
  std::string json;
  test::ChurnTables::Load load;
};

struct Failure {
  std::string text;
};

void publish(ChurnBed& bed, const TableDiff& change) {
  if (const Status done = bed.publish(change); !done) throw Failure{done.error().text};
}

constexpr std::uint64_t kSecond = 1'000'000'000;

// Cycles per packet of what is added to a phase.
class CyclesSince {
 public:
  explicit CyclesSince(const PhaseResult& phase)
      : phase_(phase), cycles_(phase.busy_cycles), packets_(phase.busy_packets) {}
  [[nodiscard]] double read() const {
    return static_cast<double>(phase_.busy_cycles - cycles_) /
           static_cast<double>(phase_.busy_packets - packets_);
  }

 private:
  const PhaseResult& phase_;
  std::uint64_t cycles_;
  std::uint64_t packets_;
};

double rate_of(const PhaseResult& phase) {
  return static_cast<double>(phase.packets) / static_cast<double>(phase.ns) * 1000;
}

void print_phase(const char* name, const PhaseResult& phase, const PhaseResult& idle) {
  const double median = idle.turns.quantile_us(0.5);
  const double limit = median + 100;
  const double seconds = static_cast<double>(phase.ns) / 1e9;
  fmt::print(
      "{:<12} {:>5.2f} Mpps {:>4.0f} %, {:.1f} cycles/packet; turns {:>9}: median {:.1f} us, p99.9 "
      "{:.1f}, p99.99 {:.1f}, max {:.1f}; 0.1 ms beyond idle: {} ({:.1f}/s)\n"
      "{:<12} the kernel took the lcore's CPU {} times (max {:.0f} us); a loop that only watches, "
      "on "
      "another CPU: max {:.1f} us, {} gaps beyond ({:.1f}/s); steal {} ticks\n",
      name, rate_of(phase), 100 * rate_of(phase) / rate_of(idle), phase.cycles_per_packet(),
      phase.turns.count(), phase.turns.quantile_us(0.5), phase.turns.quantile_us(0.999),
      phase.turns.quantile_us(0.9999), phase.turns.max_us(), phase.turns.beyond(limit),
      static_cast<double>(phase.turns.beyond(limit)) / seconds, "", phase.preempted.count(),
      phase.preempted.max_us(), phase.pacing.max_us(), phase.pacing.beyond(limit),
      static_cast<double>(phase.pacing.beyond(limit)) / seconds, phase.steal_ticks);
  std::fflush(stdout);
}

void watch_idle(ChurnBed& bed, PhaseResult& phase, std::uint64_t ns) {
  const std::uint64_t end = monotonic_ns() + ns;
  bed.enter(phase);
  for (std::uint64_t at = monotonic_ns(); at < end; at += 100'000)
    bed.wait_until(at);
  bed.leave();
}

// Changes at a fixed rate; what comes late is made up for. Returns how long it took.
std::uint64_t churn(ChurnBed& bed, test::ChurnTables& tables, unsigned changes, unsigned rate,
                    PhaseResult& phase, Latencies& publications) {
  const std::uint64_t start = monotonic_ns();
  bed.enter(phase);
  for (unsigned n = 0; n < changes; ++n) {
    const TableDiff change = tables.next();
    bed.wait_until(start + n * kSecond / rate);
    const std::uint64_t before = monotonic_ns();
    publish(bed, change);
    publications.add(monotonic_ns() - before);
  }
  bed.leave();
  return monotonic_ns() - start;
}

// Tables change for a second and stay as they are for a second, in turn: what drifts on the machine
// meets both.
struct Alternated {
  PhaseResult idle;
  PhaseResult churning;
  Latencies publications;
  std::uint64_t churn_ns = 0;
  std::vector<double> ratios;  // cycles per packet, of each pair of seconds

  [[nodiscard]] Summary ratio() const { return summarize(ratios); }
};

void alternate(ChurnBed& bed, test::ChurnTables& tables, const Options& options, Alternated& out) {
  for (unsigned second = 0; second < options.seconds; ++second) {
    const CyclesSince idle(out.idle);
    watch_idle(bed, out.idle, kSecond);
    const CyclesSince churning(out.churning);
    out.churn_ns += churn(bed, tables, options.rate, options.rate, out.churning, out.publications);
    out.ratios.push_back(churning.read() / idle.read());
  }
}

void print_alternated(const Alternated& both, const PublicationStatus& status) {
  print_phase("no changes", both.idle, both.idle);
  print_phase("churning", both.churning, both.idle);
  const double changes = static_cast<double>(both.publications.count());
  const double seconds = static_cast<double>(both.churn_ns) / 1e9;
  const Summary ratio = both.ratio();
  fmt::print(
      "{:.0f} changes in {:.2f} s: {:.0f} a second; publish() median {:.1f} us, p99 {:.1f}, "
      "max {:.1f}; longest apply {:.1f} us, grace {:.1f} us\n"
      "cycles per packet while tables change, to the second before: median {:.3f}, {:.3f} to "
      "{:.3f}\n",
      changes, seconds, changes / seconds, both.publications.quantile_us(0.5),
      both.publications.quantile_us(0.99), both.publications.max_us(),
      static_cast<double>(status.longest.apply_ns) / 1000,
      static_cast<double>(status.longest.grace_ns) / 1000, ratio.median, ratio.min, ratio.max);
}

nlohmann::json to_json(const PhaseResult& phase) {
  return {{"mpps", rate_of(phase)},
          {"cycles", phase.cycles_per_packet()},
          {"turn_us",
           {{"p50", phase.turns.quantile_us(0.5)},
            {"p99.9", phase.turns.quantile_us(0.999)},
            {"p99.99", phase.turns.quantile_us(0.9999)},
            {"max", phase.turns.max_us()}}}};
}

void write_json(const std::string& path, const Alternated& both) {
  const Summary ratio = both.ratio();
  const nlohmann::json document = {
      {"machine", machine_facts()},
      {"changes", both.publications.count()},
      {"changes_per_second",
       static_cast<double>(both.publications.count()) * 1e9 / static_cast<double>(both.churn_ns)},
      {"idle", to_json(both.idle)},
      {"churning", to_json(both.churning)},
      {"cycles_ratio", {{"min", ratio.min}, {"median", ratio.median}, {"max", ratio.max}}}};
  std::ofstream file(path);
  file << document.dump(2) << '\n';
  if (!file.flush()) throw Failure{"cannot write " + path};
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
  watch_idle(bed, warm_up, kSecond / 2);

  const auto both = std::make_unique<Alternated>();
  alternate(bed, tables, options, *both);
  print_alternated(*both, bed.publication());
  if (!options.json.empty()) write_json(options.json, *both);

  const std::pair<const char*, TableDiff> reloads[] = {
      {"full load", test::ChurnTables::reload(options.load, 0)},
      {"full reload", test::ChurnTables::reload(options.load, 1)},
      {"full reload", test::ChurnTables::reload(options.load, 2)},
      {"full unload", test::ChurnTables::unload(options.load)}};
  for (const auto& [name, change] : reloads) {
    auto phase = std::make_unique<PhaseResult>();
    const std::uint64_t busy = reload(bed, change, *phase);
    print_phase(name, *phase, both->idle);
    fmt::print("{} in {:.1f} ms on the control thread\n", name, static_cast<double>(busy) / 1e6);
  }
  bed.finish();
  return report(bed) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Changes of the tables under full forwarding load");
  app.add_option("--seconds", options.seconds,
                 "how long tables change; and as long they do not, in turn")
      ->check(CLI::Range(1, 3600));
  app.add_option("--rate", options.rate, "changes a second")->check(CLI::Range(1, 1'000'000));
  app.add_option("--routes", options.load.routes, "routes of a full reload");
  app.add_option("--local-sids", options.load.local_sids, "local SIDs of a full reload");
  app.add_option("--policies", options.load.policies, "policies of a full reload");
  app.add_option("--json", options.json, "write the first two phases to this file too");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const Failure& failure) {
    fmt::print(stderr, "churn_bench: {}\n", failure.text);
    return 1;
  }
}
