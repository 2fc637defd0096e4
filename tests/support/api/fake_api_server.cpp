// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FakeApiServer: a thread for each connection, blocking calls, HTTP/1.1 by hand so that it can be
// broken at any byte.
#include "support/api/fake_api_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>

namespace sextant::k8s_test {

using nlohmann::json;

struct FakeApiServer::Connection {
  int socket = -1;
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  std::optional<std::size_t> bytes_left;  // until it breaks
  std::atomic<bool> over{false};
  std::thread thread;

  ~Connection() {
    if (thread.joinable()) thread.join();
    if (ssl != nullptr) SSL_free(ssl);
    if (context != nullptr) SSL_CTX_free(context);
    if (socket >= 0) ::close(socket);
  }
  void cut() { ::shutdown(socket, SHUT_RDWR); }
  bool send(std::string_view bytes) {
    bool whole = true;
    if (bytes_left) {
      whole = bytes.size() <= *bytes_left;
      bytes = bytes.substr(0, *bytes_left);
      *bytes_left -= bytes.size();
    }
    while (!bytes.empty()) {
      const ssize_t sent = ssl != nullptr
                               ? SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return whole;
  }
  bool send_chunk(const std::string& data) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    return send(size + data + "\r\n");
  }
  // Up to the empty line.
  std::string read_head() {
    std::string head;
    char c = 0;
    while (head.size() < 65536) {
      const ssize_t got = ssl != nullptr ? SSL_read(ssl, &c, 1) : ::recv(socket, &c, 1, 0);
      if (got <= 0) return "";
      head += c;
      if (head.ends_with("\r\n\r\n")) return head;
    }
    return "";
  }
  std::string read_body(std::size_t size) {
    std::string body(size, 0);
    std::size_t have = 0;
    while (have < size) {
      const ssize_t got = ssl != nullptr
                              ? SSL_read(ssl, body.data() + have, static_cast<int>(size - have))
                              : ::recv(socket, body.data() + have, size - have, 0);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    return body;
  }
  // The client is gone, or sends what it should not during an answer.
  bool closed() const {
    pollfd waiting{socket, POLLIN | POLLRDHUP, 0};
    return ::poll(&waiting, 1, 0) > 0;
  }
};

namespace {

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<FakeRequest> parse_head(const std::string& head) {
  FakeRequest out;
  out.method = head.substr(0, head.find(' '));
  if (out.method != "GET" && out.method != "POST" && out.method != "PATCH") return std::nullopt;
  const std::size_t begin = out.method.size() + 1;
  const std::string target = head.substr(begin, head.find(' ', begin) - begin);
  const std::size_t question = target.find('?');
  out.path = target.substr(0, question);
  std::string_view query = question == std::string::npos
                               ? std::string_view()
                               : std::string_view(target).substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    const std::size_t equals = pair.find('=');
    out.query[std::string(pair.substr(0, equals))] =
        equals == std::string_view::npos ? "" : unescape(pair.substr(equals + 1));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(':', at);
    if (end == at || colon > end) break;
    std::string key = head.substr(at, colon - at);
    std::transform(key.begin(), key.end(), key.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    const std::size_t value = head.find_first_not_of(' ', colon + 1);
    out.headers[key] = head.substr(value, end - value);
    at = end + 2;
  }
  return out;
}

std::uint64_t number(const std::map<std::string, std::string>& query, const char* key,
                     std::uint64_t otherwise) {
  const auto found = query.find(key);
  return found == query.end() || found->second.empty() ? otherwise : std::stoull(found->second);
}

SSL_CTX* make_context(const FakeTls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  const auto read = [](const std::string& pem) {
    return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  };
  BIO* bio = read(tls.certificate);
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, certificate);
  X509_free(certificate);
  BIO_free(bio);
  bio = read(tls.key);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  BIO_free(bio);
  if (!tls.client_authority.empty()) {
    bio = read(tls.client_authority);
    X509* authority = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
    X509_free(authority);
    BIO_free(bio);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace

FakeAnswer http_answer(int status, const std::string& body, const std::string& extra_headers) {
  return {"HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Type: application/json\r\n" +
          extra_headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
}

FakeAnswer status_answer(int status, const std::string& message, const std::string& extra_headers) {
  return http_answer(status,
                     json{{"kind", "Status"}, {"code", status}, {"message", message}}.dump(),
                     extra_headers);
}

FakeApiServer::FakeApiServer(std::optional<FakeTls> tls, const std::string& address)
    : tls_(std::move(tls)), address_(address) {
  // OpenSSL writes without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  listen();
}

FakeApiServer::~FakeApiServer() {
  go_down();
}

void FakeApiServer::listen() {
  const bool v6 = address_.find(':') != std::string::npos;
  listener_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in6 six{};
  sockaddr_in four{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port_);
  four.sin_family = AF_INET;
  four.sin_port = htons(port_);
  inet_pton(v6 ? AF_INET6 : AF_INET, address_.c_str(),
            v6 ? static_cast<void*>(&six.sin6_addr) : static_cast<void*>(&four.sin_addr));
  sockaddr* const name =
      v6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
  socklen_t size = v6 ? sizeof six : sizeof four;
  if (::bind(listener_, name, size) != 0 || ::listen(listener_, 64) != 0) {
    throw std::runtime_error("the fake API server cannot listen on " + address_);
  }
  ::getsockname(listener_, name, &size);
  port_ = ntohs(v6 ? six.sin6_port : four.sin_port);
  stopping_ = false;
  acceptor_ = std::thread([this, listener = listener_] { accept_loop(listener); });
}

void FakeApiServer::come_up() {
  listen();
}

void FakeApiServer::go_down() {
  std::list<std::unique_ptr<Connection>> old;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || listener_ < 0) return;
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
  }
  acceptor_.join();
  ::close(listener_);
  listener_ = -1;
  {
    const std::lock_guard lock(mutex_);
    old.swap(connections_);
    for (const auto& connection : old)
      connection->cut();
    changed_.notify_all();
  }
  old.clear();  // joins
  stopping_ = false;
}

k8s::ApiAccess FakeApiServer::access() const {
  k8s::ApiAccess out;
  out.host = address_;
  out.port = port_;
  out.tls = tls_.has_value();
  return out;
}

void FakeApiServer::accept_loop(int listener) {
  for (;;) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    auto connection = std::make_unique<Connection>();
    connection->socket = socket;
    Connection* const raw = connection.get();
    const std::lock_guard lock(mutex_);
    if (cut_max_ != 0) raw->bytes_left = random_() % cut_max_;
    raw->thread = std::thread([this, raw] {
      serve(*raw);
      raw->cut();
      raw->over = true;
    });
    connections_.push_back(std::move(connection));
    connections_.remove_if([](const auto& old) { return old->over.load(); });
  }
}

void FakeApiServer::serve(Connection& connection) {
  if (tls_) {
    connection.context = make_context(*tls_);
    connection.ssl = SSL_new(connection.context);
    SSL_set_fd(connection.ssl, connection.socket);
    if (SSL_accept(connection.ssl) != 1) return;
  }
  for (;;) {
    std::optional<FakeRequest> request = parse_head(connection.read_head());
    if (!request) return;
    request->body = connection.read_body(number(request->headers, "content-length", 0));
    if (!answer(connection, *request)) return;
  }
}

bool FakeApiServer::answer(Connection& connection, const FakeRequest& request) {
  std::optional<FakeAnswer> instead;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (fault_) instead = fault_(request);
    if (!instead && canned_times_ > 0) {
      --canned_times_;
      instead = canned_;
    }
    const auto token = request.headers.find("authorization");
    if (!instead && !token_.empty() &&
        (token == request.headers.end() || token->second != "Bearer " + token_)) {
      instead = status_answer(401, "Unauthorized");
    }
    if (!instead && request.path == "/apis/discovery.k8s.io") {
      if (!slice_versions_ || slice_versions_->empty()) {
        instead = status_answer(404, "the server could not find the requested resource");
      } else {
        json versions = json::array();
        for (const std::string& version : *slice_versions_)
          versions.push_back({{"version", version}});
        instead = http_answer(200, json{{"kind", "APIGroup"}, {"versions", versions}}.dump());
      }
    }
  }
  if (!instead && request.method != "GET") instead = write(request);
  if (instead) return play(connection, *instead);
  return request.is_watch() ? answer_watch(connection, request) : answer_list(connection, request);
}

bool FakeApiServer::play(Connection& connection, const FakeAnswer& answer) {
  std::this_thread::sleep_for(std::chrono::milliseconds(answer.delay_ms));
  if (answer.byte_delay_ms == 0) {
    if (!connection.send(answer.bytes)) return false;
  } else {
    for (const char c : answer.bytes) {
      if (!connection.send({&c, 1})) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(answer.byte_delay_ms));
    }
  }
  while (answer.hang && !connection.closed()) {
    const std::lock_guard lock(mutex_);
    if (stopping_) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return !answer.hang;
}

bool FakeApiServer::answer_list(Connection& connection, const FakeRequest& request) {
  json items = json::array();
  json metadata;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t limit = number(request.query, "limit", 0);
    // "KEY@VERSION": the list goes on behind KEY.
    std::string after;
    std::uint64_t list_version = version_;
    if (const auto token = request.query.find("continue"); token != request.query.end()) {
      const std::size_t at = token->second.rfind('@');
      after = token->second.substr(0, at);
      list_version = std::stoull(token->second.substr(at + 1));
      if (list_version < oldest_) {
        metadata = nullptr;
        return play(connection, status_answer(410, "The provided continue parameter is too old"));
      }
    }
    const auto& objects = objects_[request.path];
    metadata["resourceVersion"] = std::to_string(list_version);
    std::string last;
    for (auto entry = after.empty() ? objects.begin() : objects.upper_bound(after);
         entry != objects.end(); ++entry) {
      if (limit != 0 && items.size() == limit) {
        metadata["continue"] = last + "@" + std::to_string(list_version);
        break;
      }
      items.push_back(entry->second);
      last = entry->first;
    }
  }
  return connection.send(
      http_answer(200, json{{"kind", "List"}, {"metadata", metadata}, {"items", items}}.dump())
          .bytes);
}

