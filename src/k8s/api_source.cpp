// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiSource.
#include "k8s/api_source.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/runtime/file_io.hpp"

namespace sextant::k8s {

namespace {

constexpr std::chrono::seconds kSaveSoon{1};

std::chrono::seconds since_epoch(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
}

}  // namespace

Result<std::string> choose_endpoint_api(std::string_view body) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return Error{"the answer is not JSON"};
  const auto versions = json.find("versions");
  if (versions == json.end() || !versions->is_array()) {
    return Error{"the answer is not an API group"};
  }
  bool beta = false;
  for (const nlohmann::json& entry : *versions) {
    if (!entry.is_object()) continue;
    const auto version = entry.find("version");
    if (version == entry.end() || !version->is_string()) continue;
    if (*version == "v1") return std::string("v1");
    beta = beta || *version == "v1beta1";
  }
  return std::string(beta ? "v1beta1" : "");
}

Result<std::unique_ptr<ApiSource>> ApiSource::create(boost::asio::io_context& loop,
                                                     ApiAccess access, ApiSourceOptions options,
                                                     ClusterStores& stores) {
  if (options.node_name.empty()) {
    return Error{"the name of this node is not known: set node.name or the variable NODE_NAME"};
  }
  Result<std::unique_ptr<ApiClient>> client = ApiClient::create(loop, std::move(access));
  if (!client) return client.error();
  return std::unique_ptr<ApiSource>(
      new ApiSource(loop, std::move(client).value(), std::move(options), stores));
}

namespace {

ApiWriterOptions writer_options(const ApiSourceOptions& options) {
  ApiWriterOptions out;
  out.node_name = options.node_name;
  out.request_timeout = options.informer.request_timeout;
  out.seed = options.informer.seed;
  return out;
}

}  // namespace

ApiSource::ApiSource(boost::asio::io_context& loop, std::unique_ptr<ApiClient> client,
                     ApiSourceOptions options, ClusterStores& stores)
    : loop_(loop),
      client_(std::move(client)),
      options_(std::move(options)),
      stores_(stores),
      api_writer_(loop, *client_, writer_options(options_)),
      discovery_timer_(loop),
      discovery_backoff_(options_.informer.backoff_min, options_.informer.backoff_max,
                         options_.informer.seed),
      save_timer_(loop) {
  api_writer_.on_report([this](bool is_error, const std::string& text) { report(is_error, text); });
  informers_.push_back(make_informer({"", "v1", "nodes", ""}, stores_.nodes));
  informers_.push_back(make_informer({"", "v1", "services", ""}, stores_.services));
  // A chain leads over pods of all nodes.
  const std::string selector = options_.chains ? "" : "spec.nodeName=" + options_.node_name;
  informers_.push_back(make_informer({"", "v1", "pods", selector}, stores_.pods));
  if (options_.chains) follow_chains();
}

void ApiSource::follow_chains() {
  const auto follow = [this](const char* plural, ObjectSink& sink) {
    ApiResource resource{std::string(kChainGroup), "v1", plural, ""};
    resource.optional = true;
    informers_.push_back(make_informer(std::move(resource), sink));
  };
  follow("servicefunctionchains", stores_.chains);
  follow("externalinterfaces", stores_.external_interfaces);
  follow("customnetworks", stores_.networks);
}

ApiSource::~ApiSource() {
  *alive_ = false;
  writer_.join();
}

std::unique_ptr<Informer> ApiSource::make_informer(ApiResource resource, ObjectSink& sink) {
  InformerOptions options = options_.informer;
  // Not the same pauses for all of them.
  options.seed += std::hash<std::string>()(resource.plural);
  auto informer =
      std::make_unique<Informer>(loop_, *client_, std::move(resource), sink, std::move(options));
  informer->on_status([this] {
    check_endpoints();
    if (restored_from_ && status().synced) {
      restored_from_.reset();
      mark_dirty();
    }
    tell_status();
  });
  informer->on_report([this](bool is_error, const std::string& text) { report(is_error, text); });
  return informer;
}

void ApiSource::start() {
  restore();
  const std::weak_ptr<bool> alive = alive_;
  const auto changed = [this, alive](const std::set<std::string>&) {
    if (const auto still = alive.lock(); still && *still) mark_dirty();
  };
  stores_.nodes.subscribe(changed);
  stores_.services.subscribe(changed);
  stores_.endpoint_slices.subscribe(changed);
  stores_.pods.subscribe(changed);
  stores_.chains.subscribe(changed);
  stores_.external_interfaces.subscribe(changed);
  stores_.networks.subscribe(changed);
  for (const auto& informer : informers_)
    informer->start();
  discover();
}

void ApiSource::restore() {
  if (options_.state_file.empty()) return;
  const std::string name = options_.state_file.string();
  std::error_code ignored;
  // The first start of a node has none.
  if (!std::filesystem::exists(options_.state_file, ignored)) return;
  const Result<std::string> bytes = read_file(options_.state_file, kMaxStateBytes);
  if (!bytes) {
    report(true, "state file " + bytes.error().text);
    return;
  }
  const Result<RestoredState> restored = read_state(*bytes, client_->access().url(), stores_);
  if (!restored) {
    report(true, "state file " + name + ": " + restored.error().text + "; starting without it");
    return;
  }
  restored_from_ = Clock::time_point(restored->saved_at);
  report(false, "state file " + name + ": " + std::to_string(restored->objects) +
                    " objects restored until the API server answers");
  stores_.flush();
}

