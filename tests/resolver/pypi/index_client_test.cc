#include "resolver/pypi/index_client.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/python_index.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wheel_builder.h"

namespace kasane::resolver::pypi {
namespace {

using test::metadata_text;
using test::PythonIndex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class IndexClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<IndexClient> client(IndexSettings settings) {
    return std::make_unique<IndexClient>(
        std::move(settings),
        TransportOptions{.http = *http_,
                         .find_user = find_user_,
                         .pause = [this](std::chrono::milliseconds) { ++pauses_; }},
        disk_);
  }
  std::unique_ptr<IndexClient> client(const PythonIndex& index) {
    return client({.indexes = {Url::parse(index.url())}});
  }
  IndexSettings with_cache(const PythonIndex& index) {
    return {.indexes = {Url::parse(index.url())}, .cache_directory = "/cache"};
  }

  MemoryFileSystem disk_;
  std::unique_ptr<HttpClient> http_ = make_curl_client({.proxies_from_environment = false});
  std::function<std::optional<UserInfo>(const Url&)> find_user_;
  std::atomic<int> pauses_ = 0;
};

std::vector<std::string> names(const ProjectFiles& files) {
  std::vector<std::string> out;
  for (const DistributionFile& file : files.files) out.push_back(file.file.name);
  return out;
}

Error error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorKind::kFailed, "");
}

TEST_F(IndexClientTest, ListsFilesBestFirst) {
  PythonIndex index;
  for (const std::string name :
       {"demo-1.0-py3-none-any.whl", "demo-1.10-py3-none-any.whl", "demo-1.9-py3-none-any.whl"}) {
    index.add_wheel(name);
  }
  index.add_file("demo-1.10.tar.gz", "x");
  index.add_file("demo-1.0.exe", "x");
  const auto indexes = client(index);
  const ProjectFiles& files = indexes->files("demo");
  EXPECT_TRUE(files.known);
  EXPECT_THAT(names(files), ElementsAre("demo-1.10-py3-none-any.whl", "demo-1.10.tar.gz",
                                        "demo-1.9-py3-none-any.whl", "demo-1.0-py3-none-any.whl"));
  EXPECT_EQ(files.other_links, 1U);
  EXPECT_FALSE(indexes->files("nobody").known);
  indexes->files("demo");
  EXPECT_EQ(index.server().count_calls("/simple/demo/"), 1U);
  EXPECT_THAT(index.server().calls()[0].header("Accept"),
              HasSubstr("application/vnd.pypi.simple.v1+json"));
}

TEST_F(IndexClientTest, TheFirstIndexThatKnowsANameOwnsIt) {
  PythonIndex first;
  PythonIndex second;
  first.add_wheel("demo-1.0-py3-none-any.whl");
  second.add_wheel("demo-2.0-py3-none-any.whl");
  second.add_wheel("demo-1.0-py3-none-any.whl");
  second.add_wheel("other-1.0-py3-none-any.whl");
  IndexSettings settings{.indexes = {Url::parse(first.url()), Url::parse(second.url())}};
  const auto owning = client(settings);
  EXPECT_THAT(names(owning->files("demo")), ElementsAre("demo-1.0-py3-none-any.whl"));
  EXPECT_THAT(names(owning->files("other")), ElementsAre("other-1.0-py3-none-any.whl"));
  EXPECT_EQ(second.server().count_calls("/simple/demo/"), 0U);

  settings.strategy = IndexStrategy::kBestMatch;
  const auto all = client(settings);
  const ProjectFiles& files = all->files("demo");
  EXPECT_THAT(names(files), ElementsAre("demo-2.0-py3-none-any.whl", "demo-1.0-py3-none-any.whl"));
  EXPECT_EQ(files.files[1].origin, 0U);
  EXPECT_THAT(files.origins, ElementsAre(first.url(), second.url()));
}

TEST_F(IndexClientTest, AnIndexWithoutFilesForANameStillOwnsIt) {
  PythonIndex first;
  PythonIndex second;
  first.set_reply("/simple/demo/",
                  HttpReply::of(200, R"({"files": []})").with("Content-Type", "application/json"));
  second.add_wheel("demo-2.0-py3-none-any.whl");
  const auto indexes = client({.indexes = {Url::parse(first.url()), Url::parse(second.url())}});
  EXPECT_TRUE(indexes->files("demo").known);
  EXPECT_THAT(indexes->files("demo").files, IsEmpty());
}

