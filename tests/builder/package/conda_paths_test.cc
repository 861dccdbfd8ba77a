#include "builder/package/conda_paths.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

std::string paths_json(const std::string& entries) {
  return R"({"paths": [)" + entries + R"(], "paths_version": 1})";
}

struct Failure {
  ErrorKind kind;
  std::string message;
};

template <class Body>
Failure failure_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return {error.kind(), error.message()};
  }
  return {ErrorKind::kFailed, "no error"};
}

TEST(PathsJson, GivesAllFieldsSortedByPath) {
  const std::string sha(64, 'a');
  const auto paths = parse_paths_json(
      paths_json(R"({"_path": "lib/x", "path_type": "hardlink", "sha256": ")" + sha +
                 R"(", "size_in_bytes": 7, "prefix_placeholder": "/old", "file_mode": "binary",
          "no_link": true, "inode_paths": ["lib/x"], "future": {"a": [1]}},
         {"_path": "./bin/y", "path_type": "softlink", "sha256": null, "size_in_bytes": null},
         {"_path": "etc", "path_type": "directory"}, {"_path": "a"})"));
  const std::vector<CondaPath> expected = {
      {.path = "a"},
      {.path = "bin/y", .type = CondaPath::Type::kSymlink},
      {.path = "etc", .type = CondaPath::Type::kDirectory},
      {.path = "lib/x",
       .sha256 = Digest::parse_hex(sha),
       .size_bytes = 7,
       .placeholder = "/old",
       .file_mode = CondaPath::FileMode::kBinary,
       .no_link = true},
  };
  EXPECT_EQ(paths, expected);
  EXPECT_TRUE(parse_paths_json(paths_json("")).empty());
}

TEST(PathsJson, RefusesWhatItCannotTrust) {
  const auto integrity = ErrorKind::kIntegrity;
  const auto refused = ErrorKind::kRefused;
  const struct {
    std::string json;
    Failure failure;
  } cases[] = {
      {paths_json(R"({"path_type": "hardlink"})"),
       {integrity, "`info/paths.json` is malformed: an entry has no text `_path`"}},
      {paths_json(R"({"_path": "a", "path_type": "fifo"})"),
       {integrity, "`info/paths.json` is malformed: `path_type` of `a` is `fifo`"}},
      {paths_json(R"({"_path": "a", "sha256": "xy"})"),
       {integrity, "`info/paths.json` is malformed: `sha256` of `a` is `xy`"}},
      {paths_json(R"({"_path": "a", "size_in_bytes": -1})"),
       {integrity, "`info/paths.json` is malformed: `size_in_bytes` of `a` is -1"}},
      {paths_json(R"({"_path": "a", "file_mode": "ebcdic"})"),
       {integrity, "`info/paths.json` is malformed: `file_mode` of `a` is `ebcdic`"}},
      {paths_json("1"),
       {integrity, "`info/paths.json` is malformed: `paths` is not a list of objects"}},
      {R"({"paths": {"a": {"_path": "a"}}})",
       {integrity, "`info/paths.json` is malformed: `paths` is not a list of objects"}},
      {"[]", {integrity, "`info/paths.json` is malformed: `paths` is not a list of objects"}},
      {R"({"paths": [], "paths_version": 2})",
       {refused, "`info/paths.json` is of version 2; only version 1 is known"}},
      {paths_json(R"({"_path": "a"}, {"_path": "./a"})"),
       {integrity, "the package brings `a` twice"}},
      {paths_json(R"({"_path": "../a"})"), {refused, "entry name `../a` has a part `..`"}},
      {paths_json(R"({"_path": "/a"})"), {refused, "entry name `/a` is absolute"}},
      {paths_json(R"({"_path": "a\u0000b"})"),
       {refused, "entry name `a\\x00b` holds a control character"}},
      {paths_json(R"({"_path": "a\nb"})"),
       {refused, "entry name `a\\x0ab` holds a control character"}},
      {paths_json(R"({"_path": "./"})"), {refused, "the package installs the prefix itself"}},
      {paths_json(R"({"_path": "conda-meta/history"})"),
       {refused,
        "the package installs `conda-meta/history`, but `conda-meta/` is not for packages to "
        "fill"}},
      {paths_json(R"({"_path": "info/x"})"),
       {refused, "the package installs `info/x`, but `info/` is not for packages to fill"}},
      {paths_json(R"({"_path": "a/b", "path_type": "softlink"}, {"_path": "a/b/c/d"})"),
       {refused, "the package installs `a/b/c/d` below `a/b`, which is not a directory"}},
      // `a-b` sorts between `a` and `a/b`.
      {paths_json(R"({"_path": "a"}, {"_path": "a-b"}, {"_path": "a/b"})"),
       {refused, "the package installs `a/b` below `a`, which is not a directory"}},
  };
  for (const auto& [json, expected] : cases) {
    const Failure failure = failure_of([&json = json] { parse_paths_json(json); });
    EXPECT_EQ(failure.message, expected.message) << json;
    EXPECT_EQ(failure.kind, expected.kind) << json;
  }
}

