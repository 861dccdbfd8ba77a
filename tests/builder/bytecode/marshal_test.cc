#include "builder/bytecode/marshal.h"

#include <string>

#include <gtest/gtest.h>

namespace kasane::builder {
namespace {

const PythonMinor kPython = *PythonMinor::find("3.11");

/// The canonical form; `?` for what is not understood.
std::string canonical(std::string bytes, PythonMinor python = kPython) {
  return canonicalise_marshal(bytes, python) ? bytes : "?";
}

std::string text(std::initializer_list<std::string> parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

std::string number(std::uint32_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
  return out;
}

/// The byte of a type with the mark on it.
std::string marked(char type) { return std::string(1, static_cast<char>(type | 0x80)); }

TEST(Marshal, KeepsAMarkOnlyWhereSomethingRefersToIt) {
  const std::string given = text({marked(')'), "\x04", marked('i'), number(7), marked('Z'),
                                  "\x02xy", marked('i'), number(8), "r", number(2)});
  const std::string expected =
      text({")\x04", "i", number(7), marked('Z'), "\x02xy", "i", number(8), "r", number(0)});
  EXPECT_EQ(canonical(given), expected);
  EXPECT_EQ(canonical(expected), expected);
}

TEST(Marshal, WalksAllThatCodeCanHold) {
  std::string bytes =
      text({"(", number(13), "NTFS.", "g12345678", "y1234567812345678", "l" + number(2) + "abcd",
            "l" + number(0xFFFFFFFF) + "ab", "s" + number(3) + std::string("\0\1\2", 3),
            ">" + number(1) + "N", "[" + number(0), "{NNTT0"});
  EXPECT_EQ(canonical(bytes), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(canonical(bytes.substr(0, size)), "?") << size;
  }
  EXPECT_EQ(canonical(bytes + "N"), "?");
}

TEST(Marshal, SettlesWhetherACharacterIsInterned) {
  const std::pair<std::string, std::string> cases[] = {
      {"Z\x01{", "z\x01{"},
      {"z\x01{", "z\x01{"},
      {"z\x01x", "Z\x01x"},
      {"Z\x01x", "Z\x01x"},
      {std::string("Z\0", 2), std::string("z\0", 2)},
      {"t" + number(2) + "\xC3\xA9", "u" + number(2) + "\xC3\xA9"},
      {"t" + number(2) + "\xCE\xBB", "t" + number(2) + "\xCE\xBB"},
      {"z\x02{{", "z\x02{{"},
      {"Z\x02xy", "Z\x02xy"},
  };
  for (const auto& [given, expected] : cases) EXPECT_EQ(canonical(given), expected);
}

TEST(Marshal, RefusesWhatItDoesNotKnow) {
  const std::string deep(100'000, '[');
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += ")\x01";
  const std::string cases[] = {"",
                               "r" + number(0),
                               "?",
                               "\x01",
                               marked('r') + number(0),
                               "(" + number(0xFFFFFFFF),
                               nested,
                               deep,
                               "s" + number(0xFFFFFFFF) + "x",
                               "l" + number(0x80000000),
                               "{N0"};
  for (const std::string& bytes : cases) EXPECT_EQ(canonical(bytes), "?");
}

}  // namespace
}  // namespace kasane::builder
