// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiSource: the stores from the API server: discovery, an informer for each resource, a state
// file.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/common/result.hpp>

#include "k8s/cluster_source.hpp"
#include "k8s/state_file.hpp"

namespace sextant::k8s {

struct ApiSourceOptions {
  std::string node_name;
  bool chains = true;  // false: only pods of this node are followed, and nothing of contivpp.io
  InformerOptions informer;
  std::filesystem::path state_file;                 // empty: none
  std::chrono::milliseconds state_interval{10000};  // at most one write in this time
};

class ApiSource : public ClusterSource {
 public:
  // Connects to nothing yet. The stores must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ApiSource>> create(boost::asio::io_context& loop,
                                                                 ApiAccess access,
                                                                 ApiSourceOptions options,
                                                                 ClusterStores& stores);
  ~ApiSource() override;

  void start() override;
  [[nodiscard]] ClusterStatus status() const override;
  [[nodiscard]] ApiWriter* writer() override { return &api_writer_; }
  void save() override;

 private:
  using Clock = std::chrono::system_clock;
  ApiSource(boost::asio::io_context& loop, std::unique_ptr<ApiClient> client,
            ApiSourceOptions options, ClusterStores& stores);
  void follow_chains();
  std::unique_ptr<Informer> make_informer(ApiResource resource, ObjectSink& sink);
  void restore();
  void discover();
  void on_groups(const std::string& body, std::optional<ApiError> error);
  void follow_endpoints(const std::string& version);
  void check_endpoints();
  void mark_dirty();
  void save_later();

  boost::asio::io_context& loop_;
  std::unique_ptr<ApiClient> client_;
  ApiSourceOptions options_;
  ClusterStores& stores_;

  ApiWriter api_writer_;
  std::vector<std::unique_ptr<Informer>> informers_;  // all but endpoints_
  std::unique_ptr<Informer> endpoints_;               // set when the API version is known
  std::string endpoint_api_;
  ApiCall discovery_;
  boost::asio::steady_timer discovery_timer_;
  Backoff discovery_backoff_;
  std::string discovery_error_;

  std::optional<Clock::time_point> restored_from_;
  std::string save_problem_;
  bool dirty_ = false;
  bool saving_ = false;
  std::chrono::steady_clock::time_point saved_at_{};
  boost::asio::steady_timer save_timer_;
  // Last: its destructor waits for the write under way, which posts to the loop.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  boost::asio::thread_pool writer_{1};
};

// Which version of EndpointSlice to use, from the answer of /apis/discovery.k8s.io: "v1",
// "v1beta1", or "" for core Endpoints. An Error when it is no such answer. Pure.
[[nodiscard]] Result<std::string> choose_endpoint_api(std::string_view body);

}  // namespace sextant::k8s
