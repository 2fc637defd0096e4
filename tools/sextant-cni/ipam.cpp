// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A child with pipes for configuration and result.
#include "ipam.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

namespace sextant::cni {

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxResult = std::size_t{1} << 20;

// The first of the folders in CNI_PATH that has the plugin.
Outcome<std::string> find_plugin(const std::string& name) {
  const char* const path = std::getenv("CNI_PATH");
  const std::string folders = path == nullptr ? "" : path;
  for (std::size_t at = 0; at < folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    std::string file = folders.substr(at, end - at) + "/" + name;
    if (access(file.c_str(), X_OK) == 0) return file;
    at = end + 1;
  }
  return CniError{Code::kInvalidEnvironment, "the IPAM plugin is not there",
                  "no program '" + name + "' in CNI_PATH (" + folders +
                      "): install it (Debian: containernetworking-plugins) or correct ipam.type"};
}

CniError failed(const std::string& plugin, const std::string& what) {
  return {Code::kInputOutput, "the IPAM plugin could not be run", plugin + ": " + what};
}

// Both ends of a pipe, closed at the end.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] bool valid() const { return ends_[0] >= 0; }
  [[nodiscard]] int end(unsigned which) const { return ends_[which]; }
  void close_end(unsigned which) {
    if (ends_[which] >= 0) close(std::exchange(ends_[which], -1));
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

pid_t start(const std::string& plugin, std::string_view command, const std::string& ifname,
            const Pipe& in, const Pipe& out) {
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(in.end(0), STDIN_FILENO);
  dup2(out.end(1), STDOUT_FILENO);
  setenv("CNI_COMMAND", std::string(command).c_str(), 1);
  if (!ifname.empty()) setenv("CNI_IFNAME", ifname.c_str(), 1);
  signal(SIGPIPE, SIG_DFL);
  execl(plugin.c_str(), plugin.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

// Writes the configuration and reads the result, until the child closes its end. Empty: too late.
std::optional<std::string> converse(Pipe& in, Pipe& out, std::string_view config,
                                    Clock::time_point deadline) {
  std::string result;
  fcntl(in.end(1), F_SETFL, O_NONBLOCK);
  for (;;) {
    if (config.empty()) in.close_end(1);
    std::array<pollfd, 2> ends = {pollfd{out.end(0), POLLIN, 0}, pollfd{in.end(1), POLLOUT, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return std::nullopt;
    const int ready = poll(ends.data(), ends.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return std::nullopt;
    if (ready <= 0) continue;
    if (ends[1].revents != 0) {
      const ssize_t written = write(in.end(1), config.data(), config.size());
      // A child that does not read has its reasons, and its exit code tells.
      if (written < 0 && errno != EAGAIN) config = {};
      if (written > 0) config.remove_prefix(static_cast<std::size_t>(written));
    }
    if (ends[0].revents != 0) {
      std::array<char, 4096> bytes;
      const ssize_t got = read(out.end(0), bytes.data(), bytes.size());
      if (got == 0 || (got < 0 && errno != EINTR)) return result;
      if (got > 0) result.append(bytes.data(), static_cast<std::size_t>(got));
      if (result.size() > kMaxResult) return std::nullopt;
    }
  }
}

// The plugin's own error, with its code.
CniError error_of(const std::string& plugin, const std::string& result, int status) {
  const json said = json::parse(result, nullptr, false);
  CniError out{Code::kIpamFailed, "the IPAM plugin failed", plugin};
  if (said.is_object() && said.contains("code") && said["code"].is_number_unsigned()) {
    out.code = static_cast<Code>(said["code"].get<unsigned>());
    if (said.contains("msg") && said["msg"].is_string()) {
      out.details += ": " + said["msg"].get<std::string>();
    }
    if (said.contains("details") && said["details"].is_string()) {
      out.details += ": " + said["details"].get<std::string>();
    }
  } else if (WIFEXITED(status)) {
    out.details += ": exit code " + std::to_string(WEXITSTATUS(status));
  } else {
    out.details += ": ended by signal " + std::to_string(WTERMSIG(status));
  }
  return out;
}

}  // namespace

Outcome<std::string> run_ipam(const Request& request, std::string_view command,
                              std::string_view config) {
  const auto plugin = find_plugin(request.ipam);
  if (!plugin) return plugin.error();
  Pipe in;
  Pipe out;
  if (!in.valid() || !out.valid()) return failed(*plugin, std::strerror(errno));
  signal(SIGPIPE, SIG_IGN);
  const pid_t child = start(*plugin, command, request.ifname, in, out);
  if (child < 0) return failed(*plugin, std::strerror(errno));
  in.close_end(0);
  out.close_end(1);
  const auto result =
      converse(in, out, config, Clock::now() + std::chrono::seconds(request.timeout_s));
  if (!result) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!result) {
    return failed(*plugin, "no result within " + std::to_string(request.timeout_s) +
                               " seconds; it was killed");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return error_of(*plugin, *result, status);
  return *result;
}

}  // namespace sextant::cni