bool FakeApiServer::answer_watch(Connection& connection, const FakeRequest& request) {
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::seconds(number(request.query, "timeoutSeconds", 3600));
  std::uint64_t from = number(request.query, "resourceVersion", 0);
  if (!connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n")) {
    return false;
  }
  std::unique_lock lock(mutex_);
  if (from < oldest_) {
    lock.unlock();
    return connection.send_chunk(
               R"({"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}})"
               "\n") &&
           connection.send_chunk("");
  }
  std::size_t next = 0;
  while (next < events_.size() && events_[next].version <= from)
    ++next;
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    std::string lines;
    for (; next < events_.size(); ++next) {
      const Event& event = events_[next];
      if (event.resource.empty() || event.resource == request.path) lines += event.line + "\n";
    }
    if (!lines.empty()) {
      lock.unlock();
      if (!connection.send_chunk(lines)) return false;
      lock.lock();
      continue;
    }
    changed_.wait_for(lock, std::chrono::milliseconds(20));
    if (connection.closed()) return false;
  }
  if (stopping_) return false;
  lock.unlock();
  return connection.send_chunk("");
}

void FakeApiServer::record(const std::string& resource, const char* type, const json& object) {
  events_.push_back({version_, resource, json{{"type", type}, {"object", object}}.dump()});
  changed_.notify_all();
}

