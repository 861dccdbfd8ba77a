#include "resolver/pypi/simple_index.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "resolver/pypi/distribution_file.h"
#include "resolver/pypi/html_links.h"

namespace kasane::resolver::pypi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kDigest(64, 'a');

Url page_url() { return Url::parse("https://index.example/simple/demo/"); }

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
    return error.message();
  }
  return "nothing was thrown";
}

TEST(JsonPage, ReadsAllThatAFileHas) {
  const IndexPage page = parse_json_page(
      R"({"meta": {"api-version": "1.4", "_last-serial": 7}, "name": "demo",
          "project-status": {"status": "archived"}, "versions": ["1.0"], "files": [
        {"filename": "demo-1.0-py3-none-any.whl", "url": "../../f/demo-1.0-py3-none-any.whl#x=1",
         "hashes": {"sha256": ")" +
          std::string(64, 'A') +
          R"(", "md5": "00ff", "odd": 7, "bad": "xyz"}, "requires-python": ">=3.8",
         "core-metadata": {"sha256": ")" +
          kDigest + R"("}, "size": 123, "upload-time": "2023-10-01T12:00:00.5Z",
         "yanked": "broken", "gpg-sig": false, "provenance": null},
        {"filename": "demo-0.9.tar.gz", "url": "https://u:p@files.example/a%2Bb/demo-0.9.tar.gz",
         "hashes": {}, "dist-info-metadata": true, "yanked": false, "requires-python": null},
        {"filename": "x", "url": 7, "hashes": {}}, "text",
        {"filename": "demo-0.8.zip", "url": "http://h/demo-0.8.zip", "hashes": {}, "yanked": true,
         "core-metadata": false, "dist-info-metadata": true}]})",
      page_url());
  ASSERT_EQ(page.files.size(), 3U);
  EXPECT_EQ(page.status, "archived");
  const IndexFile& wheel = page.files[0];
  EXPECT_EQ(wheel.url, "https://index.example/f/demo-1.0-py3-none-any.whl");
  EXPECT_EQ(wheel.sha256(), Digest::parse_hex(kDigest));
  EXPECT_THAT(wheel.hashes, ElementsAre(Pair("md5", "00ff"), Pair("sha256", kDigest)));
  EXPECT_EQ(wheel.requires_python, ">=3.8");
  EXPECT_EQ(wheel.yanked, "broken");
  EXPECT_TRUE(wheel.has_metadata);
  EXPECT_EQ(wheel.metadata_sha256, Digest::parse_hex(kDigest));
  EXPECT_EQ(wheel.size_bytes, 123U);
  EXPECT_EQ(wheel.uploaded->time_since_epoch(), std::chrono::milliseconds(1696161600500));
  const IndexFile& source = page.files[1];
  EXPECT_EQ(source.url, "https://files.example/a%2Bb/demo-0.9.tar.gz");
  EXPECT_EQ(source.user_info, (UserInfo{"u", "p"}));
  EXPECT_TRUE(source.has_metadata);
  EXPECT_FALSE(source.metadata_sha256 || source.yanked || source.size_bytes || source.sha256());
  EXPECT_EQ(page.files[2].yanked, "");
  EXPECT_FALSE(page.files[2].has_metadata);
}

TEST(JsonPage, SaysWhatElseItIs) {
  const auto parse = [](const std::string& text) {
    return message_of([&] { parse_json_page(text, page_url()); });
  };
  EXPECT_EQ(parse("\n<!DOCTYPE html>"),
            "expected the page of a project as JSON (PEP 691): it is HTML");
  EXPECT_EQ(parse("{}"),
            "expected the page of a project as JSON (PEP 691): it has no list `files`");
  EXPECT_EQ(parse(R"({"meta": {"api-version": "2.0"}, "files": []})"),
            "the index speaks version `2.0` of the simple API, expected `1`");
  EXPECT_TRUE(parse("{\"files\": [").starts_with("expected the page of a project as JSON"));
  EXPECT_TRUE(parse("").starts_with("expected the page of a project as JSON"));
}

