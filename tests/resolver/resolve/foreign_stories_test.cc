#include "tests/resolver/resolve/story_case.h"

/// The unsatisfiable cases of the test suites of conda, mamba, rattler and pixi, told over small
/// channels: where theirs take what real channels had, these have what it came to.
namespace kasane::test {
namespace {

using resolver::CondaQuestion;
using Lines = std::vector<CondaLine>;
using Names = std::vector<std::string>;

void add(Lines& lines, const std::string& name, const Names& versions, const Names& depends = {}) {
  for (const std::string& version : versions) {
    lines.push_back({fmt::format("{} {} h_0", name, version), depends});
  }
}

Lines pythons(const Names& versions) {
  Lines lines;
  add(lines, "python", versions);
  return lines;
}

/// The example by which PubGrub was made known, with more between its ends.
Lines hard_menus() {
  Lines lines;
  add(lines, "menu", {"2.1.0"}, {"dropdown >=2.1", "emoji"});
  add(lines, "menu", {"2.0.0", "2.0.1"}, {"dropdown >=2", "emoji"});
  add(lines, "menu", {"1.4.0", "1.5.0"}, {"dropdown 2.*", "emoji"});
  add(lines, "menu", {"1.2.0", "1.3.0"}, {"dropdown 2.*"});
  add(lines, "menu", {"1.0.0", "1.1.0"}, {"dropdown 1.*"});
  add(lines, "emoji", {"1.0.0", "1.1.0"}, {"libicons 2.*"});
  add(lines, "dropdown", {"2.0.0", "2.1.0", "2.2.0", "2.3.0"}, {"libicons 2.*"});
  add(lines, "dropdown", {"1.6.0", "1.7.0", "1.8.0"}, {"libicons 1.*", "intl 3.*"});
  add(lines, "pyicons", {"2.0.0"}, {"libicons 2.*"});
  add(lines, "pyicons", {"1.1.0"}, {"libicons 1.2.*"});
  add(lines, "pyicons", {"1.0.0"}, {"libicons 1.*"});
  add(lines, "pretty", {"1.1.0"}, {"pyicons 1.1.*"});
  add(lines, "pretty", {"1.0.0", "1.0.1"}, {"pyicons 1.*"});
  add(lines, "intl", {"3.0.0", "3.1.0", "3.2.0", "4.0.0", "5.0.0"});
  add(lines, "intl-mod", {"1.0.0", "1.0.1"}, {"intl 5.0.*"});
  add(lines, "libicons", {"1.0.0", "1.2.0", "1.2.1", "2.0.0", "2.0.1", "2.1.0"});
  return lines;
}

Lines menus_without_a_library() {
  Lines lines = hard_menus();
  add(lines, "dropdown", {"2.9.3"}, {"libnothere >1.0"});
  add(lines, "dropdown", {"2.9.1", "2.9.2"}, {"libicons >10.0", "libnothere >1.0"});
  add(lines, "dropdown", {"2.9.0"}, {"libicons >10.0"});
  return lines;
}

const Names kMenus = {"menu", "pyicons 1.*", "intl 5.*", "intl-mod", "pretty >=1.0"};

std::function<void(CondaQuestion&)> with_system(const resolver::SystemFacts& facts) {
  return [facts](CondaQuestion& question) {
    question.virtual_packages = resolver::VirtualPackages::of("linux-64", facts);
  };
}

/// PyTorch 1.12 for Python 3.7 to 3.10, with and without CUDA, and the Python that has none.
Lines old_pytorch() {
  Lines lines = pythons({"2.7.18", "3.7.12", "3.9.13", "3.10.5"});
  for (const char* minor : {"7", "9", "10"}) {
    const std::string python =
        fmt::format("python >=3.{0},<3.{1}.0a0", minor, std::stoi(minor) + 1);
    lines.push_back({fmt::format("pytorch 1.12.0 cpu_py3{}_0", minor), {python}});
    lines.push_back({fmt::format("pytorch 1.12.0 cuda112_py3{}_0", minor), {python, "__cuda"}});
  }
  return lines;
}

std::vector<StoryCase> mamba_cases() {
  Lines basic;
  add(basic, "a", {"0.1.0", "0.2.0", "0.3.0"});
  Lines pinned;
  add(pinned, "foo", {"2.0.0"}, {"bar 2.0.*"});
  add(pinned, "bar", {"1.0.0", "2.0.0"});
  Lines toolkit = pythons({"3.7.10", "3.8.8"});
  add(toolkit, "cudatoolkit", {"11.0.3", "11.1.1"}, {"__glibc >=2.17,<3.0.a0"});
  add(toolkit, "cudatoolkit", {"10.2.89"}, {"__glibc >=2.17,<3.0.a0"});
  add(toolkit, "cudnn", {"8.0.5.39"}, {"cudatoolkit 11.0|11.0.*"});
  add(toolkit, "cudnn", {"8.2.1.32"}, {"cudatoolkit 11.*"});
  toolkit.push_back({"pytorch 1.8.0 py37_0", {"cudatoolkit 11.1.*", "python >=3.7,<3.8.0a0"}});
  Lines jpeg = pythons({"3.7.10"});
  add(jpeg, "jpeg", {"9d", "9e"});
  Lines r_base = pythons({"2.7.15", "3.6.15", "3.9.1"});
  add(r_base, "r-base", {"3.5.1"}, {"icu 58.*"});
  add(r_base, "r-base", {"4.0.3"}, {"icu 68.*"});
  add(r_base, "icu", {"58.2", "68.1"});
  add(r_base, "r-matchit", {"3.0.2"}, {"r-base >=3.5,<3.6.0a0"});
  add(r_base, "r-matchit", {"4.0.0", "4.1.0"}, {"r-base >=4.0,<4.1.0a0"});
  add(r_base, "matplotlib", {"2.2.5"}, {"python >=3.6,<3.7.0a0"});
  add(r_base, "pandas", {"0.25.3"}, {"python >=3.6"});
  Lines scip;
  add(scip, "scip", {"7.0.3", "8.0.0", "8.0.1"});
  add(scip, "pyscipopt", {"3.5.0"}, {"scip >=7.0,<8.0a0"});
  add(scip, "pyscipopt", {"4.0.0"}, {"scip >=8.0,<9.0a0"});
  Lines numba = pythons({"3.9.13", "3.10.5", "3.11.0"});
  add(numba, "numba", {"0.54.1"}, {"python >=3.9,<3.10.0a0"});
  add(numba, "numba", {"0.55.2"}, {"python >=3.10,<3.11.0a0"});
  add(numba, "numba", {"0.57.0"}, {"python >=3.11,<3.12.0a0"});
  return {
      {"mamba_basic", {{"main", basic}}, {"a=0.4.0"}},
      {"mamba_menus_hard", {{"main", hard_menus()}}, kMenus},
      {"mamba_menus_without_a_library", {{"main", menus_without_a_library()}}, kMenus},
      {"mamba_pin", {{"main", pinned}}, {"foo", "bar=1.0"}},
      {"mamba_pytorch_cpu", {{"main", old_pytorch()}}, {"python=2.7", "pytorch=1.12"}},
      {"mamba_pytorch_cuda",
       {{"main", old_pytorch()}},
       {"python=2.7", "pytorch=1.12"},
       with_system({.glibc = "2.17", .cuda = "10.2"})},
      {"mamba_cuda_toolkit",
       {{"main", toolkit}},
       {"python=3.7", "cudatoolkit=11.1", "cudnn=8.0", "pytorch=1.8"},
       with_system({.glibc = "2.17", .cuda = "11.1"})},
      {"mamba_jpeg", {{"main", jpeg}}, {"python=3.7", "jpeg=9b"}},
      {"mamba_r_base",
       {{"main", r_base}},
       {"r-base=3.5.*", "pandas=0", "matplotlib=2", "r-matchit=4.*"}},
      {"mamba_scip", {{"main", scip}}, {"scip=8.*", "pyscipopt<4.0"}},
      {"mamba_two_pythons",
       {{"main", pythons({"3.9.13", "3.10.5"})}},
       {"python=3.9.*", "python=3.10.*"}},
      {"mamba_numba", {{"main", numba}}, {"python=3.11", "numba<0.56"}},
  };
}

std::vector<StoryCase> conda_cases() {
  Lines scipy = pythons({"2.6.8", "2.7.5", "3.3.2"});
  add(scipy, "numpy", {"1.5.1"}, {"python 2.7*|2.6*"});
  add(scipy, "numpy", {"1.6.2", "1.7.1"}, {"python"});
  scipy.push_back({"scipy 0.12.0b1 np16_0", {"numpy 1.6*"}});
  scipy.push_back({"scipy 0.12.0b1 np17_0", {"numpy 1.7*"}});
  const auto c_and_d = [](const Lines& more) {
    Lines lines = more;
    add(lines, "c", {"1.2.8", "1.3.6"});
    return lines;
  };
  Lines deep = pythons({"3.6.1", "3.7.1"});
  add(deep, "app", {"1.0"}, {"lib-one", "python 3.7.1.*"});
  add(deep, "lib-one", {"1.0"}, {"python >=3.7"});
  Lines deny = {
      {"a 1.0 h_0", {"b", "c"}}, {"b 1.0 h_0", {"d >=1,<2"}}, {"c 1.0 h_0", {"d >=2,<3"}}};
  add(deny, "d", {"1.0", "2.0"});
  Lines absent = {{"a 1.0 h_0", {"b", "c"}}, {"b 1.0 h_0", {"c >=2,<3"}}, {"c 1.0 h_0"}};
  Lines cuda;
  add(cuda, "cudatoolkit", {"9.0"}, {"__cuda >=9.0"});
  add(cuda, "cudatoolkit", {"10.0"}, {"__cuda >=10.0"});
  Lines constrained = {{"cuda-constrain 11.0 h_0", {}, {"__cuda >=11.0"}}};
  Lines glibc = {{"cuda-glibc 10.0 h_0", {"__cuda >=10.0", "__glibc >=2.23"}},
                 {"glibc-constrain 1.0 h_0", {}, {"__glibc >=2.23"}}};
  Lines learn = pythons({"2.6.8", "2.7.5"});
  learn.push_back({"scikit-learn 0.13 py27_0", {"python 2.7*"}});
  Lines unreal = {{"mypackage 1.0 h_0", {"nose", "notarealpackage 2.0*"}}, {"nose 1.3 h_0"}};
  return {
      {"conda_no_build_for_it", {{"main", scipy}}, {"numpy 1.5*", "scipy 0.12.0b1"}},
      {"conda_no_python_for_it", {{"main", scipy}}, {"numpy 1.5*", "python 3*"}},
      {"conda_twice_asked", {{"main", scipy}}, {"numpy 1.5*", "numpy 1.6*"}},
      {"conda_short_chain_1",
       {{"main", c_and_d({{"a 1.0 h_0", {"d", "c <1.3.0"}},
                          {"b 1.0 h_0", {"c"}},
                          {"d 0.8.1 h_0", {"c >=0.8.0"}}})}},
       {"c=1.3.6", "a", "b"}},
      {"conda_short_chain_2",
       {{"main",
         c_and_d(
             {{"a 1.0 h_0", {"d >=0.8.0"}}, {"b 1.0 h_0", {"c"}}, {"d 0.8.1 h_0", {"c <1.3.0"}}})}},
       {"c=1.3.6", "a", "b"}},
      {"conda_short_chain_3",
       {{"main", c_and_d({{"a 1.0 h_0", {"f", "e"}},
                          {"b 1.0 h_0", {"c"}},
                          {"d 0.8.1 h_0", {"c >=0.8.0"}},
                          {"e 1.3.6 h_0", {"c <1.3.0"}},
                          {"f 1.0 h_0", {"d"}}})}},
       {"c=1.3.6", "a", "b"}},
      {"conda_short_chain_4", {{"main", deep}}, {"app", "python=3.6.1"}},
      {"conda_one_asks_for_both", {{"main", deny}}, {"a"}},
      {"conda_missing_version_below", {{"main", absent}}, {"a"}},
      {"conda_channel_order",
       {{"first", {{"a 1.0 h_0"}, {"b 1.0 h_0", {"a >=2"}}}}, {"second", {{"a 2.0 h_0"}}}},
       {"b"}},
      {"conda_not_there", {{"main", unreal}}, {"notarealpackage 2.0*"}},
      {"conda_needs_what_is_not_there", {{"main", unreal}}, {"mypackage"}},
      {"conda_cuda_too_old", {{"main", cuda}}, {"cudatoolkit"}, with_system({.cuda = "8.0"})},
      {"conda_cuda_absent", {{"main", cuda}}, {"cudatoolkit"}},
      {"conda_cuda_constrained",
       {{"main", constrained}},
       {"cuda-constrain"},
       with_system({.cuda = "8.0"})},
      {"conda_cuda_and_glibc",
       {{"main", glibc}},
       {"cuda-glibc"},
       with_system({.glibc = "2.23", .cuda = "8.0"})},
      {"conda_glibc_constrained",
       {{"main", glibc}},
       {"glibc-constrain"},
       with_system({.glibc = "2.12"})},
      {"conda_pinned_python", {{"main", learn}}, {"scikit-learn==0.13", "python=2.6"}},
  };
}

std::vector<StoryCase> rattler_and_pixi_cases() {
  Lines many;
  add(many, "foo", {"1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "8.0"}, {"bar ==1.0"});
  add(many, "bar", {"2.0"});
  Lines bors = {{"foobar 2.0 h_0", {"bors <2.0"}}, {"foo 3.0 h_0", {}, {"bors <2.0"}}};
  add(bors, "bors", {"1.0", "2.0", "2.1"});
  Lines unix_only = {{"bar 1.2.3 h_0", {"__unix", "__osx >=11"}}};
  Lines clang = pythons({"3.12.1", "3.13.3"});
  add(clang, "gdal", {"3.10.3"}, {"numpy >=2.2", "python >=3.13,<3.14.0a0"});
  add(clang, "numpy", {"2.1.0", "2.2.0"});
  return {
      {"rattler_merged_versions", {{"main", many}}, {"foo"}},
      {"rattler_depends", {{"main", bors}}, {"foobar", "bors >=2"}},
      {"rattler_constrains", {{"main", bors}}, {"foo", "bors >=2"}},
      {"rattler_not_there", {{"main", bors}}, {"asdfasdf", "foo"}},
      {"rattler_other_system", {{"main", unix_only}}, {"bar"}},
      {"rattler_kept_in_place",
       {{"main", {{"asdf 1.2.3 h_0"}, {"foo 4.0.2 h_0", {"asdf >=2"}}}}},
       {"foo"}},
      {"pixi_numpy_of_gdal", {{"main", clang}}, {"gdal", "python >=3.13.3,<3.14", "numpy <2.2"}},
  };
}

class ForeignStories : public ::testing::TestWithParam<StoryCase> {};

TEST_P(ForeignStories, NameTheCulprits) { expect_story(GetParam()); }

const auto kName = [](const auto& tested) { return tested.param.name; };
INSTANTIATE_TEST_SUITE_P(Mamba, ForeignStories, ::testing::ValuesIn(mamba_cases()), kName);
INSTANTIATE_TEST_SUITE_P(Conda, ForeignStories, ::testing::ValuesIn(conda_cases()), kName);
INSTANTIATE_TEST_SUITE_P(Rattler, ForeignStories, ::testing::ValuesIn(rattler_and_pixi_cases()),
                         kName);

}  // namespace
}  // namespace kasane::test
