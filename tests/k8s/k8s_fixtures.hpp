// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What several tests of src/k8s need.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <sextant/common/diagnostic.hpp>

#include "k8s/informer.hpp"
#include "support/api/fake_api_server.hpp"
#include "support/catch.hpp"

namespace sextant::k8s_test {

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file below tests/k8s/recorded.
inline nlohmann::json recorded(const std::string& name) {
  return nlohmann::json::parse(
      read_all(std::filesystem::path(SEXTANT_SOURCE_DIR) / "tests/k8s/recorded" / name));
}

inline std::vector<std::string> lines_of(const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& found : diagnostics.list())
    out.push_back(found.to_string());
  return out;
}

// Runs the loop until done() or the time is over; true when it was done.
inline bool run_until(boost::asio::io_context& loop, const std::function<bool()>& done,
                      std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop.restart();
    loop.run_one_for(std::chrono::milliseconds(5));
  }
  return true;
}

inline void run_for(boost::asio::io_context& loop, std::chrono::milliseconds time) {
  (void)run_until(
      loop, [] { return false; }, time);
}

// A folder that goes away with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sextant-k8s-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline const std::string kServices = "/api/v1/services";
inline const std::string kNodes = "/api/v1/nodes";
inline const std::string kSlices = "/apis/discovery.k8s.io/v1/endpointslices";

inline nlohmann::json service(const std::string& name, const std::string& ip, int port = 80) {
  return {{"metadata", {{"namespace", "default"}, {"name", name}, {"uid", "u-" + name}}},
          {"spec", {{"clusterIPs", {ip}}, {"ports", {{{"port", port}}}}}}};
}

// Short times, so that failures do not make tests slow.
inline k8s::InformerOptions quick() {
  k8s::InformerOptions out;
  out.backoff_min = std::chrono::milliseconds(5);
  out.backoff_max = std::chrono::milliseconds(50);
  out.request_timeout = std::chrono::milliseconds(2000);
  out.seed = 1;
  return out;
}

}  // namespace sextant::k8s_test
