// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ReplyQueue: large replies, made in slices between the other work of the control thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api.hpp"

namespace sextant {

using SliceClock = std::chrono::steady_clock;

// A reply on the way. step() works until about that time and says whether it is complete; it must
// get on however little time there is. Between two steps everything may have changed.
class SlicedReply {
 public:
  virtual ~SlicedReply() = default;
  virtual bool step(SliceClock::time_point until) = 0;
  virtual ApiReply take() = 0;
};

// Control thread. One slice runs at a time, others wait their turn: neighbors and updates are never
// more than about a slice late, however many clients ask for however much.
class ReplyQueue {
 public:
  static constexpr std::chrono::microseconds kSlice{500};
  // The same question within this time gets the same answer: thousands of questions a second cost
  // no more than twenty.
  static constexpr std::chrono::milliseconds kKeep{50};
  static constexpr std::size_t kMaxKept = 4;
  static constexpr std::size_t kMaxWaiting = 64;  // different questions

  explicit ReplyQueue(boost::asio::io_context& loop);
  ReplyQueue(const ReplyQueue&) = delete;
  ReplyQueue& operator=(const ReplyQueue&) = delete;

  // key: everything that the reply depends on. Answers 503 when too much waits already.
  using Make = std::function<std::unique_ptr<SlicedReply>()>;
  void answer(const std::string& key, const Make& make, std::shared_ptr<ApiResponder> responder);

  struct Stats {
    std::chrono::nanoseconds longest_slice{};
    std::size_t made = 0;
    std::size_t refused = 0;
  };
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  struct Job {
    std::string key;
    std::unique_ptr<SlicedReply> reply;
    std::vector<std::shared_ptr<ApiResponder>> responders;
  };
  struct Kept {
    std::string key;
    SliceClock::time_point until;
    ApiReply reply;
  };

  void run_slice();
  void schedule();
  void finish(Job job);

  boost::asio::io_context& loop_;
  std::deque<Job> jobs_;
  std::deque<Kept> kept_;
  bool scheduled_ = false;
  Stats stats_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // what is posted checks it
};

}  // namespace sextant
