// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// write_state(), read_state().
#include "k8s/state_file.hpp"

#include <utility>
#include <vector>

#include "control/runtime/sealed_text.hpp"
#include "k8s/encode.hpp"

namespace sextant::k8s {

namespace {

constexpr std::string_view kFormat = "sextant-cluster-state 1";

template <typename T>
void append(const std::map<std::string, std::shared_ptr<const T>>& objects, std::string& out) {
  for (const auto& [key, object] : objects) {
    out += encode(*object).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out += '\n';
  }
}

// The items of the file by kind, until all of them are known to be good.
struct Items {
  std::vector<StoreItem> nodes;
  std::vector<StoreItem> services;
  std::vector<StoreItem> endpoint_slices;
  std::vector<StoreItem> pods;
  std::vector<StoreItem> chains;
  std::vector<StoreItem> external_interfaces;
  std::vector<StoreItem> networks;
};

// False: not an object of ours.
bool read_line(const nlohmann::json& json, const ClusterStores& stores, Items& out) {
  const auto found = json.find("kind");
  if (found == json.end() || !found->is_string()) return false;
  const std::string kind = found->get<std::string>();
  const auto add = [&json](const ObjectSink::Decoder& decode, std::vector<StoreItem>& items) {
    StoreItem item = decode(json);
    if (item.object == nullptr) return false;
    items.push_back(std::move(item));
    return true;
  };
  if (kind == "Node") return add(stores.nodes.decoder(), out.nodes);
  if (kind == "Service") return add(stores.services.decoder(), out.services);
  if (kind == "Pod") return add(stores.pods.decoder(), out.pods);
  if (kind == "ServiceFunctionChain") return add(stores.chains.decoder(), out.chains);
  if (kind == "ExternalInterface") {
    return add(stores.external_interfaces.decoder(), out.external_interfaces);
  }
  if (kind == "CustomNetwork") return add(stores.networks.decoder(), out.networks);
  // Whatever the API server has today.
  if (kind == "EndpointSlice") {
    return add(Store<EndpointSlice>(decode_endpoint_slice).decoder(), out.endpoint_slices);
  }
  if (kind == "Endpoints") {
    return add(Store<EndpointSlice>(decode_endpoints).decoder(), out.endpoint_slices);
  }
  return false;
}

void fill(ObjectSink& sink, std::vector<StoreItem>& items) {
  sink.begin_list();
  for (StoreItem& item : items)
    sink.list_item(std::move(item));
  sink.end_list();
}

// The next line; moves on.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

Result<RestoredState> read_head(std::string_view line, std::string_view cluster) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return Error{"no state of a cluster"};
  const auto whose = json.find("cluster");
  const auto when = json.find("saved_at");
  if (whose == json.end() || !whose->is_string() || when == json.end() ||
      !when->is_number_integer()) {
    return Error{"no state of a cluster"};
  }
  if (whose->get<std::string>() != cluster) {
    return Error{"is of another cluster, " + whose->get<std::string>()};
  }
  return RestoredState{std::chrono::seconds(when->get<std::int64_t>()), 0};
}

}  // namespace

ClusterSnapshot snapshot_of(const ClusterStores& stores) {
  return {stores.nodes.objects(),   stores.services.objects(), stores.endpoint_slices.objects(),
          stores.pods.objects(),    stores.chains.objects(),   stores.external_interfaces.objects(),
          stores.networks.objects()};
}

std::string write_state(const ClusterSnapshot& snapshot, std::string_view cluster,
                        std::chrono::seconds saved_at) {
  std::string body =
      nlohmann::json{{"cluster", cluster}, {"saved_at", saved_at.count()}}.dump() + "\n";
  append(snapshot.nodes, body);
  append(snapshot.services, body);
  append(snapshot.endpoint_slices, body);
  append(snapshot.pods, body);
  append(snapshot.chains, body);
  append(snapshot.external_interfaces, body);
  append(snapshot.networks, body);
  return seal(kFormat, body);
}

Result<RestoredState> read_state(std::string_view bytes, std::string_view cluster,
                                 ClusterStores& stores) {
  const auto body = unseal(kFormat, bytes);
  if (!body) return body.error();
  std::string_view rest = *body;
  try {
    Result<RestoredState> restored = read_head(take_line(rest), cluster);
    if (!restored) return restored;
    Items items;
    while (!rest.empty()) {
      const nlohmann::json json = nlohmann::json::parse(take_line(rest), nullptr, false);
      if (!json.is_object() || !read_line(json, stores, items)) {
        return Error{"object " + std::to_string(restored->objects + 1) + " cannot be understood"};
      }
      ++restored->objects;
    }
    fill(stores.nodes, items.nodes);
    fill(stores.services, items.services);
    fill(stores.endpoint_slices, items.endpoint_slices);
    fill(stores.pods, items.pods);
    fill(stores.chains, items.chains);
    fill(stores.external_interfaces, items.external_interfaces);
    fill(stores.networks, items.networks);
    return restored;
  } catch (const std::exception& e) {
    return Error{std::string("cannot be read: ") + e.what()};
  }
}

}  // namespace sextant::k8s
