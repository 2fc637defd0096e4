// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// WatchStream: the bytes of a watch -> events. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::k8s {

// A line beyond this is no object: etcd refuses values above 1.5 MB.
inline constexpr std::size_t kMaxWatchLineBytes = std::size_t{8} << 20;

struct WatchEvent {
  enum class Type : std::uint8_t {
    kAdded,
    kModified,
    kDeleted,
    kBookmark,  // only resource_version counts
    kError,     // a Status of the server: code and text; the watch is over
    kGarbage,   // not an event; text says what is wrong with it
  };

  Type type = Type::kGarbage;
  nlohmann::json object;         // kAdded, kModified, kDeleted
  std::string resource_version;  // of the object; not empty but for kError and kGarbage
  int code = 0;                  // kError: the HTTP status that is meant; 410: Gone
  std::string text;              // kError, kGarbage
};

// Takes the bytes in pieces of any size. Never throws; memory is bounded by the longest line
// allowed plus what one piece holds.
class WatchStream {
 public:
  explicit WatchStream(std::size_t max_line_bytes = kMaxWatchLineBytes)
      : max_line_bytes_(max_line_bytes) {}

  // The events that this piece completes, in order.
  [[nodiscard]] std::vector<WatchEvent> feed(std::string_view bytes);
  // True when the bytes so far end inside of a line: the stream was cut.
  [[nodiscard]] bool inside_line() const { return skipping_ || !line_.empty(); }

 private:
  std::size_t max_line_bytes_;
  std::string line_;
  bool skipping_ = false;  // the rest of a line that was too long
};

// One line -> one event.
[[nodiscard]] WatchEvent parse_watch_line(std::string_view line);

// metadata.resourceVersion of an object or a list; empty when there is none.
[[nodiscard]] std::string resource_version_of(const nlohmann::json& object);

}  // namespace sextant::k8s