void FakeApiServer::put(const std::string& resource, json object) {
  const std::lock_guard lock(mutex_);
  const json& metadata = object["metadata"];
  std::string key = metadata["name"];
  if (metadata.contains("namespace")) key = metadata["namespace"].get<std::string>() + "/" + key;
  store(resource, key, std::move(object));
}

void FakeApiServer::store(const std::string& resource, const std::string& key, json object) {
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  auto& objects = objects_[resource];
  const bool known = objects.count(key) != 0;
  objects[key] = object;
  record(resource, known ? "MODIFIED" : "ADDED", object);
}

json FakeApiServer::object(const std::string& resource, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto objects = objects_.find(resource);
  if (objects == objects_.end()) return nullptr;
  const auto found = objects->second.find(key);
  return found == objects->second.end() ? json(nullptr) : found->second;
}

// "POST BASE/namespaces/NS/PLURAL" and "PATCH BASE/[namespaces/NS/]PLURAL/NAME[/status]", with a
// merge patch.
FakeAnswer FakeApiServer::write(const FakeRequest& request) {
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return status_answer(400, "the body is no object");
  std::string path = request.path;
  if (path.ends_with("/status")) path.resize(path.rfind('/'));
  std::string name;
  if (request.method == "PATCH") {
    name = path.substr(path.rfind('/') + 1);
    path.resize(path.rfind('/'));
  } else {
    name = body.at("metadata").at("name");
  }
  if (const std::size_t at = path.find("/namespaces/"); at != std::string::npos) {
    const std::size_t begin = at + std::string("/namespaces/").size();
    const std::size_t end = path.find('/', begin);
    name = path.substr(begin, end - begin) + "/" + name;
    path.erase(at, end - at);
  }
  const json before = object(path, name);
  const std::lock_guard lock(mutex_);
  if (request.method == "POST") {
    if (!before.is_null()) return status_answer(409, name + " already exists");
    store(path, name, body);
    return http_answer(201, body.dump());
  }
  if (before.is_null()) return status_answer(404, name + " not found");
  if (request.headers.at("content-type") != "application/merge-patch+json") {
    return status_answer(415, "the body of the request was in an unknown format");
  }
  json after = before;
  after.merge_patch(body);
  store(path, name, after);
  return http_answer(200, after.dump());
}

