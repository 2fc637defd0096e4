// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Informer.
#include "k8s/informer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "k8s/api_error.hpp"

namespace sextant::k8s {

namespace {

using Duration = InformerOptions::Duration;

// Versions are opaque by contract and numbers in fact; 0 for what is none.
std::uint64_t number_of(const std::string& version) {
  std::uint64_t out = 0;
  const auto [end, ec] = std::from_chars(version.data(), version.data() + version.size(), out);
  return ec == std::errc{} && end == version.data() + version.size() ? out : 0;
}

std::string string_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// A storm of broken objects is told of this often, then only counted.
constexpr int kMaxUndecodableReports = 20;

constexpr std::chrono::seconds kSettleTime{5};

// A server that starts may not know custom resources yet: objects go when it says so this often.
constexpr unsigned kNotFoundBeforeEmpty = 4;

}  // namespace

// A page of a list. Filled on a thread of the client, then read on the control thread.
struct Informer::Page {
  std::vector<StoreItem> items;
  std::string version;
  std::string continue_token;
  std::string problem;  // set: not a list

  void read(const std::string& body, const ObjectSink::Decoder& decode) {
    const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) {
      problem = "the answer is not JSON";
      return;
    }
    const auto found = json.find("items");
    const auto metadata = json.find("metadata");
    if (metadata == json.end() || !metadata->is_object() ||
        (found != json.end() && !found->is_array() && !found->is_null())) {
      problem = "the answer is not a list of the API";
      return;
    }
    version = string_of(*metadata, "resourceVersion");
    continue_token = string_of(*metadata, "continue");
    if (version.empty()) problem = "the list has no resourceVersion";
    // Go writes an empty list as null at times.
    if (found == json.end() || found->is_null()) return;
    items.reserve(found->size());
    for (const nlohmann::json& item : *found)
      items.push_back(decode(item));
  }
};

// One event, decoded.
struct Informer::Update {
  WatchEvent event;  // without its object
  StoreItem item;
};

// Owned by the handler that the client calls on its threads.
class Informer::WatchDecoder {
 public:
  explicit WatchDecoder(ObjectSink::Decoder decode) : decode_(std::move(decode)) {}
  std::vector<Update> feed(std::string_view bytes) {
    std::vector<Update> out;
    for (WatchEvent& event : stream_.feed(bytes)) {
      Update& update = out.emplace_back();
      using Type = WatchEvent::Type;
      if (event.type == Type::kAdded || event.type == Type::kModified) {
        update.item = decode_(event.object);
      } else if (event.type == Type::kDeleted) {
        update.item.key = store_key_of(event.object);
      }
      event.object = nullptr;
      update.event = std::move(event);
    }
    return out;
  }

 private:
  ObjectSink::Decoder decode_;
  WatchStream stream_;
};

Informer::Informer(boost::asio::io_context& loop, ApiClient& client, ApiResource resource,
                   ObjectSink& sink, InformerOptions options)
    : client_(client),
      resource_(std::move(resource)),
      sink_(sink),
      options_(options),
      backoff_(options.backoff_min, options.backoff_max, options.seed),
      timer_(loop) {
  status_.resource = resource_.name();
}

Informer::~Informer() = default;

void Informer::start() {
  list_from_start();
}

InformerStatus Informer::status() const {
  InformerStatus out = status_;
  if (!fresh_at_) return out;
  out.stale = out.watching || out.missing
                  ? Duration(0)
                  : std::chrono::duration_cast<Duration>(Clock::now() - *fresh_at_);
  return out;
}

void Informer::list_from_start() {
  sink_.begin_list();
  list_next("");
}

void Informer::list_next(std::string continue_token) {
  auto page = std::make_shared<Page>();
  ApiRequest request{list_path(resource_, continue_token), "list", resource_.name(),
                     options_.request_timeout};
  call_ = client_.fetch(
      std::move(request),
      [page, decode = sink_.decoder()](const std::string& body) { page->read(body, decode); },
      [this, page](std::optional<ApiError> error) { on_page(page, std::move(error)); });
}