TEST_F(IndexClientTest, LooksLikeItDidAtATime) {
  PythonIndex index;
  for (const std::string version : {"1.0", "2.0", "3.0", "4.0"}) {
    index.add_wheel("demo-" + version + "-py3-none-any.whl");
  }
  index.set_fields("demo-1.0-py3-none-any.whl", R"("upload-time": "2023-01-01T00:00:00Z")");
  index.set_fields("demo-2.0-py3-none-any.whl", R"("upload-time": "2023-06-01T00:00:00Z")");
  index.set_fields("demo-3.0-py3-none-any.whl", R"("upload-time": "2023-06-01T00:00:00.000001Z")");
  const auto indexes = client({.indexes = {Url::parse(index.url())},
                               .exclude_newer = find_upload_time("2023-06-01T00:00:00Z")});
  EXPECT_THAT(names(indexes->files("demo")),
              ElementsAre("demo-2.0-py3-none-any.whl", "demo-1.0-py3-none-any.whl"));
  EXPECT_EQ(indexes->files("demo").too_new, 2U);
}

TEST_F(IndexClientTest, QuarantinedProjectsHaveNoFiles) {
  PythonIndex index;
  index.set_reply("/simple/demo/",
                  HttpReply::of(200,
                                "<meta name='pypi:project-status' content='quarantined'>"
                                "<a href='demo-1.0-py3-none-any.whl'>x</a>")
                      .with("Content-Type", "text/html; charset=utf-8"));
  EXPECT_THAT(client(index)->files("demo").files, IsEmpty());
}

TEST_F(IndexClientTest, AsksOnlyWhatHasChanged) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl");
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(names(client(with_cache(index))->files("demo")),
                ElementsAre("demo-1.0-py3-none-any.whl"));
  }
  const auto calls = index.server().calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].header("If-None-Match"), "");
  EXPECT_EQ(calls[1].header("If-None-Match"), calls[2].header("If-None-Match"));
  EXPECT_NE(calls[1].header("If-None-Match"), "");
  index.add_wheel("demo-2.0-py3-none-any.whl");
  EXPECT_EQ(client(with_cache(index))->files("demo").files.size(), 2U);
}

TEST_F(IndexClientTest, DropsWhatIsDamagedInTheCache) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl");
  client(with_cache(index))->files("demo");
  const Path pages = "/cache/pages";
  const std::string folder = disk_.list(pages).at(0);
  const Path page = pages / folder / disk_.list(pages / folder).at(0);
  std::string bytes = disk_.read_text(page);
  bytes[bytes.size() / 2] ^= 1;
  disk_.remove(page);
  disk_.write_atomically(page, bytes);
  EXPECT_EQ(client(with_cache(index))->files("demo").files.size(), 1U);
  EXPECT_EQ(index.server().calls().back().header("If-None-Match"), "");
}

TEST_F(IndexClientTest, AFullDiskOnlyCostsTime) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl");
  disk_.set_capacity(10);
  EXPECT_EQ(client(with_cache(index))->files("demo").files.size(), 1U);
}

TEST_F(IndexClientTest, AsksAgainWhereThatMayHelp) {
  PythonIndex index;
  index.set_reply("/simple/demo/", HttpReply::of(503).with("Retry-After", "7"));
  const Error error = error_of([&] { client(index)->files("demo"); });
  EXPECT_EQ(error.kind(), ErrorKind::kNetwork);
  EXPECT_EQ(error.message(), "`" + index.url("/simple/demo/") + "` answered 503");
  EXPECT_THAT(error.contexts(), ElementsAre("while reading `" + index.url("/simple/demo/") + "`"));
  EXPECT_EQ(index.server().count_calls("/simple/demo/"), 3U);
  EXPECT_EQ(pauses_, 2);
}