void FakeApiServer::erase(const std::string& resource, const std::string& key) {
  const std::lock_guard lock(mutex_);
  auto& objects = objects_[resource];
  const auto found = objects.find(key);
  if (found == objects.end()) return;
  json object = std::move(found->second);
  objects.erase(found);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  record(resource, "DELETED", object);
}

void FakeApiServer::bookmark() {
  const std::lock_guard lock(mutex_);
  ++version_;
  record("", "BOOKMARK", {{"metadata", {{"resourceVersion", std::to_string(version_)}}}});
}

void FakeApiServer::send_raw(const std::string& line) {
  const std::lock_guard lock(mutex_);
  events_.push_back({++version_, "", line});
  changed_.notify_all();
}

void FakeApiServer::compact() {
  const std::lock_guard lock(mutex_);
  events_.clear();
  oldest_ = ++version_;
}

void FakeApiServer::set_token(std::string token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

void FakeApiServer::serve_slices(std::vector<std::string> versions) {
  const std::lock_guard lock(mutex_);
  slice_versions_ = std::move(versions);
}

std::uint64_t FakeApiServer::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

void FakeApiServer::on_request(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void FakeApiServer::answer_next(int times, FakeAnswer answer) {
  const std::lock_guard lock(mutex_);
  canned_times_ = times;
  canned_ = std::move(answer);
}

void FakeApiServer::cut_randomly(std::size_t max_bytes, std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  cut_max_ = max_bytes;
  random_.seed(seed);
}

void FakeApiServer::cut_connections() {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_)
    connection->cut();
}

std::vector<FakeRequest> FakeApiServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int FakeApiServer::count(const std::function<bool(const FakeRequest&)>& which) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(requests_.begin(), requests_.end(), which));
}

}  // namespace sextant::k8s_test
