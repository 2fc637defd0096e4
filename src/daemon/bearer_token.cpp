// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Digests are compared, not tokens: the time then tells neither contents nor length.
#include "bearer_token.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "log.hpp"

namespace sextant {

namespace {

constexpr std::size_t kMinToken = 16;
constexpr std::size_t kMaxToken = 4096;
constexpr std::string_view kScheme = "Bearer ";

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<BearerToken> BearerToken::open(std::string path) {
  BearerToken token(std::move(path));
  if (auto status = token.read(); !status) return status.error();
  return token;
}

Status BearerToken::read() {
  digest_.reset();
  std::ifstream file(path_);
  std::string line;
  if (!file || !std::getline(file, line) || line.size() > kMaxToken) {
    return Error{fmt::format("introspection.token_file {}: cannot be read: {}", path_,
                             errno == 0 ? "empty, or too long" : std::strerror(errno))};
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.size() < kMinToken) {
    return Error{
        fmt::format("introspection.token_file {}: its first line, the token, must have "
                    "at least {} characters ('openssl rand -hex 32' makes a good one)",
                    path_, kMinToken)};
  }
  digest_ = digest_of(line);
  stat(path_.c_str(), &seen_);
  return Ok{};
}

std::optional<BearerToken::Digest> BearerToken::digest_of(std::string_view text) {
  Digest out{};
  if (EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return std::nullopt;
  }
  return out;
}

bool BearerToken::matches(std::string_view authorization) {
  struct stat now {};
  const bool there = stat(path_.c_str(), &now) == 0;
  if (!there || !same_file(now, seen_)) {
    const bool had_one = digest_.has_value();
    if (auto status = read(); !status) {
      seen_ = now;
      if (had_one) log(LogLevel::kError, "rest", "{}; nobody is let in", status.error().text);
    } else {
      log(LogLevel::kInfo, "rest", "the token was read again from {}", path_);
    }
  }
  const bool scheme = authorization.substr(0, kScheme.size()) == kScheme;
  const auto given = digest_of(scheme ? authorization.substr(kScheme.size()) : "");
  if (!digest_ || !given) return false;
  return CRYPTO_memcmp(digest_->data(), given->data(), given->size()) == 0 && scheme;
}

}  // namespace sextant