TEST_F(IndexClientTest, SaysWhatIsWrongWithAPage) {
  const auto message = [&](HttpReply reply) {
    PythonIndex index;
    index.set_reply("/simple/demo/", std::move(reply));
    return error_of([&] { client(index)->files("demo"); });
  };
  EXPECT_EQ(
      message(HttpReply::of(200, "<html>log in</html>").with("Content-Type", "application/json"))
          .message(),
      "expected the page of a project as JSON (PEP 691): it is HTML");
  EXPECT_EQ(message(HttpReply::of(200, "x").with("Content-Type", "image/png")).message(),
            "expected JSON or HTML from the index, got `image/png`");
  EXPECT_EQ(message(HttpReply::of(200, "<html></html>")
                        .with("Content-Type", "text/html")
                        .with("Content-Encoding", "br"))
                .message(),
            "the page is encoded as `br`, expected `gzip`");
  const Error refused = message(HttpReply::of(403));
  EXPECT_THAT(refused.message(), HasSubstr("answered 403"));
  EXPECT_EQ(refused.hint_text(), "this index wants credentials, or others than it was given");
}

TEST_F(IndexClientTest, SendsCredentialsWhereTheyBelong) {
  PythonIndex index;
  PythonIndex elsewhere;
  index.add_wheel("demo-1.0-py3-none-any.whl");
  const std::string& bytes = elsewhere.add_wheel("other-1.0-py3-none-any.whl");
  index.set_reply(
      "/simple/other/",
      HttpReply::of(200, "<a href='" + elsewhere.url("/files/other-1.0-py3-none-any.whl") +
                             "#sha256=" + Digest::of(bytes).hex() + "'>x</a>")
          .with("Content-Type", "text/html"));
  Url url = Url::parse(index.url()).with_user({"me", "secret"});
  const auto indexes = client({.indexes = {url}});
  const ProjectFiles& demo = indexes->files("demo");
  indexes->metadata("demo", demo.files[0]);
  indexes->metadata("other", indexes->files("other").files[0]);
  for (const HttpCall& call : index.server().calls()) {
    EXPECT_EQ(call.header("Authorization"), basic_authorization({"me", "secret"})) << call.target;
  }
  for (const HttpCall& call : elsewhere.server().calls()) {
    EXPECT_EQ(call.header("Authorization"), "") << call.target;
  }
  EXPECT_EQ(demo.files[0].file.url.find("secret"), std::string::npos);
  EXPECT_EQ(demo.origins[0].find("secret"), std::string::npos);

  find_user_ = [](const Url&) { return UserInfo{"net", "rc"}; };
  client(index)->files("demo");
  EXPECT_EQ(index.server().calls().back().header("Authorization"),
            basic_authorization({"net", "rc"}));
}

TEST_F(IndexClientTest, TakesPublishedMetadata) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl", "Requires-Dist: wrong\n");
  index.publish_metadata("demo-1.0-py3-none-any.whl",
                         metadata_text("Demo", "1.0", "Requires-Dist: right>=1\n"));
  const auto indexes = client(index);
  const Metadata& found = indexes->metadata("demo", indexes->files("demo").files.at(0));
  ASSERT_EQ(found.requires_dist.size(), 1U);
  EXPECT_EQ(found.requires_dist[0].render(), "right>=1");
  EXPECT_EQ(index.server().count_calls("/files/demo-1.0-py3-none-any.whl"), 0U);
}

TEST_F(IndexClientTest, RefusesPublishedMetadataOfAnotherDigest) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl");
  index.publish_metadata("demo-1.0-py3-none-any.whl", metadata_text("demo", "1.0"));
  const std::string other = metadata_text("demo", "1.0", "Requires-Dist: evil\n");
  index.add_file("demo-1.0-py3-none-any.whl.metadata", other);
  const auto indexes = client(index);
  const Error error =
      error_of([&] { indexes->metadata("demo", indexes->files("demo").files.at(0)); });
  EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
  EXPECT_EQ(error.message(),
            "digest mismatch for `" + index.url("/files/demo-1.0-py3-none-any.whl.metadata") +
                "`: expected `" + Digest::of(metadata_text("demo", "1.0")).render() + "`, got `" +
                Digest::of(other).render() + "`");
  EXPECT_THAT(error.contexts(),
              ElementsAre("while reading the metadata of `demo-1.0-py3-none-any.whl`"));
}

