// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Tables and words at every width from 40 to 200 columns, and text that is not what it should be.
#include "sextant/text_table.hpp"

#include <sstream>

#include "sextant/terminal.hpp"
#include "support/catch.hpp"

using namespace sextant;

namespace {

constexpr const char* kLongAddress = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff";

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

TextTable wide_table() {
  TextTable table({"address",
                   {"explanation", Fit::kShortenFirst},
                   {"flavors", Fit::kShorten},
                   "second address",
                   ">packets",
                   ">bytes"});
  table.add({kLongAddress, "Decapsulation and specific IPv6 table lookup", "PSP,USP,USD,NEXT-CSID",
             "fc00:1:2:3:4:5:6:7", "18446744073709551615", "18446744073709551615"});
  table.add({"::1", "Endpoint", "-", "-", "0", "7"});
  return table;
}

}  // namespace

TEST_CASE("A table keeps to the width and never cuts an address or a number") {
  const TextTable table = wide_table();
  for (std::size_t width = 40; width <= 200; ++width) {
    const std::string text = table.text({.width = width});
    INFO(width << "\n" << text);
    CHECK(text.find(kLongAddress) != std::string::npos);
    CHECK(text.find("fc00:1:2:3:4:5:6:7") != std::string::npos);
    CHECK(text.find("18446744073709551615") != std::string::npos);
    for (const std::string& line : lines_of(text)) {
      CHECK(display_width(line) <= width);
      CHECK((line.empty() || line.back() != ' '));
    }
  }
}

TEST_CASE("What explains is cut first, and only as far as needed") {
  const TextTable table = wide_table();
  const std::size_t natural = display_width(lines_of(table.text())[1]);
  const std::string text = table.text({.width = natural - 5});
  INFO(text);
  CHECK(lines_of(text).size() == 3);
  CHECK(text.find("Decapsulation and specific IPv6 table l\u2026") == std::string::npos);
  CHECK(text.find("Decapsulation and specific IPv6 table \u2026") != std::string::npos);
  CHECK(text.find("PSP,USP,USD,NEXT-CSID") != std::string::npos);
  CHECK(table.text({.width = natural}) == table.text());
}

TEST_CASE("A terminal without UTF-8 gets an ellipsis of dots") {
  TextTable table({{"text", Fit::kShorten}, "x"});
  table.add({"abcdefghijklmnopqrstuvwxyz", "y"});
  const std::string text = table.text({.width = 15, .utf8 = false});
  CHECK(text.find("abcdefghij..") != std::string::npos);
  CHECK(text.find("\u2026") == std::string::npos);
}

TEST_CASE("A cell that is wider than the terminal stays whole") {
  TextTable table({"address", "b"});
  table.add({kLongAddress, "1"});
  const std::string text = table.text({.width = 10});
  CHECK(text.find(kLongAddress) != std::string::npos);
}

TEST_CASE("Numbers stand on the right, and missing cells are empty") {
  TextTable table({"name", ">count"});
  table.add({"a", "1"});
  table.add({"long name", "1000"});
  table.add({"short"});
  CHECK(table.text() == "name       count\na              1\nlong name   1000\nshort\n");
}

TEST_CASE("A second line of a row takes no empty lines where the row is folded") {
  TextTable table({"name", "addresses", ">count"});
  table.add({"a", kLongAddress, "1"});
  table.add({"", "::1"});
  CHECK(table.text({.width = 40}) == std::string("name\n    addresses") + "\n    count\na\n    " +
                                         kLongAddress + "\n        1\n    ::1\n");
}

TEST_CASE("A table without rows is empty, whatever the width") {
  const TextTable table({"a", "b"});
  CHECK(table.empty());
  CHECK(table.text({.width = 1}) == "a\n    b\n");
}

TEST_CASE("Control characters of names do not reach the terminal") {
  CHECK(printable("a\x1b[31mb\r\n\x7f") == "a?[31mb???");
  // C1 in UTF-8, a lone continuation byte, a sequence that ends early, an overlong one.
  CHECK(printable("\xc2\x9b"
                  "31m") == "?31m");
  CHECK(printable("\x80") == "?");
  CHECK(printable("a\xe2\x80") == "a??");
  CHECK(printable("\xc0\xaf") == "??");
  CHECK(printable("gr\u00fc\u00df") == "gr\u00fc\u00df");
  TextTable table({"name"});
  table.add({"\x1b]0;title\x07"});
  CHECK(table.text({.color = true}).find('\x07') == std::string::npos);
}

TEST_CASE("Text is cut between code points") {
  CHECK(shorten("\u00e4\u00f6\u00fc\u00df", 3, true) == "\u00e4\u00f6\u2026");
  CHECK(shorten("abc", 3, true) == "abc");
  CHECK(shorten("abcd", 1, true) == ".");
  CHECK(shorten("abcd", 0, true).empty());
  CHECK(shorten("", 0, true).empty());
}

TEST_CASE("Words wrap; one that is too long has its own line, whole") {
  CHECK(wrap(std::string_view("aa bb cc"), 6, "", "  ") == "aa bb\n  cc\n");
  CHECK(wrap(std::string_view("aa bb cc"), 0, "> ", "  ") == "> aa bb cc\n");
  const std::string text = wrap({"x", kLongAddress, "y"}, 20, "", "  ");
  CHECK(text == std::string("x\n  ") + kLongAddress + "\n  y\n");
  CHECK(wrap(std::string_view(""), 10, "", "") == "\n");
}

TEST_CASE("Colors are in the text only when the canvas has them, and take no columns") {
  TextTable table({"state", "x"});
  table.add({Cell("bad", Style::kBad), "y"});
  CHECK(table.text().find('\x1b') == std::string::npos);
  const std::string text = table.text({.color = true});
  CHECK(text.find("\x1b[31mbad\x1b[0m") != std::string::npos);
  CHECK(text.find("\x1b[31mbad\x1b[0m    y") != std::string::npos);
}
