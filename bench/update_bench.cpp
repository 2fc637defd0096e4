// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What an update costs in a large node: a full compile, a change of one object, and the way from
// the change to a forwarding lcore that sees it.
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "control/compile/compiler.hpp"
#include "dataplane/dpdk.hpp"
#include "dataplane/tables/rcu_publisher.hpp"
#include "support/node_state.hpp"
#include "support/rig.hpp"

using namespace sextant;
using namespace sextant::bench;

namespace {

using Clock = std::chrono::steady_clock;

double us_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::micro>(to - from).count();
}

struct Spread {
  double min = 0;
  double median = 0;
  double p99 = 0;
  double max = 0;
};

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values[values.size() * 99 / 100],
          values.back()};
}

nlohmann::json to_json(const Spread& s) {
  return {{"min", s.min}, {"median", s.median}, {"p99", s.p99}, {"max", s.max}};
}

double resident_bytes() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

// A forwarding lcore that does nothing but look which tables it would use for the next burst.
class Reader {
 public:
  explicit Reader(RcuPublisher& publisher) : publisher_(publisher), thread_([this] { run(); }) {
    while (!online_)
      std::this_thread::yield();
  }
  Reader(const Reader&) = delete;
  ~Reader() {
    stop_ = true;
    thread_.join();
  }
  // When other tables than these were first seen.
  [[nodiscard]] Clock::time_point seen_after(const TableSet* old) const {
    while (seen_.load(std::memory_order_acquire) == old)
      rte_pause();
    return Clock::time_point(Clock::duration(seen_at_.load(std::memory_order_relaxed)));
  }

 private:
  void run() {
    // Not that of the control thread: each would wait for the end of the other's time slice.
    take_cpu(1);
    rte_rcu_qsbr_thread_register(publisher_.qsbr(), 0);
    rte_rcu_qsbr_thread_online(publisher_.qsbr(), 0);
    seen_ = &publisher_.current();
    online_ = true;
    while (!stop_.load(std::memory_order_relaxed)) {
      const TableSet* const now = &publisher_.current();
      if (now != seen_.load(std::memory_order_relaxed)) {
        seen_at_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
        seen_.store(now, std::memory_order_release);
      }
      rte_rcu_qsbr_quiescent(publisher_.qsbr(), 0);
    }
    rte_rcu_qsbr_thread_offline(publisher_.qsbr(), 0);
    rte_rcu_qsbr_thread_unregister(publisher_.qsbr(), 0);
  }

