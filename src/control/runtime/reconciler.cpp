// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One attempt at a time: load, compile, publish, commit; or roll back and say why.
#include "control/runtime/reconciler.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <new>
#include <utility>

#include "control/runtime/stopwatch.hpp"

namespace sextant {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

void append(Diagnostics& to, const Diagnostics& from) {
  for (const Diagnostic& finding : from.list()) {
    if (finding.severity == Severity::kError) {
      to.error(finding.where, finding.field, finding.text);
    } else {
      to.warning(finding.where, finding.field, finding.text);
    }
  }
}

// "3 errors, the first: FILE:LINE:COLUMN: FIELD: TEXT"
std::string first_error(const Diagnostics& diagnostics) {
  std::size_t errors = 0;
  const Diagnostic* first = nullptr;
  for (const Diagnostic& finding : diagnostics.list()) {
    if (finding.severity != Severity::kError) continue;
    if (errors++ == 0) first = &finding;
  }
  if (first == nullptr) return "";
  if (errors == 1) return first->to_string();
  return std::to_string(errors) + " errors, the first: " + first->to_string();
}

constexpr const char* kNoMemory = "not enough memory for another generation beside the running one";

// Several triggers of one attempt, each named once.
void join(std::string& all, const std::string& trigger) {
  if (all.find(trigger) != std::string::npos) return;
  all += (all.empty() ? "" : ", ") + trigger;
}

}  // namespace

std::string_view name_of(AttemptResult result) {
  switch (result) {
    case AttemptResult::kPublished: return "published";
    case AttemptResult::kUnchanged: return "unchanged";
    case AttemptResult::kInvalid: return "invalid";
    case AttemptResult::kRefused: return "refused";
  }
  return "?";
}

std::vector<std::string> GenerationStatus::missing() const {
  if (published_at) return {};
  if (!last) return {"configuration: not loaded yet"};
  return {"configuration: " + last->error};
}

std::string GenerationStatus::notice() const {
  if (!published_at || !last || last->ok()) return "";
  return "the last change (" + last->trigger + ") was not taken over, generation " +
         std::to_string(number) + " still runs: " + last->error;
}

Reconciler::Reconciler(boost::asio::io_context& loop, boost::asio::thread_pool& worker,
                       StateSource& source, TablePublisher& publisher, NodeFacts facts,
                       Timing timing)
    : loop_(loop),
      worker_(worker),
      source_(source),
      publisher_(publisher),
      compiler_(std::move(facts)),
      timing_(timing),
      timer_(loop) {}

void Reconciler::request(const std::string& trigger) {
  const Clock::time_point now = Clock::now();
  if (first_request_) {
    ++status_.coalesced;
  } else {
    first_request_ = now;
  }
  join(requested_, trigger);
  wait_until(std::min(now + timing_.settle, *first_request_ + timing_.max_delay));
}

void Reconciler::wait_until(Clock::time_point when) {
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& error) {
    // A later request has moved the timer, or somebody else has served this one.
    if (error || !first_request_ || Clock::now() < timer_.expiry()) return;
    const std::string trigger = requested_;
    reconcile(trigger);
  });
}

void Reconciler::reconcile(const std::string& trigger, Listener done) {
  // What was requested until now is part of what is loaded next.
  first_request_.reset();
  requested_.clear();
  timer_.cancel();
  join(next_trigger_, trigger);
  if (done) next_waiting_.push_back(std::move(done));
  again_ = true;
  if (!busy_) begin();
}

void Reconciler::begin() {
  busy_ = true;
  again_ = false;
  waiting_ = std::exchange(next_waiting_, {});
  Attempt attempt;
  attempt.trigger = std::exchange(next_trigger_, "");
  attempt.at = std::chrono::system_clock::now();
  if (begin_) begin_();
  boost::asio::post(worker_, [this, attempt, work = boost::asio::make_work_guard(loop_)]() mutable {
    SourcedState loaded;
    try {
      Stopwatch watch;
      loaded = source_.load();
      attempt.load = watch.lap();
    } catch (const std::bad_alloc&) {
      loaded.diagnostics.error({source_.name(), 0, 0}, "", kNoMemory);
    }
    boost::asio::post(loop_,
                      [this, attempt = std::move(attempt), loaded = std::move(loaded)]() mutable {
                        evaluate(std::move(loaded), attempt);
                        end(std::move(attempt));
                      });
  });
}

