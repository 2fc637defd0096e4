// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Certificates by OpenSSL; P-256, so that making one takes no time.
#include "support/api/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>

namespace sextant::k8s_test {

namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

void extend(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* new_certificate(const std::string& name, int days, EVP_PKEY* key) {
  static std::atomic<long> serial{1};
  X509* out = X509_new();
  X509_set_version(out, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out), serial++);
  X509_gmtime_adj(X509_getm_notBefore(out), -3L * 86400);
  X509_gmtime_adj(X509_getm_notAfter(out), days * 86400L);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(out, key);
  return out;
}

TestCertificate pem_of(X509* certificate, EVP_PKEY* key) {
  BIO* first = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(first, certificate);
  BIO* second = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(second, key, nullptr, nullptr, 0, nullptr, nullptr);
  TestCertificate out{text_of(first), text_of(second)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return out;
}

}  // namespace

TestCertificate make_authority(const std::string& name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = new_certificate(name, 10, key);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(certificate, key, EVP_sha256());
  return pem_of(certificate, key);
}

TestCertificate make_certificate(const TestCertificate& authority, const std::string& subject_names,
                                 int days) {
  BIO* bio = BIO_new_mem_buf(authority.certificate.data(), -1);
  X509* issuer = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = BIO_new_mem_buf(authority.key.data(), -1);
  EVP_PKEY* issuer_key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = new_certificate("test", days, key);
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (!subject_names.empty()) extend(certificate, issuer, NID_subject_alt_name, subject_names);
  X509_sign(certificate, issuer_key, EVP_sha256());
  X509_free(issuer);
  EVP_PKEY_free(issuer_key);
  return pem_of(certificate, key);
}

}  // namespace sextant::k8s_test
