// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiClient on cpprestsdk; the only file of src/k8s that includes it. Its exceptions end here.
#include "k8s/api_client.hpp"

#include <cpprest/containerstream.h>
#include <cpprest/http_client.h>
#include <cpprest/producerconsumerstream.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include <sextant/net/ip_address.hpp>

#include "k8s/api_error.hpp"
#include "k8s/tls_setup.hpp"

namespace sextant::k8s {

namespace http = web::http;

namespace {

// cpprestsdk starts 40 threads by itself. These decode lists; one per resource is enough.
constexpr std::size_t kPoolThreads = 4;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
// Of a reply that is an error; its Status is far smaller.
constexpr std::size_t kMaxErrorBytes = std::size_t{64} << 10;
// Our own deadlines come first; this one is for requests whose owner is gone.
constexpr std::chrono::seconds kLibraryTimeout{3600};

void limit_threads() {
  static std::once_flag once;
  std::call_once(once, [] {
    try {
      crossplat::threadpool::initialize_with_threads(kPoolThreads);
    } catch (const std::exception&) {
      // Somebody else in this process was first; any number will do.
    }
  });
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

std::optional<std::chrono::seconds> retry_after_of(const http::http_response& response) {
  int seconds = 0;
  // An HTTP date, the other form, is not what API servers send.
  if (!response.headers().match("Retry-After", seconds) || seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 3600));
}

http::method method_of(std::string_view verb) {
  if (verb == "create") return http::methods::POST;
  return verb == "patch" ? http::methods::PATCH : http::methods::GET;
}

// cpprestsdk takes an IPv6 host for a name when it stands in brackets, and the certificate is
// checked against the host as it stands there; without brackets both work.
web::uri base_uri(const ApiAccess& access) {
  return web::uri(std::string(access.tls ? "https://" : "http://") + access.host + ":" +
                  std::to_string(access.port) + access.path);
}

}  // namespace

class ApiClient::Http {
 public:
  Http(const ApiAccess& access, std::shared_ptr<TlsReport> report)
      : tls_report(std::move(report)), client(base_uri(access), make_config(access, tls_report)) {}

  std::shared_ptr<TlsReport> tls_report;
  http::client::http_client client;

 private:
  static http::client::http_client_config make_config(const ApiAccess& access,
                                                      const std::shared_ptr<TlsReport>& report) {
    http::client::http_client_config config;
    config.set_timeout(kLibraryTimeout);
    // A redirect would carry our token to somebody else.
    config.set_max_redirects(0);
    config.set_validate_certificates(true);
    if (IpAddress::parse(access.host) && access.server_name.empty()) {
      config.set_tlsext_sni_enabled(false);  // RFC 6066: names only
    }
    if (access.tls) {
      config.set_ssl_context_callback([access, report](boost::asio::ssl::context& context) {
        set_up_tls(context, access, report);
      });
    }
    return config;
  }
};

// Shared by the ApiCall, the continuations of the library and what they post.
class ApiCall::State : public std::enable_shared_from_this<ApiCall::State> {
 public:
  State(boost::asio::io_context& loop, ApiRequest request, std::shared_ptr<TlsReport> report)
      : request_(std::move(request)),
        report_(std::move(report)),
        loop_(&loop),
        deadline_(std::make_unique<boost::asio::steady_timer>(loop)) {}

  ApiClient::Work work;
  ApiClient::Done done;
  ApiClient::Opened opened;
  ApiClient::Bytes bytes;  // set: a stream