void ApiSource::discover() {
  auto body = std::make_shared<std::string>();
  discovery_ = client_->fetch(
      ApiRequest{"/apis/discovery.k8s.io", "get", "the API group discovery.k8s.io",
                 options_.informer.request_timeout, std::size_t{1} << 20},
      [body](std::string text) { *body = std::move(text); },
      [this, body](std::optional<ApiError> error) { on_groups(*body, std::move(error)); });
}

void ApiSource::on_groups(const std::string& body, std::optional<ApiError> error) {
  std::string problem;
  if (error && error->kind == ApiError::Kind::kNotFound) {
    follow_endpoints("");
    return;
  }
  if (error) {
    problem = error->text;
  } else {
    const Result<std::string> version = choose_endpoint_api(body);
    if (version) {
      follow_endpoints(*version);
      return;
    }
    problem = "get the API group discovery.k8s.io: " + version.error().text;
  }
  if (problem != discovery_error_) report(true, problem);
  discovery_error_ = std::move(problem);
  discovery_timer_.expires_after(discovery_backoff_.next());
  discovery_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) discover();
  });
}

void ApiSource::follow_endpoints(const std::string& version) {
  discovery_error_.clear();
  ApiResource resource{"discovery.k8s.io", version, "endpointslices", ""};
  if (version.empty()) resource = {"", "v1", "endpoints", ""};
  const std::string api = resource.name() + "/" + resource.version;
  if (endpoints_ != nullptr && api == endpoint_api_) {
    check_endpoints();
    return;
  }
  discovery_backoff_.reset();
  endpoint_api_ = api;
  stores_.endpoint_slices.set_decode(version.empty() ? decode_endpoints : decode_endpoint_slice);
  endpoints_ = make_informer(std::move(resource), stores_.endpoint_slices);
  report(false, "backends of services come from " + api);
  endpoints_->start();
}

// An upgraded server may not have the version any more that it had before.
void ApiSource::check_endpoints() {
  if (endpoints_ == nullptr) return;
  if (endpoints_->status().last_error_kind != ApiError::Kind::kNotFound) return;
  discovery_timer_.expires_after(discovery_backoff_.next());
  // Not from here: it may replace the informer that is calling.
  discovery_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) discover();
  });
}

ClusterStatus ApiSource::status() const {
  ClusterStatus out;
  for (const auto& informer : informers_)
    out.resources.push_back(informer->status());
  if (endpoints_ != nullptr) out.resources.push_back(endpoints_->status());
  out.endpoint_api = endpoint_api_;
  out.writer = api_writer_.status();
  out.synced = endpoints_ != nullptr;
  out.problem = discovery_error_;
  bool all_known = endpoints_ != nullptr;
  std::chrono::milliseconds oldest{0};
  for (const InformerStatus& resource : out.resources) {
    out.synced = out.synced && resource.synced;
    all_known = all_known && resource.stale.has_value();
    oldest = std::max(oldest, resource.stale.value_or(oldest));
    if (!resource.last_error.empty() && out.problem.empty()) out.problem = resource.last_error;
  }
  if (out.problem.empty() && !out.synced) out.problem = "the first lists are not complete yet";
  out.restored = restored_from_.has_value() && !out.synced;
  if (out.restored) {
    // A clock that was set back does not make a state younger than new.
    const auto age =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *restored_from_);
    out.stale = std::max(oldest, std::max(age, std::chrono::milliseconds(0)));
  } else if (all_known) {
    out.stale = oldest;
  }
  return out;
}

void ApiSource::mark_dirty() {
  if (options_.state_file.empty()) return;
  if (!std::exchange(dirty_, true)) save_later();
}

void ApiSource::save_later() {
  // Soon after a quiet time, so that a node that has just started can be killed, too.
  const auto soon = std::min<std::chrono::milliseconds>(kSaveSoon, options_.state_interval);
  const auto now = std::chrono::steady_clock::now();
  save_timer_.expires_at(std::max(now + soon, saved_at_ + options_.state_interval));
  save_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    // Half of a cluster is worse than the whole one that is on disk.
    if (saving_ || !status().synced) {
      save_later();
      return;
    }
    dirty_ = false;
    saving_ = true;
    saved_at_ = std::chrono::steady_clock::now();
    // Encoding, checksum and fsync() take too long for this thread; the values are immutable.
    auto snapshot = std::make_shared<const ClusterSnapshot>(snapshot_of(stores_));
    boost::asio::post(writer_, [this, snapshot, alive = std::weak_ptr<bool>(alive_)] {
      const Status written =
          replace_file(options_.state_file,
                       write_state(*snapshot, client_->access().url(), since_epoch(Clock::now())));
      const std::string problem = written ? "" : written.error().text;
      boost::asio::post(loop_, [this, alive, problem] {
        const auto still = alive.lock();
        if (!still || !*still) return;
        saving_ = false;
        if (!problem.empty() && problem != save_problem_) report(true, "state file " + problem);
        save_problem_ = problem;
        if (!problem.empty()) mark_dirty();
      });
    });
  });
}

void ApiSource::save() {
  if (options_.state_file.empty() || !dirty_ || !status().synced) return;
  dirty_ = false;
  const Status written = replace_file(
      options_.state_file,
      write_state(snapshot_of(stores_), client_->access().url(), since_epoch(Clock::now())));
  if (!written) report(true, "state file " + written.error().text);
}

}  // namespace sextant::k8s
