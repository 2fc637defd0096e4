// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// parse_manifests() and ManifestSource.
#include "k8s/manifests.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "control/runtime/file_io.hpp"
#include "control/runtime/yaml_tree.hpp"

namespace sextant::k8s {

namespace {

constexpr std::size_t kMaxManifestBytes = kMaxConfigBytes;
// Editors write a file in several steps.
constexpr std::chrono::milliseconds kSettleTime{50};

// A plain scalar as YAML 1.2's core schema means it; Kubernetes reads manifests much the same way.
nlohmann::json scalar_of(const YamlNode& node) {
  const std::string& text = node.scalar;
  if (node.quoted) return text;
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  const char* const end = text.data() + text.size();
  std::uint64_t positive = 0;
  if (const auto [at, ec] = std::from_chars(text.data(), end, positive);
      ec == std::errc{} && at == end) {
    return positive;
  }
  std::int64_t negative = 0;
  if (const auto [at, ec] = std::from_chars(text.data(), end, negative);
      ec == std::errc{} && at == end) {
    return negative;
  }
  return text;
}

nlohmann::json json_of(const YamlNode& node) {
  nlohmann::json out;
  switch (node.kind) {
    case YamlNode::Kind::kNull: break;
    case YamlNode::Kind::kScalar: return scalar_of(node);
    case YamlNode::Kind::kSequence:
      out = nlohmann::json::array();
      for (const YamlNode& child : node.children)
        out.push_back(json_of(child));
      break;
    case YamlNode::Kind::kMap:
      out = nlohmann::json::object();
      for (std::size_t i = 0; i + 1 < node.children.size(); i += 2)
        out[node.children[i].scalar] = json_of(node.children[i + 1]);
      break;
  }
  return out;
}

const YamlNode* child_of(const YamlNode& node, std::string_view key) {
  if (node.kind != YamlNode::Kind::kMap) return nullptr;
  for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
    if (node.children[i].scalar == key) return &node.children[i + 1];
  }
  return nullptr;
}

// The value that a path such as spec.ports[0].port leads to, or the last one on the way that
// exists. Keys with dots are found because the longest key that fits is tried.
const YamlNode& node_at(const YamlNode& root, std::string_view path) {
  const YamlNode* node = &root;
  while (!path.empty()) {
    const YamlNode* next = nullptr;
    if (path.front() == '[') {
      std::size_t index = 0;
      const auto [end, ec] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
      if (ec != std::errc{} || node->kind != YamlNode::Kind::kSequence ||
          index >= node->children.size()) {
        break;
      }
      next = &node->children[index];
      path.remove_prefix(static_cast<std::size_t>(end - path.data()) + 1);
    } else {
      std::size_t length = path.find('[');
      if (length == std::string_view::npos) length = path.size();
      for (;;) {
        next = child_of(*node, path.substr(0, length));
        if (next != nullptr) break;
        const std::size_t dot = path.substr(0, length).rfind('.');
        if (dot == std::string_view::npos) break;
        length = dot;
      }
      if (next == nullptr) break;
      path.remove_prefix(length);
    }
    if (!path.empty() && path.front() == '.') path.remove_prefix(1);
    node = next;
  }
  return *node;
}

std::string text_at(const YamlNode& node, std::string_view key) {
  const YamlNode* child = child_of(node, key);
  return child == nullptr ? "" : child->scalar;
}

// Reads the objects of one document.
class DocumentReader {
 public:
  DocumentReader(const std::string& file, int first_line, ManifestObjects& out)
      : file_(file), first_line_(first_line), out_(out) {}

  void read(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::kMap) {
      error(node, "", std::string(node.kind_name()) + " is not an object of Kubernetes");
      return;
    }
    const std::string kind = text_at(node, "kind");
    if (kind.empty()) {
      error(node, "kind", "missing: an object of Kubernetes has apiVersion and kind");
      return;
    }
    if (kind.ends_with("List")) {
      read_list(node);
      return;
    }
    const std::string api = text_at(node, "apiVersion");
    if (kind == "Node" && api == "v1") add(node, decode_node, "", out_.nodes);
    if (kind == "Service" && api == "v1") add(node, decode_service, "default", out_.services);
    if (kind == "Pod" && api == "v1") add(node, decode_pod, "default", out_.pods);
    if (kind == "Endpoints" && api == "v1") {
      add(node, decode_endpoints, "default", out_.endpoint_slices);
    }
    if (api == "contivpp.io/v1") read_chain_object(node, kind);
    if (kind == "EndpointSlice" &&
        (api == "discovery.k8s.io/v1" || api == "discovery.k8s.io/v1beta1")) {
      add(node, decode_endpoint_slice, "default", out_.endpoint_slices);
    }
  }

