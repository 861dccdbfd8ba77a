#include "base/netrc.h"

#include <gtest/gtest.h>

namespace kasane {
namespace {

TEST(Netrc, FindsTheUserOfAHost) {
  const Netrc netrc = Netrc::parse(
      "# a comment\nmachine a.example login me password \"p w\\\"d\"\n"
      "machine b.example\n\tpassword s#cret # end\n\tlogin you\n\taccount none\n"
      "macdef init\nmachine x.example login no password no\n\n"
      "machine a.example login second password second\n"
      "default login any password thing");
  EXPECT_EQ(netrc.find("a.example"), (UserInfo{"me", "p w\"d"}));
  EXPECT_EQ(netrc.find("b.example"), (UserInfo{"you", "s#cret"}));
  EXPECT_EQ(netrc.find("x.example"), (UserInfo{"any", "thing"}));
}

TEST(Netrc, PassesOverWhatItDoesNotKnow) {
  const Netrc netrc = Netrc::parse("machine a port 1 login x machine b login y password z machine");
  EXPECT_EQ(netrc.find("a"), (UserInfo{"", ""}));
  EXPECT_EQ(netrc.find("b"), (UserInfo{"y", "z"}));
  EXPECT_FALSE(netrc.find("c"));
  EXPECT_FALSE(Netrc::parse("").find("a"));
}

}  // namespace
}  // namespace kasane
