// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A page, row by row.
#include "pages.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "view_parts.hpp"

namespace sextant {

namespace {

// Rows between two looks at the clock.
constexpr std::size_t kRowsPerCheck = 4;
constexpr std::size_t kRowsPerCheckSkipped = 256;

std::string dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class Page : public SlicedReply {
 public:
  Page(const ViewSource& source, std::string name, OpenList open, ViewQuery query)
      : source_(source), name_(std::move(name)), open_(open), query_(std::move(query)) {
    if (const auto after = query_.find("after"); after != query_.end()) cursor_ = after->second;
    body_ = "{" + dump(name_) + ":[";
  }

  bool step(SliceClock::time_point until) override {
    const auto limit = page_limit(query_);
    if (!limit) return fail(limit.error());
    const auto list = open_(source_, query_);
    if (!list) return fail(list.error());
    std::size_t i = 0;
    if (cursor_) {
      const auto at = list->after(*cursor_);
      if (!at) {
        return fail(views::no_such("after", *cursor_, "the 'next' of an earlier page"));
      }
      i = *at;
    }
    std::size_t checks = 0;
    for (; i < list->size; ++i) {
      if (list->matches(i)) {
        // One row too many shows that there is a next page.
        if (rows_ == *limit) return complete(*list, true);
        if (rows_++ > 0) body_ += ',';
        body_ += dump(list->row(i));
        last_row_ = list->cursor(i);
        checks += kRowsPerCheckSkipped / kRowsPerCheck;
      } else {
        ++checks;
      }
      if (checks >= kRowsPerCheckSkipped) {
        checks = 0;
        if (SliceClock::now() >= until) {
          cursor_ = list->cursor(i);
          return false;
        }
      }
    }
    return complete(*list, false);
  }

  ApiReply take() override { return std::move(reply_); }

 private:
  bool complete(const ListReader& list, bool more) {
    body_ += fmt::format("],\"total\":{},\"generation\":{}", list.total ? list.total() : list.size,
                         source_.generation());
    if (more) body_ += ",\"next\":" + dump(last_row_);
    body_ += '}';
    reply_.body = std::move(body_);
    return true;
  }

  bool fail(const Error& error) {
    reply_ = ApiReply::problem(400, "Wrong parameter", error.text);
    return true;
  }

  const ViewSource& source_;
  std::string name_;
  OpenList open_;
  ViewQuery query_;
  std::optional<std::string> cursor_;  // rows up to here were looked at
  std::string last_row_;               // cursor of the last row in the page
  std::size_t rows_ = 0;
  std::string body_;
  ApiReply reply_;
};

}  // namespace

Result<std::size_t> page_limit(const ViewQuery& query) {
  const std::string* const text = views::filter(query, "limit");
  if (text == nullptr) return kDefaultPage;
  const auto limit = views::number_of(*text);
  if (!limit || *limit == 0 || *limit > kMaxPage) {
    return Error{
        fmt::format("parameter 'limit': '{}' is not a number from 1 to {}", *text, kMaxPage)};
  }
  return std::size_t{*limit};
}

std::unique_ptr<SlicedReply> make_page(const ViewSource& source, std::string name, OpenList open,
                                       ViewQuery query) {
  return std::make_unique<Page>(source, std::move(name), open, std::move(query));
}

}  // namespace sextant
