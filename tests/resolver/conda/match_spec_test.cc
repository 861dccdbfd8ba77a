#include "resolver/conda/match_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

TEST(MatchSpec, RendersTheCanonicalForm) {
  struct Case {
    const char* text;
    const char* canonical;
  };
  const Case cases[] = {
      {"numpy", "numpy"},
      {"NumPy", "numpy"},
      {"numpy 1.8*", "numpy=1.8"},
      {"numpy=1.8", "numpy=1.8"},
      {"numpy =1.8", "numpy=1.8"},
      {"numpy = 1.8", "numpy=1.8"},
      {"numpy 1.8", "numpy==1.8"},
      {"numpy==1.8", "numpy==1.8"},
      {"numpy >= 1.8 , < 2", "numpy[version='>=1.8,<2']"},
      {"numpy>=1.8,<2 py27_0", "numpy[version='>=1.8,<2',build=py27_0]"},
      {"python=3.6.*=*_cpython", "python=3.6[build=*_cpython]"},
      {"pytorch==1.4.0=py3.6_cuda10.1.243_cudnn7.6.3_0",
       "pytorch==1.4.0=py3.6_cuda10.1.243_cudnn7.6.3_0"},
      {"numpy=1.11.1=nomkl_0", "numpy==1.11.1=nomkl_0"},
      {"numpy =1.11 nomkl_0", "numpy=1.11[build=nomkl_0]"},
      {"foo   =    1.0    =    2", "foo==1.0=2"},
      {"conda-forge::numpy", "conda-forge::numpy"},
      {"conda-forge/linux-64::numpy=1", "conda-forge/linux-64::numpy=1"},
      {"conda-forge[linux-64]::numpy", "conda-forge/linux-64::numpy"},
      {"conda-forge:ns:numpy", "conda-forge::numpy"},
      {"channel/noarch::name[version='>=1,<2',build=py*]",
       "channel/noarch::name[version='>=1,<2',build=py*]"},
      {"https://h:8080/c/d::x", "https://h:8080/c/d::x"},
      {"*/win-64::x", "x[subdir=win-64]"},
      {"x~=1.1", "x~=1.1"},
      {"x!=1.1.*", "x!=1.1.*"},
      {"x 1.1|1.2", "x[version='1.1|1.2']"},
      {"x[version=1.0, build_number='>3']", "x==1.0[build_number='>3']"},
      {"x[md5=abc,license='BSD 3']", "x[md5=abc,license='BSD 3']"},
      {"x 1.0[version=2.0]", "x==2.0"},
      {"x=*=*mkl", "x[build=*mkl]"},
      {"x # why", "x"},
      {"mkl@", "*[track_features=mkl]"},
      {"x[build=b](target=y,optional)", "x[build=b]"},
      {"https://conda.anaconda.org/c-f/linux-64/py-x-1.0-h_0.conda",
       "https://conda.anaconda.org/c-f/linux-64::py-x==1.0=h_0"},
      {"https://u:p@h/t/tok/c/noarch/py-x-1.0-h_0.conda#0123", "https://h/c/noarch::py-x==1.0=h_0"},
  };
  for (const Case& c : cases) {
    const MatchSpec spec = MatchSpec::parse(c.text);
    EXPECT_EQ(spec.render(), c.canonical) << c.text;
    EXPECT_EQ(MatchSpec::parse(c.canonical).render(), c.canonical) << c.text;
  }
}

TEST(MatchSpec, MatchesRecords) {
  const std::string key = CondaVersion::parse("1.26.4").key();
  const RecordFields record{.name = "numpy",
                            .version = "1.26.4",
                            .version_key = key,
                            .build = "py311h64a7726_0",
                            .build_number = 3,
                            .subdir = "linux-64",
                            .url = "",
                            .file_name = "numpy-1.26.4-py311h64a7726_0.conda",
                            .md5 = "ab",
                            .sha256 = "cd",
                            .license = "BSD-3-Clause",
                            .license_family = "BSD",
                            .track_features = "mkl nomkl",
                            .features = ""};
  for (const char* text :
       {"numpy", "numpy 1.26.*", "numpy * py311*", "numpy[build='^py3.*_0$']", "num*", "*[md5=AB]",
        "numpy[build_number=3]", "numpy[build_number='>=2,<4']", "*/linux-64::numpy",
        "numpy[license=bsd-3-clause]", "*[track_features=nomkl]",
        "numpy[fn=numpy-1.26.4-py311h64a7726_0.conda]"}) {
    EXPECT_TRUE(MatchSpec::parse(text).matches(record)) << text;
  }
  for (const char* text :
       {"numpy-base", "numpy 1.25.*", "numpy * py310*", "numpy[build_number=2]", "*/noarch::numpy",
        "*[track_features=m]", "*[features=x]", "*[sha256=ce]"}) {
    EXPECT_FALSE(MatchSpec::parse(text).matches(record)) << text;
  }
}

