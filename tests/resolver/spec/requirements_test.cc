#include <gtest/gtest.h>

#include "tests/resolver/spec/sample_spec.h"

namespace kasane::resolver {
namespace {

EnvironmentSpec read(const std::string& text) { return spec_of(text, "r.txt"); }
std::string error_of(const std::string& text) { return spec_error(text, "r.txt"); }

TEST(Requirements, KeepWhatStandsInALineWithItsPlace) {
  SpecFiles files("r.txt",
                  "# comment\n"
                  "numpy>=1.20 # why\n"
                  "\n"
                  "  torch[cuda] ==2.0 ; python_version >= '3.8'\n"
                  "name @ https://example.org/name-1.0.zip#sha256=00\n"
                  "git+https://example.org/x.git@v1#egg=x\n"
                  "./wheels/y-1.0-py3-none-any.whl\n"
                  "z(>=1,<2)\n"
                  "https://example.org/q-1-py3-none-any.whl # tail");
  files.write("wheels/y-1.0-py3-none-any.whl", "PK");
  const EnvironmentSpec spec = files.read("r.txt");
  EXPECT_EQ(spec.kind, "requirements");
  EXPECT_EQ(texts(spec.pip),
            (Texts{"numpy>=1.20", "torch[cuda] ==2.0 ; python_version >= '3.8'",
                   "name @ https://example.org/name-1.0.zip#sha256=00",
                   "git+https://example.org/x.git@v1#egg=x", "./wheels/y-1.0-py3-none-any.whl",
                   "z(>=1,<2)", "https://example.org/q-1-py3-none-any.whl"}));
  EXPECT_EQ(places(spec.pip), (Texts{"2:1", "4:3", "5:1", "6:1", "7:1", "8:1", "9:1"}));
}

TEST(Requirements, ContinueOverLines) {
  const EnvironmentSpec spec =
      read("numpy \\\n  >=1.20 \\\r\n  --hash=sha256:" + std::string(64, 'A') +
           " \\\n  --hash sha512:" + std::string(128, 'b') +
           "\nscipy\\\n# ends it\npandas \\\n==1.0 \\\n");
  ASSERT_EQ(spec.pip.size(), 3U);
  EXPECT_EQ(spec.pip[1].text, "scipy");
  EXPECT_EQ(spec.pip[2].text, "pandas ==1.0");
  EXPECT_EQ(spec.pip[0].text, "numpy   >=1.20");
  EXPECT_EQ(spec.pip[0].hashes,
            (Texts{"sha256:" + std::string(64, 'a'), "sha512:" + std::string(128, 'b')}));
}

TEST(Requirements, TakeEveryOption) {
  SpecFiles files("d/r.txt",
                  "-i https://a/simple\n"
                  "--extra-index-url=https://b/simple --extra-index-url 'https://c/simple'\n"
                  "--extra-index https://d/simple\n"
                  "-f wheels\n"
                  "--find-links https://e/links\n"
                  "--only-binary :all: --no-binary a,b\n"
                  "--trusted-host h:80\n"
                  "--pre\n--prefer-binary\n--require-hashes\n--no-index\n"
                  "-e ./src\n"
                  "-cc.txt\n"
                  "--requirement s.txt\n"
                  "--use-feature fast-deps\n");
  files.write("d/c.txt", "numpy<2\n");
  files.write("d/s.txt", "scipy --config-settings x=y\n");
  const EnvironmentSpec spec = files.read("d/r.txt");
  const PipOptions& options = spec.pip_options;
  EXPECT_EQ(options.index_url, "https://a/simple");
  EXPECT_EQ(options.extra_index_urls,
            (Texts{"https://b/simple", "https://c/simple", "https://d/simple"}));
  EXPECT_EQ(options.find_links, (Texts{"d/wheels", "https://e/links"}));
  EXPECT_EQ(options.only_binary, Texts{":all:"});
  EXPECT_EQ(options.no_binary, (Texts{"a", "b"}));
  EXPECT_EQ(options.trusted_hosts, Texts{"h:80"});
  EXPECT_TRUE(options.pre && options.prefer_binary && options.require_hashes && options.no_index);
  EXPECT_EQ(texts(spec.pip), (Texts{"./src", "scipy"}));
  EXPECT_TRUE(spec.pip[0].editable);
  EXPECT_EQ(texts(spec.constraints), Texts{"numpy<2"});
  EXPECT_EQ(codes(spec.warnings), (Texts{"build-option", "use-feature"}));
  EXPECT_EQ(spec.warnings[1].message, "d/r.txt:15: `--use-feature=fast-deps` is passed over");
}

TEST(Requirements, ReplaceVariables) {
  SpecFiles files("r.txt", "--index-url https://${USER_1}:${TOKEN}@a/simple\nx-$y==${lower}1\n");
  files.variables = {{"USER_1", "me"}, {"TOKEN", "s3cret"}};
  EXPECT_EQ(files.error("r.txt"),
            "r.txt:2:1: expected a requirement, found `x-$y==${lower}1`\n"
            "    2 | x-$y==${lower}1\n"
            "      | ^^^^^^^^^^^^^^^\n"
            "hint: write `NAME`, `NAME==VERSION`, `NAME @ URL`, a URL, or a path that begins with "
            "`./`\n");
  files.write("r.txt", "--index-url https://${USER_1}:${TOKEN}@a/simple\n");
  EXPECT_EQ(files.read("r.txt").pip_options.index_url, "https://me:s3cret@a/simple");
  files.variables.erase("TOKEN");
  EXPECT_EQ(files.error("r.txt"),
            "r.txt:1:1: the variable `TOKEN` is not set\n"
            "    1 | --index-url https://${USER_1}:${TOKEN}@a/simple\n"
            "      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
            "hint: set `TOKEN` in the environment\n");
}

TEST(Requirements, ReadEachNamedFileOnceInEachRole) {
  SpecFiles files("r.txt", "-r a.txt\n-r b.txt\n-c a.txt\n");
  files.write("a.txt", "x\n-r c.txt\n");
  files.write("b.txt", "-r c.txt\n");
  files.write("c.txt", "y\n");
  const EnvironmentSpec spec = files.read("r.txt");
  EXPECT_EQ(texts(spec.pip), (Texts{"x", "y"}));
  EXPECT_EQ(texts(spec.constraints), Texts{"x"});
}

TEST(Requirements, RefuseFilesThatIncludeThemselves) {
  SpecFiles files("r.txt", "-r a.txt\n");
  files.write("a.txt", "-r r.txt\n");
  EXPECT_EQ(files.error("r.txt"),
            "a.txt:1:1: `r.txt` includes itself\n"
            "    1 | -r r.txt\n"
            "      | ^^^^^^^^\n"
            "  named at `r.txt:1`\n");
}

struct Mistake {
  std::string text;
  std::string error;
};

TEST(Requirements, PointAtMistakes) {
  const std::vector<Mistake> mistakes = {
      {"a\nnumpy=1.2\n",
       "r.txt:2:6: unknown version operator `=` in `numpy=1.2`\n"
       "    2 | numpy=1.2\n"
       "      |      ^\n"
       "hint: write `numpy==1.2`: pip knows no single `=`\n"},
      {"numpy =>1.2\n",
       "r.txt:1:7: unknown version operator `=>` in `numpy =>1.2`\n"
       "    1 | numpy =>1.2\n"
       "      |       ^^\n"
       "hint: write `numpy >=1.2`\n"},
      {"numpy 1.2\n",
       "r.txt:1:7: expected a version operator in `numpy 1.2`, found `1.2`\n"
       "    1 | numpy 1.2\n"
       "      |       ^^^\n"
       "hint: write `numpy==1.2`\n"},
      {"numpy>=1.2<2\n",
       "r.txt:1:11: expected `,`, `;` or the end of the requirement, found `<2`\n"
       "    1 | numpy>=1.2<2\n"
       "      |           ^^\n"
       "hint: put a comma before `<2`\n"},
      {"import os\n",
       "r.txt:1:8: expected a version operator in `import os`, found `os`\n"
       "    1 | import os\n"
       "      |        ^^\n"
       "hint: put each requirement on a line of its own\n"},
      {"r more.txt\n",
       "r.txt:1:3: expected a version operator in `r more.txt`, found `more.txt`\n"
       "    1 | r more.txt\n"
       "      |   ^^^^^^^^\n"
       "hint: write `-r more.txt`\n"},
      {"numpy[a\n",
       "r.txt:1:6: expected `]` after the extras in `numpy[a`\n"
       "    1 | numpy[a\n"
       "      |      ^\n"},
      {"numpy==\n",
       "r.txt:1:6: expected a version after `==` in `numpy==`\n"
       "    1 | numpy==\n"
       "      |      ^^\n"},
      {"numpy --hash=sha256:12\n",
       "r.txt:1:7: expected `--hash=sha256:` and 64 hex digits, found `sha256:12`\n"
       "    1 | numpy --hash=sha256:12\n"
       "      |       ^^^^^^^^^^^^^^^^\n"},
      {"numpy --pre\n",
       "r.txt:1:7: `--pre` has no place behind a requirement\n"
       "    1 | numpy --pre\n"
       "      |       ^^^^^\n"
       "hint: put it on a line of its own\n"},
      {"--upgrade\n",
       "r.txt:1:1: unknown option `--upgrade` in a requirements file\n"
       "    1 | --upgrade\n"
       "      | ^^^^^^^^^\n"
       "hint: pip takes it on its command line only; remove it\n"},
      {"--no\n",
       "r.txt:1:1: `--no` may be `--no-index` or `--no-binary`\n"
       "    1 | --no\n"
       "      | ^^^^\n"},
      {"-r https://example.org/r.txt\n",
       "r.txt:1:1: expected a file beside this one, found a URL\n"
       "    1 | -r https://example.org/r.txt\n"
       "      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
       "hint: download it, and name the copy\n"},
      {"-i\n",
       "r.txt:1:1: expected a value after `-i`\n"
       "    1 | -i\n"
       "      | ^^\n"},
      {"--pre=1\n",
       "r.txt:1:1: expected no value for `--pre`, found `1`\n"
       "    1 | --pre=1\n"
       "      | ^^^^^^^\n"},
      {"-f 'x\n",
       "r.txt:1:4: the quote is never closed\n"
       "    1 | -f 'x\n"
       "      |    ^\n"},
      {"numpy \\\n  ==1 ==2\n",
       "r.txt:2:7: expected `,`, `;` or the end of the requirement, found `==2`\n"
       "    2 |   ==1 ==2\n"
       "      |       ^^^\n"
       "hint: put a comma before `==2`\n"},
      {"data/\n",
       "r.txt:1:1: expected a requirement, found `data/`, which looks like a path where nothing "
       "is\n"
       "    1 | data/\n"
       "      | ^^^^^\n"
       "hint: the path is relative to `.`\n"},
      {"a\n{% if x %}\n",
       "r.txt:2:1: expected a plain file, found a template's statement `{%`\n"
       "    2 | {% if x %}\n"
       "      | ^^\n"
       "hint: render the template first\n"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(error_of(mistake.text), mistake.error) << mistake.text;
  }
}

TEST(Requirements, RefuseWhatIsNoText) {
  EXPECT_EQ(error_of(""), "r.txt: expected a specification, found an empty file\n");
  EXPECT_EQ(error_of(" \r\n"), "r.txt: expected a specification, found an empty file\n");
  EXPECT_EQ(error_of(std::string("a\0b", 3)),
            "r.txt: expected a text file, found binary content\n");
  EXPECT_EQ(error_of("caf\xe9\n"),
            "r.txt: expected UTF-8, found bytes of another encoding\n"
            "hint: save the file as UTF-8\n");
  SpecFiles files("d/r.txt", "a\n");
  EXPECT_EQ(files.error("r.txt"), "r.txt: no such file\n");
}

}  // namespace
}  // namespace kasane::resolver
