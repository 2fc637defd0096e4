// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Informer: keeps a store equal to one resource of the API server, by list and watch or by polling.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "k8s/api_client.hpp"
#include "k8s/backoff.hpp"
#include "k8s/resources.hpp"
#include "k8s/store.hpp"
#include "k8s/watch_stream.hpp"

namespace sextant::k8s {

struct InformerOptions {
  using Duration = std::chrono::milliseconds;
  bool watch = true;                 // false: only list, every poll_interval
  Duration poll_interval{30000};     // +- a quarter
  Duration request_timeout{30000};   // of one page; of the beginning of a watch
  Duration watch_timeout{300000};    // the server ends a watch after about this
  Duration watch_grace{15000};       // beyond that, a watch is stuck and is cut
  Duration missing_interval{10000};  // how often a resource is asked for that is not there
  Duration backoff_min{250};
  Duration backoff_max{30000};
  std::uint64_t seed = std::random_device{}();
};

// What an informer has seen so far; for metrics, /readyz and messages.
struct InformerStatus {
  std::string resource;
  bool synced = false;    // one list was complete since the start
  bool watching = false;  // a watch is open
  bool missing = false;   // optional, and the server does not know it: there are no objects
  std::string resource_version;
  std::string last_error;  // empty since things went well again
  std::optional<ApiError::Kind> last_error_kind;
  std::uint64_t lists = 0;    // complete ones
  std::uint64_t watches = 0;  // opened ones
  std::uint64_t events = 0;
  std::uint64_t bookmarks = 0;
  std::uint64_t gone = 0;         // 410: had to list again
  std::uint64_t stuck = 0;        // watches cut by timeout
  std::uint64_t garbage = 0;      // events that make no sense, or came in the wrong order
  std::uint64_t undecodable = 0;  // objects that were left out
  std::uint64_t failures = 0;     // requests that failed, of all kinds
  // How long ago the store was last known to equal the API server; nothing before that.
  std::optional<std::chrono::milliseconds> stale;
};

// Control thread. Never throws; whatever the API server does, the store keeps its last state.
class Informer {
 public:
  // One sentence about something that went wrong or is well again; not repeated while it lasts.
  using Report = std::function<void(bool is_error, const std::string& text)>;

  Informer(boost::asio::io_context& loop, ApiClient& client, ApiResource resource, ObjectSink& sink,
           InformerOptions options = {});
  ~Informer();
  Informer(const Informer&) = delete;
  Informer& operator=(const Informer&) = delete;

  // After each change of status: synced, failed, recovered. Set before start().
  void on_status(std::function<void()> changed) { on_status_ = std::move(changed); }
  void on_report(Report report) { report_ = std::move(report); }
  void start();
  [[nodiscard]] InformerStatus status() const;
  [[nodiscard]] const ApiResource& resource() const { return resource_; }

 private:
  struct Page;
  struct Update;
  class WatchDecoder;
  using Clock = std::chrono::steady_clock;

  void list_from_start();
  void list_next(std::string continue_token);
  void on_page(const std::shared_ptr<Page>& page, std::optional<ApiError> error);
  void on_list_complete(const std::string& version);
  void watch();
  void on_watch_open(std::chrono::seconds timeout);
  void on_updates(std::vector<Update>& updates);
  bool apply(Update& update);
  void on_watch_end(std::optional<ApiError> error);
  void on_stuck();

  // Both: `next` after a time that grows with the failures in a row.
  enum class Next : std::uint8_t { kList, kWatch };
  void fail(ApiError error, Next next);
  void on_missing();
  void restart(Next next, InformerOptions::Duration delay);
  void note(const StoreItem& item);
  void recovered();
  void arm(InformerOptions::Duration delay, std::function<void()> then);
  void disarm();
  void fresh() { fresh_at_ = Clock::now(); }

  ApiClient& client_;
  ApiResource resource_;
  ObjectSink& sink_;
  InformerOptions options_;
  Backoff backoff_;
  InformerStatus status_;
  std::function<void()> on_status_;
  Report report_;

  ApiCall call_;
  boost::asio::steady_timer timer_;  // the next attempt, or the watch's end
  std::optional<Clock::time_point> fresh_at_;
  Clock::time_point watch_began_{};
  std::uint64_t timer_number_ = 0;
  std::uint64_t version_number_ = 0;  // resource_version as a number; 0: unknown
  int undecodable_reports_ = 0;
  unsigned not_found_ = 0;  // in a row
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sextant::k8s
