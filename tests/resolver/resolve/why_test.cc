#include "resolver/resolve/why.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

LockedPackage package(const std::string& name, std::map<std::string, std::string> dependencies) {
  LockedPackage out;
  out.name = name;
  out.version = "1.0";
  out.dependencies = std::move(dependencies);
  return out;
}

/// app → lib → base, app → base, tool → lib, and `alone`.
Lock sample() {
  return {.format = LockFormat::kCondaLock,
          .platform = "linux-64",
          .packages = {package("app", {{"lib", ">=1"}, {"base", ""}}), package("alone", {}),
                       package("base", {{"__unix", ""}}), package("lib", {{"base", "<2"}}),
                       package("tool", {{"lib", ""}})},
          .channels = {},
          .sources = {},
          .content_hash = "",
          .credentials = {},
          .sha256 = Digest::of("")};
}

CondaRequest request(const std::string& text, int line) {
  SourcePlace place;
  place.file = "environment.yml";
  place.line = line;
  return {MatchSpec::parse(text), {text, place}};
}

TEST(Why, ShowsEveryWayFromTheSpecificationToAPackage) {
  const std::vector<CondaRequest> requests = {request("app >=1", 4), request("alone", 5),
                                              request("tool", 6)};
  EXPECT_EQ(explain_presence(sample(), {requests}, "base").render(),
            "base 1.0\n"
            "  `app >=1` (environment.yml:4) is asked for\n"
            "    app 1.0 needs `base`\n"
            "    app 1.0 needs `lib >=1`\n"
            "      lib 1.0 needs `base <2`\n"
            "  `tool` (environment.yml:6) is asked for\n"
            "    tool 1.0 needs `lib`\n"
            "      lib 1.0: see above\n");
  EXPECT_EQ(explain_presence(sample(), {requests}, "alone").render(),
            "alone 1.0\n  `alone` (environment.yml:5) is asked for\n");
}

TEST(Why, TakesWhatNothingNeedsForAskedForWhereThereIsNoSpecification) {
  EXPECT_EQ(explain_presence(sample(), {}, "lib").render(),
            "lib 1.0\n"
            "  `app` is asked for\n"
            "    app 1.0 needs `lib >=1`\n"
            "  `tool` is asked for\n"
            "    tool 1.0 needs `lib`\n");
}

TEST(Why, EndsWherePackagesNeedEachOther) {
  Lock lock = sample();
  lock.packages = {package("a", {{"b", ""}}), package("b", {{"a", ""}, {"c", ""}}),
                   package("c", {})};
  const std::vector<CondaRequest> requests = {request("a", 1)};
  EXPECT_EQ(explain_presence(lock, {requests}, "c").render(),
            "c 1.0\n"
            "  `a` (environment.yml:1) is asked for\n"
            "    a 1.0 needs `b`\n"
            "      b 1.0 needs `a`\n"
            "        a 1.0: see above\n"
            "      b 1.0 needs `c`\n");
}

TEST(Why, NamesWhatWasPerhapsMeant) {
  try {
    explain_presence(sample(), {}, "bse");
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_EQ(error.render(), "error: the lock has no package `bse`\nhint: did you mean `base`?\n");
  }
}

TEST(Why, LeadsAcrossBothSides) {
  Lock lock = sample();
  LockedPackage numpy = package("numpy", {{"python", ">=3.12"}});
  LockedPackage torch = package("torch", {{"NumPy", "<2"}, {"graphviz", ""}});
  LockedPackage graphviz = package("graphviz", {});
  LockedPackage python = package("python", {});
  python.version = "3.12.4";
  lock.packages = {package("graphviz", {}), numpy, python};
  torch.manager = graphviz.manager = Manager::kPip;
  lock.packages.push_back(torch);
  lock.packages.push_back(graphviz);
  PipRequirement written;
  written.text = "torch";
  written.place.file = "environment.yml";
  written.place.line = 9;
  const PipRequest torch_request{pypi::Requirement::parse("torch"), written};
  const PipRequest other{pypi::Requirement::parse("numpy; python_version < '3.11'"), written};
  const std::vector<PipRequest> pip = {other, torch_request};
  EXPECT_EQ(explain_presence(lock, {{}, pip}, "python").render(),
            "python 3.12.4\n"
            "  `torch` (environment.yml:9) is asked for\n"
            "    torch 1.0 needs `NumPy <2`\n"
            "      numpy 1.0 needs `python >=3.12`\n");
  EXPECT_EQ(explain_presence(lock, {{}, pip}, "graphviz (pip)").render(),
            "graphviz (pip) 1.0\n"
            "  `torch` (environment.yml:9) is asked for\n"
            "    torch 1.0 needs `graphviz`\n");
  EXPECT_EQ(explain_presence(lock, {}, "Torch").render(), "torch 1.0\n  `torch` is asked for\n");
}

}  // namespace
}  // namespace kasane::resolver
