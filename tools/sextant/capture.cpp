// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant capture`: packets as pcapng into a file or a pipe.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "command.hpp"
#include "pages.hpp"
#include "pcapng_blocks.hpp"

namespace sextant {

namespace {

struct Options {
  std::string socket = kDefaultSocket;
  std::string file;
  unsigned seconds = 60;
  Query query;
};

// Whole blocks to a file or to standard output. What was written stays readable, whatever happens.
class Sink {
 public:
  explicit Sink(const std::string& file) : file_(file == "-" ? "standard output" : file) {
    if (file == "-") fd_ = STDOUT_FILENO;
  }
  ~Sink() {
    if (fd_ > STDOUT_FILENO) close(fd_);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // The file is made when there is something to write: a refused capture leaves none behind.
  Status write(std::string_view blocks) {
    if (fd_ < 0) {
      fd_ = open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      if (fd_ < 0) return Error{fmt::format("{}: {}", file_, std::strerror(errno))};
    }
    std::size_t done = 0;
    while (done < blocks.size()) {
      const ssize_t count = ::write(fd_, blocks.data() + done, blocks.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        reader_gone_ = errno == EPIPE;
        const Error error{fmt::format("{}: {}", file_, std::strerror(errno))};
        // No half block at the end; a pipe cannot take it back.
        if (fd_ != STDOUT_FILENO && ftruncate(fd_, size_) != 0) return error;
        return error;
      }
      done += static_cast<std::size_t>(count);
    }
    size_ += static_cast<off_t>(blocks.size());
    return Ok{};
  }

  [[nodiscard]] const std::string& name() const { return file_; }
  [[nodiscard]] bool reader_gone() const { return reader_gone_; }

 private:
  std::string file_;
  int fd_ = -1;
  off_t size_ = 0;  // of whole blocks
  bool reader_gone_ = false;
};

std::string summary(const PcapngBlocks& blocks, const Sink& sink) {
  return fmt::format("{} packets in {}", blocks.packets(), sink.name());
}

// Ctrl-C and SIGTERM end the capture between two writes, with words.
void end_on_signals(std::mutex& writing, const PcapngBlocks& blocks, const Sink& sink) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread([set, &writing, &blocks, &sink] {
    int number = 0;
    if (sigwait(&set, &number) != 0) return;
    const std::lock_guard lock(writing);
    fmt::print(stderr, "sextant: stopped; {}\n", summary(blocks, sink));
    // The connection ends with the process, and with it the capture in the daemon.
    std::_Exit(0);
  }).detach();
}

void capture(const Options& options) {
  if (options.file == "-" && isatty(STDOUT_FILENO) == 1) {
    fail("a capture is not for a terminal; give -w FILE, or pipe it into a program");
  }
  std::signal(SIGPIPE, SIG_IGN);
  // These live until the process ends: the thread that waits for signals may look at them.
  static std::mutex writing;
  static PcapngBlocks blocks;
  static std::optional<Sink> sink;
  sink.emplace(options.file);
  end_on_signals(writing, blocks, *sink);
  Status written = Ok{};
  const auto on_chunk = [&](std::string_view chunk) {
    const std::lock_guard lock(writing);
    auto whole = blocks.take(chunk);
    if (!whole) {
      written = whole.error();
      return false;
    }
    if (!whole->empty()) written = sink->write(*whole);
    return written.ok();
  };
  const Status streamed = DaemonLink(options.socket, options.seconds)
                              .stream(target_of("/v1/capture", options.query), on_chunk);
  const std::lock_guard lock(writing);
  if (!written && sink->reader_gone()) {
    fmt::print(stderr, "sextant: the reader of standard output has gone; the capture ends\n");
    return;
  }
  if (!written) fail(fmt::format("{}; {}", written.error().text, summary(blocks, *sink)));
  if (!streamed) fail(fmt::format("{}; {}", streamed.error().text, summary(blocks, *sink)));
  if (blocks.pending() != 0) {
    fail(fmt::format("the daemon ended in the middle of a packet; {}", summary(blocks, *sink)));
  }
  fmt::print(stderr, "sextant: {}\n", summary(blocks, *sink));
}

}  // namespace

void add_capture(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("capture", "Write packets to a pcapng file, dropped ones with the reason");
  command->footer(
      "Ends after --seconds, --packets or --bytes, on Ctrl-C, or when the disk is full; the file "
      "is "
      "readable in each case. To look on: sextant capture -w - | tcpdump -nr -");
  command->add_option("-w,--write", options->file, "The file; - is standard output")
      ->type_name("FILE")
      ->required();
  Query& query = options->query;
  command->add_option("--point", query["point"], "Where packets are taken; all unless given")
      ->type_name("POINT")
      ->check(CLI::IsMember({"ingress", "egress", "drop", "all"}));
  command->add_option("--port", query["port"], "Only of this port")->type_name("PORT");
  command->add_option("--src", query["src"], "Source address of the outermost IP header")
      ->type_name("PREFIX");
  command->add_option("--dst", query["dst"], "Destination address of the outermost IP header")
      ->type_name("PREFIX");
  command->add_option("--reason", query["reason"], "Only dropped for this reason")
      ->type_name("REASON");
  command->add_option("--seconds", options->seconds, "How long")
      ->type_name("SECONDS")
      ->check(CLI::Range(1u, 3600u, "1 to 3600"))
      ->capture_default_str();
  const auto number = [&](const char* name, const char* key, const char* help) {
    command->add_option(name, query[key], help)
        ->type_name("NUMBER")
        ->check(CLI::PositiveNumber.description(""));
  };
  number("--packets", "packets", "End after this many packets; 10000 unless given");
  number("--bytes", "bytes", "End after this many bytes; 16777216 unless given");
  number("--snaplen", "snaplen", "Bytes of each packet; 256 unless given");
  number("--rate", "rate", "Packets a second, at most; 10000 unless given");
  add_socket_option(*command, options->socket);
  command->callback([options] {
    options->query["seconds"] = std::to_string(options->seconds);
    capture(*options);
  });
}

}  // namespace sextant
