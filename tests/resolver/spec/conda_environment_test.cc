#include <gtest/gtest.h>

#include "tests/resolver/spec/sample_spec.h"

namespace kasane::resolver {
namespace {

const std::string kWhole =
    "name: train\n"
    "channels:\n"
    "  - conda-forge\n"
    "  - nodefaults\n"
    "dependencies:\n"
    "  - python=3.10\n"
    "  - 'numpy >=1.20,<2'\n"
    "  - pip\n"
    "  - pip:\n"
    "    - azureml-core==1.2.3  # the service\n"
    "    - \"torch; sys_platform == 'linux'\"\n"
    "variables:\n"
    "  OMP_NUM_THREADS: 4\n"
    "  EMPTY:\n";

TEST(CondaEnvironment, IsReadWithThePlaceOfEachRequirement) {
  const EnvironmentSpec spec = spec_of(kWhole);
  EXPECT_EQ(spec.kind, "conda-environment");
  EXPECT_EQ(spec.name, "train");
  EXPECT_EQ(texts(spec.channels), (Texts{"conda-forge", "nodefaults"}));
  EXPECT_EQ(texts(spec.conda), (Texts{"python=3.10", "numpy >=1.20,<2", "pip"}));
  EXPECT_EQ(places(spec.conda), (Texts{"6:5", "7:6", "8:5"}));
  EXPECT_EQ(texts(spec.pip), (Texts{"azureml-core==1.2.3", "torch; sys_platform == 'linux'"}));
  EXPECT_EQ(places(spec.pip), (Texts{"10:7", "11:8"}));
  EXPECT_EQ(spec.pip[0].place.text, "    - azureml-core==1.2.3  # the service");
  EXPECT_EQ(spec.pip[0].place.length, 19);
  EXPECT_EQ(spec.variables,
            (std::map<std::string, std::string>{{"OMP_NUM_THREADS", "4"}, {"EMPTY", ""}}));
  EXPECT_EQ(spec.sources, Texts{"e.yml"});
  EXPECT_TRUE(spec.warnings.empty());
}

std::string with_windows_ends(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

std::string as_utf16(const std::string& text) {
  std::string out = "\xff\xfe";
  for (const char c : text) {
    out += c;
    out += '\0';
  }
  return out;
}

TEST(CondaEnvironment, MeansTheSameWithWindowsLineEndsAndByteOrderMarks) {
  const EnvironmentSpec plain = spec_of(kWhole);
  for (const std::string& text : {with_windows_ends(kWhole), "\xef\xbb\xbf" + kWhole,
                                  as_utf16(kWhole), as_utf16(with_windows_ends(kWhole))}) {
    const EnvironmentSpec spec = spec_of(text);
    EXPECT_EQ(texts(spec.conda), texts(plain.conda));
    EXPECT_EQ(texts(spec.pip), texts(plain.pip));
    EXPECT_EQ(places(spec.pip), places(plain.pip));
    EXPECT_EQ(spec.pip[0].place.text, plain.pip[0].place.text);
    EXPECT_EQ(canonical_digest(spec), canonical_digest(plain));
  }
}

TEST(CondaEnvironment, TakesSeveralPipSections) {
  const EnvironmentSpec spec =
      spec_of("dependencies:\n- pip\n- pip: [a, b==1]\n- numpy\n- pip:\n  - c\n- pip:\n");
  EXPECT_EQ(texts(spec.pip), (Texts{"a", "b==1", "c"}));
  EXPECT_EQ(texts(spec.conda), (Texts{"pip", "numpy"}));
}

TEST(CondaEnvironment, ChoosesSelectedRequirementsByPlatform) {
  SpecFiles files("e.yml",
                  "dependencies:\n- a\n- sel(linux): b\n- sel(osx): c\n- sel(unix): [d, e]\n"
                  "- sel(linux-64): f\n- sel(win):\n  - g\n");
  EXPECT_EQ(texts(files.read("e.yml").conda), (Texts{"a", "b", "d", "e", "f"}));
  files.platform = "osx-arm64";
  EXPECT_EQ(texts(files.read("e.yml").conda), (Texts{"a", "c", "d", "e"}));
  files.platform = "win-64";
  EXPECT_EQ(texts(files.read("e.yml").conda), (Texts{"a", "g"}));
}

TEST(CondaEnvironment, ReadsFilesThatPipSectionsNameBesideItself) {
  SpecFiles files("d/e.yml", "dependencies:\n- pip:\n  - -r more/r.txt\n  - -c c.txt\n");
  files.write("d/more/r.txt", "x==1\n-r s.txt\n-f wheels\n");
  files.write("d/more/s.txt", "./y-1.0-py3-none-any.whl\n");
  files.write("d/c.txt", "z<2\n");
  files.write("d/more/y-1.0-py3-none-any.whl", "PK");
  const EnvironmentSpec spec = files.read("d/e.yml");
  EXPECT_EQ(texts(spec.pip), (Texts{"x==1", "./y-1.0-py3-none-any.whl"}));
  EXPECT_EQ(spec.pip[1].place.file, "d/more/s.txt");
  EXPECT_EQ(texts(spec.constraints), Texts{"z<2"});
  EXPECT_EQ(spec.pip_options.find_links, Texts{"d/more/wheels"});
  EXPECT_EQ(spec.sources, (Texts{"d/e.yml", "d/more/r.txt", "d/more/s.txt", "d/c.txt"}));
}

TEST(CondaEnvironment, NotesWhatItPassesOver) {
  const EnvironmentSpec spec = spec_of(
      "name: x\nprefix: /opt/x\nmaintainers: [a]\ndependencies:\n- numpy # [win]\n- \n- pip:\n"
      "  - a\n");
  EXPECT_EQ(codes(spec.warnings),
            (Texts{"unknown-key", "selector-comment", "empty-item", "pip-implied", "prefix"}));
  EXPECT_EQ(spec.warnings[0].message, "e.yml:3: the unknown key `maintainers` is passed over");
}

TEST(CondaEnvironment, FillsTemplates) {
  SpecFiles files("e.yml",
                  "# {{ not this }}\nname: ${{ nor.this }}\ndependencies:\n- numpy={{ np }}\n");
  EXPECT_EQ(files.error("e.yml"),
            "e.yml:4:9: the template `{{np}}` has no value\n"
            "    4 | - numpy={{ np }}\n"
            "      |         ^^^^^^^^\n"
            "hint: give it one with `--set 'np=VALUE'`\n");
  files.settings = {{"np", "1.26"}};
  EXPECT_EQ(texts(files.read("e.yml").conda), Texts{"numpy=1.26"});
}

struct Mistake {
  std::string text;
  std::string error;
};

TEST(CondaEnvironment, PointsAtMistakes) {
  const std::vector<Mistake> mistakes = {
      {"dependencies:\n  - numpy=>1.26\n",
       "e.yml:2:10: unknown version operator `=>` in the version specifier `=>1.26`\n"
       "    2 |   - numpy=>1.26\n"
       "      |          ^^\n"
       "hint: write `>=1.26`\n"},
      {"name: x\ndependancies:\n- a\nchannels: [c]\n",
       "e.yml:2:1: unknown key `dependancies` in an environment.yml\n"
       "    2 | dependancies:\n"
       "      | ^^^^^^^^^^^^\n"
       "hint: did you mean `dependencies`?\n"},
      {"dependencies:\n- python\npip:\n- a\n",
       "e.yml:3:1: `pip` is a key of its own, not an item of `dependencies`\n"
       "    3 | pip:\n"
       "      | ^^^\n"
       "hint: write `  - pip:` at the end of `dependencies`, with its items indented further\n"},
      {"dependencies:\n- numpy: 1.2\n",
       "e.yml:2:3: expected a requirement or `pip:`, found a map with the key `numpy`\n"
       "    2 | - numpy: 1.2\n"
       "      |   ^^^^^\n"
       "hint: write `numpy=1.2`\n"},
      {"dependencies:\n- pipp:\n  - a\n",
       "e.yml:2:3: expected a requirement or `pip:`, found a map with the key `pipp`\n"
       "    2 | - pipp:\n"
       "      |   ^^^^\n"
       "hint: did you mean `pip`?\n"},
      {"dependencies: numpy\n",
       "e.yml:1:15: expected a list for `dependencies`, found `numpy`\n"
       "    1 | dependencies: numpy\n"
       "      |               ^^^^^\n"
       "hint: begin each item of `dependencies` with `- `\n"},
      {"dependencies:\n\t- numpy\n",
       "e.yml:2:2: not valid YAML: illegal block entry\n"
       "    2 |  - numpy\n"
       "      |  ^\n"
       "hint: indent with spaces; YAML allows no tabs\n"},
      {"dependencies:\n- numpy\n  scipy\n",
       "e.yml:3:3: the line continues the requirement above it\n"
       "    3 |   scipy\n"
       "      |   ^^^^^\n"
       "hint: begin each requirement with `- `\n"},
      {"name: a\nname: b\ndependencies: []\n",
       "e.yml:2:1: the key `name` is there twice, first at line 1\n"
       "    2 | name: b\n"
       "      | ^^^^\n"},
      {"dependencies:\n<<<<<<< HEAD\n- a\n=======\n- b\n>>>>>>> x\n",
       "e.yml:2:1: the file holds an unresolved merge conflict\n"
       "    2 | <<<<<<< HEAD\n"
       "      | ^^^^^^^\n"
       "hint: keep one side of it, and remove the lines that begin with `<<<<<<<`, `=======` and "
       "`>>>>>>>`\n"},
      {"dependencies:\n- 'numpy\n- scipy\n",
       "e.yml:2:3: the quote is never closed\n"
       "    2 | - 'numpy\n"
       "      |   ^\n"},
      {"dependencies:\n- >=1.0\n",
       "e.yml:2:4: not valid YAML: unexpected character in block scalar\n"
       "    2 | - >=1.0\n"
       "      |    ^\n"
       "hint: put the value in quotes\n"},
      {"dependencies:\n- pip:\n  - numpy=1.2\n",
       "e.yml:3:10: unknown version operator `=` in `numpy=1.2`\n"
       "    3 |   - numpy=1.2\n"
       "      |          ^\n"
       "hint: write `numpy==1.2`: pip knows no single `=`\n"},
      {"dependencies:\n- pip:\n  - -r r.txt\n",
       "e.yml:3:5: no such file `r.txt`\n"
       "    3 |   - -r r.txt\n"
       "      |     ^^^^^^^^\n"
       "hint: the path is relative to `.`\n"},
      {"dependencies:\n- sel(linx): a\n",
       "e.yml:2:3: unknown selector `linx`\n"
       "    2 | - sel(linx): a\n"
       "      |   ^^^^^^^^^\n"
       "hint: selectors are `linux`, `osx`, `win`, `unix` and conda's platforms\n"},
      {"dependencies: [a]\n---\ndependencies: [b]\n",
       "e.yml:3: expected one YAML document, found a second one\n"
       "    3 | dependencies: [b]\n"
       "hint: put each environment in a file of its own\n"},
      {"dependencies: &x [*x]\n",
       "e.yml:1:19: the value refers to itself by an alias\n"
       "    1 | dependencies: &x [*x]\n"
       "      |                   ^\n"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(spec_error(mistake.text), mistake.error) << mistake.text;
  }
}

TEST(CondaEnvironment, ResolvesAliases) {
  EXPECT_EQ(texts(spec_of("channels: &c [x, y]\ndependencies: *c\n").conda), (Texts{"x", "y"}));
}

TEST(CondaEnvironment, HidesCredentialsInErrors) {
  const std::string error =
      spec_error("dependencies:\n- pip:\n  - --index-ulr https://me:secret@example.org/simple\n");
  EXPECT_EQ(error,
            "e.yml:3:5: unknown option `--index-ulr` in a requirements file\n"
            "    3 |   - --index-ulr https://***@example.org/simple\n"
            "      |     ^^^^^^^^^^^\n"
            "hint: did you mean `--index-url`?\n");
}

}  // namespace
}  // namespace kasane::resolver
