// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DPDK's log stream as a cookie that keeps lines and hands them on.
#include "dpdk_log.hpp"

#include <fcntl.h>
#include <rte_log.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <mutex>
#include <vector>

namespace sextant {

namespace {

// Levels of rte_log.h.
constexpr unsigned kErrorLevel = RTE_LOG_ERR;
constexpr unsigned kWarningLevel = RTE_LOG_WARNING;
constexpr std::size_t kMaxKeptLines = 64;
constexpr std::size_t kMaxReasonLines = 3;

struct Line {
  unsigned level;
  std::string text;
};

// DPDK's own threads log too.
struct State {
  std::mutex mutex;
  DpdkLog::Sink sink;
  std::string partial;
  std::deque<Line> kept;
  unsigned captures = 0;
};

State& state() {
  // Never destroyed: DPDK may log until the very end of the process.
  static State* const instance = new State;
  return *instance;
}

void take_line(State& s, unsigned level, const std::string& text) {
  if (text.empty()) return;
  if (s.captures > 0) {
    if (s.kept.size() == kMaxKeptLines) s.kept.pop_front();
    s.kept.push_back({level, text});
    if (level <= kErrorLevel) return;
  }
  if (s.sink) s.sink(level, text);
}

ssize_t write_cookie(void*, const char* data, std::size_t size) {
  State& s = state();
  const int current = rte_log_cur_msg_loglevel();
  const unsigned level = current < 0 ? kErrorLevel : static_cast<unsigned>(current);
  const std::lock_guard lock(s.mutex);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] != '\n') {
      s.partial += data[i];
      continue;
    }
    take_line(s, level, s.partial);
    s.partial.clear();
  }
  return static_cast<ssize_t>(size);
}

// Lines that only say that something failed, behind those that say what.
bool says_nothing(const std::string& line) {
  return line.rfind("EAL: Driver cannot attach", 0) == 0 ||
         line.rfind("EAL: Failed to attach device", 0) == 0;
}

void add_reason(std::vector<std::string>& reasons, std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '.'))
    text.pop_back();
  if (text.empty() || says_nothing(text) || reasons.size() == kMaxReasonLines) return;
  if (std::find(reasons.begin(), reasons.end(), text) == reasons.end()) {
    reasons.push_back(std::move(text));
  }
}

}  // namespace

void DpdkLog::install() {
  static const bool installed = [] {
    cookie_io_functions_t functions{};
    functions.write = write_cookie;
    FILE* const stream = fopencookie(nullptr, "w", functions);
    if (stream == nullptr) return false;
    rte_openlog_stream(stream);
    return true;
  }();
  (void)installed;
}

void DpdkLog::set_sink(Sink sink) {
  const std::lock_guard lock(state().mutex);
  state().sink = std::move(sink);
}

DpdkLog::Capture::Capture(bool standard_streams) {
  {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    if (s.captures++ == 0) s.kept.clear();
  }
  if (!standard_streams) return;
  std::fflush(stdout);
  std::fflush(stderr);
  memory_ = memfd_create("dpdk-output", MFD_CLOEXEC);
  if (memory_ < 0) return;
  saved_stdout_ = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  saved_stderr_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (saved_stdout_ >= 0) dup2(memory_, STDOUT_FILENO);
  if (saved_stderr_ >= 0) dup2(memory_, STDERR_FILENO);
}

DpdkLog::Capture::~Capture() {
  restore_streams();
  if (memory_ >= 0) close(memory_);
  State& s = state();
  const std::lock_guard lock(s.mutex);
  --s.captures;
}

void DpdkLog::Capture::restore_streams() {
  std::fflush(stdout);
  std::fflush(stderr);
  if (saved_stdout_ >= 0) {
    dup2(saved_stdout_, STDOUT_FILENO);
    close(saved_stdout_);
  }
  if (saved_stderr_ >= 0) {
    dup2(saved_stderr_, STDERR_FILENO);
    close(saved_stderr_);
  }
  saved_stdout_ = saved_stderr_ = -1;
}

std::string DpdkLog::Capture::reason() {
  restore_streams();
  std::vector<std::string> reasons;
  {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    for (const unsigned level : {kErrorLevel, kWarningLevel}) {
      if (!reasons.empty()) break;
      for (const Line& line : s.kept) {
        if (line.level <= level) add_reason(reasons, line.text);
      }
    }
  }
  if (memory_ >= 0) {
    char text[2048];
    const ssize_t size = pread(memory_, text, sizeof text, 0);
    std::string line;
    for (ssize_t i = 0; i < size; ++i) {
      if (text[i] != '\n') {
        line += text[i];
        continue;
      }
      // EAL explains its arguments at length; none of them is the user's.
      if (line.rfind("Usage:", 0) == 0) break;
      // What EAL wrote to both places is known from the log already.
      if (line.rfind("EAL: ", 0) != 0) add_reason(reasons, line);
      line.clear();
    }
  }
  std::string out;
  for (const std::string& reason : reasons)
    out += (out.empty() ? "" : "; ") + reason;
  return out;
}

}  // namespace sextant
