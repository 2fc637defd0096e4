// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ANSI sequences, termios, and signal handlers that do nothing but put the terminal back.
#include "live_screen.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string_view>

namespace sextant {

namespace {

// Alternate screen, no cursor, no wrap at the right margin.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

// Handlers have no other way to know; they are set before the handlers are installed.
termios normal_mode;
termios key_mode;
bool has_modes = false;
volatile std::sig_atomic_t resized = 0;

// Async-signal-safe.
void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void enter() {
  if (has_modes) tcsetattr(STDIN_FILENO, TCSANOW, &key_mode);
  put(kEnter);
}

void leave() {
  put(kLeave);
  if (has_modes) tcsetattr(STDIN_FILENO, TCSANOW, &normal_mode);
}

// Ends the process as the signal would have done, so that the shell sees what happened.
void on_end(int signal_number) {
  leave();
  std::signal(signal_number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal_number);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  raise(signal_number);
}

void on_stop(int) {
  const int saved = errno;
  leave();
  raise(SIGSTOP);
  // Continued.
  enter();
  resized = 1;
  errno = saved;
}

void on_resize(int) {
  resized = 1;
}

void handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  // Requests to the daemon go on; poll() is interrupted all the same.
  action.sa_flags = SA_RESTART;
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

LiveScreen::LiveScreen() {
  keys_ = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &normal_mode) == 0;
  if (keys_) {
    key_mode = normal_mode;
    key_mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    key_mode.c_cc[VMIN] = 0;
    key_mode.c_cc[VTIME] = 0;
    has_modes = true;
  }
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
    handle(signal_number, on_end);
  handle(SIGTSTP, on_stop);
  handle(SIGWINCH, on_resize);
  enter();
}

LiveScreen::~LiveScreen() {
  leave();
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH})
    handle(signal_number, SIG_DFL);
}

TerminalSize LiveScreen::size() {
  return terminal_size(STDOUT_FILENO);
}

void LiveScreen::draw(const std::string& text) {
  std::string frame = "\x1b[H";
  std::string_view rest = text;
  const std::size_t rows = size().rows;
  for (std::size_t row = 0; row < rows && !rest.empty(); ++row) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (row > 0) frame += "\r\n";
    frame += rest.substr(0, end);
    frame += "\x1b[0m\x1b[K";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  frame += "\x1b[J";
  put(frame);
}

LiveScreen::Event LiveScreen::wait(double seconds) {
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(seconds);
  timeout.tv_nsec = static_cast<long>((seconds - static_cast<double>(timeout.tv_sec)) * 1e9);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const int ready = ppoll(&input, keys_ ? 1 : 0, &timeout, nullptr);
  if (resized != 0) {
    resized = 0;
    return {Event::Kind::kResized, 0};
  }
  if (ready <= 0) return {ready < 0 ? Event::Kind::kResized : Event::Kind::kTimeout, 0};
  char bytes[32];
  const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
  if (count <= 0) {
    // The terminal is gone: do not ask it again.
    keys_ = false;
    return {Event::Kind::kTimeout, 0};
  }
  // A sequence starts with ESC and has more bytes; ESC alone is a key.
  if (bytes[0] == '\x1b' && count > 1) return {Event::Kind::kResized, 0};
  return {Event::Kind::kKey, bytes[0]};
}

}  // namespace sextant