  RcuPublisher& publisher_;
  std::atomic<const TableSet*> seen_{nullptr};
  std::atomic<Clock::rep> seen_at_{0};
  std::atomic<bool> online_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

struct Row {
  std::string name;
  Spread compile;  // change() and commit()
  Spread visible;  // from the change to the reader
  Spread all;      // until both copies of the tables are changed, and committed
  std::uint64_t full_compiles = 0;
};

// How the i-th change of a kind looks.
using Maker = std::function<StateChange(std::uint32_t i)>;

// Objects that come in even steps and go in odd ones.
template <typename T, typename Edits>
void come_and_go(std::uint32_t i, T object, Edits& edits) {
  if (i % 2 == 0) {
    edits.upserts.push_back(std::move(object));
  } else {
    edits.removals.push_back(key_of(object));
  }
}

std::vector<std::pair<std::string, Maker>> makers(const NodeSize& size) {
  const auto fresh = [](std::uint32_t i) { return 200'000 + i / 2 * 40; };
  return {
      {"one backend of eight",
       [size](std::uint32_t i) {
         StateChange out;
         SrPolicy changed = policy(i * 5 % (size.policies / 5 * 5));
         auto& lists = changed.candidate_paths[0].segment_lists;
         lists[i % lists.size()] = backend((i * 7 + 3) % kNodes, i + 40'000);
         out.policies.upserts.push_back(std::move(changed));
         return out;
       }},
      {"one service, with SID and steering",
       [fresh](std::uint32_t i) {
         StateChange out;
         come_and_go(i, policy(fresh(i)), out.policies);
         come_and_go(i, steering(fresh(i)), out.steering);
         return out;
       }},
      {"one route",
       [fresh](std::uint32_t i) {
         StateChange out;
         come_and_go(i, route(fresh(i)), out.routes);
         return out;
       }},
      {"one local SID",
       [fresh](std::uint32_t i) {
         StateChange out;
         come_and_go(i, local_sid(fresh(i) + 1), out.local_sids);
         return out;
       }},
      {"one route under first segments",
       [](std::uint32_t i) {
         StateChange out;
         DesiredRoute changed = route(i * 13 % kNodes);
         changed.next_hops[0].address = IpAddress(next_hop6(i * 13 % kNodes + 1 + i / kNodes));
         out.routes.upserts.push_back(std::move(changed));
         return out;
       }},
  };
}

void require(bool fine, const std::string& what) {
  if (fine) return;
  fmt::print(stderr, "update_bench: {}\n", what);
  std::exit(1);
}

Row measure_changes(Compiler& compiler, RcuPublisher& publisher, const std::string& name,
                    const Maker& make, unsigned steps) {
  std::vector<double> compile_us;
  std::vector<double> visible_us;
  std::vector<double> all_us;
  const std::uint64_t before = compiler.full_compiles();
  const Reader reader(publisher);
  for (unsigned i = 0; i < steps; ++i) {
    StateChange change = make(i);
    const TableSet* const old = &publisher.current();
    const auto start = Clock::now();
    const CompileUpdate update = compiler.change(std::move(change));
    const auto proposed = Clock::now();
    require(update.ok() && !update.diff.empty(), name + " is no change");
    const auto published = publisher.publish(update.diff);
    require(published.ok(), published.ok() ? "" : published.error().text);
    const auto visible = reader.seen_after(old);
    const auto to_commit = Clock::now();
    compiler.commit();
    const auto end = Clock::now();
    compile_us.push_back(us_between(start, proposed) + us_between(to_commit, end));
    visible_us.push_back(us_between(start, visible));
    all_us.push_back(us_between(start, end));
  }
  return {name, spread_of(compile_us), spread_of(visible_us), spread_of(all_us),
          compiler.full_compiles() - before};
}

// Bytes per object: of the compiler alone, and of both copies of the tables.
nlohmann::json measure_memory(const char* name, const NodeSize& size, std::uint32_t objects) {
  const double start = resident_bytes();
  auto compiler = std::make_unique<Compiler>();
  double built = 0;
  double published = 0;
  {
    auto publisher = std::make_unique<RcuPublisher>(1);
    CompileUpdate update = compiler->replace(node_state(size));
    require(update.ok(), "the node does not compile");
    compiler->commit();
    const double with_diff = resident_bytes();
    const TableDiff change = std::move(update.diff);
    require(publisher->publish(change).ok(), "the tables do not take the node");
    published = resident_bytes() - with_diff;
    publisher.reset();
    update = {};
    built = 0;
  }
  built = resident_bytes() - start;
  const double each = built / objects;
  const double tables = published / objects;
  fmt::print("  {:<28} {:>8.0f} compiler {:>8.0f} tables\n", name, each, tables);
  return {{"object", name}, {"compiler_bytes", each}, {"table_bytes", tables}};
}

struct Options {
  NodeSize size;
  unsigned runs = 5;
  unsigned steps = 2000;
  std::string json;
};

Options parse_options(int argc, char** argv) {
  Options out;
  CLI::App app("What an update costs in a large node");
  app.add_option("--routes", out.size.routes, "routes")->check(CLI::Range(0, 250'000));
  app.add_option("--sids", out.size.local_sids, "local SIDs")->check(CLI::Range(0, 100'000));
  app.add_option("--policies", out.size.policies, "policies, with a binding SID and a rule each")
      ->check(CLI::Range(5, 100'000));
  app.add_option("--runs", out.runs, "full compiles")->check(CLI::Range(1, 1000));
  app.add_option("--steps", out.steps, "changes of each kind")->check(CLI::Range(2, 1'000'000));
  app.add_option("--json", out.json, "write the results to this file too");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  if (const Status started = start_eal(); !started) {  // knows the machine
    fmt::print(stderr, "update_bench: {}\n", started.error().text);
    return 1;
  }
  const NodeSize& size = options.size;
  fmt::print("{}\n{} routes, {} local SIDs, {} policies\n", machine_facts(), size.routes,
             size.local_sids, size.policies);
  nlohmann::json document = {{"machine", machine_facts()},
                             {"routes", size.routes},
                             {"local_sids", size.local_sids},
                             {"policies", size.policies}};

  fmt::print("bytes per object (resident):\n");
  document["memory"] = {
      measure_memory("route", {100'000, 0, 0}, 100'000),
      measure_memory("local SID", {0, 100'000, 0}, 100'000),
      measure_memory("policy with SID and rule", {kNodes, 0, 20'000}, 20'000),
  };

  const DesiredState state = node_state(size);
  std::vector<double> full_ms;
  for (unsigned i = 0; i < options.runs; ++i) {
    const auto start = Clock::now();
    const CompileResult result = compile(state);
    full_ms.push_back(us_between(start, Clock::now()) / 1000);
    require(result.ok(), "the node does not compile");
  }
  const Spread full = spread_of(full_ms);
  fmt::print("compile(): median {:.0f} ms, {:.0f} to {:.0f}, {} runs\n", full.median, full.min,
             full.max, options.runs);
  document["compile_ms"] = to_json(full);

  Compiler compiler;
  RcuPublisher publisher(1);
  const auto start = Clock::now();
  CompileUpdate first = compiler.replace(state);
  compiler.commit();
  const auto built = Clock::now();
  require(publisher.publish(first.diff).ok(), "the tables do not take the node");
  const auto published = Clock::now();
  fmt::print("Compiler::replace() {:.0f} ms, first publish() {:.0f} ms\n",
             us_between(start, built) / 1000, us_between(built, published) / 1000);
  document["replace_ms"] = us_between(start, built) / 1000;
  document["first_publish_ms"] = us_between(built, published) / 1000;

  fmt::print("\n{:<36} {:^26} {:^26} {:>9}\n",
             "microseconds, " + std::to_string(options.steps) + " each", "change()+commit()",
             "until the reader sees it", "until all");
  fmt::print("{:<36} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}\n", "", "median", "min", "p99",
             "median", "min", "p99", "median");
  for (const auto& [name, make] : makers(size)) {
    const Row row = measure_changes(compiler, publisher, name, make, options.steps);
    fmt::print("{:<36} {:>8.0f} {:>8.0f} {:>8.0f} {:>8.0f} {:>8.0f} {:>8.0f} {:>9.0f}\n", row.name,
               row.compile.median, row.compile.min, row.compile.p99, row.visible.median,
               row.visible.min, row.visible.p99, row.all.median);
    if (row.full_compiles != 0) {
      fmt::print("  {} of these were compiled in full\n", row.full_compiles);
    }
    document["changes"].push_back({{"change", row.name},
                                   {"full_compiles", row.full_compiles},
                                   {"compile_us", to_json(row.compile)},
                                   {"visible_us", to_json(row.visible)},
                                   {"all_us", to_json(row.all)}});
  }
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    file << document.dump(2) << "\n";
    if (!file) {
      fmt::print(stderr, "update_bench: cannot write {}: {}\n", options.json, strerror(errno));
      return 1;
    }
  }
  return 0;
}
