// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reconciler: from "something changed" to a published generation, or to a reason why not.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/common/diagnostic.hpp>
#include <sextant/tables/table_publisher.hpp>

#include "control/compile/compiler.hpp"
#include "control/model/state_layers.hpp"

namespace sextant {

// A whole desired state and what was found while it was read. With errors the state is not used.
struct SourcedState {
  DesiredState state;
  Diagnostics diagnostics;
};

// Where whole desired states come from: a file.
class StateSource {
 public:
  virtual ~StateSource() = default;
  // For people: the path of the file.
  [[nodiscard]] virtual std::string name() const = 0;
  // What is wanted now, whole. On the worker: a large file takes a second, and neighbors must not
  // wait for it. Never at the same time as another load() or accepted().
  virtual SourcedState load() = 0;
  // What load() gave last is what runs from now on. Control thread.
  virtual void accepted() = 0;
};

enum class AttemptResult : std::uint8_t {
  kPublished,  // a new generation
  kUnchanged,  // the desired state says the same as before
  kInvalid,    // it has errors; the diagnostics name them
  kRefused,    // the data plane did not take it
};
// "published", "unchanged", "invalid", "refused".
[[nodiscard]] std::string_view name_of(AttemptResult result);

// One run from load to publish.
struct Attempt {
  AttemptResult result = AttemptResult::kInvalid;
  std::string trigger;  // "SIGHUP", "file changed", "API"; several when they came together
  std::chrono::system_clock::time_point at;  // of its beginning
  std::chrono::microseconds load{};
  std::chrono::microseconds compile{};
  std::chrono::microseconds apply{};  // grace period included
  std::string error;                  // one sentence; empty on success
  Diagnostics diagnostics;            // warnings of a success, too

  [[nodiscard]] bool ok() const {
    return result == AttemptResult::kPublished || result == AttemptResult::kUnchanged;
  }
};

// What runs, and how it got there. Knows nothing of files or Kubernetes.
struct GenerationStatus {
  Generation number = 0;  // 0: nothing was published yet
  std::optional<std::chrono::system_clock::time_point> published_at;
  std::chrono::microseconds load{};  // of the generation that runs
  std::chrono::microseconds compile{};
  std::chrono::microseconds apply{};
  std::optional<Attempt> last;
  // Attempts by result since the start, and requests that did not get one of their own.
  std::uint64_t published = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t invalid = 0;
  std::uint64_t refused = 0;
  std::uint64_t coalesced = 0;

  // Changes of layers (Reconciler::change()) that were published, and how long the last one took.
  std::uint64_t changes = 0;
  std::chrono::microseconds change_compile{};
  std::chrono::microseconds change_apply{};
  // Why the last one was not taken over; empty: it was.
  std::string change_error;
  // Owners whose objects are wrong and left out, with what is wrong.
  std::map<std::string, std::string> left_out;

  // What keeps this node from being ready, in words; empty: ready. A node whose last change was
  // refused is ready all the same: it forwards by the generation before.
  [[nodiscard]] std::vector<std::string> missing() const;
  // What became of the last state that a source gave; empty: it runs.
  [[nodiscard]] std::string notice() const;
  // The same for layers.
  [[nodiscard]] std::vector<std::string> change_notices() const;
};

// Lives on the thread of its io_context. Source, publisher and worker (one thread) outlive it, and
// the worker is joined before it goes.
class Reconciler {
 public:
  // A request waits until nothing else was requested for settle, and never longer than max_delay
  // since the first one: editors and kubelets write in several steps, and a storm of them must not
  // put off the reload for ever.
  struct Timing {
    std::chrono::milliseconds settle{100};
    std::chrono::milliseconds max_delay{1000};
  };
  using Listener = std::function<void(const Attempt&)>;

