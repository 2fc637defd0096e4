// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// main() of the test programs that need no set-up of their own.
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>

int main(int argc, char* argv[]) {
  return Catch::Session().run(argc, argv);
}
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
