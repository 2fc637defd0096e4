// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Any bytes as a watch stream: the same events however they are cut; each object through all
// decoders, and what decodes survives the state file.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "k8s/decode.hpp"
#include "k8s/encode.hpp"
#include "k8s/manifests.hpp"
#include "k8s/state_file.hpp"
#include "k8s/watch_stream.hpp"

namespace {

using namespace sextant;
using namespace sextant::k8s;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

std::string summary(const WatchEvent& event) {
  return std::to_string(static_cast<int>(event.type)) + event.resource_version + "|" +
         std::to_string(event.code) + event.text + "|" +
         event.object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string read(std::string_view bytes, std::size_t piece, std::vector<WatchEvent>* events) {
  WatchStream stream(4096);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    for (WatchEvent& event : stream.feed(bytes.substr(at, piece))) {
      out += summary(event);
      if (events != nullptr) events->push_back(std::move(event));
    }
  }
  return out;
}

template <typename T, typename Decode>
void check(const nlohmann::json& json, Decode decode) {
  const Decoded<T> first = decode(json);
  require(first.object.has_value() != first.diagnostics.has_errors(),
          "an object and errors, or neither");
  for (const Diagnostic& found : first.diagnostics.list())
    require(!found.text.empty() && !found.where.file.empty(), "a finding without object or text");
  if (!first.object) return;
  const nlohmann::json again = encode(*first.object);
  Decoded<T> second;
  if constexpr (std::is_same_v<T, EndpointSlice>) {
    second = again["kind"] == "Endpoints" ? decode_endpoints(again) : decode_endpoint_slice(again);
    // Core Endpoints know two states; their order is ready ones first.
    if (again["kind"] == "Endpoints")
      return require(second.object.has_value(), "does not decode again");
  } else {
    second = decode(again);
  }
  require(second.object == first.object, "encode() loses something");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<WatchEvent> events;
  const std::string whole = read(bytes, std::max<std::size_t>(size, 1), &events);
  require(read(bytes, 1, nullptr) == whole, "events depend on how bytes are cut");
  for (const WatchEvent& event : events) {
    using Type = WatchEvent::Type;
    const bool has_version = event.type != Type::kGarbage && event.type != Type::kError;
    require(has_version != event.resource_version.empty(), "an event without a version");
    check<Node>(event.object, decode_node);
    check<Service>(event.object, decode_service);
    check<EndpointSlice>(event.object, decode_endpoint_slice);
    check<EndpointSlice>(event.object, decode_endpoints);
    check<Pod>(event.object, decode_pod);
  }
  ManifestObjects manifests;
  parse_manifests(bytes, "fuzz.yaml", manifests);
  for (const Diagnostic& found : manifests.diagnostics.list())
    require(!found.text.empty() && found.where.file == "fuzz.yaml",
            "a finding without text or file");
  ClusterStores stores;
  require(!read_state(bytes, "c", stores).ok() || bytes.starts_with("sextant-cluster-state 1 "),
          "a state file without its head");
  return 0;
}
