// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Problems: what a user must fix at an object, and the Events that say so.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "k8s/api_writer.hpp"
#include "k8s/chain_objects.hpp"
#include "k8s/translate_service.hpp"

namespace sextant::k8s {

struct Problem {
  std::string reason;  // one word, as Events have it
  std::string message;

  friend bool operator==(const Problem&, const Problem&) = default;
};

// What is wrong with one object, worked out anew; no problems: all is well, or it is gone.
struct ObjectProblems {
  ObjectReference object;
  std::vector<Problem> problems;
};

// A service without ready backends is no problem: that is for its owner to know. Whatever all nodes
// see alike is told by three nodes of the cluster, chosen by a hash of service and node; what
// concerns this node, by this node. Pure.
[[nodiscard]] std::vector<Problem> problems_of(const Cluster& cluster, const Service& service,
                                               const ServiceTranslation& translation);
// lost: what it wants and another service has, in words. Pure.
[[nodiscard]] std::vector<Problem> conflicts_of(const Cluster& cluster, const Service& service,
                                                const std::vector<std::string>& lost);
// A node tells its own. Pure.
[[nodiscard]] std::vector<Problem> problems_of(const Cluster& cluster, const ClusterNode& node);

[[nodiscard]] ObjectReference reference_to(const Service& service);
[[nodiscard]] ObjectReference reference_to(const Node& node);
[[nodiscard]] ObjectReference reference_to(const ServiceFunctionChain& chain);

// Turns problems that last into Events: objects come in any order, and what is wrong for a moment
// concerns nobody. Said again while it lasts, as the API server forgets Events. Control thread.
class ProblemReporter {
 public:
  struct Options {
    std::chrono::milliseconds settle{5000};
    std::chrono::milliseconds repeat{1800000};
  };
  // writer outlives it.
  ProblemReporter(boost::asio::io_context& loop, ApiWriter& writer)
      : ProblemReporter(loop, writer, Options()) {}
  ProblemReporter(boost::asio::io_context& loop, ApiWriter& writer, Options options);

  void set(ObjectProblems now);
  // Problems that are known.
  [[nodiscard]] std::size_t size() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Known {
    Problem problem;
    Clock::time_point due;
  };
  struct Entry {
    ObjectReference object;
    std::vector<Known> known;
  };
  void wake_at(Clock::time_point when);
  void tell();

  ApiWriter& writer_;
  const Options options_;
  boost::asio::steady_timer timer_;
  std::optional<Clock::time_point> wake_;
  std::map<std::string, Entry> objects_;  // by path
};

}  // namespace sextant::k8s