TEST_F(IndexClientTest, ReadsOnlyTheEndOfAWheel) {
  PythonIndex index;
  testing::WheelBlueprint blueprint;
  blueprint.members = {{.name = "demo/big.bin", .content = std::string(1 << 20, 'x')}};
  blueprint.extra_metadata = "Requires-Dist: a\n";
  index.add_file("demo-1.0-py3-none-any.whl", testing::make_wheel(blueprint));
  index.set_fields("demo-1.0-py3-none-any.whl", R"("core-metadata": true)");
  const auto indexes = client(index);
  const Metadata& found = indexes->metadata("demo", indexes->files("demo").files.at(0));
  EXPECT_EQ(found.requires_dist.size(), 1U);
  EXPECT_EQ(index.server().count_calls("/files/demo-1.0-py3-none-any.whl.metadata"), 1U);
  EXPECT_EQ(index.server().count_calls("/files/demo-1.0-py3-none-any.whl"), 1U);
  EXPECT_EQ(index.server().calls().back().header("Range"), "bytes=-67584");
}

TEST_F(IndexClientTest, ReadsMetadataAtTheFrontOfALargeWheel) {
  PythonIndex index;
  testing::WheelBlueprint blueprint;
  blueprint.members = {
      {.name = "demo-1.0.dist-info/METADATA", .content = metadata_text("demo", "1.0")},
      {.name = "demo/big.bin", .content = std::string(1 << 20, 'x')}};
  const std::string bytes = testing::make_wheel(blueprint);
  index.add_file("demo-1.0-py3-none-any.whl", bytes);
  index.set_fields("demo-1.0-py3-none-any.whl", "\"size\": " + std::to_string(bytes.size()));
  const auto indexes = client(index);
  EXPECT_EQ(indexes->metadata("demo", indexes->files("demo").files.at(0)).name, "demo");
  const auto calls = index.server().calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[1].header("Range"), "bytes=" + std::to_string(bytes.size() - 67584) + "-" +
                                          std::to_string(bytes.size() - 1));
  EXPECT_EQ(calls[2].header("Range"), "bytes=0-16383");
}

TEST_F(IndexClientTest, ReadsTheWholeWheelWhereThereAreNoRanges) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl", "Requires-Dist: a\n");
  index.set_ranges(false);
  const auto indexes = client(index);
  EXPECT_EQ(indexes->metadata("demo", indexes->files("demo").files.at(0)).requires_dist.size(), 1U);
  EXPECT_EQ(index.server().count_calls("/files/demo-1.0-py3-none-any.whl"), 1U);
}

TEST_F(IndexClientTest, ChecksTheDigestOfAWholeWheel) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl");
  index.set_ranges(false);
  const auto indexes = client(index);
  const ProjectFiles& files = indexes->files("demo");
  index.add_wheel("demo-1.0-py3-none-any.whl", "Requires-Dist: evil\n");
  const Error error = error_of([&] { indexes->metadata("demo", files.files.at(0)); });
  EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
  EXPECT_THAT(error.message(), HasSubstr("digest mismatch for"));
}

TEST_F(IndexClientTest, RefusesMetadataOfAnotherVersion) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl");
  index.publish_metadata("demo-1.0-py3-none-any.whl", metadata_text("demo", "1.1"));
  const auto indexes = client(index);
  const Error error =
      error_of([&] { indexes->metadata("demo", indexes->files("demo").files.at(0)); });
  EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
  EXPECT_EQ(error.message(), "METADATA is of `demo 1.1`, the file's name says `demo 1.0`");
}

TEST_F(IndexClientTest, SaysThatAFileIsGone) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl");
  const auto indexes = client(index);
  const ProjectFiles& files = indexes->files("demo");
  index.set_reply("/files/demo-1.0-py3-none-any.whl", HttpReply::of(404));
  EXPECT_EQ(error_of([&] { indexes->metadata("demo", files.files.at(0)); }).message(),
            "`" + index.url("/files/demo-1.0-py3-none-any.whl") + "` answered 404");
}

