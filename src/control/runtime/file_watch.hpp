// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FileWatch: tells when another file stands under a path, however it got there.
#pragma once

#include <sys/stat.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include <sextant/common/result.hpp>

namespace sextant {

// Watches the folders of the path and of what it leads to, by inotify: a file written in place, one
// renamed onto the path (editors), a symbolic link that leads elsewhere (a ConfigMap's "..data"). A
// file that is gone is no change; the next one is. Lives on the thread of its io_context.
class FileWatch {
 public:
  // changed: called once per change, soon after it. retry: how often a folder that is not there is
  // looked for.
  static Result<std::unique_ptr<FileWatch>> open(
      boost::asio::io_context& loop, std::filesystem::path path, std::function<void()> changed,
      std::chrono::milliseconds retry = std::chrono::seconds(2));
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  // Tells one content from another without reading it.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };

  FileWatch(boost::asio::io_context& loop, std::filesystem::path path,
            std::function<void()> changed, std::chrono::milliseconds retry);
  void wait();
  // Adds watches for the folders as they are now. False: the path's own folder is not there.
  bool watch_folders();
  // Whether any of the events in events_ can mean another file under the path.
  [[nodiscard]] bool relevant(std::size_t bytes) const;
  void look();
  [[nodiscard]] std::optional<Identity> identify() const;

  std::filesystem::path path_;
  std::function<void()> changed_;
  std::chrono::milliseconds retry_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer timer_;
  std::optional<Identity> last_;
  alignas(8) std::array<char, 4096> events_{};
};

}  // namespace sextant