  // Control thread.
  void start(http::client::http_client& client, http::http_request request) {
    deadline_->expires_after(request_.timeout);
    deadline_->async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error || self->deadline_ == nullptr) return;
      self->finish(ApiError{
          ApiError::Kind::kTimeout, 0,
          describe(self->request_,
                   "no answer within " + std::to_string(self->request_.timeout.count()) + " ms")});
    });
    auto self = shared_from_this();
    client.request(std::move(request), cancellation_.get_token())
        .then([self](const pplx::task<http::http_response>& task) {
          self->guarded([&] { self->begin(task.get()); });
        });
  }

  // Control thread. Nothing is called after this.
  void detach() {
    {
      const std::lock_guard lock(mutex_);
      loop_ = nullptr;
      work = nullptr;
    }
    deadline_.reset();
    done = nullptr;
    opened = nullptr;
    cancellation_.cancel();
  }

  // Control thread.
  void finish(std::optional<ApiError> error) {
    if (deadline_ == nullptr) return;
    auto tell = std::move(done);
    detach();
    if (tell) tell(std::move(error));
  }

 private:
  // The rest runs on the library's threads, one continuation after the other.

  template <typename Step>
  void guarded(Step step) {
    try {
      step();
    } catch (const http::http_exception& e) {
      end(transport_error(request_, e.what(), e.error_code().message(), report_->take()));
    } catch (const std::exception& e) {
      end(transport_error(request_, e.what(), "", report_->take()));
    }
  }

  void begin(const http::http_response& response) {
    status_ = response.status_code();
    retry_after_ = retry_after_of(response);
    body_ = response.body().streambuf();
    if (is_success(status_) && bytes) {
      post([](State& state) {
        if (state.deadline_ == nullptr) return;
        state.deadline_->cancel();
        if (state.opened) state.opened();
      });
    }
    read_on();
  }

  // Waits for one byte, then takes what is there: reading a fixed number would wait for all of
  // them.
  void read_on() {
    auto self = shared_from_this();
    body_.getc().then([self](const pplx::task<int>& task) {
      self->guarded([&] {
        if (task.get() == body_type::traits::eof()) {
          self->at_end();
          return;
        }
        self->piece_.resize(std::clamp(self->body_.in_avail(), std::size_t{1}, kPieceBytes));
        self->body_.getn(self->piece_.data(), self->piece_.size())
            .then([self](const pplx::task<std::size_t>& got) {
              self->guarded([&] {
                if (self->take(got.get())) self->read_on();
              });
            });
      });
    });
  }

  // False: no more is wanted.
  bool take(std::size_t count) {
    const std::string_view piece(reinterpret_cast<const char*>(piece_.data()), count);
    if (is_success(status_) && bytes) {
      if (detached()) return false;
      if (auto then = bytes(piece)) {
        post([then = std::move(then)](State& state) {
          if (state.deadline_ != nullptr) then();
        });
      }
      return true;
    }
    const std::size_t limit = is_success(status_) ? request_.max_bytes : kMaxErrorBytes;
    if (collected_.size() + count > limit) {
      end(ApiError{
          ApiError::Kind::kBadReply, status_,
          describe(request_, "an answer of more than " + std::to_string(limit) + " bytes")});
      return false;
    }
    collected_ += piece;
    return !detached();
  }

  void at_end() {
    if (!is_success(status_)) {
      ApiError error = status_error(request_, status_, collected_);
      error.retry_after = retry_after_;
      end(std::move(error));
      return;
    }
    if (!bytes) {
      ApiClient::Work todo;
      {
        const std::lock_guard lock(mutex_);
        if (loop_ == nullptr) return;
        todo = work;
      }
      todo(std::move(collected_));
    }
    end(std::nullopt);
  }

  void end(std::optional<ApiError> error) {
    post([error = std::move(error)](State& state) mutable { state.finish(std::move(error)); });
  }

  bool detached() {
    const std::lock_guard lock(mutex_);
    return loop_ == nullptr;
  }

  // The lock keeps the loop from being destroyed in between: its owner detaches first.
  template <typename Handler>
  void post(Handler handler) {
    const std::lock_guard lock(mutex_);
    if (loop_ == nullptr) return;
    boost::asio::post(*loop_, [self = shared_from_this(), handler = std::move(handler)]() mutable {
      handler(*self);
    });
  }

  using body_type = concurrency::streams::streambuf<std::uint8_t>;

  ApiRequest request_;
  std::shared_ptr<TlsReport> report_;
  pplx::cancellation_token_source cancellation_;
  std::mutex mutex_;
  boost::asio::io_context* loop_;                        // guarded by mutex_; nullptr: detached
  std::unique_ptr<boost::asio::steady_timer> deadline_;  // control thread; nullptr: finished

  body_type body_;
  std::vector<std::uint8_t> piece_;
  std::string collected_;
  int status_ = 0;
  std::optional<std::chrono::seconds> retry_after_;
};

ApiCall& ApiCall::operator=(ApiCall&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

void ApiCall::cancel() {
  if (state_ == nullptr) return;
  state_->detach();
  state_.reset();
}

Result<std::unique_ptr<ApiClient>> ApiClient::create(boost::asio::io_context& loop,
                                                     ApiAccess access) {
  limit_threads();
  if (const Status checked = check_tls(access); !checked) return checked.error();
  try {
    auto http = std::make_shared<Http>(access, std::make_shared<TlsReport>());
    return std::unique_ptr<ApiClient>(new ApiClient(loop, std::move(access), std::move(http)));
  } catch (const std::exception& e) {
    return Error{access.url() + " is no address of an API server: " + e.what()};
  }
}

ApiClient::ApiClient(boost::asio::io_context& loop, ApiAccess access, std::shared_ptr<Http> http)
    : loop_(loop), access_(std::move(access)), http_(std::move(http)) {}
ApiClient::~ApiClient() = default;

ApiCall ApiClient::start(std::shared_ptr<ApiCall::State> state, const ApiRequest& request) {
  const auto fail = [&](ApiError::Kind kind, const std::string& why) {
    // Never from inside of this call: the caller has no ApiCall yet.
    boost::asio::post(loop_, [state, error = ApiError{kind, 0, describe(request, why)}] {
      state->finish(error);
    });
    return ApiCall(state);
  };
  const Result<std::string> token = current_token(access_);
  if (!token) return fail(ApiError::Kind::kCredentials, token.error().text);
  try {
    http::http_request message(method_of(request.verb));
    message.set_request_uri(web::uri(request.path));
    message.headers().add("Accept", "application/json");
    if (!request.body.empty()) {
      // As bytes: cpprestsdk reads a string through a buffer of another type.
      message.set_body(std::vector<unsigned char>(request.body.begin(), request.body.end()));
      message.headers().set_content_type(request.verb == "patch" ? "application/merge-patch+json"
                                                                 : "application/json");
    }
    message.headers().add("User-Agent", "sextant");
    if (!token->empty()) message.headers().add("Authorization", "Bearer " + *token);
    // Also the name that the certificate is checked for.
    if (!access_.server_name.empty()) message.headers().add("Host", access_.server_name);
    state->start(http_->client, std::move(message));
  } catch (const std::exception& e) {
    return fail(ApiError::Kind::kUnreachable, e.what());
  }
  return ApiCall(std::move(state));
}

ApiCall ApiClient::fetch(ApiRequest request, Work work, Done done) {
  auto state = std::make_shared<ApiCall::State>(loop_, request, http_->tls_report);
  state->work = std::move(work);
  state->done = std::move(done);
  return start(std::move(state), request);
}

ApiCall ApiClient::stream(ApiRequest request, Opened opened, Bytes bytes, Done done) {
  auto state = std::make_shared<ApiCall::State>(loop_, request, http_->tls_report);
  state->opened = std::move(opened);
  state->bytes = std::move(bytes);
  state->done = std::move(done);
  return start(std::move(state), request);
}

}  // namespace sextant::k8s
