// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// seal(), unseal().
#include "control/runtime/sealed_text.hpp"

#include <openssl/evp.h>

#include <array>

namespace sextant {

namespace {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return "";
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 0xf];
  }
  return out;
}

std::string head_of(std::string_view format, std::string_view text) {
  return std::string(format) + " " + std::to_string(text.size()) + " " + sha256(text);
}

}  // namespace

std::string seal(std::string_view format, std::string_view text) {
  return head_of(format, text) + "\n" + std::string(text);
}

Result<std::string_view> unseal(std::string_view format, std::string_view bytes) {
  if (!bytes.starts_with(format)) return Error{"no state file of this version"};
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return Error{"damaged: length or checksum is wrong"};
  const std::string_view text = bytes.substr(end + 1);
  if (bytes.substr(0, end) != head_of(format, text)) {
    return Error{"damaged: length or checksum is wrong"};
  }
  return text;
}

}  // namespace sextant
