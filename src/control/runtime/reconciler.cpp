// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One attempt at a time: load, compile, publish, commit; or roll back and say why.
#include "control/runtime/reconciler.hpp"

#include <algorithm>
#include <new>
#include <utility>

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

// Measures from its making to lap().
class Stopwatch {
 public:
  microseconds lap() {
    const auto now = std::chrono::steady_clock::now();
    return duration_cast<microseconds>(now - std::exchange(start_, now));
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

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

Reconciler::Reconciler(boost::asio::io_context& loop, StateSource& source,
                       TablePublisher& publisher, NodeFacts facts, Timing timing)
    : source_(source),
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
  if (triggers_.find(trigger) == std::string::npos) {
    triggers_ += (triggers_.empty() ? "" : ", ") + trigger;
  }
  wait_until(std::min(now + timing_.settle, *first_request_ + timing_.max_delay));
}

void Reconciler::wait_until(Clock::time_point when) {
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& error) {
    // A later request has moved the timer, or somebody else has served this one.
    if (error || !first_request_ || Clock::now() < timer_.expiry()) return;
    if (busy_) return wait_until(Clock::now() + timing_.settle);
    reconcile(std::exchange(triggers_, ""));
  });
}

void Reconciler::forget_requests() {
  first_request_.reset();
  triggers_.clear();
  timer_.cancel();
}

const Attempt& Reconciler::reconcile(const std::string& trigger) {
  // What was requested until now is part of what is loaded next.
  if (!busy_) forget_requests();
  if (begin_ && !busy_) begin_();
  return run(trigger, {}, [this] { return source_.load(); });
}

const Attempt& Reconciler::apply(SourcedState loaded, const std::string& trigger,
                                 microseconds load) {
  return run(trigger, load, [&] { return std::move(loaded); });
}

const Attempt& Reconciler::run(const std::string& trigger, microseconds load_time,
                               const std::function<SourcedState()>& load) {
  Attempt attempt;
  attempt.trigger = trigger;
  attempt.at = std::chrono::system_clock::now();
  if (busy_) {
    // publish() may let others work while it waits for the lcores.
    attempt.result = AttemptResult::kRefused;
    attempt.error = "another change is being published; try again";
    finish(std::move(attempt));
    return *status_.last;
  }
  busy_ = true;
  try {
    Stopwatch watch;
    SourcedState loaded = load();
    attempt.load = load_time + watch.lap();
    attempt.diagnostics = std::move(loaded.diagnostics);
    if (attempt.diagnostics.has_errors()) {
      attempt.result = AttemptResult::kInvalid;
      attempt.error = first_error(attempt.diagnostics);
    } else {
      compile_and_publish(std::move(loaded.state), attempt);
    }
  } catch (const std::bad_alloc&) {
    compiler_.rollback();
    attempt.result = AttemptResult::kRefused;
    attempt.error = "not enough memory for another generation beside the running one";
  }
  busy_ = false;
  finish(std::move(attempt));
  return *status_.last;
}

void Reconciler::compile_and_publish(DesiredState state, Attempt& attempt) {
  Stopwatch watch;
  const CompileUpdate update = compiler_.replace(std::move(state));
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
  source_.accepted();
  attempt.result = AttemptResult::kPublished;
  status_.number = *generation;
  status_.published_at = attempt.at;
  status_.load = attempt.load;
  status_.compile = attempt.compile;
  status_.apply = attempt.apply;
}

void Reconciler::finish(Attempt attempt) {
  switch (attempt.result) {
    case AttemptResult::kPublished: ++status_.published; break;
    case AttemptResult::kUnchanged: ++status_.unchanged; break;
    case AttemptResult::kInvalid: ++status_.invalid; break;
    case AttemptResult::kRefused: ++status_.refused; break;
  }
  status_.last = std::move(attempt);
  if (listener_) listener_(*status_.last);
}

CompileUpdate Reconciler::preview(DesiredState state) {
  if (busy_) {
    CompileUpdate out;
    out.diagnostics.error({}, "", "another change is being published; try again");
    return out;
  }
  CompileUpdate out = compiler_.replace(std::move(state));
  compiler_.rollback();
  return out;
}

}  // namespace sextant