const Attempt& Reconciler::apply(SourcedState loaded, const std::string& trigger,
                                 microseconds load_time) {
  busy_ = true;
  Attempt attempt;
  attempt.trigger = trigger;
  attempt.at = std::chrono::system_clock::now();
  attempt.load = load_time;
  evaluate(std::move(loaded), attempt);
  end(std::move(attempt));
  return *status_.last;
}

void Reconciler::evaluate(SourcedState loaded, Attempt& attempt) {
  attempt.diagnostics = std::move(loaded.diagnostics);
  if (attempt.diagnostics.has_errors()) {
    attempt.result = AttemptResult::kInvalid;
    attempt.error = first_error(attempt.diagnostics);
    return;
  }
  if (prepare_) {
    if (const Status ready = prepare_(); !ready) {
      attempt.result = AttemptResult::kRefused;
      attempt.error = ready.error().text;
      return;
    }
  }
  // publish() may let others work while it waits for the lcores.
  publishing_ = true;
  try {
    compile_and_publish(std::move(loaded.state), attempt);
  } catch (const std::bad_alloc&) {
    compiler_.rollback();
    attempt.result = AttemptResult::kRefused;
    attempt.error = kNoMemory;
  }
  publishing_ = false;
  if (decided_) decided_(attempt.ok());
}

void Reconciler::compile_and_publish(DesiredState state, Attempt& attempt) {
  Stopwatch watch;
  const CompileUpdate update =
      layered_ ? compile_layers(state, {}) : compiler_.replace(std::move(state));
  attempt.compile = watch.lap();
  append(attempt.diagnostics, update.diagnostics);
  if (!update.ok()) {
    attempt.result = AttemptResult::kInvalid;
    attempt.error = first_error(attempt.diagnostics);
    return;
  }
  if (update.diff.empty() && status_.published_at) {
    // Not the same text, perhaps: names and lines in it are those of the new one from here on.
    compiler_.commit();
    if (layered_) layers_.set_base(std::move(state));
    source_.accepted();
    attempt.result = AttemptResult::kUnchanged;
    return;
  }
  const auto generation = publisher_.publish(update.diff);
  attempt.apply = watch.lap();
  if (!generation) {
    compiler_.rollback();
    attempt.result = AttemptResult::kRefused;
    attempt.error = generation.error().text;
    return;
  }
  compiler_.commit();
  if (layered_) {
    layers_.set_base(std::move(state));
    append(attempt.diagnostics, layers_.conflicts());
    behind_ = false;
  }
  source_.accepted();
  attempt.result = AttemptResult::kPublished;
  status_.number = *generation;
  status_.published_at = std::chrono::system_clock::now();
  status_.load = attempt.load;
  status_.compile = attempt.compile;
  status_.apply = attempt.apply;
}

void Reconciler::end(Attempt attempt) {
  switch (attempt.result) {
    case AttemptResult::kPublished: ++status_.published; break;
    case AttemptResult::kUnchanged: ++status_.unchanged; break;
    case AttemptResult::kInvalid: ++status_.invalid; break;
    case AttemptResult::kRefused: ++status_.refused; break;
  }
  status_.last = std::move(attempt);
  busy_ = false;
  take_changes();
  if (listener_) listener_(*status_.last);
  for (const Listener& done : std::exchange(waiting_, {}))
    done(*status_.last);
  // Not when one of them has begun it already.
  if (again_ && !busy_) begin();
}

CompileUpdate Reconciler::preview(DesiredState state) {
  if (publishing_) {
    CompileUpdate out;
    out.diagnostics.error({}, "", "another change is being published; try again");
    return out;
  }
  CompileUpdate out =
      compiler_.replace(layered_ ? layers_.compose(std::move(state)) : std::move(state));
  compiler_.rollback();
  return out;
}

}  // namespace sextant
