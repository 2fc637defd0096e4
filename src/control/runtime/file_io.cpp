// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// read_file(), replace_file().
#include "control/runtime/file_io.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sextant {

namespace {

Error failed(const std::filesystem::path& path, std::string_view what) {
  return Error{path.string() + ": " + std::string(what) + ": " + std::strerror(errno)};
}

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  // Without O_NONBLOCK a FIFO in this place would stop the daemon.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return failed(path, "cannot be opened");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return failed(path, "cannot be read");
  if (!S_ISREG(info.st_mode)) return Error{path.string() + ": not a file"};
  std::string out;
  std::size_t filled = 0;
  for (;;) {
    // The size that stat tells is a hint: the file may grow meanwhile.
    const auto hint = static_cast<std::size_t>(std::max<off_t>(info.st_size, 0)) + 1;
    out.resize(std::min(std::max(hint, filled + 4096), max_bytes + 1));
    const ssize_t got = ::read(file.get(), out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "cannot be read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > max_bytes) {
      return Error{path.string() + ": larger than " + std::to_string(max_bytes) + " bytes"};
    }
  }
  out.resize(filled);
  return out;
}

Status replace_file(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  const auto give_up = [&temporary](Error error) -> Status {
    ::unlink(temporary.c_str());
    return error;
  };
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) return failed(temporary, "cannot be made");
    if (!write_all(file.get(), bytes)) return give_up(failed(temporary, "cannot be written"));
    if (::fsync(file.get()) != 0) return give_up(failed(temporary, "cannot be written"));
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return give_up(failed(path, "cannot be replaced"));
  }
  // The name is safe only when the folder is.
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.valid()) ::fsync(opened.get());
  return Ok{};
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

}  // namespace sextant
