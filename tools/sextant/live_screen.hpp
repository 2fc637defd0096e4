// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// LiveScreen: a terminal that is redrawn again and again, and left as it was found: at the end, on
// Ctrl-C, on SIGTERM, and while the job is stopped by Ctrl-Z.
#pragma once

#include <string>

#include "terminal.hpp"

namespace sextant {

// One at a time in a process.
class LiveScreen {
 public:
  // Standard output must be a terminal; keys come from standard input if that is one, too.
  LiveScreen();
  ~LiveScreen();
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  // Shows the lines; what does not fit at the bottom is left out.
  void draw(const std::string& text);
  [[nodiscard]] static TerminalSize size();

  // What ended the wait. Escape sequences (arrow keys) are no keys.
  struct Event {
    enum class Kind { kTimeout, kKey, kResized } kind = Kind::kTimeout;
    char key = 0;
  };
  [[nodiscard]] Event wait(double seconds);

 private:
  bool keys_ = false;
};

}  // namespace sextant
