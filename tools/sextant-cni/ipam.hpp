// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The IPAM plugin, run as a runtime would run it.
#pragma once

#include <string>
#include <string_view>

#include "request.hpp"

namespace sextant::cni {

// Runs the plugin named in the configuration for a command ("ADD") and the interface of the
// request, with the environment and the configuration of this one; its result. Killed when it takes
// longer than the request's timeout.
[[nodiscard]] Outcome<std::string> run_ipam(const Request& request, std::string_view command,
                                            std::string_view config);

}  // namespace sextant::cni
