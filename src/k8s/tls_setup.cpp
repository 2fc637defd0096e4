// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TLS of the API client, by OpenSSL's own functions where Boost.Asio has none.
#include "k8s/tls_setup.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/buffer.hpp>

namespace sextant::k8s {

namespace {

namespace ssl = boost::asio::ssl;

// Lives as long as the context: owned by it through its application data.
struct VerifyArguments {
  std::shared_ptr<TlsReport> report;
  std::string name;
};

int arguments_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* pointer, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<VerifyArguments*>(pointer);
      });
  return index;
}

// Does what OpenSSL does without it, and keeps the reason, which nobody hands on to us else.
int verify(X509_STORE_CTX* store, void* pointer) {
  const auto* arguments = static_cast<const VerifyArguments*>(pointer);
  const int good = X509_verify_cert(store);
  if (good > 0) return good;
  const int error = X509_STORE_CTX_get_error(store);
  // The check of the name is Boost's: it refuses without an error code.
  arguments->report->set(error == X509_V_OK || error == X509_V_ERR_UNSPECIFIED
                             ? "the server's certificate is not for " + arguments->name
                             : std::string("the server's certificate: ") +
                                   X509_verify_cert_error_string(error));
  return good;
}

// Boost 1.74's add_certificate_authority() leaks what it reads, for every connection.
// False: not even one certificate.
bool trust(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  bool any = false;
  for (;;) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
    if (certificate == nullptr) break;
    any = X509_STORE_add_cert(store, certificate.get()) == 1 || any;
  }
  // The end of the text is an error, too.
  const unsigned long last = ERR_peek_last_error();
  ERR_clear_error();
  return any && ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

}  // namespace

void set_up_tls(ssl::context& context, const ApiAccess& access,
                const std::shared_ptr<TlsReport>& report) {
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  if (!access.certificate_authority.empty()) {
    // cpprestsdk has filled it with the roots of the system, which must not speak for a cluster.
    SSL_CTX_set_cert_store(native, X509_STORE_new());
    trust(native, access.certificate_authority);
  }
  if (!access.client_certificate.empty()) {
    context.use_certificate_chain(boost::asio::buffer(access.client_certificate));
    context.use_private_key(boost::asio::buffer(access.client_key), ssl::context::pem);
  }
  if (report == nullptr) return;
  auto arguments = std::make_unique<VerifyArguments>();
  arguments->report = report;
  arguments->name = access.server_name.empty() ? access.host : access.server_name;
  SSL_CTX_set_cert_verify_callback(native, verify, arguments.get());
  if (SSL_CTX_set_ex_data(native, arguments_index(), arguments.get()) == 1) {
    (void)arguments.release();
  } else {
    SSL_CTX_set_cert_verify_callback(native, nullptr, nullptr);
  }
}

Status check_tls(const ApiAccess& access) {
  if (!access.tls) return Ok{};
  try {
    ssl::context context(ssl::context::tls_client);
    if (!access.certificate_authority.empty() &&
        !trust(context.native_handle(), access.certificate_authority)) {
      return Error{
          "the certificate authority of the API server is not PEM, or a part of it is broken"};
    }
    set_up_tls(context, access, nullptr);
    if (!access.client_certificate.empty() &&
        SSL_CTX_check_private_key(context.native_handle()) != 1) {
      return Error{"the client key does not belong to the client certificate"};
    }
  } catch (const std::exception& e) {
    return Error{std::string("the client certificate or its key cannot be used: ") + e.what()};
  }
  return Ok{};
}

}  // namespace sextant::k8s
