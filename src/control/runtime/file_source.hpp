// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FileSource: the configuration file as a source of desired states.
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/runtime/config_file.hpp"
#include "control/runtime/reconciler.hpp"

namespace sextant {

// load() and check() work on any thread, as StateSource says; everything else is for the control
// thread.
class FileSource : public StateSource {
 public:
  // What a text says beside the desired state, which the reconciler has.
  struct Taken {
    LoadedConfig config;  // its state is empty
    std::string text;
    std::chrono::system_clock::time_point loaded_at;
  };

  explicit FileSource(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] std::string name() const override { return path_.string(); }
  // Reads the file. Once something was accepted, what cannot change while the process runs is
  // an error.
  SourcedState load() override;
  void accepted() override;

  // The same for a text that is not meant to run. file_name is for the messages. Not before the
  // first accepted(); then on any thread.
  [[nodiscard]] SourcedState check(std::string_view text, const std::string& file_name) const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // What load() read last: not while another one runs. And what runs. None before the first.
  [[nodiscard]] const std::optional<Taken>& latest() const { return latest_; }
  [[nodiscard]] const std::optional<Taken>& running() const { return running_; }

 private:
  LoadedConfig parse(std::string_view text, const std::string& file_name) const;

  std::filesystem::path path_;
  std::optional<Taken> latest_;
  std::optional<Taken> running_;
  // As the process was started; running_ follows the file in what may change.
  std::optional<LoadedConfig> started_;  // written once, by the first accepted()
  // Ports in their places, as they were opened; none has an empty name.
  mutable std::mutex open_ports_mutex_;
  std::vector<PortConfig> open_ports_;
};

}  // namespace sextant