TEST(PathsJson, ReportsWhatIsNoJson) {
  const Failure failure = failure_of([] { parse_paths_json("{"); });
  EXPECT_EQ(failure.kind, ErrorKind::kIntegrity);
  EXPECT_TRUE(failure.message.starts_with("`info/paths.json` is not JSON: ")) << failure.message;
}

TEST(PathsJson, SurvivesDeepNesting) {
  const std::string deep(200'000, '[');
  EXPECT_EQ(failure_of([&] { parse_paths_json(deep); }).kind, ErrorKind::kIntegrity);
  const std::string closed = deep + std::string(200'000, ']');
  EXPECT_EQ(failure_of([&] { parse_paths_json(R"({"x": )" + closed + "}"); }).kind,
            ErrorKind::kIntegrity);
}

TEST(LegacyLists, GiveFilesAndPlaceholders) {
  const auto paths = parse_legacy_paths({
      .files = "lib/x\nbin/y\r\n\n  \nshare/a b\nlib/z\n",
      .has_prefix = "bin/y\n/long/placeholder binary lib/x\n\"/pl\" text 'share/a b'\nnot/listed\n",
      .no_link = "lib/z\nnot/listed\n",
  });
  const std::vector<CondaPath> expected = {
      {.path = "bin/y", .placeholder = "/opt/anaconda1anaconda2anaconda3"},
      {.path = "lib/x",
       .placeholder = "/long/placeholder",
       .file_mode = CondaPath::FileMode::kBinary},
      {.path = "lib/z", .no_link = true},
      {.path = "share/a b", .placeholder = "/pl"},
  };
  EXPECT_EQ(paths, expected);
}

TEST(LegacyLists, TakeAPathWithBlanksForWhatItIs) {
  const auto paths = parse_legacy_paths(
      {.files = "a b\na b c d\n", .has_prefix = "a b\na b c d\n", .no_link = ""});
  EXPECT_EQ(paths[0].placeholder, "/opt/anaconda1anaconda2anaconda3");
  EXPECT_EQ(paths[1].placeholder, "/opt/anaconda1anaconda2anaconda3");
}

TEST(LegacyLists, AreHeldToTheSameRules) {
  const struct {
    LegacyPathLists lists;
    std::string message;
  } cases[] = {
      {{.files = "a\na\n", .has_prefix = "", .no_link = ""}, "the package brings `a` twice"},
      {{.files = "a\na/b\n", .has_prefix = "", .no_link = ""},
       "the package installs `a/b` below `a`, which is not a directory"},
      {{.files = "../a\n", .has_prefix = "", .no_link = ""}, "entry name `../a` has a part `..`"},
      {{.files = "conda-meta/x\n", .has_prefix = "", .no_link = ""},
       "the package installs `conda-meta/x`, but `conda-meta/` is not for packages to fill"},
  };
  for (const auto& [lists, message] : cases) {
    EXPECT_EQ(failure_of([&lists = lists] { parse_legacy_paths(lists); }).message, message);
  }
}

}  // namespace
}  // namespace kasane::builder