TEST_F(IndexClientTest, KeepsMetadataByTheDigestOfItsFile) {
  PythonIndex index;
  index.add_wheel("demo-1.0-py3-none-any.whl", "Requires-Dist: a\n");
  for (int i = 0; i < 2; ++i) {
    const auto indexes = client(with_cache(index));
    EXPECT_EQ(indexes->metadata("demo", indexes->files("demo").files.at(0)).requires_dist.size(),
              1U);
  }
  EXPECT_EQ(index.server().count_calls("/files/demo-1.0-py3-none-any.whl"), 1U);
}

TEST_F(IndexClientTest, HintsChangeNothingButWhoAsks) {
  PythonIndex index;
  std::vector<std::string> projects;
  for (int i = 0; i < 20; ++i) {
    projects.push_back("demo" + std::to_string(i));
    if (i != 7) index.add_wheel(projects.back() + "-1.0-py3-none-any.whl");
  }
  index.set_reply("/simple/demo3/", HttpReply::of(403));
  const auto indexes = client(index);
  const std::vector<std::string_view> views(projects.begin(), projects.end());
  indexes->hint_files(views);
  for (std::size_t i = 0; i < projects.size(); ++i) {
    if (i == 3) {
      EXPECT_THROW(indexes->files(projects[i]), Error);
      continue;
    }
    const ProjectFiles& files = indexes->files(projects[i]);
    EXPECT_EQ(files.known, i != 7);
    if (!files.files.empty()) {
      indexes->hint_metadata(projects[i], files.files[0]);
      EXPECT_EQ(indexes->metadata(projects[i], files.files[0]).name, projects[i]);
    }
    EXPECT_EQ(index.server().count_calls("/simple/" + projects[i] + "/"), 1U);
  }
}

TEST_F(IndexClientTest, ReadsDirectoriesAndPagesOfLinks) {
  testing::TemporaryDirectory temporary;
  PosixFileSystem disk;
  PythonIndex source;
  const std::string wheel = source.add_wheel("demo-1.0-py3-none-any.whl", "Requires-Dist: a\n");
  const Path root = temporary.path();
  for (const std::string folder : {"index/demo", "index/page", "links"}) {
    disk.create_directories(root / folder);
  }
  disk.write_atomically(root / "index/demo/demo-1.0-py3-none-any.whl", wheel);
  disk.write_atomically(root / "index/page/index.html",
                        "<a href='../demo/page-3.0-py3-none-any.whl'>x</a>");
  disk.write_atomically(root / "links/demo-2.0-py3-none-any.whl", "");
  disk.write_atomically(root / "links/more.html", "<a href='demo-3.0.tar.gz'>x</a>");
  IndexSettings settings{
      .indexes = {Url::of_file(root / "index")},
      .find_links = {Url::of_file(root / "links"), Url::of_file(root / "links/more.html"),
                     Url::of_file(root / "index/demo/demo-1.0-py3-none-any.whl")}};
  IndexClient indexes(settings, {.http = *http_}, disk);
  const ProjectFiles& files = indexes.files("demo");
  EXPECT_THAT(names(files), ElementsAre("demo-3.0.tar.gz", "demo-2.0-py3-none-any.whl",
                                        "demo-1.0-py3-none-any.whl"));
  EXPECT_EQ(indexes.metadata("demo", files.files[2]).requires_dist.size(), 1U);
  EXPECT_THAT(names(indexes.files("page")), ElementsAre("page-3.0-py3-none-any.whl"));
  EXPECT_FALSE(indexes.files("nobody").known);

  settings.find_links = {Url::of_file(root / "nowhere")};
  IndexClient broken(settings, {.http = *http_}, disk);
  EXPECT_EQ(error_of([&] { broken.files("demo"); }).message(),
            "no such file or directory: `" + (root / "nowhere").native() + "`");

  settings.find_links = {};
  settings.indexes = {Url::of_file(root / "nowhere")};
  IndexClient absent(settings, {.http = *http_}, disk);
  EXPECT_EQ(error_of([&] { absent.files("demo"); }).message(),
            "the index `" + (root / "nowhere").native() + "` is no directory");
}

}  // namespace
}  // namespace kasane::resolver::pypi
