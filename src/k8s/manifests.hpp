// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Manifests: the same objects from YAML files of a folder instead of an API server.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/common/diagnostic.hpp>
#include <sextant/common/result.hpp>

#include "k8s/cluster_source.hpp"

namespace sextant::k8s {

struct ManifestObjects {
  std::vector<StoreItem> nodes;
  std::vector<StoreItem> services;
  std::vector<StoreItem> endpoint_slices;
  std::vector<StoreItem> pods;
  std::vector<StoreItem> chains;
  std::vector<StoreItem> external_interfaces;
  std::vector<StoreItem> networks;
  Diagnostics diagnostics;  // with file, line and column
  bool incomplete = false;  // something could not be read: nobody knows which objects it held
};

// Several YAML documents or JSON; each an object or a List of them. An object of a namespaced kind
// without a namespace is in "default". Other kinds are left out without a word: manifests of a
// cluster hold more than Sextant uses. Pure.
void parse_manifests(std::string_view text, const std::string& file_name, ManifestObjects& out);

// Reads the *.yaml, *.yml and *.json of a folder (not of those below it) and again whenever it
// changes. An object that became wrong keeps its last value. While a file cannot be read or parsed,
// everything stays as it was, because nobody knows which objects it should hold.
class ManifestSource : public ClusterSource {
 public:
  // Fails when path is no folder that can be watched. The stores must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ManifestSource>> create(boost::asio::io_context& loop,
                                                                      std::filesystem::path folder,
                                                                      ClusterStores& stores);
  ~ManifestSource() override;

  void start() override;
  [[nodiscard]] ClusterStatus status() const override;

 private:
  ManifestSource(boost::asio::io_context& loop, std::filesystem::path folder, ClusterStores& stores,
                 int inotify);
  void wait();
  void load();

  std::filesystem::path folder_;
  ClusterStores& stores_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer settle_;
  std::vector<std::string> problems_;  // of the last load
  bool loaded_ = false;
  std::array<char, 4096> events_{};
};

}  // namespace sextant::k8s
