#include "resolver/conda/mirror.h"

#include <gtest/gtest.h>

namespace kasane::resolver {
namespace {

TEST(Mirror, IsFoundByTheBeginningOfAUrlUpToASlash) {
  ChannelSettings settings;
  settings.mirrors["https://conda.anaconda.org"] = {"https://me:pw@m/conda/", "https://n"};
  settings.mirrors["https://conda.anaconda.org/pytorch"] = {"https://p"};
  EXPECT_EQ(find_mirror("https://conda.anaconda.org/x/noarch/a.conda", settings),
            "https://me:pw@m/conda/x/noarch/a.conda");
  EXPECT_EQ(find_mirror("https://conda.anaconda.org/pytorch/noarch/a.conda", settings),
            "https://p/noarch/a.conda");
  EXPECT_EQ(find_mirror("https://conda.anaconda.orgs/x/noarch/a.conda", settings), std::nullopt);
  EXPECT_EQ(find_mirror("https://elsewhere/x", {}), std::nullopt);
  EXPECT_EQ(places_of("https://conda.anaconda.org/x", settings).at(1), "https://n/x");
}

}  // namespace
}  // namespace kasane::resolver
