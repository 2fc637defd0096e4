// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Store: the objects of one kind by "namespace/name", and who is told when they change.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sextant/common/diagnostic.hpp>

#include "k8s/decode.hpp"

namespace sextant::k8s {

// One object on its way from JSON into a store. Made on any thread.
struct StoreItem {
  std::string key;                     // empty: not even its name could be read
  std::shared_ptr<const void> object;  // nullptr: could not be decoded
  Diagnostics diagnostics;
};

// What an informer feeds. Control thread.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  // Pure: any thread.
  using Decoder = std::function<StoreItem(const nlohmann::json&)>;
  [[nodiscard]] virtual Decoder decoder() const = 0;

  // A whole list in any number of pieces; it counts at the end, all at once. What is not in it
  // goes; an object that could not be decoded keeps the value it had.
  virtual void begin_list() = 0;
  virtual void list_item(StoreItem item) = 0;
  virtual void end_list() = 0;
  // One change. An item without an object leaves the value it had.
  virtual void put(StoreItem item) = 0;
  virtual void erase(const std::string& key) = 0;
  // Tells the subscribers what changed since the last time; nobody when nothing did.
  virtual void flush() = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
};

// Values are immutable and shared: a copy of objects() is a snapshot that costs one pointer an
// object. Control thread, but for decoder().
template <typename T>
class Store : public ObjectSink {
 public:
  using Objects = std::map<std::string, std::shared_ptr<const T>>;
  // The keys that were added, changed or removed; which of it, find() tells.
  using Changed = std::function<void(const std::set<std::string>& keys)>;
  using Decode = std::function<Decoded<T>(const nlohmann::json&)>;

  explicit Store(Decode decode) : decode_(std::move(decode)) {}

  [[nodiscard]] const Objects& objects() const { return objects_; }
  [[nodiscard]] const T* find(const std::string& key) const {
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] std::size_t size() const override { return objects_.size(); }
  // All subscribers are told of all changes; there is no way to leave.
  void subscribe(Changed changed) { subscribers_.push_back(std::move(changed)); }

  // For objects whose API version was found out only now. Decoders handed out before stay as they
  // are.
  void set_decode(Decode decode) { decode_ = std::move(decode); }
  [[nodiscard]] Decoder decoder() const override {
    return [decode = decode_](const nlohmann::json& json) {
      Decoded<T> decoded = decode(json);
      StoreItem item;
      item.diagnostics = std::move(decoded.diagnostics);
      if (decoded.object) {
        item.key = decoded.object->meta.key();
        item.object = std::make_shared<const T>(*std::move(decoded.object));
      } else {
        item.key = key_of(json);
      }
      return item;
    };
  }

  void begin_list() override { pending_.clear(); }
  void list_item(StoreItem item) override {
    if (item.key.empty()) return;
    const auto found = objects_.find(item.key);
    auto value = std::static_pointer_cast<const T>(std::move(item.object));
    if (found != objects_.end() && (value == nullptr || *value == *found->second)) {
      value = found->second;  // also saves the memory of the new one
    }
    if (value != nullptr) pending_.insert_or_assign(std::move(item.key), std::move(value));
  }
  void end_list() override {
    for (const auto& [key, value] : objects_) {
      const auto found = pending_.find(key);
      if (found == pending_.end() || found->second != value) changed_.insert(key);
    }
    for (const auto& [key, value] : pending_) {
      if (objects_.find(key) == objects_.end()) changed_.insert(key);
    }
    objects_ = std::move(pending_);
    pending_ = {};
  }
  void put(StoreItem item) override {
    if (item.key.empty() || item.object == nullptr) return;
    auto value = std::static_pointer_cast<const T>(std::move(item.object));
    auto& slot = objects_[item.key];
    if (slot != nullptr && *slot == *value) return;
    slot = std::move(value);
    changed_.insert(std::move(item.key));
  }
  void erase(const std::string& key) override {
    if (objects_.erase(key) != 0) changed_.insert(key);
  }
  void flush() override {
    if (changed_.empty()) return;
    // A subscriber may cause the next change.
    const std::set<std::string> keys = std::exchange(changed_, {});
    for (const Changed& changed : subscribers_)
      changed(keys);
  }

  // "namespace/name" of any JSON object; empty when it has no name.
  [[nodiscard]] static std::string key_of(const nlohmann::json& json);

 private:
  Decode decode_;
  Objects objects_;
  Objects pending_;
  std::set<std::string> changed_;
  std::vector<Changed> subscribers_;
};

// The same for all kinds.
[[nodiscard]] std::string store_key_of(const nlohmann::json& json);

template <typename T>
std::string Store<T>::key_of(const nlohmann::json& json) {
  return store_key_of(json);
}

// Everything that Sextant follows in a cluster.
struct ClusterStores {
  Store<Node> nodes{decode_node};
  Store<Service> services{decode_service};
  Store<EndpointSlice> endpoint_slices{decode_endpoint_slice};
  Store<Pod> pods{decode_pod};  // of all nodes; of this one alone where chains are not served
  Store<ServiceFunctionChain> chains{decode_chain};
  Store<ExternalInterface> external_interfaces{decode_external_interface};
  Store<CustomNetwork> networks{decode_custom_network};

  // Tells all subscribers of all stores, in the order above.
  void flush() {
    nodes.flush();
    services.flush();
    endpoint_slices.flush();
    pods.flush();
    chains.flush();
    external_interfaces.flush();
    networks.flush();
  }
};

}  // namespace sextant::k8s
