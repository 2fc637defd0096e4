// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FileSource: the configuration file as a source of desired states.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "control/runtime/config_file.hpp"
#include "control/runtime/reconciler.hpp"

namespace sextant {

// Control thread.
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

  // The same for a text that is not meant to run. file_name is for the messages.
  [[nodiscard]] SourcedState check(std::string_view text, const std::string& file_name) const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // What load() read last, and what runs; none before the first.
  [[nodiscard]] const std::optional<Taken>& latest() const { return latest_; }
  [[nodiscard]] const std::optional<Taken>& running() const { return running_; }

 private:
  LoadedConfig parse(std::string_view text, const std::string& file_name) const;

  std::filesystem::path path_;
  std::optional<Taken> latest_;
  std::optional<Taken> running_;
  // As the ports were opened; running_ follows the file in what may change.
  std::optional<LoadedConfig> started_;
};

}  // namespace sextant
