// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Certificates for tests of TLS, made when they are needed.
#pragma once

#include <string>

namespace sextant::k8s_test {

struct TestCertificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// Signs itself; may sign others.
[[nodiscard]] TestCertificate make_authority(const std::string& name);
// subject_names: as OpenSSL writes them: "IP:127.0.0.1,DNS:localhost". days: from now; negative:
// has expired.
[[nodiscard]] TestCertificate make_certificate(const TestCertificate& authority,
                                               const std::string& subject_names, int days = 1);

}  // namespace sextant::k8s_test
