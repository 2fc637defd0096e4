// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FuzzNode: the node of node.yaml with everything that forward_burst() needs, made once per
// process.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "control/compile/compile.hpp"
#include "control/runtime/config_file.hpp"
#include "dataplane/flow_tables.hpp"
#include "dataplane/forward.hpp"
#include "dataplane/ports/counters_storage.hpp"
#include "dataplane/proxy_cache.hpp"
#include "dataplane/replay/packet_memory.hpp"
#include "dataplane/tables/table_set.hpp"

namespace sextant::fuzz {

// A broken invariant: libFuzzer keeps the input of a process that aborts.
[[noreturn]] inline void fail(const char* what, std::uint64_t a = 0, std::uint64_t b = 0) {
  std::fprintf(stderr, "fuzz: %s (%llu, %llu)\n", what, static_cast<unsigned long long>(a),
               static_cast<unsigned long long>(b));
  std::abort();
}
inline void require(bool holds, const char* what, std::uint64_t a = 0, std::uint64_t b = 0) {
  if (!holds) fail(what, a, b);
}

// Consumes an input from its start; zeros and empty spans behind its end.
class InputReader {
 public:
  InputReader(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t out = rest_[0];
    rest_ = rest_.subspan(1);
    return out;
  }
  std::uint16_t word() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  std::span<const std::uint8_t> bytes(std::size_t count) {
    const auto out = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(out.size());
    return out;
  }
  std::span<const std::uint8_t> rest() { return bytes(rest_.size()); }

 private:
  std::span<const std::uint8_t> rest_;
};

struct LoadedNode {
  ForwardingTables tables;
  std::vector<std::string> port_names;
};

inline LoadedNode load_node() {
  LoadedConfig config = load_config_file(SEXTANT_SOURCE_DIR "/tests/fuzz/node.yaml");
  CompileResult compiled = compile(config.state);
  for (const Diagnostics* list : {&config.diagnostics, &compiled.diagnostics}) {
    for (const Diagnostic& found : list->list())
      std::fprintf(stderr, "%s\n", found.to_string().c_str());
  }
  require(config.ok() && compiled.ok(), "node.yaml is not valid");
  LoadedNode out{std::move(compiled.tables), {}};
  for (const PortConfig& port : config.runtime.ports)
    out.port_names.push_back(port.name);
  return out;
}

class FuzzNode {
 public:
  static FuzzNode& get() {
    // Never destroyed: EAL may be gone by then.
    static FuzzNode* node = new FuzzNode;
    return *node;
  }

  // The same start for every input, so that a crash repeats.
  void reset() {
    constexpr std::uint32_t kProxyFlows = 16;
    proxy_cache_ = std::make_unique<ProxyCache>(kProxyFlows, 1, lcore.tsc_hz);
    lcore.proxy_cache = proxy_cache_.get();
    constexpr FlowConfig kFlows{.connections = 16, .choices = 16};
    flows_ = std::make_unique<FlowTables>(kFlows, lcore.tsc_hz, 0);
    lcore.flows = flows_.get();
    lcore.icmp_limiter = IcmpLimiter{};
    lcore.now_tsc = kStart;
    lcore.output.clear();
  }

  [[nodiscard]] PortIndex ports() const { return static_cast<PortIndex>(node_.port_names.size()); }
  [[nodiscard]] const ForwardingTables& forwarding_tables() const { return node_.tables; }

  TableSet tables;

 private:
  std::unique_ptr<LcoreState> lcore_ = std::make_unique<LcoreState>();

 public:
  LcoreState& lcore = *lcore_;

 private:
  static constexpr std::uint64_t kHz = 1'000'000'000;
  static constexpr std::uint64_t kStart = 3600 * kHz;
  static constexpr std::uint32_t kMemoryMb = 64;
  static constexpr std::uint32_t kMbufs = 4096;

  FuzzNode() : node_(load_node()) {
    require(start_private_eal(kMemoryMb).ok(), "EAL does not start");
    auto memory = PacketMemory::create(kMbufs);
    require(memory.ok(), "no packet memory");
    memory_ = std::make_unique<PacketMemory>(std::move(memory).value());
    require(tables.apply(diff({}, node_.tables)).ok(), "the tables of node.yaml do not apply");
    require(counters_.attach(lcore.counters, limits_of(node_.tables)).ok(), "no counters");
    lcore.pool = memory_->pool();
    lcore.tsc_hz = kHz;
    reset();
  }

  LoadedNode node_;
  std::unique_ptr<PacketMemory> memory_;
  std::unique_ptr<ProxyCache> proxy_cache_;
  std::unique_ptr<FlowTables> flows_;
  CountersStorage counters_;
};

}  // namespace sextant::fuzz
