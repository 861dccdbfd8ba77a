#include "base/retry.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kasane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class RetryTest : public testing::Test {
 protected:
  RetryOptions options(double chance = 1.0) {
    return {.attempts = 4,
            .first_pause = milliseconds(100),
            .longest_pause = milliseconds(300),
            .budget = seconds(10),
            .pause = [this](milliseconds time) { pauses_.push_back(time); },
            .random = [chance] { return chance; }};
  }
  std::vector<milliseconds> pauses_;
};

HttpHeaders headers(std::vector<std::pair<std::string, std::string>> fields) {
  HttpHeaders out;
  for (auto& [name, value] : fields) out.add(std::move(name), std::move(value));
  return out;
}

TEST_F(RetryTest, PausesDoubleUpToTheLongest) {
  const RetryOptions options = this->options();
  Retry retry(options);
  while (retry.wait()) {
  }
  EXPECT_THAT(pauses_, ElementsAre(milliseconds(100), milliseconds(200), milliseconds(300)));
  EXPECT_EQ(retry.attempts(), 4U);
}

TEST_F(RetryTest, ChanceShortensThemByHalfAtMost) {
  const RetryOptions options = this->options(0.0);
  Retry retry(options);
  while (retry.wait()) {
  }
  EXPECT_THAT(pauses_, ElementsAre(milliseconds(50), milliseconds(100), milliseconds(150)));
}

TEST_F(RetryTest, AServerThatNamesATimeUsesUpTheBudgetAlone) {
  const RetryOptions options = this->options();
  Retry retry(options);
  while (retry.wait(seconds(1))) {
  }
  // 1.1 + 1.2 + 1.3 * 5 seconds; another one would be too much.
  EXPECT_EQ(pauses_.size(), 7U);
}

TEST_F(RetryTest, AServerThatAsksForTooMuchIsGivenUpAtOnce) {
  const RetryOptions options = this->options();
  Retry retry(options);
  EXPECT_FALSE(retry.wait(seconds(10)));
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(RetryTest, ProgressBringsNewAttemptsButNoNewTime) {
  const RetryOptions options = this->options();
  Retry retry(options);
  while (retry.wait()) retry.begin_anew();
  EXPECT_EQ(pauses_.size(), 100U);
  EXPECT_THAT(pauses_, Each(milliseconds(100)));
}

TEST_F(RetryTest, TheLastFailureTellsHowManyAttemptsThereWere) {
  const RetryOptions options = this->options();
  Retry retry(options);
  try {
    for (;;) retry.wait_or_throw(Error(ErrorKind::kNetwork, "it broke"));
  } catch (const Error& error) {
    EXPECT_EQ(error.render(), "error: it broke\n  after 4 attempts\n");
  }
}

TEST(ReadRetryAfter, TakesSecondsAndDates) {
  const std::string now = "Fri, 31 Dec 1999 23:59:59 GMT";
  const struct {
    HttpHeaders answer;
    std::optional<milliseconds> expected;
  } cases[] = {
      {headers({}), std::nullopt},
      {headers({{"Retry-After", "7"}}), seconds(7)},
      {headers({{"retry-after", "0"}}), milliseconds(0)},
      {headers({{"Retry-After", "-7"}}), milliseconds(0)},
      {headers({{"Retry-After", "99999999"}}), seconds(86'400)},
      {headers({{"Retry-After", "7.5"}}), std::nullopt},
      {headers({{"Retry-After", ""}}), std::nullopt},
      {headers({{"Retry-After", "soon"}}), std::nullopt},
      {headers({{"Retry-After", "Sat, 01 Jan 2000 00:00:01 GMT"}}), std::nullopt},
      {headers({{"Retry-After", "Sat, 01 Jan 2000 00:00:01 GMT"}, {"Date", now}}), seconds(2)},
      {headers({{"Retry-After", "Fri, 31 Dec 1999 00:00:00 GMT"}, {"Date", now}}), milliseconds(0)},
  };
  for (const auto& [answer, expected] : cases) EXPECT_EQ(read_retry_after(answer), expected);
}

}  // namespace
}  // namespace kasane
