#include <gtest/gtest.h>

#include "tests/resolver/spec/sample_spec.h"

namespace kasane::resolver {
namespace {

const std::string kProject =
    "[project]\nname = \"my-app\"\nrequires-python = \">=3.9\"\n"
    "dependencies = [\n  \"numpy>=1\",\n  'requests[socks] ; python_version < \"3.12\"',\n]\n"
    "[project.optional-dependencies]\nplot = [\"matplotlib\"]\nall = [\"My_App[plot]\", \"tqdm\"]\n"
    "[dependency-groups]\ntest = [\"pytest\", {include-group = \"types\"}]\ntypes = [\"mypy\"]\n";

TEST(Pyproject, TakesDependenciesExtrasAndGroups) {
  SpecFiles files("pyproject.toml", kProject);
  EnvironmentSpec spec = files.read("pyproject.toml");
  EXPECT_EQ(spec.kind, "pyproject");
  EXPECT_EQ(spec.name, "my-app");
  EXPECT_EQ(spec.python->text, ">=3.9");
  EXPECT_EQ(spec.python->place.line, 3);
  EXPECT_EQ(texts(spec.pip), (Texts{"numpy>=1", "requests[socks] ; python_version < \"3.12\""}));
  EXPECT_EQ(places(spec.pip), (Texts{"5:4", "6:4"}));
  files.extras = {"all"};
  files.groups = {"Test"};
  spec = files.read("pyproject.toml");
  EXPECT_EQ(texts(spec.pip), (Texts{"numpy>=1", "requests[socks] ; python_version < \"3.12\"",
                                    "matplotlib", "tqdm", "pytest", "mypy"}));
}

TEST(Pyproject, NamesWhatItDoesNotHave) {
  SpecFiles files("pyproject.toml", kProject);
  files.extras = {"plt"};
  EXPECT_EQ(files.error("pyproject.toml"),
            "pyproject.toml:1:1: the project has no extra `plt`\n"
            "    1 | [project]\n"
            "      | ^\n"
            "hint: did you mean `plot`?\n");
}

struct Mistake {
  std::string text;
  std::string error;
};

TEST(Pyproject, PointsAtMistakes) {
  const std::vector<Mistake> mistakes = {
      {"[project]\nname = \"a\"\ndependencies = [\"numpy=1\"]\n",
       "e.toml:3:18: unknown version operator `=` in `numpy=1`\n"
       "    3 | dependencies = [\"numpy=1\"]\n"
       "      |                  ^^^^^^^\n"
       "hint: write `numpy==1`: pip knows no single `=`\n"},
      {"[project]\ndynamic = [\"dependencies\"]\n",
       "e.toml:2:13: the dependencies are known only once the project is built\n"
       "    2 | dynamic = [\"dependencies\"]\n"
       "      |             ^^^^^^^^^^^^\n"
       "hint: write them into `[project]`, or name the requirements file instead\n"},
      {"[tool.poetry]\nname = \"a\"\n",
       "e.toml:1:1: expected `[project]`, found Poetry's own form\n"
       "    1 | [tool.poetry]\n"
       "      | ^\n"
       "hint: move the dependencies to `[project]`, which Poetry 2 reads too\n"},
      {"[project]\ndependencies = \"numpy\"\n",
       "e.toml:2:17: expected an array for `dependencies`, found `numpy`\n"
       "    2 | dependencies = \"numpy\"\n"
       "      |                 ^^^^^\n"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(spec_error(mistake.text, "e.toml"), mistake.error) << mistake.text;
  }
  const std::string error = spec_error("[project]\nname = \n", "e.toml");
  EXPECT_TRUE(error.starts_with("e.toml:2:8: not valid TOML: ")) << error;
}

TEST(Pixi, TakesTheDefaultEnvironmentOfThePlatform) {
  const EnvironmentSpec spec = spec_of(
      "[workspace]\nname = \"w\"\nchannels = [\"conda-forge\", {channel = \"pytorch\"}]\n"
      "platforms = [\"linux-64\"]\n"
      "[dependencies]\npython = \">=3.11\"\nnumpy = \"*\"\n"
      "scipy = {version = \"1.13.*\", channel = \"conda-forge\", build = \"py*\"}\n"
      "[target.linux.dependencies]\nlibgomp = \"*\"\n"
      "[target.win-64.dependencies]\npywin32 = \"*\"\n"
      "[pypi-dependencies]\neinops = \">=0.8\"\n"
      "torch = {version = \"==2.3.1\", extras = [\"opt\"]}\n"
      "tool = {git = \"https://example.org/t.git\", rev = \"abc\"}\n"
      "local = {path = \"here\", editable = true}\n"
      "[feature.plot.dependencies]\nmatplotlib = \"3.9.*\"\n"
      "[feature.other.dependencies]\nother = \"*\"\n"
      "[environments]\ndefault = [\"plot\"]\n"
      "[activation.env]\nA = \"1\"\n",
      "pixi.toml");
  EXPECT_EQ(spec.kind, "pixi");
  EXPECT_EQ(texts(spec.channels), (Texts{"conda-forge", "pytorch"}));
  EXPECT_EQ(texts(spec.conda),
            (Texts{"python >=3.11", "numpy", "conda-forge::scipy[version='1.13.*',build='py*']",
                   "libgomp", "matplotlib 3.9.*"}));
  EXPECT_EQ(texts(spec.pip), (Texts{"einops>=0.8", "torch[opt]==2.3.1",
                                    "tool @ git+https://example.org/t.git@abc", "./here"}));
  EXPECT_TRUE(spec.pip[3].editable);
  EXPECT_EQ(spec.variables, (std::map<std::string, std::string>{{"A", "1"}}));
  EXPECT_EQ(spec.platforms, Texts{"linux-64"});
}

TEST(Locks, AreKnownByTheirKind) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"# platform: linux-64\n@EXPLICIT\nhttps://c.example/a-1-0.conda\n", "explicit-list"},
      {"lock-version = \"1.0\"\ncreated-by = \"x\"\npackages = []\n", "pylock"},
      {"version: 1\nmetadata: {platforms: [linux-64]}\npackage: []\n", "conda-lock"},
  };
  for (const auto& [text, kind] : cases) {
    const EnvironmentSpec spec = spec_of(text, "lock");
    EXPECT_EQ(spec.kind, kind);
    EXPECT_TRUE(spec.lock && spec.conda.empty() && spec.pip.empty());
    std::string windows;
    for (const char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(canonical_digest(spec_of(windows, "lock")), canonical_digest(spec));
  }
  EXPECT_EQ(spec_error("version: 6\nenvironments: {}\npackages: []\n", "pixi.lock"),
            "pixi.lock:3:1: expected a specification, found the lock of another tool; export it "
            "as an `@EXPLICIT` list\n"
            "    3 | packages: []\n"
            "      | ^^^^^^^^\n");
}

}  // namespace
}  // namespace kasane::resolver
