#include "base/written_time.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace kasane {
namespace {

TEST(WrittenTime, IsReadAsServersAndPeopleWriteIt) {
  using namespace std::chrono;
  const auto at = [](microseconds clock) {
    return WrittenTime{sys_days(2023y / 10 / 1) + clock, true};
  };
  const WrittenTime noon = at(hours(12));
  const std::pair<std::string, std::optional<WrittenTime>> cases[] = {
      {"2023-10-01T12:00:00Z", noon},
      {"2023-10-01T12:00:00", noon},
      {"2023-10-01T12:00", noon},
      {"2023-10-01T12:00z", noon},
      {"2023-10-01 14:30:00+02:30", noon},
      {"2023-10-01t07:00:00-0500", noon},
      {"2023-10-01T14+02", std::nullopt},
      {"2023-10-01T14:00+02", noon},
      {"2023-10-01T12:00:00.123456789Z", at(hours(12) + microseconds(123456))},
      {"2023-10-01T12:00:00.1Z", at(hours(12) + milliseconds(100))},
      {"2023-10-01T23:59:60Z", at(hours(24))},
      {"2023-10-01", WrittenTime{sys_days(2023y / 10 / 1), false}},
      {"1969-12-31T23:59:59Z", WrittenTime{sys_time<microseconds>(seconds(-1)), true}},
      {"2023-02-29T00:00:00Z", std::nullopt},
      {"2023-13-01", std::nullopt},
      {"2023-1-1", std::nullopt},
      {"2023-10-01T24:00:00Z", std::nullopt},
      {"2023-10-01T12:60:00Z", std::nullopt},
      {"2023-10-01T12:00:61Z", std::nullopt},
      {"2023-10-01T12:00:00.Z", std::nullopt},
      {"2023-10-01T12:00:00ZZ", std::nullopt},
      {"2023-10-01T12:00:00+24:00", std::nullopt},
      {"2023-10-01T12:00:00+02:60", std::nullopt},
      {"2023-10-01T-1:00:00Z", std::nullopt},
      {"2023-10-01T", std::nullopt},
      {" 2023-10-01", std::nullopt},
      {"yesterday", std::nullopt},
      {"", std::nullopt}};
  for (const auto& [text, time] : cases) EXPECT_EQ(find_written_time(text), time) << text;
}

}  // namespace
}  // namespace kasane
