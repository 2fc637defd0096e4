// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A reconciler with a file of its own and a publisher that only keeps what it is given.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "control/runtime/file_source.hpp"
#include "control/runtime/reconciler.hpp"
#include "control_fixtures.hpp"

namespace sextant::control_test {

using std::chrono::milliseconds;

inline constexpr const char* kBase =
    "ports: [{name: a, addresses: [\"2001:db8:1::1/64\"]}]\n"
    "local_sids: [{sid: \"fc00::1\", behavior: End}]\n";
inline constexpr const char* kOther =
    "ports: [{name: a, addresses: [\"2001:db8:1::1/64\"]}]\n"
    "local_sids: [{sid: \"fc00::2\", behavior: End}]\n";

// Keeps what lcores would see, as the data plane does.
class FakePublisher : public TablePublisher {
 public:
  Result<Generation> publish(const TableDiff& change) override {
    ++calls;
    if (const auto once = std::exchange(meanwhile, {})) once();
    if (!refusal.empty()) return Error{refusal};
    last = change;
    return ++generation;
  }

  Generation generation = 0;
  unsigned calls = 0;
  std::string refusal;
  TableDiff last;
  std::function<void()> meanwhile;  // once, as RcuPublisher's between_polls
};

// A folder of its own with one configuration file.
class TestFile {
 public:
  TestFile() {
    std::string name = (std::filesystem::temp_directory_path() / "sextant-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~TestFile() { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "sextant.yaml"; }
  void write(const std::string& text) const { std::ofstream(path()) << text; }

 private:
  std::filesystem::path folder_;
};

struct ReconcilerFixture {
  explicit ReconcilerFixture(const std::string& yaml = kBase) { file.write(yaml); }

  // The state after a start that went well.
  void start() {
    REQUIRE(reconcile("start").result == AttemptResult::kPublished);
    tables = reconciler.compiler().tables();
    text = source.running()->text;
  }
  // Nothing of what runs has changed.
  void check_untouched() {
    CHECK(reconciler.compiler().tables() == tables);
    CHECK(source.running()->text == text);
    CHECK(reconciler.status().number == 1);
    CHECK(publisher.generation == 1);
    CHECK(reconciler.status().missing().empty());
    CHECK(reconciler.status().notice().find("generation 1 still runs") != std::string::npos);
  }
  // Until the attempt has ended.
  const Attempt& reconcile(const std::string& trigger) {
    bool ended = false;
    reconciler.reconcile(trigger, [&](const Attempt&) { ended = true; });
    loop.restart();
    while (!ended && loop.run_one() > 0) {
    }
    REQUIRE(ended);
    return *reconciler.status().last;
  }
  void run_for(milliseconds time) {
    loop.restart();
    loop.run_for(time);
  }

  TestFile file;
  boost::asio::io_context loop;
  FakePublisher publisher;
  FileSource source{file.path()};
  Reconciler reconciler{loop, worker, source, publisher, {}, {milliseconds(20), milliseconds(100)}};
  ForwardingTables tables;
  std::string text;
  // Last: joined first.
  boost::asio::thread_pool worker{1};
};

inline bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace sextant::control_test
