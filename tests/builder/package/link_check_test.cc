#include "builder/package/link_check.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

using Links = std::map<std::string, std::string>;

std::string refusal_of(const Links& links) {
  try {
    check_links_stay_inside(links);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    return error.message();
  }
  return "";
}

TEST(LinkCheck, AcceptsWhatStaysInside) {
  const Links cases[] = {
      {{"lib/libz.so", "libz.so.1"}},
      {{"lib/a/b", "../../bin/x"}},
      {{"lib/a", ".."}},
      {{"a", "."}},
      {{"a", "./b//c/"}},
      {{"lib/a", "b/../../c"}},
      {{"a", "b"}, {"b", "a"}},
      {{"a", "a/../a"}},
      {{"deep/er/up", "../.."}, {"deep/x", "er/up/lib"}},
  };
  for (const Links& links : cases) EXPECT_EQ(refusal_of(links), "");
}

TEST(LinkCheck, RefusesWhatLeadsOut) {
  const struct {
    Links links;
    std::string path;
    std::string target;
  } cases[] = {
      {{{"a", "/etc/passwd"}}, "a", "/etc/passwd"},
      {{{"a", ".."}}, "a", ".."},
      {{{"lib/a", "../../x"}}, "lib/a", "../../x"},
      {{{"lib/a", "b/../../../x"}}, "lib/a", "b/../../../x"},
      {{{"deep/er/up", "../.."}, {"deep/x", "er/up/../x"}}, "deep/x", "er/up/../x"},
      {{{"a/b", ".."}, {"d", "a/b/a/b/../x"}}, "d", "a/b/a/b/../x"},
  };
  for (const auto& [links, path, target] : cases) {
    EXPECT_EQ(refusal_of(links),
              "the symbolic link `" + path + "` leads out of the prefix, to `" + target + "`");
  }
}

}  // namespace
}  // namespace kasane::builder
