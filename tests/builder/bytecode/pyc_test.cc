#include "builder/bytecode/pyc.h"

#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "base/digest.h"

namespace kasane::builder {
namespace {

std::string hash_of(const std::string& version, std::string_view source, std::size_t step = 1000) {
  const PythonMinor python = *PythonMinor::find(version);
  SourceHasher hasher(python, *python.magic());
  while (!source.empty()) {
    hasher.update(source.substr(0, step));
    source.remove_prefix(std::min(step, source.size()));
  }
  const SourceHash hash = hasher.finish();
  return to_hex(hash.data(), hash.size());
}

TEST(Pyc, HashesSourcesAsEachPythonDoes) {
  // As `_imp.source_hash` of these versions has them, with the version's own key.
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {"3.7", "85ee0caabd83b6a7", "6d8a2a3c3b0a84c0"},
      {"3.8", "81e4881b3643e8e9", "9bf71decb71ddb20"},
      {"3.9", "ac0bb7c83e5b1c5f", "662d17ead51fcafc"},
      {"3.10", "8cc0cd2525e7fd27", "28765e52ed782214"},
      {"3.11", "738d9cd5d5e87f73", "da812d7f407a3059"},
      {"3.12", "baf18eedc9387a25", "bf71f361a5f8cd69"},
      {"3.13", "27ec6d312f93b814", "5a90791f83be4635"},
  };
  for (const auto& [version, of_nothing, of_print] : cases) {
    EXPECT_EQ(hash_of(version, ""), of_nothing) << version;
    EXPECT_EQ(hash_of(version, "print(1)\n"), of_print) << version;
  }
}

TEST(Pyc, HashesTheSameInEveryStep) {
  std::string source;
  for (int i = 0; i < 100; ++i) source += static_cast<char>(i * 37);
  for (std::size_t size = 0; size <= source.size(); ++size) {
    const std::string part = source.substr(0, size);
    const std::string whole = hash_of("3.11", part);
    for (const std::size_t step : {1, 3, 8, 11}) EXPECT_EQ(hash_of("3.11", part, step), whole);
  }
}

TEST(Pyc, KnowsVersionsFrom37On) {
  EXPECT_EQ(PythonMinor::find("3.11")->cache_tag(), "cpython-311");
  EXPECT_EQ(PythonMinor::find("3.7")->magic(), 3394);
  EXPECT_FALSE(PythonMinor::find("3.99")->magic());
  for (const std::string version : {"2.7", "3.6", "3", "3.", "3.x", "3.11.2", "4.0", ""}) {
    EXPECT_FALSE(PythonMinor::find(version)) << version;
  }
}

TEST(Pyc, ReadsTheHeadersThatItRenders) {
  const SourceHash hash = {1, 2, 3, 4, 5, 6, 7, 255};
  using Validity = PycHeader::Validity;
  const PycHeader headers[] = {
      {.magic = 3495,
       .validity = Validity::kTimestamp,
       .source_time = 1600000000,
       .source_size = 77,
       .source_hash = {}},
      {.magic = 3495,
       .validity = Validity::kCheckedHash,
       .source_time = 0,
       .source_size = 0,
       .source_hash = hash},
      {.magic = 3413, .validity = Validity::kUncheckedHash, .source_hash = hash},
  };
  for (const PycHeader& header : headers) {
    EXPECT_EQ(header.render().size(), PycHeader::kSize);
    EXPECT_EQ(PycHeader::find(header.render() + "more"), header);
  }
  EXPECT_EQ(headers[2].render(),
            std::string("\x55\x0d\r\n\x01\0\0\0\x01\x02\x03\x04\x05\x06\x07\xff", 16));
}

TEST(Pyc, DoesNotTakeOtherBytesForAHeader) {
  const std::string good = PycHeader{.magic = 3495}.render();
  ASSERT_TRUE(PycHeader::find(good));
  EXPECT_FALSE(PycHeader::find(good.substr(0, 15)));
  EXPECT_FALSE(PycHeader::find(""));
  std::string text = good;
  text[2] = '\n';
  EXPECT_FALSE(PycHeader::find(text));
  for (const char flags : {2, 4, 5}) {
    std::string unknown = good;
    unknown[4] = flags;
    EXPECT_FALSE(PycHeader::find(unknown)) << int{flags};
  }
}

}  // namespace
}  // namespace kasane::builder