 private:
  void read_chain_object(const YamlNode& node, const std::string& kind) {
    if (kind == "ServiceFunctionChain") add(node, decode_chain, "default", out_.chains);
    if (kind == "ExternalInterface") {
      add(node, decode_external_interface, "default", out_.external_interfaces);
    }
    if (kind == "CustomNetwork") add(node, decode_custom_network, "default", out_.networks);
  }

  void read_list(const YamlNode& node) {
    const YamlNode* items = child_of(node, "items");
    if (items == nullptr || items->kind == YamlNode::Kind::kNull) return;
    if (items->kind != YamlNode::Kind::kSequence) {
      error(*items, "items", std::string(items->kind_name()) + " is not a list");
      return;
    }
    for (const YamlNode& item : items->children) {
      // What kubectl writes has no list inside of a list.
      if (text_at(item, "kind").ends_with("List")) {
        error(item, "kind", "a list inside of a list");
      } else {
        read(item);
      }
    }
  }

  template <typename T>
  void add(const YamlNode& node, Decoded<T> (*decode)(const nlohmann::json&),
           const std::string& default_namespace, std::vector<StoreItem>& list) {
    nlohmann::json json = json_of(node);
    if (nlohmann::json& metadata = json["metadata"];
        metadata.is_object() && !default_namespace.empty() && !metadata.contains("namespace")) {
      metadata["namespace"] = default_namespace;
    }
    StoreItem item = Store<T>(decode).decoder()(json);
    for (const Diagnostic& found : item.diagnostics.list()) {
      const YamlNode& place = node_at(node, found.field);
      const std::string text =
          found.where.file + ": " + found.field + (found.field.empty() ? "" : ": ") + found.text;
      if (found.severity == Severity::kError) {
        out_.diagnostics.error(where(place), "", text);
      } else {
        out_.diagnostics.warning(where(place), "", text);
      }
    }
    const auto same = [&item](const StoreItem& other) { return other.key == item.key; };
    if (!item.key.empty() && std::any_of(list.begin(), list.end(), same)) {
      error(node, "metadata.name", "there is a " + item.key + " of this kind already");
      return;
    }
    list.push_back(std::move(item));
  }

  [[nodiscard]] SourceLocation where(const YamlNode& node) const {
    return {file_, node.line + first_line_ - 1, node.column};
  }
  void error(const YamlNode& node, std::string field, std::string text) {
    out_.diagnostics.error(where(node), std::move(field), std::move(text));
  }

  const std::string& file_;
  int first_line_;
  ManifestObjects& out_;
};

// "---" or "..." at the start of a line ends a document, wherever YAML stands.
bool is_separator(std::string_view line) {
  if (!line.starts_with("---") && !line.starts_with("...")) return false;
  return line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r';
}

void read_document(std::string_view text, int first_line, const std::string& file,
                   ManifestObjects& out) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  Diagnostics found;
  const YamlNode tree = parse_yaml(text, file, found);
  for (const Diagnostic& one : found.list()) {
    SourceLocation where = one.where;
    if (where.line > 0) where.line += first_line - 1;
    out.diagnostics.error(std::move(where), one.field, one.text);
  }
  out.incomplete = out.incomplete || found.has_errors();
  // Only comments, or half of a document.
  if (found.has_errors() || tree.kind == YamlNode::Kind::kNull) return;
  DocumentReader(file, first_line, out).read(tree);
}

bool is_manifest(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

void fill(ObjectSink& sink, std::vector<StoreItem>& items) {
  sink.begin_list();
  for (StoreItem& item : items)
    sink.list_item(std::move(item));
  sink.end_list();
}

}  // namespace

