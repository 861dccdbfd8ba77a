#include "resolver/resolve/solve_joint.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/joint_world.h"

namespace kasane::resolver {
namespace {

using test::CondaLine;
using test::JointWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

/// numpy and what needs it, in conda, for Python 3.11 and 3.12.
std::vector<CondaLine> conda_numpy() {
  return {{"numpy 2.1.0 py312_0", {"python >=3.12,<3.13"}},
          {"numpy 2.1.0 py311_0", {"python >=3.11,<3.12"}},
          {"numpy 1.26.4 py312_0", {"python >=3.12,<3.13"}},
          {"numpy 1.26.4 py311_0", {"python >=3.11,<3.12"}},
          {"scikit-learn 1.5.1 py312_0", {"python >=3.12,<3.13", "numpy >=1.23"}},
          {"scikit-learn 1.5.1 py311_0", {"python >=3.11,<3.12", "numpy >=1.23"}}};
}

// prefix-dev/pixi issue 2559: conda's solve takes numpy 2, and then pip finds that its wheel needs
// numpy <2.
TEST(SolveJoint, ARequirementOfAWheelMovesCondasNumpy) {
  JointWorld world;
  world.add_pythons({"3.11.9", "3.12.4"}, conda_numpy());
  world.add_wheels(
      {{"onnxruntime 1.18.0", {"numpy <2,>=1.21.6"}}, {"numpy 1.26.4"}, {"numpy 2.1.0"}});
  EXPECT_THAT(world.chosen({"python 3.12.*", "numpy"}, {"onnxruntime"}),
              ElementsAre("numpy=1.26.4", "python=3.12.4", "onnxruntime==1.18.0"));
  EXPECT_THAT(
      world.chosen({"scikit-learn"}, {"onnxruntime"}),
      ElementsAre("numpy=1.26.4", "python=3.12.4", "scikit-learn=1.5.1", "onnxruntime==1.18.0"));
  // Nobody but pip's side needs it.
  EXPECT_THAT(world.chosen({"python"}, {"onnxruntime"}),
              ElementsAre("python=3.12.4", "numpy==1.26.4", "onnxruntime==1.18.0"));
}

TEST(SolveJoint, WhatOnlyPipNamesComesFromTheIndexUnlessCondaIsPreferred) {
  JointWorld world;
  world.add_pythons({"3.12.4"}, conda_numpy());
  world.add_wheels({{"numpy 2.2.0"}});
  EXPECT_THAT(world.chosen({"python"}, {"numpy"}), ElementsAre("python=3.12.4", "numpy==2.2.0"));
  JointQuestion question = world.question({"python"}, {"numpy"});
  question.pip.rules.prefer_offers = true;
  EXPECT_THAT(world.chosen(question), ElementsAre("numpy=2.1.0", "python=3.12.4"));
  // No version of the index will do.
  EXPECT_THAT(world.chosen({"python"}, {"numpy <2"}), ElementsAre("numpy=1.26.4", "python=3.12.4"));
}

TEST(SolveJoint, WhatBothNameComesFromCondaOnce) {
  JointWorld world;
  world.add_pythons({"3.12.4"}, conda_numpy());
  world.add_wheels({{"numpy 2.2.0"}, {"pip 25.0"}, {"setuptools 75.0"}});
  EXPECT_THAT(world.chosen({"numpy"}, {"numpy", "pip", "setuptools"}),
              ElementsAre("numpy=2.1.0", "python=3.12.4"));
  EXPECT_THAT(world.chosen({"scikit-learn"}, {"NumPy<2.1"}),
              ElementsAre("numpy=1.26.4", "python=3.12.4", "scikit-learn=1.5.1"));
}

TEST(SolveJoint, CondaIsChosenAsIfNobodyAskedPip) {
  JointWorld world;
  // The newest `y` needs conda's numpy; an older one does not, and must not be taken to make room
  // for the index's.
  std::vector<CondaLine> lines = conda_numpy();
  lines.push_back({"x 1.0 h_0", {"y"}});
  lines.push_back({"y 2.0 h_0", {"numpy"}});
  lines.push_back({"y 1.0 h_0"});
  world.add_pythons({"3.12.4"}, lines);
  world.add_wheels({{"numpy 2.2.0"}});
  EXPECT_THAT(world.chosen({"x"}, {"numpy"}),
              ElementsAre("numpy=2.1.0", "python=3.12.4", "x=1.0", "y=2.0"));
}

TEST(SolveJoint, WheelsAndRequiresPythonDecideOnCondasPython) {
  JointWorld world;
  world.add_pythons({"3.10.14", "3.11.9", "3.12.4"});
  world.add_wheels({{"a 1.0",
                     {},
                     {"cp310-cp310-manylinux2014_x86_64", "cp311-cp311-manylinux2014_x86_64",
                      "cp311-cp311-win_amd64", "cp312-cp312-win_amd64"}},
                    {"b 1.0", {}, {"py3-none-any"}, "<3.11"},
                    {"c 1.0", {}, {"cp310-abi3-manylinux_2_28_x86_64"}},
                    {"d 1.0", {}, {"cp312-cp312-manylinux_2_29_x86_64"}}});
  EXPECT_THAT(world.chosen({"python"}, {"a"}), ElementsAre("python=3.11.9", "a==1.0"));
  EXPECT_THAT(world.chosen({}, {"a", "b"}), ElementsAre("python=3.10.14", "a==1.0", "b==1.0"));
  EXPECT_THAT(world.chosen({}, {"c"}), ElementsAre("python=3.12.4", "c==1.0"));
  EXPECT_THAT(world.story({}, {"d"}),
              HasSubstr("d 1.0 cannot be used: it has no wheel for the target"));
  EXPECT_THAT(world.story({"python 3.12.*"}, {"a"}), HasSubstr("cannot be satisfied"));
}

TEST(SolveJoint, AnOlderVersionMayBeForANewerPython) {
  JointWorld world;
  world.add_pythons({"3.11.9", "3.12.4"});
  world.add_wheels(
      {{"a 2.0", {}, {"cp311-cp311-manylinux2014_x86_64"}},
       {"a 1.0", {}, {"cp311-cp311-manylinux2014_x86_64", "cp312-cp312-manylinux2014_x86_64"}}});
  EXPECT_THAT(world.chosen({"python"}, {"a"}), ElementsAre("python=3.12.4", "a==1.0"));
  EXPECT_THAT(world.chosen({"python"}, {"a>1"}), ElementsAre("python=3.11.9", "a==2.0"));
}

TEST(SolveJoint, MarkersHoldForThePythonThatIsChosen) {
  JointWorld world;
  world.add_pythons({"3.10.14", "3.12.4"});
  world.add_wheels({{"a 1.0",
                     {"tomli; python_version < '3.11'", "new; python_full_version >= '3.12.4'",
                      "windows; sys_platform == 'win32'"}},
                    {"tomli 2.0"},
                    {"new 1.0"},
                    {"old 1.0", {"a"}, {"cp310-cp310-manylinux2014_x86_64"}}});
  EXPECT_THAT(world.chosen({}, {"a"}), ElementsAre("python=3.12.4", "a==1.0", "new==1.0"));
  EXPECT_THAT(world.chosen({}, {"old"}),
              ElementsAre("python=3.10.14", "a==1.0", "old==1.0", "tomli==2.0"));
  EXPECT_THAT(world.chosen({}, {"a; python_version < '3.11'", "tomli"}),
              ElementsAre("python=3.12.4", "tomli==2.0"));
}

TEST(SolveJoint, APythonIsLoweredOnlyWhereAMarkerLeavesNoOtherWay) {
  JointWorld world;
  world.add_pythons({"3.10.14", "3.12.4"});
  world.add_wheels({{"a 1.0", {"nobody; python_version >= '3.12'"}}});
  EXPECT_THAT(world.chosen({}, {"a"}), ElementsAre("python=3.10.14", "a==1.0"));
}

TEST(SolveJoint, ConstraintsHoldForWhatIsThere) {
  JointWorld world;
  world.add_pythons({"3.10.14", "3.12.4"}, conda_numpy());
  world.add_wheels({{"a 1.0"}, {"a 2.0"}, {"b 1.0", {"a"}}});
  JointQuestion question = world.question({"numpy"}, {"b", "numpy"});
  for (const char* text : {"a<2", "nobody==1", "numpy<2; python_version >= '3.12'"}) {
    PipRequirement written;
    written.text = text;
    question.pip.constraints.push_back({pypi::Requirement::parse(text), written});
  }
  EXPECT_THAT(world.chosen(question),
              ElementsAre("numpy=1.26.4", "python=3.12.4", "a==1.0", "b==1.0"));
}

TEST(SolveJoint, ExtrasOfWhatCondaBringsComeFromTheIndex) {
  JointWorld world;
  world.add_pythons({"3.12.4"}, {{"demo 1.0 py_0", {"python"}}, {"other 1.0 py_0", {"python"}}});
  world.add_wheels({{"demo 1.0", {"more; extra == 'x'", "always"}}, {"more 3.0"}, {"always 1.0"}});
  EXPECT_THAT(world.chosen({"demo"}, {"demo[x]"}),
              ElementsAre("demo=1.0", "python=3.12.4", "more==3.0"));
  EXPECT_THAT(world.story({"other"}, {"other[x]"}),
              HasSubstr("no index has a wheel of `other 1.0`, which would tell what its extra `x` "
                        "asks for"));
}

TEST(SolveJoint, KnowsDistributionsUnderOtherNames) {
  JointWorld world;
  world.add_pythons({"3.12.4"}, {{"pytorch 2.3.0 py_0", {"python"}},
                                 {"matplotlib-base 3.9.0 py_0", {"python"}},
                                 {"matplotlib 3.9.0 py_0", {"python", "matplotlib-base 3.9.0"}},
                                 {"ruamel.yaml 0.18 py_0", {"python"}},
                                 {"graphviz 9.0 h_0"}});
  world.add_wheels({{"torch 2.9.0"}, {"matplotlib 4.0"}, {"ruamel-yaml 1.0"}, {"graphviz 0.20"}});
  EXPECT_THAT(world.chosen({"pytorch", "matplotlib", "ruamel.yaml", "graphviz"},
                           {"torch", "matplotlib", "Ruamel_Yaml", "graphviz"}),
              ElementsAre("graphviz=9.0", "matplotlib=3.9.0", "matplotlib-base=3.9.0",
                          "python=3.12.4", "pytorch=2.3.0", "ruamel.yaml=0.18", "graphviz==0.20"));
  EXPECT_THAT(world.story({"pytorch"}, {"torch>2.5"}), HasSubstr("torch"));
}

TEST(SolveJoint, ACondaVersionThatPipCannotReadIsInNobodysWayUnlessAskedFor) {
  JointWorld world;
  world.add_pythons({"3.12.4"}, {{"odd 1.1.1w_x py_0", {"python"}}});
  world.add_wheels({{"odd 1.0"}, {"a 1.0"}});
  EXPECT_THAT(world.chosen({"odd"}, {"a"}), ElementsAre("odd=1.1.1w_x", "python=3.12.4", "a==1.0"));
  EXPECT_THAT(world.story({"odd"}, {"odd"}), HasSubstr("whose version pip cannot read"));
}

TEST(SolveJoint, OtherImplementationsTakeNoWheels) {
  JointWorld world;
  world.add_pythons({"3.9.18"}, {{"python 3.10.1 0_73_pypy"}, {"python 3.13.1 h_0_cp313t"}});
  world.add_wheels({{"a 1.0"}, {"b 1.0", {}, {"cp313-cp313t-manylinux2014_x86_64"}}});
  EXPECT_THAT(world.chosen({"python <3.13"}, {"a"}), ElementsAre("python=3.9.18", "a==1.0"));
  const auto packages = world.solve(world.question({"python"}, {"b"})).packages;
  EXPECT_THAT(packages.back().file_name(), "b-1.0-cp313-cp313t-manylinux2014_x86_64.whl");
}

TEST(SolveJoint, KeepsWhatALockHas) {
  JointWorld world;
  world.add_pythons({"3.12.4"}, conda_numpy());
  world.add_wheels({{"a 1.0", {"b"}}, {"b 1.0"}, {"c 1.0", {"b"}}});
  const auto before = world.solve(world.question({"python"}, {"a"})).packages;
  world.add_wheels({{"a 2.0", {"b"}}, {"b 2.0"}, {"c 2.0", {"b"}}});
  JointQuestion question = world.question({"python"}, {"a", "c"});
  question.conda.keep = before;
  EXPECT_THAT(world.chosen(question), ElementsAre("python=3.12.4", "a==1.0", "b==1.0", "c==2.0"));
}

TEST(SolveJoint, WritesDownWhatWheelsNeedOnThisPython) {
  JointWorld world;
  world.add_pythons({"3.12.4"}, conda_numpy());
  world.add_wheels({{"a 1.0",
                     {"b>=1,<3", "B!=2.5", "c; python_version < '3.11'", "numpy",
                      "d>=4; extra == 'x'", "a[y]; extra == 'x'"}},
                    {"b 1.0"},
                    {"d 4.0"}});
  const auto packages = world.solve(world.question({"numpy"}, {"a[x]"})).packages;
  const auto found = std::find_if(packages.begin(), packages.end(),
                                  [](const auto& package) { return package.name == "a"; });
  ASSERT_NE(found, packages.end());
  const std::map<std::string, std::string> expected = {
      {"b", ">=1,<3,!=2.5"}, {"d", ">=4"}, {"numpy", ""}};
  EXPECT_EQ(found->dependencies, expected);
  EXPECT_EQ(found->manager, Manager::kPip);
  EXPECT_EQ(found->url, "https://memory.example/a-1.0-py3-none-any.whl");
  EXPECT_EQ(found->sha256, Digest::of("a-1.0-py3-none-any.whl"));
}

TEST(SolveJoint, TellsAConflictAcrossBothSidesAsOneStory) {
  JointWorld world;
  world.add_pythons({"3.12.4"}, {{"numpy 2.1.0 py312_0", {"python >=3.12,<3.13"}},
                                 {"scikit-learn 1.6 py312_0", {"python >=3.12", "numpy >=2"}}});
  world.add_wheels({{"onnxruntime 1.18.0", {"numpy <2"}}, {"numpy 1.26.4"}});
  EXPECT_EQ(world.story({"scikit-learn"}, {"onnxruntime"}),
            "error: the specification cannot be satisfied:\n"
            "  `scikit-learn` (environment.yml:1) was asked for\n"
            "    scikit-learn 1.6 needs `numpy >=2`\n"
            "      numpy 2.1.0 goes only with `numpy ==2.1.0 of conda`\n"
            "  `onnxruntime` (environment.yml:21) was asked for\n"
            "    onnxruntime 1.18.0 needs `numpy <2`\n"
            "  no numpy fits `numpy <2` and `numpy ==2.1.0 of conda`\n"
            "hint: relax or remove `scikit-learn` or `onnxruntime`\n");
}

}  // namespace
}  // namespace kasane::resolver