void Informer::on_page(const std::shared_ptr<Page>& page, std::optional<ApiError> error) {
  if (!error && !page->problem.empty()) {
    error = ApiError{ApiError::Kind::kBadReply, 200,
                     "list " + resource_.name() + ": " + page->problem, std::nullopt};
  }
  if (error) {
    // 410 here: the list took so long that its continue token has expired.
    if (error->kind == ApiError::Kind::kGone) ++status_.gone;
    const bool unknown = resource_.optional && error->kind == ApiError::Kind::kNotFound;
    if (unknown && (sink_.size() == 0 || ++not_found_ >= kNotFoundBeforeEmpty)) {
      on_missing();
    } else {
      fail(*std::move(error), Next::kList);
    }
    return;
  }
  not_found_ = 0;
  status_.missing = false;
  for (StoreItem& item : page->items) {
    note(item);
    sink_.list_item(std::move(item));
  }
  if (page->continue_token.empty()) {
    on_list_complete(page->version);
  } else {
    list_next(page->continue_token);
  }
}

void Informer::on_list_complete(const std::string& version) {
  sink_.end_list();
  status_.resource_version = version;
  version_number_ = number_of(version);
  ++status_.lists;
  fresh();
  const bool first = !std::exchange(status_.synced, true);
  recovered();
  sink_.flush();
  if (first && on_status_) on_status_();
  if (options_.watch) {
    watch();
  } else {
    restart(Next::kList,
            options_.poll_interval * 3 / 4 + backoff_.jittered(options_.poll_interval) / 2);
  }
}

void Informer::on_missing() {
  sink_.begin_list();
  sink_.end_list();
  fresh();
  status_.synced = true;
  status_.last_error.clear();
  status_.last_error_kind.reset();
  const bool first = !std::exchange(status_.missing, true);
  if (first && report_) {
    report_(false, resource_.name() + ": the API server does not know them; there are none");
  }
  sink_.flush();
  if (first && on_status_) on_status_();
  restart(Next::kList, options_.missing_interval);
}

void Informer::watch() {
  // Not all watches of a cluster end at the same time.
  const auto timeout = std::chrono::duration_cast<std::chrono::seconds>(
      options_.watch_timeout / 2 + backoff_.jittered(options_.watch_timeout) / 2);
  const long timeout_s = std::max<long>(1, timeout.count());
  ApiRequest request{watch_path(resource_, status_.resource_version, timeout_s), "watch",
                     resource_.name(), options_.request_timeout};
  auto decoder = std::make_shared<WatchDecoder>(sink_.decoder());
  watch_began_ = Clock::now();
  call_ = client_.stream(
      std::move(request), [this, timeout_s] { on_watch_open(std::chrono::seconds(timeout_s)); },
      [this, decoder](std::string_view bytes) -> std::function<void()> {
        // "this" is for the control thread alone.
        auto updates = std::make_shared<std::vector<Update>>(decoder->feed(bytes));
        if (updates->empty()) return nullptr;
        return [this, updates] { on_updates(*updates); };
      },
      [this](std::optional<ApiError> error) { on_watch_end(std::move(error)); });
}

void Informer::on_watch_open(std::chrono::seconds timeout) {
  ++status_.watches;
  status_.watching = true;
  fresh();
  // What breaks at once is no recovery: only a watch that holds is.
  const Duration settle = std::min<Duration>(kSettleTime, timeout);
  arm(settle, [this, rest = timeout - settle + options_.watch_grace] {
    recovered();
    arm(rest, [this] { on_stuck(); });
  });
}

void Informer::on_updates(std::vector<Update>& updates) {
  for (Update& update : updates) {
    if (!apply(update)) break;
  }
  sink_.flush();
}

