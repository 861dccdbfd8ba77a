#include "resolver/pypi/pip_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kasane::resolver::pypi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PipConfig, ReadsWhatCountsForInstalling) {
  const PipConfig config = PipConfig::parse(
      "# of the team\n"
      "[global]\r\n"
      "index-url = https://user:secret@one.example/simple\r\n"
      "extra_index_url:\n"
      "    https://two.example/simple\n"
      "    ; not this one\n"
      "\thttps://three.example/simple\n"
      "[freeze]\n"
      "find-links = /nowhere\n"
      "[install]\n"
      "Index-URL = https://four.example/simple\n"
      "find-links = /wheels /more\n");
  EXPECT_THAT(config.values("index-url"), ElementsAre("https://four.example/simple"));
  EXPECT_THAT(config.values("extra-index-url"),
              ElementsAre("https://two.example/simple", "https://three.example/simple"));
  EXPECT_THAT(config.values("find-links"), ElementsAre("/wheels", "/more"));
  EXPECT_THAT(config.values("no-index"), IsEmpty());
}

TEST(PipConfig, PassesOverWhatIsNone) {
  for (const char* text : {"", "\n\n", "index-url = x\n", "  more\n[global]\n  more\nword\n", "[",
                           "[global", "[global]\n=\n"}) {
    EXPECT_THAT(PipConfig::parse(text).values("index-url"), IsEmpty()) << text;
  }
}

TEST(PipConfig, ALaterFileWins) {
  PipConfig config = PipConfig::parse("[global]\nindex-url = a\nfind-links = b\n");
  config.merge(PipConfig::parse("[install]\nindex-url = c\n"));
  EXPECT_THAT(config.values("index-url"), ElementsAre("c"));
  EXPECT_THAT(config.values("find-links"), ElementsAre("b"));
}

}  // namespace
}  // namespace kasane::resolver::pypi