  Reconciler(boost::asio::io_context& loop, boost::asio::thread_pool& worker, StateSource& source,
             TablePublisher& publisher, NodeFacts facts, Timing timing);
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // Called after each attempt, before a waiting caller gets its result.
  void on_attempt(Listener listener) { listener_ = std::move(listener); }
  // Called before an attempt loads anything.
  void on_begin(std::function<void()> listener) { begin_ = std::move(listener); }

  // Around each attempt that has loaded something right: prepare makes what the state needs beside
  // the tables (ports), and may refuse; decided, once per good prepare, is told whether the state
  // runs from now on.
  void on_publish(std::function<Status()> prepare, std::function<void(bool)> decided) {
    prepare_ = std::move(prepare);
    decided_ = std::move(decided);
  }

  // Soon; together with other requests.
  void request(const std::string& trigger);
  // Now, or right after the attempt that is under way, which may have read the source before this
  // call. Requests that wait are served by it. done may be empty.
  void reconcile(const std::string& trigger, Listener done = {});
  // A state that is loaded already, which took load_time; on the spot. At start, before all else.
  const Attempt& apply(SourcedState loaded, const std::string& trigger,
                       std::chrono::microseconds load_time);

  // A change of what another source wants beside the file (StateLayers); at the cost of what it
  // changes. On the spot, or as soon as what is being published is out. Objects that are wrong are
  // left out with all of their owner, until they change or the next state of the source. After
  // apply().
  void change(StateLayer layer, StateChange change);
  // Called after each of them, with warnings about what the file has as well.
  using ChangeListener = std::function<void(StateLayer, const Diagnostics&)>;
  void on_change(ChangeListener listener) { changed_ = std::move(listener); }

  // Ports have come or gone; counts from the next compile on.
  void set_facts(NodeFacts facts) { compiler_.set_facts(std::move(facts)); }

  // What publishing this state would change; nothing is kept of it.
  [[nodiscard]] CompileUpdate preview(DesiredState state);
  // What the source and the layers before this one want, as it runs.
  [[nodiscard]] DesiredState below(StateLayer layer) const {
    return layered_ ? layers_.compose(layers_.base(), layer) : compiler_.state();
  }

  [[nodiscard]] const GenerationStatus& status() const { return status_; }
  [[nodiscard]] const Compiler& compiler() const { return compiler_; }

 private:
  using Clock = std::chrono::steady_clock;

  void wait_until(Clock::time_point when);
  void begin();
  // Fills in the attempt; what it is made of ends here.
  void evaluate(SourcedState loaded, Attempt& attempt);
  void compile_and_publish(DesiredState state, Attempt& attempt);
  // reconciler_layers.cpp
  void take_changes();
  void publish_change(StateChange change);
  // Compiles what base and the layers come to, without owners whose objects are wrong; with
  // nobody else to blame without the suspects.
  [[nodiscard]] CompileUpdate compile_layers(const DesiredState& base,
                                             const std::set<std::string>& suspects);
  void end(Attempt attempt);

  boost::asio::io_context& loop_;
  boost::asio::thread_pool& worker_;
  StateSource& source_;
  TablePublisher& publisher_;
  Compiler compiler_;
  StateLayers layers_;                                       // its base: only when layered_
  bool layered_ = false;                                     // somebody has called change()
  std::vector<std::pair<StateLayer, StateChange>> changes_;  // that wait
  bool behind_ = false;  // what runs is not what the layers say: the next change starts from all
  Timing timing_;
  boost::asio::steady_timer timer_;
  // Requests that wait for the timer.
  std::optional<Clock::time_point> first_request_;
  std::string requested_;
  // The attempt under way, and the one after it.
  bool busy_ = false;
  bool publishing_ = false;
  std::vector<Listener> waiting_;
  bool again_ = false;
  std::string next_trigger_;
  std::vector<Listener> next_waiting_;
  GenerationStatus status_;
  Listener listener_;
  std::function<void()> begin_;
  std::function<Status()> prepare_;
  std::function<void(bool)> decided_;
  ChangeListener changed_;
};

}  // namespace sextant
