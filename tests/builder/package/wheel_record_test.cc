#include "builder/package/wheel_record.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

TEST(WheelRecord, ReadsWhatItRenders) {
  const std::string pieces[] = {"a", ",", "\"", "é", " ", "\n", "\r", "/", "'", "#"};
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<RecordRow> rows;
    for (unsigned i = 0; i < random() % 5; ++i) {
      RecordRow row{.path = "p", .hash = {}, .size_bytes = {}};
      for (unsigned n = 0; n < random() % 6; ++n) row.path += pieces[random() % std::size(pieces)];
      if (random() % 2 == 0) row.hash = "sha256=abc";
      if (random() % 2 == 0) row.size_bytes = random();
      rows.push_back(row);
    }
    EXPECT_EQ(parse_record(render_record(rows)), rows);
  }
}

TEST(WheelRecord, ReadsEveryLineEnding) {
  const std::vector<RecordRow> rows = {{"a", "", std::nullopt}, {"b", "", 2}};
  for (const std::string text : {"a,,\nb,,2\n", "a,,\r\nb,,2\r\n", "a,,\n\nb,,2", "a,,\rb,,2\r"}) {
    EXPECT_EQ(parse_record(text), rows) << text;
  }
}

TEST(WheelRecord, NamesTheLineThatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"a,,\nb,\n", "line 2 of RECORD has 2 fields, expected path, hash and size"},
      {"a,,\nb,,,\n", "line 2 of RECORD has 4 fields, expected path, hash and size"},
      {",,\n", "line 1 of RECORD names no path"},
      {"a,,-1\n", "line 1 of RECORD has the size `-1`, expected a number"},
      {"a,,99999999999999999999\n",
       "line 1 of RECORD has the size `99999999999999999999`, expected a number"},
      {"\"a\"b,,\n", "line 1 of RECORD has text after a quoted field"},
      {"\"a", "line 1 of RECORD has a quote that does not end"},
      {"\xff,,\n", "RECORD is not UTF-8"},
  };
  for (const auto& [text, message] : cases) {
    try {
      parse_record(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), message);
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
    }
  }
}

}  // namespace
}  // namespace kasane::builder
