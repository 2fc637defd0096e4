// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// HttpSession: one HTTP connection on a stream of Asio, with a bound on everything that the other
// end decides: bytes of a header and a body, time for each step, bytes that wait to be sent.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http_types.hpp"

namespace sextant {

namespace detail {
template <typename Stream>
inline constexpr bool is_tls = false;
template <typename Socket>
inline constexpr bool is_tls<boost::asio::ssl::stream<Socket>> = true;
}  // namespace detail

// Kept alive by its pending operations and by the responder of the request that it waits for.
// Stream: a socket, or boost::asio::ssl::stream of one. Its executor runs on one thread.
template <typename Stream>
class HttpSession : public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  // place: held as long as the connection is open; for counting connections.
  HttpSession(Stream stream, const HttpLimits& limits, HttpHandler handler,
              std::shared_ptr<void> place)
      : stream_(std::move(stream)),
        timer_(stream_.get_executor()),
        buffer_(limits.header_bytes + kReadAhead),
        limits_(limits),
        handler_(std::move(handler)),
        place_(std::move(place)) {}
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void start() {
    if constexpr (kTls) {
      arm(limits_.request);
      stream_.async_handshake(boost::asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](const ErrorCode& error) {
                                if (error) return self->close();
                                self->read_header();
                              });
    } else {
      read_header();
    }
  }

 private:
  using ErrorCode = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  static constexpr bool kTls = detail::is_tls<Stream>;
  static constexpr std::size_t kReadAhead = 4096;

  // The answer to one request. Every call goes to the session's thread.
  class Exchange : public ApiResponder {
   public:
    explicit Exchange(std::shared_ptr<HttpSession> session) : session_(std::move(session)) {}
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange() override {
      if (!begun_) {
        reply(ApiReply::problem(503, "No answer", "the daemon gave up this request; try again"));
      } else if (streaming_) {
        end();
      }
    }
    void reply(ApiReply reply) override {
      if (std::exchange(begun_, true)) return;
      post([reply = std::move(reply)](HttpSession& session) mutable {
        session.send_reply(std::move(reply));
      });
    }
    void begin(std::string_view content_type) override {
      if (std::exchange(begun_, true)) return;
      streaming_ = true;
      post([type = std::string(content_type)](HttpSession& session) { session.send_begin(type); });
    }
    bool write(std::string chunk) override {
      if (!streaming_ || gone()) return false;
      // A zero chunk would end the stream.
      if (chunk.empty()) return true;
      if (session_->queued_ + chunk.size() > session_->limits_.queue_bytes) return false;
      session_->queued_ += chunk.size();
      post([chunk = std::move(chunk)](HttpSession& session) mutable {
        session.queue_.push_back(std::move(chunk));
        session.pump();
      });
      return true;
    }
    void end() override {
      if (!std::exchange(streaming_, false)) return;
      post([](HttpSession& session) {
        session.ending_ = true;
        session.pump();
      });
    }
    [[nodiscard]] bool gone() const override { return session_->gone_; }

   private:
    template <typename Work>
    void post(Work work) {
      boost::asio::post(session_->stream_.get_executor(),
                        [self = session_, work = std::move(work)]() mutable { work(*self); });
    }
    std::shared_ptr<HttpSession> session_;
    bool begun_ = false;
    bool streaming_ = false;
  };

  auto& socket() { return boost::beast::get_lowest_layer(stream_); }

  void close() {
    gone_ = true;
    timer_.cancel();
    ErrorCode ignored;
    socket().shutdown(boost::asio::socket_base::shutdown_both, ignored);
    socket().close(ignored);
    place_.reset();
    queue_.clear();
    queued_ = 0;
  }

  // Closes the connection when nothing happens in time: pending operations end with an error.
  void arm(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([weak = this->weak_from_this()](const ErrorCode& error) {
      if (error) return;
      if (const auto self = weak.lock()) self->close();
    });
  }

  void read_header() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    parser_->body_limit(limits_.body_bytes);
    head_ = false;
    keep_alive_ = false;
    answered_ = false;
    streaming_ = false;
    arm(limits_.request);
    boost::beast::http::async_read_header(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
          if (error) return self->read_failed(error);
          self->read_body();
        });
  }

  void read_body() {
    if (parser_->is_done()) return dispatch();
    arm(limits_.body);
    if (boost::beast::iequals(parser_->get()[boost::beast::http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      boost::asio::async_write(
          stream_, boost::asio::buffer(kContinue),
          [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
            if (error) return self->close();
            self->read_rest();
          });
    } else {
      read_rest();
    }
  }

  void read_rest() {
    boost::beast::http::async_read(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
          if (error) return self->read_failed(error);
          self->dispatch();
        });
  }

  void read_failed(const ErrorCode& error) {
    using HttpError = boost::beast::http::error;
    static const auto& http_errors =
        boost::beast::http::make_error_code(HttpError::end_of_stream).category();
    keep_alive_ = false;
    if (error == HttpError::header_limit || error == HttpError::buffer_overflow) {
      send_reply(ApiReply::problem(431, "Header too large",
                                   "the header of a request has at most " +
                                       std::to_string(limits_.header_bytes) + " bytes"));
    } else if (error == HttpError::body_limit) {
      send_reply(ApiReply::problem(
          413, "Body too large",
          "the body of a request has at most " + std::to_string(limits_.body_bytes) + " bytes"));
    } else if (error.category() == http_errors && error != HttpError::end_of_stream &&
               error != HttpError::partial_message) {
      send_reply(ApiReply::problem(400, "Not HTTP",
                                   "this is not a request of HTTP/1.1: " + error.message()));
    } else {
      close();
    }
  }

  void dispatch() {
    timer_.cancel();
    auto message = parser_->release();
    keep_alive_ = message.keep_alive();
    head_ = message.method() == boost::beast::http::verb::head;
    chunks_ = message.version() >= 11;
    ending_ = false;
    const auto text = [](boost::beast::string_view view) { return std::string(view); };
    HttpRequest request{.method = text(message.method_string()),
                        .target = text(message.target()),
                        .authorization = text(message[boost::beast::http::field::authorization]),
                        .content_type = text(message[boost::beast::http::field::content_type]),
                        .body = std::move(message.body())};
    watch();
    handler_(std::move(request), std::make_shared<Exchange>(this->shared_from_this()));
  }

  // Notices that the client closes while it waits for an answer.
  void watch() {
    done_ = false;
    if (std::exchange(watching_, true)) return;
    socket().async_wait(boost::asio::socket_base::wait_read,
                        [self = this->shared_from_this()](const ErrorCode& error) {
                          self->watching_ = false;
                          if (!error && !self->done_) self->look();
                        });
  }

  void look() {
    char byte = 0;
    const ssize_t got = recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    // Bytes are the next request: it has to wait, and hides a close until then.
    if (got > 0 || (got < 0 && errno == EAGAIN)) return;
    // Most clients are gone then; some only said that they have no more requests.
    keep_alive_ = false;
    pollfd state{.fd = socket().native_handle(), .events = 0, .revents = 0};
    const bool hung_up = poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0;
    if (hung_up || streaming_) return close();
    if (!answered_) arm(kHalfClosed);
  }
  static constexpr std::chrono::milliseconds kHalfClosed{2000};

  template <typename Body>
  void fill(boost::beast::http::response<Body>& response, const ApiReply& reply) {
    response.result(static_cast<unsigned>(reply.status));
    response.version(11);
    response.set(boost::beast::http::field::content_type, reply.content_type);
    response.set(boost::beast::http::field::cache_control, "no-store");
    for (const auto& [name, value] : reply.headers)
      response.set(name, value);
  }

  void send_reply(ApiReply reply) {
    if (answered_ || gone_) return;
    answered_ = true;
    const auto size = reply.body.size();
    reply_.emplace();
    fill(*reply_, reply);
    if (head_) {
      reply_->content_length(size);
    } else {
      reply_->body() = std::move(reply.body);
      reply_->prepare_payload();
    }
    reply_->keep_alive(keep_alive_);
    arm(limits_.reply);
    // A HEAD reply has the length of a body and no body.
    serializer_.emplace(*reply_);
    const auto done = [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
      self->serializer_.reset();
      self->reply_.reset();
      self->finished(error);
    };
    if (head_) {
      boost::beast::http::async_write_header(stream_, *serializer_, done);
    } else {
      boost::beast::http::async_write(stream_, *serializer_, done);
    }
  }

  void send_begin(const std::string& content_type) {
    if (answered_ || gone_) return;
    answered_ = true;
    streaming_ = true;
    if (!chunks_) keep_alive_ = false;
    begin_.emplace();
    fill(*begin_, {.content_type = content_type});
    begin_->chunked(chunks_);
    begin_->keep_alive(keep_alive_);
    begin_serializer_.emplace(*begin_);
    arm(limits_.reply);
    writing_ = true;
    boost::beast::http::async_write_header(
        stream_, *begin_serializer_,
        [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
          self->begin_serializer_.reset();
          self->begin_.reset();
          self->written(error, 0);
        });
  }

  void pump() {
    if (writing_ || gone_ || !answered_) return;
    const auto done = [self = this->shared_from_this()](const ErrorCode& error, std::size_t) {
      self->written(error, self->queue_.empty() ? 0 : self->queue_.front().size());
    };
    if (!queue_.empty()) {
      writing_ = true;
      arm(limits_.reply);
      const boost::asio::const_buffer chunk = boost::asio::buffer(queue_.front());
      if (chunks_) {
        boost::asio::async_write(stream_, boost::beast::http::make_chunk(chunk), done);
      } else {
        boost::asio::async_write(stream_, chunk, done);
      }
    } else if (ending_ && chunks_) {
      writing_ = true;
      ending_ = false;
      last_ = true;
      arm(limits_.reply);
      boost::asio::async_write(stream_, boost::beast::http::make_chunk_last(), done);
    } else if (ending_) {
      finished({});
    }
  }

  void written(const ErrorCode& error, std::size_t bytes) {
    writing_ = false;
    if (error || gone_) return close();
    timer_.cancel();
    if (bytes > 0) {
      queue_.pop_front();
      queued_ -= bytes;
    }
    if (std::exchange(last_, false)) return finished({});
    pump();
  }

  void finished(const ErrorCode& error) {
    done_ = true;
    if (error || !keep_alive_ || gone_) return drain(error);
    read_header();
  }

  // Closing with unread bytes makes the kernel send a reset, which may overtake the reply: what the
  // client still sends is read and thrown away for a moment.
  void drain(const ErrorCode& error) {
    if (error || gone_) return close();
    ErrorCode ignored;
    socket().shutdown(boost::asio::socket_base::shutdown_send, ignored);
    arm(std::chrono::milliseconds(1000));
    drain_some();
  }

  void drain_some() {
    socket().async_read_some(
        boost::asio::buffer(waste_),
        [self = this->shared_from_this()](const ErrorCode& error, std::size_t bytes) {
          self->drained_ += bytes;
          if (error || self->drained_ > kMaxDrain) return self->close();
          self->drain_some();
        });
  }
  static constexpr std::size_t kMaxDrain = 4u << 20;

  Stream stream_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  HttpLimits limits_;
  HttpHandler handler_;
  std::shared_ptr<void> place_;
  std::optional<Parser> parser_;
  std::optional<boost::beast::http::response<boost::beast::http::string_body>> reply_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>>
      serializer_;
  std::optional<boost::beast::http::response<boost::beast::http::empty_body>> begin_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::empty_body>>
      begin_serializer_;
  std::deque<std::string> queue_;
  std::atomic<std::size_t> queued_{0};  // bytes of the chunks that were written and not yet sent
  std::atomic<bool> gone_{false};
  bool head_ = false;
  bool keep_alive_ = false;
  bool chunks_ = true;
  bool answered_ = false;
  bool streaming_ = false;
  bool writing_ = false;
  bool ending_ = false;
  bool last_ = false;
  bool watching_ = false;
  bool done_ = true;
  std::array<char, 4096> waste_{};
  std::size_t drained_ = 0;
};

}  // namespace sextant
