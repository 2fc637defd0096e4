// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FileWatch: editors, ConfigMaps, and all that is no change.
#include "control/runtime/file_watch.hpp"

#include <stdlib.h>

#include <fstream>

#include "support/catch.hpp"

namespace sextant {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

struct Fixture {
  Fixture() {
    std::string name = (fs::temp_directory_path() / "sextant-watch-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
  }
  ~Fixture() { fs::remove_all(folder); }

  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  void open() {
    auto opened = FileWatch::open(
        loop, file(), [this] { ++changes; }, milliseconds(20));
    REQUIRE(opened.ok());
    watch = std::move(opened).value();
  }
  [[nodiscard]] fs::path file() const { return folder / "sextant.yaml"; }
  // Changes since the last call, after everything has come in.
  unsigned heard() {
    loop.restart();
    loop.run_for(milliseconds(30));
    return std::exchange(changes, 0);
  }

  fs::path folder;
  boost::asio::io_context loop;
  unsigned changes = 0;
  std::unique_ptr<FileWatch> watch;
};

}  // namespace

TEST_CASE("a folder that is not there cannot be watched") {
  boost::asio::io_context loop;
  const auto watch = FileWatch::open(loop, "/nowhere/at/all.yaml", [] {});
  REQUIRE_FALSE(watch.ok());
  CHECK(watch.error().text.find("/nowhere/at") != std::string::npos);
}

TEST_CASE("written in place, and renamed onto the path") {
  Fixture f;
  f.write(f.file(), "1");
  f.open();
  f.write(f.file(), "22");
  CHECK(f.heard() >= 1);
  f.write(f.folder / ".sextant.yaml.swp", "333");
  CHECK(f.heard() == 0);
  fs::rename(f.folder / ".sextant.yaml.swp", f.file());
  CHECK(f.heard() == 1);
  // As vi does it: the old one is moved away first.
  fs::rename(f.file(), f.folder / "sextant.yaml~");
  CHECK(f.heard() == 0);
  f.write(f.file(), "4444");
  CHECK(f.heard() == 1);
}

TEST_CASE("what is no change is not heard") {
  Fixture f;
  f.write(f.file(), "1");
  f.open();
  f.write(f.folder / "other.yaml", "2");
  std::ifstream(f.file()).get();
  CHECK(f.heard() == 0);
  fs::remove(f.file());
  CHECK(f.heard() == 0);
  f.write(f.file(), "1");
  CHECK(f.heard() == 1);
}

TEST_CASE("a file that is being written is not a change before it is closed") {
  Fixture f;
  f.write(f.file(), "1");
  f.open();
  fs::remove(f.file());
  {
    std::ofstream slow(f.file());
    slow << "half" << std::flush;
    f.write(f.folder / "other.yaml", "2");
    CHECK(f.heard() == 0);
    slow << " and half";
  }
  CHECK(f.heard() == 1);
}

TEST_CASE("a ConfigMap: the link ..data is exchanged") {
  Fixture f;
  for (const char* version : {"..1", "..2", "..3"}) {
    fs::create_directory(f.folder / version);
    f.write(f.folder / version / "sextant.yaml", version);
  }
  fs::create_directory_symlink("..1", f.folder / "..data");
  fs::create_symlink("..data/sextant.yaml", f.file());
  f.open();
  for (const char* version : {"..2", "..3"}) {
    fs::create_directory_symlink(version, f.folder / "..data_tmp");
    fs::rename(f.folder / "..data_tmp", f.folder / "..data");
    CHECK(f.heard() == 1);
  }
  fs::remove_all(f.folder / "..1");
  CHECK(f.heard() == 0);
}

TEST_CASE("a link to a file in another folder") {
  Fixture f;
  fs::create_directory(f.folder / "far");
  f.write(f.folder / "far" / "real.yaml", "1");
  fs::create_symlink("far/real.yaml", f.file());
  f.open();
  f.write(f.folder / "far" / "real.yaml", "22");
  CHECK(f.heard() >= 1);
  f.write(f.folder / "far" / "other.yaml", "1");
  fs::remove(f.file());
  fs::create_symlink("far/other.yaml", f.file());
  CHECK(f.heard() == 1);
}

TEST_CASE("a folder that goes away and comes back") {
  Fixture f;
  fs::create_directory(f.folder / "etc");
  const fs::path file = f.folder / "etc" / "sextant.yaml";
  f.write(file, "1");
  auto opened = FileWatch::open(
      f.loop, file, [&] { ++f.changes; }, milliseconds(10));
  REQUIRE(opened.ok());
  fs::remove_all(f.folder / "etc");
  CHECK(f.heard() == 0);
  fs::create_directory(f.folder / "etc");
  f.write(file, "22");
  CHECK(f.heard() == 1);
  f.write(file, "333");
  CHECK(f.heard() >= 1);
}

}  // namespace sextant
