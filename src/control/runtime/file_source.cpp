// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One text, three uses: the start, a reload, a question what it would change.
#include "control/runtime/file_source.hpp"

#include <utility>

#include "control/runtime/runtime_change.hpp"

namespace sextant {

LoadedConfig FileSource::parse(std::string_view text, const std::string& file_name) const {
  LoadedConfig config = parse_config(text, file_name);
  if (config.is_yaml && started_) {
    LoadedConfig now = *started_;
    {
      const std::lock_guard lock(open_ports_mutex_);
      now.runtime.ports = open_ports_;
    }
    check_runtime_change(now, config);
  }
  // The caller compiles what is right; of what is wrong, one run shows everything.
  if (!config.ok()) add_compile_errors(config);
  config.diagnostics = in_source_order(config.diagnostics);
  return config;
}

SourcedState FileSource::check(std::string_view text, const std::string& file_name) const {
  LoadedConfig config = parse(text, file_name);
  return {std::move(config.state), std::move(config.diagnostics)};
}

SourcedState FileSource::load() {
  SourcedState out;
  auto text = read_config_text(path_);
  if (!text) {
    latest_.reset();
    out.diagnostics.error({name(), 0, 0}, "", text.error().text);
    return out;
  }
  Taken taken;
  taken.text = std::move(text).value();
  taken.loaded_at = std::chrono::system_clock::now();
  taken.config = parse(taken.text, name());
  out.state = std::exchange(taken.config.state, {});
  out.diagnostics = taken.config.diagnostics;
  latest_ = std::move(taken);
  return out;
}

void FileSource::accepted() {
  if (!latest_) return;
  running_ = latest_;
  if (!started_) started_ = latest_->config;
  const std::lock_guard lock(open_ports_mutex_);
  const std::vector<PortConfig>& ports = latest_->config.runtime.ports;
  open_ports_.resize(ports.size());
  for (std::size_t place = 0; place < ports.size(); ++place) {
    if (open_ports_[place].name != ports[place].name) open_ports_[place] = ports[place];
  }
}

}  // namespace sextant
