// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// WatchStream.
#include "k8s/watch_stream.hpp"

#include <exception>
#include <utility>

namespace sextant::k8s {

namespace {

using Type = WatchEvent::Type;

const nlohmann::json* child_of(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const nlohmann::json& object, const char* key) {
  const nlohmann::json* child = child_of(object, key);
  if (child == nullptr || !child->is_string()) return "";
  return child->get<std::string>();
}

WatchEvent garbage(std::string why) {
  WatchEvent event;
  event.text = std::move(why);
  return event;
}

// Printable, and short enough for a log line.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 60))
    out += c >= 0x20 && c < 0x7f ? c : '.';
  if (text.size() > 60) out += "...";
  return out;
}

WatchEvent error_event(const nlohmann::json& status) {
  WatchEvent event;
  event.type = Type::kError;
  if (const nlohmann::json* code = child_of(status, "code");
      code != nullptr && code->is_number_unsigned() && code->get<std::uint64_t>() < 1000) {
    event.code = code->get<int>();
  }
  event.text = text_of(status, "message");
  if (event.text.empty()) event.text = text_of(status, "reason");
  if (event.text.empty()) event.text = "an error without a text";
  return event;
}

WatchEvent event_of(nlohmann::json& json) {
  const std::string type = text_of(json, "type");
  if (type.empty()) return garbage("an event without a type");
  const auto object = json.find("object");
  if (object == json.end() || !object->is_object()) {
    return garbage("event " + shown(type) + " without an object");
  }
  if (type == "ERROR") return error_event(*object);
  WatchEvent event;
  if (type == "ADDED") {
    event.type = Type::kAdded;
  } else if (type == "MODIFIED") {
    event.type = Type::kModified;
  } else if (type == "DELETED") {
    event.type = Type::kDeleted;
  } else if (type == "BOOKMARK") {
    event.type = Type::kBookmark;
  } else {
    return garbage("event of unknown type " + shown(type));
  }
  event.resource_version = resource_version_of(*object);
  if (event.resource_version.empty()) {
    return garbage("event " + type + " without metadata.resourceVersion");
  }
  if (event.type != Type::kBookmark) event.object = std::move(*object);
  return event;
}

}  // namespace

std::string resource_version_of(const nlohmann::json& object) {
  const nlohmann::json* metadata = child_of(object, "metadata");
  return metadata == nullptr ? "" : text_of(*metadata, "resourceVersion");
}

WatchEvent parse_watch_line(std::string_view line) {
  try {
    nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) return garbage("not a JSON object: " + shown(line));
    return event_of(json);
  } catch (const std::exception& e) {
    return garbage(std::string("not readable: ") + e.what());
  }
}

std::vector<WatchEvent> WatchStream::feed(std::string_view bytes) {
  std::vector<WatchEvent> events;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (!skipping_ && line_.size() + part.size() > max_line_bytes_) {
      events.push_back(
          garbage("a line of more than " + std::to_string(max_line_bytes_) + " bytes"));
      skipping_ = true;
      line_ = {};
    }
    if (end == std::string_view::npos) {
      if (!skipping_) line_ += part;
      break;
    }
    bytes.remove_prefix(end + 1);
    if (skipping_) {
      skipping_ = false;
      continue;
    }
    // The usual case, a whole line in one piece, is not copied.
    const std::string_view line = line_.empty() ? part : std::string_view(line_ += part);
    // A proxy may send CR LF, or empty lines to keep the connection alive.
    const std::string_view trimmed = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (!trimmed.empty()) events.push_back(parse_watch_line(trimmed));
    line_.clear();
  }
  return events;
}

}  // namespace sextant::k8s
