// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// inotify says that something happened in a folder; stat() says whether the file is another one.
#include "control/runtime/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sextant {

namespace {

// Not IN_MODIFY: a file that is being written is not read before its writer closes it. IN_CREATE is
// for symbolic links, which appear whole.
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

FileWatch::FileWatch(boost::asio::io_context& loop, std::filesystem::path path,
                     std::function<void()> changed, std::chrono::milliseconds retry)
    : path_(std::move(path)),
      changed_(std::move(changed)),
      retry_(retry),
      inotify_(loop),
      timer_(loop) {}

FileWatch::~FileWatch() = default;

Result<std::unique_ptr<FileWatch>> FileWatch::open(boost::asio::io_context& loop,
                                                   std::filesystem::path path,
                                                   std::function<void()> changed,
                                                   std::chrono::milliseconds retry) {
  std::error_code ignored;
  path = std::filesystem::absolute(path, ignored);
  std::unique_ptr<FileWatch> watch(new FileWatch(loop, std::move(path), std::move(changed), retry));
  const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) {
    return Error{std::string("no inotify: ") + std::strerror(errno) +
                 " (fs.inotify.max_user_instances)"};
  }
  watch->inotify_.assign(descriptor);
  watch->last_ = watch->identify();
  if (!watch->watch_folders()) {
    return Error{watch->path_.parent_path().string() +
                 " cannot be watched: " + std::strerror(errno)};
  }
  watch->wait();
  return watch;
}

bool FileWatch::watch_folders() {
  // The folder of each link of the chain: "..data" of a ConfigMap is one of them.
  std::filesystem::path at = path_;
  bool own_folder = false;
  constexpr int kMaxLinks = 16;
  for (int links = 0; links < kMaxLinks; ++links) {
    const int code = inotify_add_watch(inotify_.native_handle(), at.parent_path().c_str(), kEvents);
    if (links == 0) own_folder = code >= 0;
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(at, error);
    if (error) break;
    at = target.is_absolute() ? target : at.parent_path() / target;
  }
  // Links among the folders themselves.
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path_, error);
  if (!error) inotify_add_watch(inotify_.native_handle(), real.parent_path().c_str(), kEvents);
  return own_folder;
}

std::optional<FileWatch::Identity> FileWatch::identify() const {
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) return std::nullopt;
  const auto ns = [](const timespec& t) {
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
  };
  return Identity{info.st_dev, info.st_ino, info.st_size, ns(info.st_mtim), ns(info.st_ctim)};
}

void FileWatch::wait() {
  inotify_.async_read_some(boost::asio::buffer(events_),
                           [this](const boost::system::error_code& error, std::size_t bytes) {
                             // The descriptor is closed by the destructor alone.
                             if (error) return;
                             if (relevant(bytes)) look();
                             wait();
                           });
}

bool FileWatch::relevant(std::size_t bytes) const {
  // Behind a link, any name may be part of the way to the file.
  std::error_code error;
  if (std::filesystem::is_symlink(path_, error)) return true;
  const std::string file = path_.filename();
  for (std::size_t at = 0; at + sizeof(inotify_event) <= bytes;) {
    inotify_event event{};
    std::memcpy(&event, events_.data() + at, sizeof event);
    const char* const name = events_.data() + at + sizeof event;
    at += sizeof event + event.len;
    // The folder itself, or events were lost.
    if (event.len == 0) return true;
    if (file == name && (event.mask & IN_CREATE) == 0) return true;
  }
  return false;
}

void FileWatch::look() {
  if (!watch_folders()) {
    timer_.expires_after(retry_);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) look();
    });
  }
  const std::optional<Identity> now = identify();
  if (!now || now == last_) return;
  last_ = now;
  changed_();
}

}  // namespace sextant
