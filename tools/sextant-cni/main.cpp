// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// sextant-cni: called by the container runtime (CNI spec); see config/cni/README.md.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>

#include "commands.hpp"
#include "result.hpp"

extern char** environ;

namespace sextant::cni {

namespace {

Environment read_environment() {
  Environment out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equal = text.find('=');
    if (equal != std::string::npos && text.starts_with("CNI_")) {
      out[text.substr(0, equal)] = text.substr(equal + 1);
    }
  }
  return out;
}

std::string read_stdin() {
  std::string out;
  std::array<char, 16384> bytes;
  while (out.size() <= kMaxConfigBytes) {
    const ssize_t got = read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return out;
}

void print(const nlohmann::json& value) {
  const std::string text =
      value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int main() {
  const std::string config = isatty(STDIN_FILENO) != 0 ? "" : read_stdin();
  const auto fail = [&](const CniError& error) {
    print(error_result(answer_version(config), error));
    return 1;
  };
  try {
    const auto request = parse_request(read_environment(), config);
    if (!request) return fail(request.error());
    const auto result = run(*request);
    if (!result) return fail(result.error());
    if (!result->is_null()) print(*result);
    return 0;
  } catch (const std::exception& error) {
    return fail({Code::kInputOutput, "sextant-cni failed", error.what()});
  }
}

}  // namespace

}  // namespace sextant::cni

int main() {
  return sextant::cni::main();
}