TEST(HtmlPage, ReadsAllThatAFileHas) {
  const IndexPage page = parse_html_page(
      "<!DOCTYPE html><html><head><META NAME='pypi:repository-version' content=1.1>"
      "<meta name=\"pypi:project-status\" content=\"Deprecated\"><title>a < b</title></head>\n"
      "<body><!-- <a href='no.whl'>no</a> --><script>'<a href=\"no.whl\">'</script>\n"
      "<A HREF=\"/f/demo-1.0+l-py3-none-any.whl#SHA256=" +
          kDigest +
          "&amp;egg=demo\" data-requires-python=\"&gt;=3.8,&#60;4\" Data-Yanked data-core-metadata="
          "sha256=" +
          kDigest +
          ">demo</a>\n<a href='demo%2D0.9.tar.gz?sig=a&amp;b' data-dist-info-metadata=true "
          "data-yanked='it&#x27;s bad'/>x</a><a>none</a><a href=''>empty</a><a href=#top>top</a>"
          "<a href=\"other/\">a directory</a><a href='https://[bad'>bad</a></body></html>",
      page_url());
  ASSERT_EQ(page.files.size(), 2U);
  EXPECT_EQ(page.status, "deprecated");
  const IndexFile& wheel = page.files[0];
  EXPECT_EQ(wheel.name, "demo-1.0+l-py3-none-any.whl");
  EXPECT_EQ(wheel.url, "https://index.example/f/demo-1.0+l-py3-none-any.whl");
  EXPECT_EQ(wheel.sha256(), Digest::parse_hex(kDigest));
  EXPECT_EQ(wheel.requires_python, ">=3.8,<4");
  EXPECT_EQ(wheel.yanked, "");
  EXPECT_TRUE(wheel.has_metadata);
  EXPECT_EQ(wheel.metadata_sha256, Digest::parse_hex(kDigest));
  const IndexFile& source = page.files[1];
  EXPECT_EQ(source.name, "demo-0.9.tar.gz");
  EXPECT_EQ(source.url, "https://index.example/simple/demo/demo%2D0.9.tar.gz?sig=a&b");
  EXPECT_EQ(source.yanked, "it's bad");
  EXPECT_TRUE(source.has_metadata);
  EXPECT_THAT(source.hashes, IsEmpty());
}

TEST(HtmlPage, TakesUrlsFromItsBase) {
  const IndexPage page = parse_html_page(
      "<html><head><base href='/files/'><base href='/no/'></head>"
      "<a href='a-1.zip'></a><a href='../b-1.zip'></a><a href='//h/c-1.zip'></a></html>",
      page_url());
  std::vector<std::string> urls;
  for (const IndexFile& file : page.files) urls.push_back(file.url);
  EXPECT_THAT(urls, ElementsAre("https://index.example/files/a-1.zip",
                                "https://index.example/b-1.zip", "https://h/c-1.zip"));
}

TEST(HtmlPage, SaysWhatElseItIs) {
  const auto parse = [](const std::string& text) {
    return message_of([&] { parse_html_page(text, page_url()); });
  };
  EXPECT_EQ(parse(""), "expected an HTML page, found no tags in it");
  EXPECT_EQ(parse("{\"files\": []}"), "expected an HTML page, found no tags in it");
  EXPECT_EQ(parse("<meta name='pypi:repository-version' content='2.0'>"),
            "the index speaks version `2.0` of the simple API, expected `1`");
  for (const std::string text : {"<html><a href='x", "<html><a href", "<html><!-- x", "<a",
                                 "<a href='x'", "<html><script>x"}) {
    EXPECT_EQ(parse(text), "the HTML page ends within a tag") << text;
  }
}

TEST(HtmlLinks, ReplaceReferencesOnce) {
  const HtmlLinks page =
      HtmlLinks::parse("1 < 2 & <a x='&amp;lt;&#x41;&#66;&unknown;&#xD800;&' =y= z>t</a>");
  ASSERT_EQ(page.links.size(), 1U);
  EXPECT_EQ(page.links[0].find("x"), "&lt;AB&unknown;&#xD800;&");
  EXPECT_EQ(page.links[0].find("=y"), "z");
  EXPECT_FALSE(page.links[0].find("z"));
}

TEST(FileNames, AreTheLastPartOfAUrl) {
  const std::pair<std::string, std::string> cases[] = {{"https://h/a/b%20c.whl?x=/y#z", "b c.whl"},
                                                       {"https://h/a/", ""},
                                                       {"https://h/a%2Fb.whl", ""},
                                                       {"https://h/a%00b.whl", ""},
                                                       {"https://h/%ff.whl", ""},
                                                       {"https://h/a%2", "a%2"},
                                                       {"https://h/a%zzb", "a%zzb"}};
  for (const auto& [url, name] : cases) EXPECT_EQ(file_name_of_url(url), name) << url;
}

TEST(DistributionFile, IsToldByItsName) {
  const auto version_of = [](const std::string& name) -> std::string {
    IndexFile file;
    file.name = name;
    const auto found = DistributionFile::find(file, "foo-bar");
    return found ? (found->wheel ? "wheel " : "source ") + found->version.text() : "";
  };
  const std::pair<std::string, std::string> cases[] = {
      {"foo_bar-1.0-py3-none-any.whl", "wheel 1.0"},
      {"Foo.Bar-1.0-1-py3-none-any.whl", "wheel 1.0"},
      {"foo-1.0-py3-none-any.whl", ""},
      {"foo_bar-x-py3-none-any.whl", ""},
      {"foo_bar-1.0.tar.gz", "source 1.0"},
      {"foo-bar-1.0.zip", "source 1.0"},
      {"Foo.Bar-1.0-1.tar.bz2", "source 1.0-1"},
      {"foo-bar-baz-1.0.tar.gz", ""},
      {"foo-bar-1.0.exe", ""},
      {"foo-bar.tar.gz", ""},
      {"foo_bar-1.0.tar.gz.asc", ""}};
  for (const auto& [name, version] : cases) EXPECT_EQ(version_of(name), version) << name;
}

}  // namespace
}  // namespace kasane::resolver::pypi
