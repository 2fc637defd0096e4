// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Slices in turn, one reply for all who asked the same, and replies that are kept for a moment.
#include "reply_queue.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace sextant {

ReplyQueue::ReplyQueue(boost::asio::io_context& loop) : loop_(loop) {}

void ReplyQueue::answer(const std::string& key, const Make& make,
                        std::shared_ptr<ApiResponder> responder) {
  const auto now = SliceClock::now();
  while (!kept_.empty() && kept_.front().until <= now)
    kept_.pop_front();
  for (const Kept& kept : kept_) {
    if (kept.key == key) return responder->reply(kept.reply);
  }
  for (Job& job : jobs_) {
    if (job.key != key) continue;
    job.responders.push_back(std::move(responder));
    return;
  }
  if (jobs_.size() >= kMaxWaiting) {
    ++stats_.refused;
    ApiReply reply =
        ApiReply::problem(503, "Busy", "too many different lists are being made; try again");
    reply.headers.emplace_back("Retry-After", "1");
    return responder->reply(std::move(reply));
  }
  Job job{key, make(), {}};
  job.responders.push_back(std::move(responder));
  jobs_.push_back(std::move(job));
  schedule();
}

void ReplyQueue::schedule() {
  if (std::exchange(scheduled_, true)) return;
  // Behind whatever is ready by now.
  boost::asio::post(loop_, [this, weak = std::weak_ptr<char>(alive_)] {
    if (weak.expired()) return;
    scheduled_ = false;
    run_slice();
  });
}

void ReplyQueue::run_slice() {
  if (jobs_.empty()) return;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  const bool wanted = std::any_of(job.responders.begin(), job.responders.end(),
                                  [](const auto& responder) { return !responder->gone(); });
  if (wanted) {
    const auto start = SliceClock::now();
    try {
      const bool complete = job.reply->step(start + kSlice);
      stats_.longest_slice =
          std::max<std::chrono::nanoseconds>(stats_.longest_slice, SliceClock::now() - start);
      if (complete) {
        finish(std::move(job));
      } else {
        jobs_.push_back(std::move(job));
      }
    } catch (const std::exception& error) {
      for (const auto& responder : job.responders) {
        responder->reply(ApiReply::problem(
            500, "Internal error",
            std::string("making this list failed unexpectedly: ") + error.what()));
      }
    }
  }
  if (!jobs_.empty()) schedule();
}

void ReplyQueue::finish(Job job) {
  ++stats_.made;
  Kept kept{std::move(job.key), SliceClock::now() + kKeep, job.reply->take()};
  for (const auto& responder : job.responders)
    responder->reply(kept.reply);
  kept_.push_back(std::move(kept));
  if (kept_.size() > kMaxKept) kept_.pop_front();
}

}  // namespace sextant
