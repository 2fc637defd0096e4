// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reconciler: from "something changed" to a published generation, or to a reason why not.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/common/diagnostic.hpp>
#include <sextant/tables/table_publisher.hpp>

#include "control/compile/compiler.hpp"

namespace sextant {

// A whole desired state and what was found while it was read. With errors the state is not used.
struct SourcedState {
  DesiredState state;
  Diagnostics diagnostics;
};

// Where desired states come from: a file; a Kubernetes snapshot laid over a file. Control thread.
class StateSource {
 public:
  virtual ~StateSource() = default;
  // For people: the path of the file.
  [[nodiscard]] virtual std::string name() const = 0;
  // What is wanted now, whole.
  virtual SourcedState load() = 0;
  // What load() gave last is what runs from now on.
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
  std::chrono::system_clock::time_point at;
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

  // What keeps this node from being ready, in words; empty: ready. A node whose last change was
  // refused is ready all the same: it forwards by the generation before.
  [[nodiscard]] std::vector<std::string> missing() const;
  // What somebody should look at although the node is ready; empty: nothing.
  [[nodiscard]] std::string notice() const;
};

// Lives on the thread of its io_context; publisher and source outlive it.
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

  Reconciler(boost::asio::io_context& loop, StateSource& source, TablePublisher& publisher,
             NodeFacts facts, Timing timing);
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // Called after each attempt, before a waiting caller gets its result.
  void on_attempt(Listener listener) { listener_ = std::move(listener); }
  // Called before an attempt that was requested loads anything.
  void on_begin(std::function<void()> listener) { begin_ = std::move(listener); }

  // Soon; together with other requests.
  void request(const std::string& trigger);
  // Now; requests that wait are served by it. On failure the running generation is untouched.
  const Attempt& reconcile(const std::string& trigger);
  // The same with a state that is loaded already, which took load: at start.
  const Attempt& apply(SourcedState loaded, const std::string& trigger,
                       std::chrono::microseconds load);

  // What publishing this state would change; nothing is kept of it.
  [[nodiscard]] CompileUpdate preview(DesiredState state);

  [[nodiscard]] const GenerationStatus& status() const { return status_; }
  [[nodiscard]] const Compiler& compiler() const { return compiler_; }

 private:
  using Clock = std::chrono::steady_clock;

  // load_time: what loading took before.
  const Attempt& run(const std::string& trigger, std::chrono::microseconds load_time,
                     const std::function<SourcedState()>& load);
  void compile_and_publish(DesiredState state, Attempt& attempt);
  void finish(Attempt attempt);
  void wait_until(Clock::time_point when);
  void forget_requests();

  StateSource& source_;
  TablePublisher& publisher_;
  Compiler compiler_;
  Timing timing_;
  boost::asio::steady_timer timer_;
  std::optional<Clock::time_point> first_request_;
  std::string triggers_;  // of the requests that wait
  bool busy_ = false;
  GenerationStatus status_;
  Listener listener_;
  std::function<void()> begin_;
};

}  // namespace sextant
