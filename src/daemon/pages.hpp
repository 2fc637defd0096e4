// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Pages of lists: {"localsids": [...], "total": 100000, "generation": 7, "next": "1000"}.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <sextant/common/result.hpp>

#include "api.hpp"
#include "reply_queue.hpp"
#include "views.hpp"

namespace sextant {

inline constexpr std::size_t kDefaultPage = 1000;
inline constexpr std::size_t kMaxPage = 10'000;

// The limit of a query, checked.
[[nodiscard]] Result<std::size_t> page_limit(const ViewQuery& query);

// Makes the page that query asks for. The list is opened anew for each slice and goes on behind the
// last row made: rows that come or go in between do not shift the others. name: of the array.
[[nodiscard]] std::unique_ptr<SlicedReply> make_page(const ViewSource& source, std::string name,
                                                     OpenList open, ViewQuery query);

}  // namespace sextant
