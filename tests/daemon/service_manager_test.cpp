// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ServiceManager: what arrives at a socket like systemd's, and that nothing goes wrong without one.
#include "daemon/service_manager.hpp"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "support/catch.hpp"

namespace sextant {

namespace {

// Listens on an abstract name, as systemd does for users.
class FakeManager {
 public:
  FakeManager() : name_("@sextant-test-" + std::to_string(getpid())) {
    descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
    REQUIRE(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size())) == 0);
    setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~FakeManager() { close(descriptor_); }
  // Empty: nothing has come.
  [[nodiscard]] std::string heard() const {
    char text[4096];
    const ssize_t size = recv(descriptor_, text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  std::string name_;
  int descriptor_ = -1;
};

}  // namespace

TEST_CASE("without a service manager nothing happens") {
  unsetenv("NOTIFY_SOCKET");
  setenv("WATCHDOG_USEC", "1000000", 1);
  const ServiceManager manager;
  manager.ready("x");
  manager.watchdog();
  CHECK_FALSE(manager.watchdog_timeout());
}

TEST_CASE("sockets that are not there or have no possible name do no harm") {
  for (const std::string& name : {std::string("/nowhere/socket"), std::string(500, 'x'),
                                  std::string("@"), std::string("relative")}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    const ServiceManager manager;
    manager.ready("x");
    CHECK(getenv("NOTIFY_SOCKET") == nullptr);
  }
}

TEST_CASE("each event is one datagram") {
  const FakeManager systemd;
  const ServiceManager manager;
  manager.ready("generation 1\nREADY=0");
  CHECK(systemd.heard() == "READY=1\nSTATUS=generation 1 READY=0");
  manager.reloading();
  const std::string reloading = systemd.heard();
  CHECK(reloading.rfind("RELOADING=1\nMONOTONIC_USEC=", 0) == 0);
  CHECK(std::stoull(reloading.substr(reloading.rfind('=') + 1)) > 0);
  manager.watchdog();
  CHECK(systemd.heard() == "WATCHDOG=1");
  manager.stopping();
  CHECK(systemd.heard().rfind("STOPPING=1\n", 0) == 0);
  CHECK(systemd.heard().empty());
}

TEST_CASE("the watchdog is for this process, and its timeout a number") {
  struct Case {
    const char* usec;
    const char* pid;
    bool meant;
  };
  const std::string self = std::to_string(getpid());
  const Case cases[] = {{"3000000", self.c_str(), true}, {"3000000", "", true},
                        {"3000000", "1", false},         {"0", self.c_str(), false},
                        {"soon", self.c_str(), false},   {"-5", self.c_str(), false}};
  for (const Case& one : cases) {
    const FakeManager systemd;
    setenv("WATCHDOG_USEC", one.usec, 1);
    setenv("WATCHDOG_PID", one.pid, 1);
    CHECK(ServiceManager().watchdog_timeout().has_value() == one.meant);
    CHECK(getenv("WATCHDOG_USEC") == nullptr);
  }
}

}  // namespace sextant
