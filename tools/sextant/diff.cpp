// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant diff`: what a configuration file would change. Exit codes of diff(1).
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "change_view.hpp"
#include "command.hpp"

namespace sextant {

namespace {

constexpr int kDiffers = 1;
constexpr int kTrouble = 2;

struct Options {
  std::string socket = kDefaultSocket;
  ColorMode color = ColorMode::kAuto;
  bool json = false;
  std::string file;
};

std::string read_file(const std::string& name) {
  const std::string path = name == "-" ? "/dev/stdin" : name;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) fail(path + ": is a directory", kTrouble);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // An empty file is no error here: the daemon says what is missing.
  if (file && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || text.bad()) {
    fail(fmt::format("{}: {}", path, std::strerror(errno)), kTrouble);
  }
  return text.str();
}

// The daemon does not know the file's name; findings name it "candidate".
std::string named(const std::string& finding, const std::string& file) {
  constexpr std::string_view kName = "candidate";
  if (finding.compare(0, kName.size(), kName) != 0) return finding;
  return file + finding.substr(kName.size());
}

void diff(const Options& options) {
  const std::string text = read_file(options.file);
  const auto reply = DaemonLink(options.socket).post("/v1/diff", text);
  if (!reply) fail(reply.error().text, kTrouble);
  const auto body = nlohmann::json::parse(reply->body, nullptr, false);
  if (reply->status == 200 && !body.is_object()) fail("the reply is not JSON", kTrouble);
  const auto findings = body.is_object() ? findings_of(body) : std::vector<std::string>();
  for (const std::string& finding : findings)
    fmt::print(stderr, "{}\n", named(finding, options.file));
  if (reply->status != 200) {
    if (!findings.empty()) {
      fail(fmt::format("{} is not valid; nothing was compared", options.file), kTrouble);
    }
    fail(DaemonLink::refusal(*reply, "/v1/diff").text, kTrouble);
  }
  if (options.json) {
    write_stdout(body.dump(2) + '\n');
  } else {
    write_stdout(changes_text(body, stdout_canvas(options.color)));
  }
  if (!body.at("changes").empty()) throw CLI::RuntimeError(kDiffers);
}

}  // namespace

void add_diff(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("diff", "Tell what a configuration file would change in the running node");
  command->footer(
      "Nothing is changed. + is added, - removed, ~ changed. The exit code is that of diff: 0 when "
      "nothing would change, 1 when something would, 2 when it cannot be told.");
  command->add_option("file", options->file, "The configuration file (YAML); - is standard input")
      ->type_name("FILE")
      ->required();
  command->add_flag("--json", options->json, "Print JSON, for scripts");
  add_color_option(*command, options->color);
  add_socket_option(*command, options->socket);
  command->callback([options] {
    try {
      diff(*options);
    } catch (const nlohmann::json::exception& error) {
      fail(std::string("the reply is not as expected; is this another version of sextantd than of "
                       "sextant? (") +
               error.what() + ")",
           kTrouble);
    }
  });
}

}  // namespace sextant
