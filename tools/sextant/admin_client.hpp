// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Asking a running sextantd over its Unix socket.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include <sextant/common/result.hpp>

namespace sextant {

// The reply to {"get": what}; an error when nobody listens, answers in time, or knows what.
[[nodiscard]] Result<nlohmann::json> ask_daemon(const std::string& socket_path,
                                                const std::string& what);

}  // namespace sextant
