// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiWriter.
#include "k8s/api_writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace sextant::k8s {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxNote = 1024;
constexpr std::size_t kMaxSaid = 4096;
constexpr std::size_t kMaxEventName = 253;  // of a DNS subdomain
constexpr std::size_t kHashDigits = 16;

const ApiResource kEvents{"events.k8s.io", "v1", "events", ""};

// FNV-1a: the same on all nodes.
std::uint64_t hash_of(std::initializer_list<std::string_view> parts) {
  std::uint64_t out = 0xcbf29ce484222325;
  const auto mix = [&](unsigned char byte) { out = (out ^ byte) * 0x100000001b3; };
  for (const std::string_view part : parts) {
    for (const char c : part)
      mix(static_cast<unsigned char>(c));
    mix(0);
  }
  return out;
}

// Whole characters of UTF-8.
std::string_view cut(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80)
    --max;
  return text.substr(0, max);
}

std::string event_name(const ObjectReference& object, std::string_view type,
                       std::string_view reason, std::string_view message) {
  std::array<char, kHashDigits + 1> digits{};
  std::snprintf(
      digits.data(), digits.size(), "%016llx",
      static_cast<unsigned long long>(hash_of({object.kind, object.uid, type, reason, message})));
  std::string base = object.name.substr(0, kMaxEventName - kHashDigits - 1);
  // Each label of a DNS name ends with a letter or a digit.
  while (base.ends_with('.') || base.ends_with('-'))
    base.pop_back();
  return base + "." + digits.data();
}

// Tried again: what the next attempt may not meet any more.
bool is_passing(ApiError::Kind kind) {
  using Kind = ApiError::Kind;
  return kind != Kind::kNotFound && kind != Kind::kGone && kind != Kind::kRefused;
}

}  // namespace

std::string micro_time(std::chrono::system_clock::time_point at) {
  using namespace std::chrono;
  const auto us = duration_cast<microseconds>(at.time_since_epoch()).count();
  const std::time_t seconds = us / 1000000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(us % 1000000));
  return out.data();
}

std::string ObjectReference::path() const {
  return resource.path_in(namespace_name) + "/" + name;
}

ApiWriter::ApiWriter(boost::asio::io_context& loop, ApiClient& client, ApiWriterOptions options)
    : client_(client), options_(std::move(options)), timer_(loop) {}
ApiWriter::~ApiWriter() = default;

ApiWriter::Lane& ApiWriter::lane_of(const std::string& resource) {
  const auto found = lanes_.find(resource);
  if (found != lanes_.end()) return found->second;
  return lanes_
      .emplace(resource, Lane(Backoff(options_.backoff_min, options_.backoff_max, options_.seed)))
      .first->second;
}

void ApiWriter::patch_status(const ObjectReference& object, const json& status) {
  Write write;
  write.key = object.path() + "/status";
  write.request = {write.key,
                   "patch",
                   object.resource.name() + "/status",
                   options_.request_timeout,
                   std::size_t{1} << 20,
                   json{{"status", status}}.dump()};
  enqueue_latest(std::move(write));
}

void ApiWriter::patch_annotations(const ObjectReference& object, const json& annotations) {
  json metadata = {{"annotations", annotations}};
  if (!object.uid.empty()) metadata["uid"] = object.uid;
  Write write;
  write.key = object.path();
  write.request = {write.key,
                   "patch",
                   object.resource.name(),
                   options_.request_timeout,
                   std::size_t{1} << 20,
                   json{{"metadata", std::move(metadata)}}.dump()};
  enqueue_latest(std::move(write));
}

void ApiWriter::enqueue_latest(Write write) {
  const auto waiting = std::find_if(queue_.begin(), queue_.end(),
                                    [&](const Write& one) { return one.key == write.key; });
  if (waiting != queue_.end()) {
    waiting->request = std::move(write.request);
    ++status_.merged;
    return;
  }
  enqueue(std::move(write));
}

