#include "resolver/pypi/pypi_provider.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "resolver/pypi/pypi_texts.h"
#include "resolver/solver/conflict_story.h"
#include "tests/support/memory_distributions.h"

namespace kasane::resolver::pypi {
namespace {

using test::MemoryDistributions;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

PypiTarget target() {
  PypiTarget out{MarkerEnvironment::cpython("3.11.4"), {}, PythonVersion::parse("3.11.4")};
  out.wheels.python_minor = 11;
  out.wheels.libc = {TargetLibc::Kind::kGlibc, 2, 28};
  return out;
}

/// A pure wheel of `project version` that asks for these.
void add(MemoryDistributions& source, const std::string& project, const std::string& version,
         const std::vector<std::string>& requires_dist = {}) {
  std::string metadata;
  for (const std::string& text : requires_dist) metadata += "Requires-Dist: " + text + "\n";
  std::string file = project;
  for (char& c : file) c = c == '-' ? '_' : c;
  source.add(project, version,
             {.name = file + "-" + version + "-py3-none-any.whl", .metadata = metadata});
}

/// What is chosen, as `a 1.0` and `b[x] 2`; without a solution, nothing.
std::vector<std::string> solve_for(MemoryDistributions& source,
                                   const std::vector<std::string>& requirements,
                                   PypiRules rules = {},
                                   const std::vector<std::string>& constraints = {}) {
  PypiProvider provider(source, {target()}, std::move(rules));
  std::uint32_t rank = 0;
  for (const std::string& text : requirements) {
    provider.require(Requirement::parse(text), rank++);
  }
  for (const std::string& text : constraints) provider.constrain(Requirement::parse(text));
  const auto outcome = solver::solve(provider, provider.problem());
  const auto* solution = std::get_if<solver::Solution>(&outcome.result);
  std::vector<std::string> out;
  if (solution == nullptr) return {"no solution"};
  for (const ChosenDistribution& chosen : provider.read(*solution)) {
    std::string text = chosen.project;
    for (const std::string& extra : chosen.extras) text += "[" + extra + "]";
    out.push_back(text + " " + chosen.file->version.text());
  }
  return out;
}

TEST(PypiProvider, ChoosesTheNewestThatFits) {
  MemoryDistributions source;
  add(source, "a", "1.0", {"b<2"});
  add(source, "a", "2.0", {"b>=2", "C_d"});
  add(source, "b", "1.0");
  add(source, "b", "2.0");
  add(source, "c-d", "1.0");
  EXPECT_THAT(solve_for(source, {"a"}), ElementsAre("a 2.0", "b 2.0", "c-d 1.0"));
  EXPECT_THAT(solve_for(source, {"a", "b<2"}), ElementsAre("a 1.0", "b 1.0"));
  EXPECT_THAT(solve_for(source, {"a"}, {}, {"b<2"}), ElementsAre("a 1.0", "b 1.0"));
  EXPECT_THAT(solve_for(source, {"a>2", "b"}), ElementsAre("no solution"));
  EXPECT_THAT(solve_for(source, {"nobody"}), ElementsAre("no solution"));
}

TEST(PypiProvider, AddsWhatExtrasAskFor) {
  MemoryDistributions source;
  add(source, "a", "1.0", {"b; extra=='X_y'", "c; extra=='z' and python_version<'3'", "d"});
  add(source, "a", "2.0", {"b>5; extra=='x-y'", "d"});
  add(source, "b", "1.0");
  add(source, "d", "1.0");
  EXPECT_THAT(solve_for(source, {"a[x.y,unknown]"}),
              ElementsAre("a[unknown][x-y] 1.0", "b 1.0", "d 1.0"));
  EXPECT_THAT(solve_for(source, {"a"}), ElementsAre("a 2.0", "d 1.0"));
  add(source, "e", "1.0", {"a[all]", "a>=1"});
  add(source, "a", "3.0", {"a[one,two]; extra=='all'", "b; extra=='one'", "d; extra=='two'"});
  EXPECT_THAT(solve_for(source, {"e"}),
              ElementsAre("a[all][one][two] 3.0", "b 1.0", "d 1.0", "e 1.0"));
}

TEST(PypiProvider, HoldsMarkersAgainstTheTarget) {
  MemoryDistributions source;
  add(source, "a", "1.0", {"b; sys_platform=='win32'", "c; python_version>='3.11'"});
  add(source, "c", "1.0");
  EXPECT_THAT(solve_for(source, {"a", "nobody; os_name=='nt'"}), ElementsAre("a 1.0", "c 1.0"));
}

TEST(PypiProvider, TakesPreReleasesWhereTheRequestWantsThem) {
  MemoryDistributions source;
  add(source, "a", "1.0");
  add(source, "a", "2.0rc1");
  add(source, "b", "1.0a1");
  add(source, "c", "1.0", {"a==2.0rc1"});
  EXPECT_THAT(solve_for(source, {"a"}), ElementsAre("a 1.0"));
  EXPECT_THAT(solve_for(source, {"a>=1.0rc1"}), ElementsAre("a 2.0rc1"));
  EXPECT_THAT(solve_for(source, {"a"}, {.prereleases = true}), ElementsAre("a 2.0rc1"));
  EXPECT_THAT(solve_for(source, {"a>1"}), ElementsAre("no solution"));
  EXPECT_THAT(solve_for(source, {"b"}), ElementsAre("b 1.0a1"));
  EXPECT_THAT(solve_for(source, {"c"}), ElementsAre("no solution"));
  EXPECT_THAT(solve_for(source, {"c"}, {}, {"a>=2.0rc1"}), ElementsAre("a 2.0rc1", "c 1.0"));
}

TEST(PypiProvider, TakesYankedFilesOnlyWhenPinned) {
  MemoryDistributions source;
  add(source, "a", "1.0");
  source.add("a", "2.0", {.name = "a-2.0-py3-none-any.whl", .yanked = true});
  EXPECT_THAT(solve_for(source, {"a"}), ElementsAre("a 1.0"));
  EXPECT_THAT(solve_for(source, {"a>1"}), ElementsAre("no solution"));
  EXPECT_THAT(solve_for(source, {"a==2.0"}), ElementsAre("a 2.0"));
  EXPECT_THAT(solve_for(source, {"a==2.*"}), ElementsAre("no solution"));
}

TEST(PypiProvider, TakesTheBestFileOfAVersion) {
  MemoryDistributions source;
  for (const std::string name :
       {"a-1.0-py3-none-any.whl", "a-1.0-cp311-cp311-manylinux2014_x86_64.whl",
        "a-1.0-2-cp311-cp311-manylinux2014_x86_64.whl", "a-1.0-cp311-cp311-win_amd64.whl",
        "a-1.0.tar.gz"}) {
    source.add("a", "1.0", {.name = name});
  }
  source.add("a", "2.0", {.name = "a-2.0-cp311-cp311-win_amd64.whl"});
  source.add("a", "3.0", {.name = "a-3.0.tar.gz"});
  PypiProvider provider(source, {target()});
  provider.require(Requirement::parse("a"));
  const auto outcome = solver::solve(provider, provider.problem());
  const auto chosen = provider.read(std::get<solver::Solution>(outcome.result));
  ASSERT_EQ(chosen.size(), 1U);
  EXPECT_EQ(chosen[0].file->file.name, "a-1.0-2-cp311-cp311-manylinux2014_x86_64.whl");
  EXPECT_THAT(source.asked(), UnorderedElementsAre("a-1.0-2-cp311-cp311-manylinux2014_x86_64.whl"));
  EXPECT_THAT(solve_for(source, {"a"}, {.allow_sources = true}), ElementsAre("a 3.0"));
  EXPECT_THAT(solve_for(source, {"a"}, {.allow_sources = true, .only_binary = {"a"}}),
              ElementsAre("a 1.0"));
  EXPECT_THAT(solve_for(source, {"a<2"}, {.no_binary = {"a"}}), ElementsAre("no solution"));
}

TEST(PypiProvider, SaysWhyAVersionIsLeftOut) {
  MemoryDistributions source;
  add(source, "a", "1.0");
  add(source, "a", "2.0a1");
  source.add("a", "3.0", {.name = "a-3.0.tar.gz"});
  source.add("a", "4.0", {.name = "a-4.0-cp311-cp311-win_amd64.whl"});
  source.add("a", "5.0", {.name = "a-5.0-py3-none-any.whl", .yanked = true});
  PypiProvider provider(source, {target()});
  provider.require(Requirement::parse("a>1"));
  const auto package = provider.package_of(provider.problem().requirements[1].any_of[0]);
  std::vector<std::string> reasons;
  for (const auto candidate : provider.candidates(package).ordered) {
    reasons.push_back(provider.version(candidate).text() + ": " + provider.why_not(candidate));
  }
  EXPECT_THAT(reasons, ElementsAre("5.0: it was yanked", "4.0: it has no wheel for the target",
                                   "3.0: it has only a source distribution",
                                   "2.0a1: it is a pre-release", "1.0: "));
  EXPECT_EQ(provider.text(provider.problem().requirements[1].any_of[0]), "a >1");
}

TEST(PypiProvider, AsksPythonBeforeMetadata) {
  MemoryDistributions source;
  add(source, "a", "1.0");
  source.add("a", "2.0", {.name = "a-2.0-py3-none-any.whl", .requires_python = ">=3.12"});
  source.add("a", "1.5",
             {.name = "a-1.5-py3-none-any.whl", .metadata = "Requires-Python: <3.11\n"});
  EXPECT_THAT(solve_for(source, {"a"}), ElementsAre("a 1.0"));
  EXPECT_EQ(source.asked().count("a-2.0-py3-none-any.whl"), 0U);
}

TEST(PypiProvider, LeavesOutWhatCannotBeRead) {
  MemoryDistributions source;
  add(source, "a", "1.0");
  add(source, "a", "2.0", {"what is this"});
  add(source, "a", "3.0", {"b @ https://host/b-1-py3-none-any.whl"});
  add(source, "a", "4.0", {"b; os_name ~= 'x'"});
  EXPECT_THAT(solve_for(source, {"a"}), ElementsAre("a 1.0"));
  PypiProvider provider(source, {target()});
  EXPECT_THROW(provider.require(Requirement::parse("b @ https://host/b.whl")), Error);
}

TEST(PypiProvider, RequiresThePythonOfTheTarget) {
  MemoryDistributions source;
  PypiProvider provider(source, {target()});
  provider.require_python(SpecifierSet::parse(">=3.12"));
  const auto outcome = solver::solve(provider, provider.problem());
  EXPECT_TRUE(std::holds_alternative<solver::Conflict>(outcome.result));
}

std::string story_of(MemoryDistributions& source, const std::vector<std::string>& requirements) {
  PypiProvider provider(source, {target()});
  std::uint32_t rank = 0;
  for (const std::string& text : requirements) {
    provider.require(Requirement::parse(text), rank,
                     "requirements.txt:" + std::to_string(rank + 1));
    ++rank;
  }
  const auto outcome = solver::solve(provider, provider.problem());
  const auto* conflict = std::get_if<solver::Conflict>(&outcome.result);
  if (conflict == nullptr) return "a solution";
  PypiTexts texts(provider);
  const solver::Story story = solver::tell(*conflict, texts);
  return story.text + "\nhint: " + story.hint;
}

TEST(PypiTexts, TellWhatIsWrong) {
  MemoryDistributions source;
  add(source, "a", "1.0", {"b<2"});
  add(source, "b", "1.0");
  add(source, "b", "2.0");
  add(source, "b", "3.0rc1");
  const std::string conflict = story_of(source, {"a", "b>=2"});
  for (const std::string part : {"a", "b <2", "b >=2", "requirements.txt:2"}) {
    EXPECT_NE(conflict.find(part), std::string::npos) << part << " in\n" << conflict;
  }
  EXPECT_EQ(story_of(source, {"b>2"}),
            "the specification cannot be satisfied:\n"
            "  `b >2` (requirements.txt:1) was asked for\n"
            "    b 3.0rc1 cannot be used: it is a pre-release\n"
            "hint: relax or remove `b >2`");
  EXPECT_NE(story_of(source, {"nobody"}).find("hint: no index has `nobody`"), std::string::npos)
      << story_of(source, {"nobody"});
}

}  // namespace
}  // namespace kasane::resolver::pypi
