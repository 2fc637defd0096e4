// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PcapngBlocks: whole blocks out of a pcapng stream that comes in pieces, so that a file that ends
// early is readable up to its end. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sextant/common/result.hpp>

namespace sextant {

class PcapngBlocks {
 public:
  // The blocks that are complete now, in one piece; empty while the next one is not. An error when
  // this is no pcapng (draft-ietf-opsawg-pcapng section 3.1): then nothing more is taken.
  [[nodiscard]] Result<std::string> take(std::string_view chunk);

  // Enhanced packet blocks handed out so far.
  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  // Bytes of a block that is not complete.
  [[nodiscard]] std::size_t pending() const { return buffer_.size(); }

 private:
  [[nodiscard]] std::uint32_t word_at(std::size_t offset) const;

  std::string buffer_;
  std::uint64_t packets_ = 0;
  bool swapped_ = false;  // the writer has the other byte order
  bool started_ = false;
};

}  // namespace sextant
