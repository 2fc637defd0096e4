// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What an HTTP connection hands on, and the bounds that it keeps.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "api.hpp"

namespace sextant {

struct HttpLimits {
  std::size_t header_bytes = 16u << 10;
  std::size_t body_bytes = 1u << 20;
  // Of a streaming reply, not yet taken by the client; ApiResponder::write() is false above it.
  std::size_t queue_bytes = 4u << 20;
  std::chrono::milliseconds request{10'000};  // from the first wait to the last byte of a header
  std::chrono::milliseconds body{30'000};     // for the body
  std::chrono::milliseconds reply{30'000};    // for a reply, or for each part of a streaming one
};

// A whole request as it came. target is not decoded.
struct HttpRequest {
  std::string method;
  std::string target;
  std::string authorization;  // of the header of that name
  std::string content_type;
  std::string body;
};

// Called on the thread of the stream; the responder may be used on any one thread.
using HttpHandler = std::function<void(HttpRequest, std::shared_ptr<ApiResponder>)>;

}  // namespace sextant