// How often this Event was said, with this time; 0: too lately to say it again.
int ApiWriter::say_again(const std::string& name) {
  const auto now = Clock::now();
  const auto [found, first] = said_.emplace(name, Said{now});
  if (!first) {
    if (now - found->second.at < options_.event_repeat) return 0;
    found->second.at = now;
    return ++found->second.times;
  }
  if (said_.size() > kMaxSaid) {
    const auto oldest =
        std::min_element(said_.begin(), said_.end(),
                         [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
    said_.erase(oldest);
  }
  return 1;
}

void ApiWriter::record_event(const ObjectReference& object, EventType type, std::string_view reason,
                             std::string_view message) {
  const char* const type_name = type == EventType::kWarning ? "Warning" : "Normal";
  message = cut(message, kMaxNote);
  const std::string name = event_name(object, type_name, reason, message);
  // Events about objects in no namespace are here: up to Kubernetes 1.20 not in "default".
  const std::string where = object.namespace_name.empty() ? "kube-system" : object.namespace_name;
  const std::string path = kEvents.path_in(where);
  const int times = say_again(path + "/" + name);
  if (times == 0) {
    ++status_.merged;
    return;
  }
  const std::string now = micro_time(std::chrono::system_clock::now());
  const std::string& group = object.resource.group;
  json regarding = {{"kind", object.kind},
                    {"apiVersion", (group.empty() ? "" : group + "/") + object.resource.version},
                    {"name", object.name},
                    {"uid", object.uid}};
  if (!object.namespace_name.empty()) regarding["namespace"] = object.namespace_name;
  const json event = {{"kind", "Event"},
                      {"apiVersion", "events.k8s.io/v1"},
                      {"metadata", {{"name", name}, {"namespace", where}}},
                      {"eventTime", now},
                      {"reportingController", "sextant.io/sextantd"},
                      {"reportingInstance", options_.node_name.substr(0, 128)},
                      {"action", "Program"},
                      {"type", type_name},
                      {"reason", reason},
                      {"note", message},
                      {"regarding", std::move(regarding)}};
  Write write;
  write.key = path + "/" + name;
  write.request = {path,
                   "create",
                   kEvents.name(),
                   options_.request_timeout,
                   std::size_t{1} << 20,
                   event.dump(-1, ' ', false, json::error_handler_t::replace)};
  write.expires = Clock::now() + options_.event_life;
  if (times > 1) {
    write.series = json{{"series", {{"count", times}, {"lastObservedTime", now}}}}.dump();
  }
  enqueue(std::move(write));
}

ApiWriterStatus ApiWriter::status() const {
  ApiWriterStatus out = status_;
  out.queued = queue_.size() + (busy_ ? 1 : 0);
  for (const auto& [resource, lane] : lanes_) {
    if (out.last_error.empty()) out.last_error = lane.last_error;
  }
  return out;
}

void ApiWriter::enqueue(Write write) {
  if (queue_.size() >= options_.max_queued) {
    queue_.pop_front();
    if (status_.dropped++ == 0 && report_) {
      report_(true, "more statuses and Events than the API server takes: the oldest are left out");
    }
  }
  queue_.push_back(std::move(write));
  pump();
}

// Sends the first write whose lane is not waiting, or wakes up when there is one.
void ApiWriter::pump() {
  if (busy_) return;
  const auto now = Clock::now();
  status_.dropped +=
      std::erase_if(queue_, [&](const Write& one) { return one.expires && *one.expires < now; });
  if (queue_.empty()) return;
  auto soonest = Clock::time_point::max();
  auto next = queue_.end();
  for (auto one = queue_.begin(); one != queue_.end() && next == queue_.end(); ++one) {
    const auto not_before = lane_of(one->request.resource).not_before;
    if (not_before <= now) next = one;
    soonest = std::min(soonest, not_before);
  }
  if (next == queue_.end()) {
    wake_at(soonest);
    return;
  }
  // A request is early by at most a burst.
  pace_ = std::max(pace_, now - options_.interval * options_.burst);
  if (pace_ > now) {
    wake_at(pace_);
    return;
  }
  pace_ += options_.interval;
  Write write = std::move(*next);
  queue_.erase(next);
  send(std::move(write));
}

void ApiWriter::send(Write write) {
  busy_ = true;
  ApiRequest request = write.request;
  call_ = client_.fetch(
      std::move(request), [](const std::string&) {},
      [this, write = std::move(write)](std::optional<ApiError> error) mutable {
        busy_ = false;
        on_done(std::move(write), std::move(error));
        pump();
      });
}

void ApiWriter::on_done(Write write, std::optional<ApiError> error) {
  Lane& lane = lane_of(write.request.resource);
  if (!error) {
    ++status_.written;
    well(lane, write.request.resource);
    return;
  }
  const bool creates = write.request.verb == "create";
  if (creates && error->kind == ApiError::Kind::kConflict) {
    // Another node said it first; or this one did, and says again now that it is so.
    ++status_.merged;
    well(lane, write.request.resource);
    if (write.series.empty()) return;
    write.request.path = write.key;
    write.request.verb = "patch";
    write.request.body = std::move(write.series);
    queue_.push_front(std::move(write));
    return;
  }
  if (is_passing(error->kind)) {
    on_failure(std::move(write), *error);
    return;
  }
  // Of what is gone meanwhile nobody wants to read.
  if (error->kind == ApiError::Kind::kRefused) {
    ++status_.rejected;
    if (lane.last_error != error->text && report_) report_(true, error->text);
    lane.last_error = error->text;
  }
}

void ApiWriter::on_failure(Write write, const ApiError& error) {
  Lane& lane = lane_of(write.request.resource);
  ++status_.failures;
  if (lane.last_error != error.text && report_) report_(true, error.text);
  lane.last_error = error.text;
  auto delay = lane.backoff.next();
  if (error.retry_after) delay = std::max<std::chrono::milliseconds>(delay, *error.retry_after);
  lane.not_before = Clock::now() + delay;
  // Behind the others, that it alone may be what fails; not in front of a newer one of its own.
  const bool outdated = std::any_of(queue_.begin(), queue_.end(),
                                    [&](const Write& one) { return one.key == write.key; });
  if (!outdated && queue_.size() < options_.max_queued) queue_.push_back(std::move(write));
}

void ApiWriter::well(Lane& lane, const std::string& resource) {
  lane.backoff.reset();
  if (std::exchange(lane.last_error, "").empty()) return;
  if (report_) report_(false, resource + ": the API server takes them again");
}

void ApiWriter::wake_at(Clock::time_point when) {
  timer_.expires_at(when);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) pump();
  });
}

}  // namespace sextant::k8s