void parse_manifests(std::string_view text, const std::string& file_name, ManifestObjects& out) {
  int line = 1;
  int document_line = 1;
  std::size_t document_begin = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view content = text.substr(at, end - at);
    if (is_separator(content)) {
      read_document(text.substr(document_begin, at - document_begin), document_line, file_name,
                    out);
      // "---" may have content behind it; "..." never has.
      document_begin = content.front() == '-' ? at : end;
      document_line = line;
    }
    at = end + 1;
    ++line;
  }
  if (document_begin < text.size()) {
    read_document(text.substr(document_begin), document_line, file_name, out);
  }
}

Result<std::unique_ptr<ManifestSource>> ManifestSource::create(boost::asio::io_context& loop,
                                                               std::filesystem::path folder,
                                                               ClusterStores& stores) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return Error{"kubernetes.path: " + folder.string() + " is not a folder"};
  }
  const int inotify = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify < 0) {
    return Error{std::string("cannot watch files: inotify: ") + std::strerror(errno)};
  }
  constexpr std::uint32_t kWhat =
      IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_ATTRIB;
  if (::inotify_add_watch(inotify, folder.c_str(), kWhat) < 0) {
    Error out{"cannot watch " + folder.string() + ": " + std::strerror(errno)};
    ::close(inotify);
    return out;
  }
  return std::unique_ptr<ManifestSource>(
      new ManifestSource(loop, std::move(folder), stores, inotify));
}

ManifestSource::ManifestSource(boost::asio::io_context& loop, std::filesystem::path folder,
                               ClusterStores& stores, int inotify)
    : folder_(std::move(folder)), stores_(stores), inotify_(loop, inotify), settle_(loop) {}

ManifestSource::~ManifestSource() = default;

void ManifestSource::start() {
  load();
  wait();
}

void ManifestSource::wait() {
  inotify_.async_read_some(boost::asio::buffer(events_),
                           [this](boost::system::error_code error, std::size_t) {
                             if (error == boost::asio::error::operation_aborted) return;
                             // What happened does not matter: everything is read again.
                             settle_.expires_after(kSettleTime);
                             settle_.async_wait([this](boost::system::error_code cancelled) {
                               if (!cancelled) load();
                             });
                             if (!error) wait();
                           });
}

void ManifestSource::load() {
  std::vector<std::filesystem::path> files;
  ManifestObjects objects;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (is_manifest(entry->path())) files.push_back(entry->path());
  }
  // A folder that is gone for a moment is no empty cluster.
  objects.incomplete = static_cast<bool>(error);
  if (error) objects.diagnostics.error({folder_.string(), 0, 0}, "", error.message());
  // The same order on every node: of two objects with one name the first counts.
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    const Result<std::string> text = read_file(file, kMaxManifestBytes);
    if (text) {
      parse_manifests(*text, file.string(), objects);
    } else {
      objects.diagnostics.error({file.string(), 0, 0}, "", text.error().text);
      objects.incomplete = true;
    }
  }
  std::vector<std::string> problems;
  for (const Diagnostic& found : objects.diagnostics.list())
    problems.push_back(found.to_string());
  if (problems != problems_) {
    for (const std::string& problem : problems)
      report(true, problem);
    if (problems.empty()) report(false, folder_.string() + ": all manifests are well again");
  }
  problems_ = std::move(problems);
  // The first time, something is better than nothing.
  if (!objects.incomplete || !loaded_) {
    loaded_ = !error;
    fill(stores_.nodes, objects.nodes);
    fill(stores_.services, objects.services);
    fill(stores_.endpoint_slices, objects.endpoint_slices);
    fill(stores_.pods, objects.pods);
    fill(stores_.chains, objects.chains);
    fill(stores_.external_interfaces, objects.external_interfaces);
    fill(stores_.networks, objects.networks);
    stores_.flush();
  }
  tell_status();
}

ClusterStatus ManifestSource::status() const {
  ClusterStatus out;
  out.synced = loaded_;
  if (loaded_) out.stale = std::chrono::milliseconds(0);
  if (!problems_.empty()) {
    out.problem = problems_.front();
    if (problems_.size() > 1)
      out.problem += " (and " + std::to_string(problems_.size() - 1) + " more)";
  }
  return out;
}

}  // namespace sextant::k8s
