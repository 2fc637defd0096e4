// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DpdkLog: DPDK's log lines: kept as the reason of a failure, and handed to whoever wants them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sextant {

// Levels as in DPDK: 1 emergency to 8 debug.
class DpdkLog {
 public:
  using Sink = std::function<void(unsigned level, std::string_view line)>;

  // From now on all of DPDK's output comes here. Once per process, before EAL starts.
  static void install();
  // Who gets lines from now on, on any thread; may be empty.
  static void set_sink(Sink sink);

  // While one exists, lines are kept as reasons. Errors are not handed to the sink then: whoever
  // captures says them in its own sentence.
  class Capture {
   public:
    // standard_streams: take what is written to stdout and stderr too, as EAL does on bad
    // arguments.
    explicit Capture(bool standard_streams = false);
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    // The most telling lines so far in one line: errors, else warnings; empty when there are none.
    [[nodiscard]] std::string reason();

   private:
    void restore_streams();

    int saved_stdout_ = -1;
    int saved_stderr_ = -1;
    int memory_ = -1;
  };
};

}  // namespace sextant
