// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiWriter: the status of objects and Events, written to the API server whenever it gets to it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "k8s/api_client.hpp"
#include "k8s/backoff.hpp"
#include "k8s/resources.hpp"

namespace sextant::k8s {

// An object as paths and Events name it.
struct ObjectReference {
  ApiResource resource;        // group, version and plural
  std::string kind;            // "Service"
  std::string namespace_name;  // empty: it is in none
  std::string name;
  std::string uid;

  // "/api/v1/namespaces/default/services/web"
  [[nodiscard]] std::string path() const;
};

enum class EventType : std::uint8_t { kNormal, kWarning };

struct ApiWriterOptions {
  std::string node_name;                           // who reports, in Events
  std::size_t max_queued = 1000;                   // statuses and Events; the oldest goes
  std::chrono::milliseconds interval{100};         // between requests, after a burst
  int burst = 20;                                  // requests without a pause
  std::chrono::milliseconds event_repeat{600000};  // the same Event at most once in this time
  std::chrono::milliseconds event_life{600000};    // older ones are not worth a request
  std::chrono::milliseconds backoff_min{1000};
  std::chrono::milliseconds backoff_max{60000};
  std::chrono::milliseconds request_timeout{30000};
  std::uint64_t seed = 1;
};

// Since the start, but for what is queued now.
struct ApiWriterStatus {
  std::size_t queued = 0;
  std::uint64_t written = 0;
  std::uint64_t merged = 0;    // newer statuses over older ones; Events said lately, or by others
  std::uint64_t dropped = 0;   // the queue was full, or an Event too old
  std::uint64_t rejected = 0;  // requests that will never succeed
  std::uint64_t failures = 0;  // requests that are tried again
  std::string last_error;      // empty: the last request of each resource went well
};

// One request at a time. What fails for now is tried again with growing pauses; a resource that is
// refused (403) does not hold up others. Control thread; never throws, never waits.
class ApiWriter {
 public:
  // One sentence about something that went wrong or is well again; not repeated while it lasts.
  using Report = std::function<void(bool is_error, const std::string& text)>;

  // Both outlive it.
  ApiWriter(boost::asio::io_context& loop, ApiClient& client, ApiWriterOptions options);
  ~ApiWriter();
  ApiWriter(const ApiWriter&) = delete;

  void on_report(Report report) { report_ = std::move(report); }

  // Merges status (RFC 7396) into field "status" of an object, by its subresource. Only the last
  // one of an object that waits is sent. An object that is gone is no error. Needs verb "patch" on
  // "PLURAL/status".
  void patch_status(const ObjectReference& object, const nlohmann::json& status);

  // Merges annotations (null: removed) into an object, unless its uid is another one by now. Only
  // the last ones of an object that wait are sent. Needs verb "patch" on "PLURAL".
  void patch_annotations(const ObjectReference& object, const nlohmann::json& annotations);

  // An Event (events.k8s.io/v1) about an object. Its name is made of object, type, reason and
  // message, so that what several nodes, or one before and after a restart, say in the same words
  // is one Event. reason: one word in UpperCamelCase. The message is cut at 1024 bytes.
  void record_event(const ObjectReference& object, EventType type, std::string_view reason,
                    std::string_view message);

  [[nodiscard]] ApiWriterStatus status() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Write {
    std::string key;  // of statuses: the path
    ApiRequest request;
    std::optional<Clock::time_point> expires;  // Events only
    std::string series;  // Events only: merge patch for one that exists already
  };
  // Requests to one resource fail together.
  struct Lane {
    explicit Lane(Backoff pauses) : backoff(std::move(pauses)) {}
    Backoff backoff;
    Clock::time_point not_before{};
    std::string last_error;
  };
  struct Said {
    Clock::time_point at;
    int times = 1;
  };

  Lane& lane_of(const std::string& resource);
  int say_again(const std::string& name);
  void enqueue_latest(Write write);
  void enqueue(Write write);
  void pump();
  void send(Write write);
  void on_done(Write write, std::optional<ApiError> error);
  void on_failure(Write write, const ApiError& error);
  void well(Lane& lane, const std::string& resource);
  void wake_at(Clock::time_point when);

  ApiClient& client_;
  const ApiWriterOptions options_;
  Report report_;
  std::list<Write> queue_;
  std::map<std::string, Lane> lanes_;
  std::map<std::string, Said> said_;  // Events by path
  Clock::time_point pace_{};          // when the next request would be due without bursts
  ApiWriterStatus status_;
  boost::asio::steady_timer timer_;
  ApiCall call_;
  bool busy_ = false;
};

// "2026-01-31T12:00:00.123456Z": MicroTime of the API. Pure.
[[nodiscard]] std::string micro_time(std::chrono::system_clock::time_point at);

}  // namespace sextant::k8s
