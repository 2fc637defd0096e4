// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The routes that look: lists, metrics, health and the document that names all routes.
#pragma once

#include <string>
#include <vector>

#include "api.hpp"
#include "reply_queue.hpp"
#include "views.hpp"

namespace sextant {

// Adds /v1/localsids, policies, steering, fib, neighbors, ports and drops. All arguments outlive
// the Api.
void add_list_routes(Api& api, const ViewSource& source, ReplyQueue& replies);

}  // namespace sextant
