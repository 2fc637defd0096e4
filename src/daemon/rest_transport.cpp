// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Listening, TLS, and counting connections.
#include "rest_transport.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "http_session.hpp"
#include "log.hpp"

namespace sextant {

namespace {

namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    "Content-Length: 0\r\n\r\n";

tcp::endpoint endpoint_of(const IntrospectionConfig& config) {
  if (config.address.is_v6()) {
    boost::asio::ip::address_v6::bytes_type bytes{};
    std::copy(config.address.v6.bytes.begin(), config.address.v6.bytes.end(), bytes.begin());
    return {boost::asio::ip::address_v6(bytes), config.port};
  }
  boost::asio::ip::address_v4::bytes_type bytes{};
  std::copy(config.address.v4.bytes.begin(), config.address.v4.bytes.end(), bytes.begin());
  return {boost::asio::ip::address_v4(bytes), config.port};
}

}  // namespace

class RestTransport::Impl : public std::enable_shared_from_this<RestTransport::Impl> {
 public:
  Impl() : acceptor_(loop_), retry_(loop_) {}
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status open(const IntrospectionConfig& config) {
    const tcp::endpoint endpoint = endpoint_of(config);
    ErrorCode error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (error) {
      return Error{
          fmt::format("introspection.listen {}: {}; choose another address or port, or off",
                      config.listen(), error.message())};
    }
    return config.tls() ? open_tls(config) : Status(Ok{});
  }

  void start(HttpHandler handler) {
    handler_ = std::move(handler);
    // Signals belong to the control thread.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "sextant-rest");
      accept();
      while (true) {
        try {
          loop_.run();
          return;
        } catch (const std::exception& error) {
          // Out of memory in a handler: its connection is gone, others go on.
          log(LogLevel::kError, "rest", "{}", error.what());
        }
      }
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    ErrorCode ignored;
    acceptor_.close(ignored);
  }

 private:
  Status open_tls(const IntrospectionConfig& config) {
    tls_.emplace(ssl::context::tls_server);
    ErrorCode error;
    tls_->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                          ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                          ssl::context::no_tlsv1_1 | SSL_OP_NO_RENEGOTIATION,
                      error);
    if (!error) tls_->use_certificate_chain_file(config.certificate, error);
    if (error) {
      return Error{
          fmt::format("introspection.tls.certificate {}: {}; it must be a PEM file that "
                      "sextantd can read",
                      config.certificate, error.message())};
    }
    tls_->use_private_key_file(config.key, ssl::context::pem, error);
    if (error) {
      return Error{
          fmt::format("introspection.tls.key {}: {}; it must be the PEM file of the "
                      "certificate's key, without a password",
                      config.key, error.message())};
    }
    return Ok{};
  }

  void accept() {
    acceptor_.async_accept([this](const ErrorCode& error, tcp::socket socket) {
      if (error == boost::asio::error::operation_aborted) return;
      if (error) {
        // Out of descriptors, most likely: asking again at once would spin.
        log(LogLevel::kWarning, "rest", "accept: {}", error.message());
        retry_.expires_after(std::chrono::seconds(1));
        retry_.async_wait([this](const ErrorCode& stopped) {
          if (!stopped) accept();
        });
        return;
      }
      serve(std::move(socket));
      accept();
    });
  }

  void serve(tcp::socket socket) {
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (places_.use_count() > static_cast<long>(kMaxConnections)) {
      // A fresh socket has room for this. To a TLS client it makes no sense, and needs none.
      [[maybe_unused]] const ssize_t sent =
          send(socket.native_handle(), kBusy.data(), kBusy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      return;
    }
    if (tls_) {
      using Stream = ssl::stream<tcp::socket>;
      std::make_shared<HttpSession<Stream>>(Stream(std::move(socket), *tls_), limits_, handler_,
                                            places_)
          ->start();
    } else {
      std::make_shared<HttpSession<tcp::socket>>(std::move(socket), limits_, handler_, places_)
          ->start();
    }
  }

  boost::asio::io_context loop_;
  tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::optional<ssl::context> tls_;
  HttpHandler handler_;
  HttpLimits limits_;
  std::shared_ptr<void> places_ = std::make_shared<char>();  // one more reference for each client
  std::thread thread_;
};

RestTransport::RestTransport(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

RestTransport::~RestTransport() {
  stop();
}

Result<std::unique_ptr<RestTransport>> RestTransport::open(const IntrospectionConfig& config) {
  auto impl = std::make_shared<Impl>();
  if (auto status = impl->open(config); !status) return status.error();
  return std::unique_ptr<RestTransport>(new RestTransport(std::move(impl)));
}

namespace {

// Keeps the thread's loop alive for a responder that outlives the transport.
template <typename Owner>
class OwnedResponder : public ApiResponder {
 public:
  OwnedResponder(std::shared_ptr<Owner> owner, std::shared_ptr<ApiResponder> next)
      : owner_(std::move(owner)), next_(std::move(next)) {}
  void reply(ApiReply reply) override { next_->reply(std::move(reply)); }
  void begin(std::string_view content_type) override { next_->begin(content_type); }
  bool write(std::string chunk) override { return next_->write(std::move(chunk)); }
  void end() override { next_->end(); }
  [[nodiscard]] bool gone() const override { return next_->gone(); }

 private:
  std::shared_ptr<Owner> owner_;  // destroyed after next_
  std::shared_ptr<ApiResponder> next_;
};

}  // namespace

void RestTransport::start(HttpHandler handler) {
  impl_->start([weak = std::weak_ptr<Impl>(impl_), handler = std::move(handler)](
                   HttpRequest request, std::shared_ptr<ApiResponder> responder) {
    auto owner = weak.lock();
    if (owner == nullptr) return;
    handler(std::move(request),
            std::make_shared<OwnedResponder<Impl>>(std::move(owner), std::move(responder)));
  });
}

void RestTransport::stop() {
  impl_->stop();
}

}  // namespace sextant
