#include "resolver/conda/msgpack_reader.h"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::resolver {
namespace {

using nlohmann::json;
using Kind = MsgpackReader::Kind;

std::string encode(const json& value) {
  const std::vector<std::uint8_t> bytes = json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

json decode(MsgpackReader& reader) {
  switch (reader.peek()) {
    case Kind::kNil:
      reader.skip();
      return nullptr;
    case Kind::kBool:
      return reader.read_bool();
    case Kind::kInteger:
    case Kind::kFloat:
      return reader.read_number();
    case Kind::kText:
      return std::string(reader.read_text());
    case Kind::kArray: {
      json out = json::array();
      for (std::size_t i = reader.read_array(); i > 0; --i) out.push_back(decode(reader));
      return out;
    }
    case Kind::kMap: {
      json out = json::object();
      for (std::size_t i = reader.read_map(); i > 0; --i) {
        const std::string key(reader.read_text());
        out[key] = decode(reader);
      }
      return out;
    }
    default:
      reader.skip();
      return "?";
  }
}

json random_value(std::mt19937& random, int depth) {
  switch (random() % (depth > 3 ? 5 : 7)) {
    case 0:
      return static_cast<std::int64_t>(random()) * (random() % 2 == 0 ? 1 : -1) >> random() % 32;
    case 1:
      return static_cast<double>(random()) / 3;
    case 2:
      return random() % 2 == 0 ? json(nullptr) : json(random() % 2 == 0);
    case 3:
      return std::string(random() % 5 == 0 ? random() % 70000 : random() % 40, 'x');
    case 4:
      return std::uint64_t{random()} << random() % 20;
    case 5: {
      json out = json::array();
      for (std::size_t i = random() % 20; i > 0; --i)
        out.push_back(random_value(random, depth + 1));
      return out;
    }
    default: {
      json out = json::object();
      for (std::size_t i = random() % 20; i > 0; --i) {
        out[std::to_string(i)] = random_value(random, depth + 1);
      }
      return out;
    }
  }
}

TEST(MsgpackReader, ReadsWhatAnotherLibraryWrites) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const json value = random_value(random, 0);
    const std::string bytes = encode(value);
    MsgpackReader reader(bytes);
    ASSERT_EQ(decode(reader), value);
    ASSERT_TRUE(reader.at_end());
    MsgpackReader skipping(bytes);
    skipping.skip();
    ASSERT_TRUE(skipping.at_end());
  }
}

TEST(MsgpackReader, CountsAreWholeNumbersFromZeroOn) {
  const auto count = [](const json& value) {
    const std::string bytes = encode(value);
    MsgpackReader reader(bytes);
    const auto out = reader.read_count();
    EXPECT_TRUE(reader.at_end()) << value;
    return out;
  };
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{65536},
        std::uint64_t{9007199254740993}, ~std::uint64_t{0}}) {
    EXPECT_EQ(count(number), number);
  }
  EXPECT_EQ(count(-1), std::nullopt);
  EXPECT_EQ(count(-5000000000), std::nullopt);
  EXPECT_EQ(count(1.5), std::nullopt);
}

TEST(MsgpackReader, RefusesWhatEndsEarlyOrIsNone) {
  const auto error = [](std::string_view bytes) -> std::string {
    try {
      MsgpackReader(bytes).skip();
    } catch (const Error& problem) {
      EXPECT_EQ(problem.kind(), ErrorKind::kIntegrity);
      return problem.message();
    }
    return "no error";
  };
  EXPECT_EQ(error(""), "expected more bytes at byte 0 of MessagePack, found the end");
  EXPECT_EQ(error("\xc1"), "expected a value at byte 0 of MessagePack, found `c1`");
  EXPECT_EQ(error("\xdb\xff\xff\xff\xff"),
            "expected 4294967295 bytes at byte 5 of MessagePack, found the end");
  EXPECT_EQ(error(std::string_view("\xdf\x7f\xff\xff\xff\x01", 6)),
            "expected 2147483647 values at byte 5 of MessagePack, found `01`");
  EXPECT_EQ(error(std::string(300, '\x91')),
            "expected at most 256 values within each other at byte 257 of MessagePack, found `91`");
  const std::string whole = encode({{"a", {1, 2.5, "text", nullptr}}, {"b", 70000}});
  EXPECT_EQ(error(whole), "no error");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(error(std::string_view(whole).substr(0, size)), "no error") << size;
  }
}

TEST(MsgpackReader, SkipsExtensions) {
  // fixext 4, ext 8 with 3 bytes, bin 8 with 2.
  const std::string bytes("\xd6\x01....\xc7\x03\x01...\xc4\x02..", 16);
  MsgpackReader reader(bytes);
  reader.skip();
  reader.skip();
  EXPECT_EQ(reader.read_text(), "..");
  EXPECT_TRUE(reader.at_end());
}

}  // namespace
}  // namespace kasane::resolver
