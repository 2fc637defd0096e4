// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A large cluster: time and memory of the first lists. Hidden: run it as tests_k8s "[scale]".
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <unordered_map>

#include "k8s/api_source.hpp"
#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using nlohmann::json;

namespace {

constexpr int kNodeCount = 5000;
constexpr int kServiceCount = 10000;
constexpr int kEndpointsOfService = 10;

// All pages of a list, as the server would send them.
void add_pages(std::unordered_map<std::string, FakeAnswer>& pages, const std::string& path,
               int count, const std::function<json(int)>& make) {
  std::string token;
  for (int begin = 0; begin < count; begin += kListLimit) {
    json items = json::array();
    const int end = std::min(count, begin + kListLimit);
    for (int i = begin; i < end; ++i)
      items.push_back(make(i));
    json metadata = {{"resourceVersion", "1000"}};
    const std::string next = "page" + std::to_string(end);
    if (end < count) metadata["continue"] = next;
    pages[path + token] = http_answer(200, json{{"metadata", metadata}, {"items", items}}.dump());
    token = next;
  }
}

// The server in a process of its own, so that its memory does not count. Writes its port.
[[noreturn]] void serve(int port_pipe) {
  std::unordered_map<std::string, FakeAnswer> pages;
  const json nodes = recorded("1.30/nodes.json");
  const json services = recorded("1.30/services.json");
  const json slices = recorded("1.30/endpointslices.json");
  add_pages(pages, kNodes, kNodeCount, [&](int i) {
    json node = nodes["items"][0];
    node["metadata"]["name"] = "ip-10-0-" + std::to_string(i) + ".eu-central-1.compute.internal";
    return node;
  });
  add_pages(pages, kServices, kServiceCount, [&](int i) {
    json service = services["items"][0];
    service["metadata"]["name"] = "service-" + std::to_string(i);
    return service;
  });
  add_pages(pages, kSlices, kServiceCount, [&](int i) {
    json slice = slices["items"][0];
    const json endpoint = slice["endpoints"][0];
    slice["metadata"]["name"] = "service-" + std::to_string(i) + "-abcde";
    slice["metadata"]["labels"]["kubernetes.io/service-name"] = "service-" + std::to_string(i);
    slice["endpoints"] = json::array();
    for (int e = 0; e < kEndpointsOfService; ++e) {
      json one = endpoint;
      one["addresses"][0] =
          "fd00:10:244:" + std::to_string(i % 5000) + "::" + std::to_string(e + 1);
      one["targetRef"]["name"] =
          "service-" + std::to_string(i) + "-7d4b9c6f5d-" + std::to_string(e);
      one["nodeName"] =
          "ip-10-0-" + std::to_string((i * 7 + e) % kNodeCount) + ".eu-central-1.compute.internal";
      slice["endpoints"].push_back(one);
    }
    return slice;
  });
  FakeApiServer server;
  server.on_request([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.is_watch()) return std::nullopt;
    const auto token = request.query.find("continue");
    const auto found =
        pages.find(request.path + (token == request.query.end() ? "" : token->second));
    if (found == pages.end()) return std::nullopt;
    return found->second;
  });
  const std::uint16_t port = server.port();
  if (::write(port_pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
  ::pause();
  std::_Exit(0);
}

long kilobytes(const char* field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field))
      return std::strtol(line.c_str() + std::string(field).size(), nullptr, 10);
  }
  return 0;
}

}  // namespace

TEST_CASE("5,000 nodes, 10,000 services, 100,000 endpoints", "[.scale]") {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) serve(pipe_ends[1]);
  std::uint16_t port = 0;
  REQUIRE(::read(pipe_ends[0], &port, sizeof port) == sizeof port);
  ScratchFolder folder;
  boost::asio::io_context loop;
  ClusterStores stores;
  ApiAccess access;
  access.host = "127.0.0.1";
  access.port = port;
  access.tls = false;
  ApiSourceOptions options;
  options.node_name = "n";
  options.state_file = folder.path() / "state";
  options.state_interval = std::chrono::milliseconds(1);
  const auto source = ApiSource::create(loop, access, options, stores).value();
  const long before_kb = kilobytes("VmRSS:");
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  auto longest = Clock::duration::zero();
  source->start();
  while (!source->status().synced && Clock::now() - begin < std::chrono::seconds(120)) {
    loop.restart();
    // One handler: how long the control thread does nothing else.
    const auto from = Clock::now();
    if (loop.poll_one() != 0) {
      longest = std::max(longest, Clock::now() - from);
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  INFO(source->status().problem);
  const long after_kb = kilobytes("VmRSS:");
  // What the pages needed is free by now, but still ours.
  ::malloc_trim(0);
  const long kept_kb = kilobytes("VmRSS:");
  CHECK(stores.nodes.size() == kNodeCount);
  CHECK(stores.services.size() == kServiceCount);
  CHECK(stores.endpoint_slices.size() == kServiceCount);
  const auto save_begin = Clock::now();
  REQUIRE(run_until(loop, [&] { return std::filesystem::exists(options.state_file); }));
  const double save_s = std::chrono::duration<double>(Clock::now() - save_begin).count();
  const std::string bytes = read_all(options.state_file);
  ClusterStores again;
  const auto read_begin = Clock::now();
  REQUIRE(read_state(bytes, access.url(), again).ok());
  const double read_s = std::chrono::duration<double>(Clock::now() - read_begin).count();
  CHECK(again.endpoint_slices.size() == kServiceCount);
  std::printf(
      "listed and decoded in %.2f s, longest handler %.1f ms, RSS %+ld MB, %+ld MB in use (peak "
      "%ld MB); state "
      "file "
      "%.1f MB, written in %.2f s by the writer thread, read in %.2f s\n",
      seconds, std::chrono::duration<double, std::milli>(longest).count(),
      (after_kb - before_kb) / 1024, (kept_kb - before_kb) / 1024, kilobytes("VmHWM:") / 1024,
      static_cast<double>(bytes.size()) / 1e6, save_s, read_s);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace sextant::k8s
