#include "resolver/pypi/wheel_name.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::resolver::pypi {
namespace {

TEST(WheelName, ReadsItsParts) {
  const WheelName name = WheelName::parse(
      "tqdm-4.66.1-2b-py2.py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.whl");
  EXPECT_EQ(name, (WheelName{"tqdm",
                             "4.66.1",
                             "2b",
                             {"py2", "py3"},
                             {"none"},
                             {"manylinux_2_12_x86_64", "manylinux2010_x86_64"}}));
  EXPECT_EQ(WheelName::parse("a-1!2.0+local.1-cp311-abi3-any.whl").version, "1!2.0+local.1");
}

TEST(WheelName, RefusesOtherNames) {
  for (const std::string name :
       {"invalid.whl", "a-1-py3-none-any.zip", "a-1-py3-none.whl", "a-1-x-py3-none-any.whl",
        "a-1-2-3-py3-none-any.whl", "a--py3-none-any.whl", "../a-1-py3-none-any.whl",
        "a b-1-py3-none-any.whl", "-1-py3-none-any.whl"}) {
    try {
      WheelName::parse(name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_EQ(error.message(), "`" + name +
                                     "` is no wheel name, expected "
                                     "`distribution-version(-build)?-python-abi-platform.whl`");
    }
  }
}

TEST(WheelName, KnowsWhichPythonsItsTagsAdmit) {
  struct Case {
    std::string tags;
    std::string python;
    bool admitted;
  };
  const Case cases[] = {
      {"py3-none", "3.11", true},         {"py2.py3-none", "3.11", true},
      {"py2-none", "3.11", false},        {"py38-none", "3.11", true},
      {"py312-none", "3.11", false},      {"cp311-cp311", "3.11", true},
      {"cp310-cp310", "3.11", false},     {"cp37-abi3", "3.11", true},
      {"cp312-abi3", "3.11", false},      {"cp3-none", "3.11", true},
      {"pp39-pypy39_pp73", "3.9", false}, {"cp39.cp311-none", "3.11", true},
      {"cp39-cp39", "3.9", true},         {"cp310-cp310", "3.1", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(WheelName::parse("a-1-" + c.tags + "-any.whl").admits_python(c.python), c.admitted)
        << c.tags << " on " << c.python;
  }
}

}  // namespace
}  // namespace kasane::resolver::pypi