// False: the watch is over.
bool Informer::apply(Update& update) {
  using Type = WatchEvent::Type;
  WatchEvent& event = update.event;
  const auto give_up = [&](ApiError error) {
    status_.watching = false;
    fail(std::move(error), Next::kList);
    return false;
  };
  const ApiRequest watch{"", "watch", resource_.name()};
  if (event.type == Type::kError) {
    if (event.code == 410) ++status_.gone;
    return give_up(
        {kind_of_status(event.code), event.code, describe(watch, event.text), std::nullopt});
  }
  if (event.type == Type::kGarbage) {
    // Something was lost: only a list tells what.
    ++status_.garbage;
    return give_up({ApiError::Kind::kBadReply, 200, describe(watch, event.text), std::nullopt});
  }
  const std::uint64_t number = number_of(event.resource_version);
  if (number != 0 && number < version_number_) {
    ++status_.garbage;
    return give_up({ApiError::Kind::kBadReply, 200,
                    describe(watch, "event of version " + event.resource_version + " after " +
                                        status_.resource_version),
                    std::nullopt});
  }
  if (event.type == Type::kBookmark) {
    ++status_.bookmarks;
  } else {
    ++status_.events;
    note(update.item);
    if (event.type == Type::kDeleted) {
      sink_.erase(update.item.key);
    } else {
      sink_.put(std::move(update.item));
    }
  }
  backoff_.reset();  // it moves on, however often the connection breaks
  status_.resource_version = std::move(event.resource_version);
  version_number_ = number;
  fresh();
  return true;
}

void Informer::on_watch_end(std::optional<ApiError> error) {
  const bool was_open = std::exchange(status_.watching, false);
  disarm();
  if (!error) {
    fresh();
    // A server that ends every watch at once, or a proxy in between, must not be asked in a circle.
    if (was_open && Clock::now() - watch_began_ >= std::chrono::seconds(1)) {
      backoff_.reset();
      restart(Next::kWatch, Duration(0));
    } else {
      restart(Next::kWatch, backoff_.next());
    }
    return;
  }
  using Kind = ApiError::Kind;
  if (error->kind == Kind::kGone) ++status_.gone;
  // After a broken connection the watch goes on where it was; other refusals may be about the
  // version it asks for.
  const bool resume = error->kind == Kind::kUnreachable || error->kind == Kind::kTimeout ||
                      error->kind == Kind::kTls || error->kind == Kind::kCredentials ||
                      error->kind == Kind::kTooMany || error->kind == Kind::kServer;
  fail(*std::move(error), resume ? Next::kWatch : Next::kList);
}

void Informer::on_stuck() {
  ++status_.stuck;
  status_.watching = false;
  fail({ApiError::Kind::kTimeout, 0,
        "watch " + resource_.name() +
            ": the server did not end it in time; if a proxy holds it up, set watch: false",
        std::nullopt},
       Next::kWatch);
}

void Informer::fail(ApiError error, Next next) {
  ++status_.failures;
  const bool changed = status_.last_error != error.text;
  status_.last_error = std::move(error.text);
  status_.last_error_kind = error.kind;
  if (changed && report_) report_(true, status_.last_error);
  Duration delay = backoff_.next();
  if (error.retry_after) {
    delay = std::max<Duration>(delay, backoff_.jittered(*error.retry_after * 2));
  }
  restart(next, delay);
  if (changed && on_status_) on_status_();
}

void Informer::restart(Next next, Duration delay) {
  call_.cancel();
  arm(delay, [this, next] {
    if (next == Next::kWatch) {
      watch();
    } else {
      list_from_start();
    }
  });
}

void Informer::arm(Duration delay, std::function<void()> then) {
  timer_.expires_after(delay);
  // A handler that is queued already cannot be cancelled: its number tells that it is late, and
  // the informer may even be gone.
  timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_), number = ++timer_number_,
                     then = std::move(then)](boost::system::error_code error) {
    if (!error && !alive.expired() && number == timer_number_) then();
  });
}

void Informer::disarm() {
  ++timer_number_;
  timer_.cancel();
}

void Informer::note(const StoreItem& item) {
  if (item.diagnostics.has_errors()) ++status_.undecodable;
  for (const Diagnostic& found : item.diagnostics.list()) {
    if (undecodable_reports_ >= kMaxUndecodableReports || !report_) return;
    ++undecodable_reports_;
    report_(true, found.to_string());
  }
}

void Informer::recovered() {
  if (status_.last_error.empty()) return;
  // A list that works but a watch that never does is no recovery.
  if (options_.watch && !status_.watching) return;
  backoff_.reset();
  status_.last_error.clear();
  status_.last_error_kind.reset();
  undecodable_reports_ = 0;
  if (report_) report_(false, resource_.name() + ": following the API server again");
  if (on_status_) on_status_();
}

}  // namespace sextant::k8s