TEST(MatchSpec, ErrorsPoint) {
  struct Case {
    const char* text;
    std::string_view message;
    int column;
    int length;
  };
  const Case cases[] = {
      {"", "a package's name is missing in ``", 1, 1},
      {"# x", "a package's name is missing in `# x`", 1, 1},
      {"numpy=>1.26", "unknown version operator `=>` in the version specifier `=>1.26`", 6, 2},
      {"numpy >=1.8 <2", "a space within the version `1.8 <2` in the version specifier `>=1.8 <2`",
       9, 6},
      {"  numpy[version='>=1,<<2']",
       "unknown version operator `<<` in the version specifier `>=1,<<2`", 22, 2},
      {"numpy[versoin=1]", "unknown key `versoin` in brackets in `numpy[versoin=1]`", 7, 7},
      {"ray[default,data] >=2.9", "unexpected text after `]` in `ray[default,data] >=2.9`", 18, 6},
      {"pkg[extra]", "expected `key=value` in brackets, found `extra` in `pkg[extra]`", 5, 5},
      {"x[version>3]", "expected `key=value` in brackets, found `version` in `x[version>3]`", 3, 7},
      {"x[build='a]", "a `[` is not closed in `x[build='a]`", 2, 1},
      {"x[build=a, build=b]", "the key `build` comes twice in `x[build=a, build=b]`", 12, 5},
      {"pack@ge", "`pack@ge` is not a package's name in `pack@ge`", 1, 7},
      {"x=1.0=", "a build string is missing after `=` in `x=1.0=`", 6, 1},
      {"a\tb::x", "expected a channel's name or URL before `::` in `a\tb::x`", 1, 3},
      {"https://h/t/a/t/b/c::x",
       "expected a channel's name or URL before `::` in `https://h/t/***/t/b/c::x`", 1, 19},
      {"h:1/c::x", "expected a channel's name or URL before `::` in `h:1/c::x`", 1, 5},
      {"x[channel='a:b']", "expected a channel's name or URL in `x[channel='a:b']`", 12, 3},
      {"x-1-b::y.conda", "`b::y` is not a build string in `x-1-b::y.conda`", 1, 14},
      {"x-1-b%00.conda", "a character has no place in `x-1-b%00.conda`", 1, 14},
      {"x= !7*7", "expected a version with `*`, found `!7*7` in the version specifier `= !7*7`", 4,
       4},
      {"x if y", "a condition is not supported in `x if y`", 3, 2},
  };
  for (const Case& c : cases) {
    try {
      MatchSpec::parse(c.text);
      ADD_FAILURE() << c.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), c.message) << c.text;
      EXPECT_EQ(error.place().column, c.column) << c.text;
      EXPECT_EQ(error.place().length, c.length) << c.text;
    }
  }
}

TEST(MatchSpec, HintsNameTheEdit) {
  const auto hint = [](const char* text) -> std::string {
    try {
      MatchSpec::parse(text);
    } catch (const Error& error) {
      return error.hint_text();
    }
    return "no error";
  };
  EXPECT_EQ(hint("numpy=>1.26"), "write `>=1.26`");
  EXPECT_EQ(hint("x[version>3]"), "write `version='>3'`");
}

TEST(MatchSpec, NeverShowsCredentials) {
  try {
    MatchSpec::parse("https://me:s3cret@h/c::num py>>1");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.render().find("s3cret"), std::string::npos);
    EXPECT_EQ(error.place().text.find("s3cret"), std::string::npos);
  }
  EXPECT_EQ(MatchSpec::parse("https://me:s3cret@h/c::x").render(), "https://h/c::x");
}

}  // namespace
}  // namespace kasane::resolver
