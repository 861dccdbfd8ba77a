#include "builder/shared/cache_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/error.h"
#include "builder/shared/overlaid_cache.h"
#include "tests/support/temporary_directory.h"

namespace kasane::builder {
namespace {

std::string packed(const std::string& json) {
  std::string out;
  make_chunk_compressor(CompressionMethod::zstd(1))->compress(json, out);
  return out;
}

TEST(CacheRecord, IsReadAsItWasWritten) {
  const CacheRecord record{"azureml/azureml_1",
                           {{"facts-1", "{\"a\":\"\\u00e9\"}"}, {"layer-2", ""}},
                           {{Digest::of("x"), 7}, {Digest::of("y"), 0}}};
  EXPECT_EQ(CacheRecord::parse(record.render()), record);
  EXPECT_EQ(CacheRecord::parse(CacheRecord{"a", {}, {}}.render()), (CacheRecord{"a", {}, {}}));
  EXPECT_EQ(record.render(), record.render());
}

TEST(CacheRecord, RefusesWhatIsNone) {
  for (
      const std::string& bytes : {
          std::string(),
          std::string("no zstd"),
          packed("no json"),
          packed("[]"),
          packed(R"({"schema":"kasane.cache-record/2"})"),
          packed(R"({"schema":"kasane.cache-record/1","repository":1,"outcomes":{},"blobs":[]})"),
          packed(
              R"({"schema":"kasane.cache-record/1","repository":"A b","outcomes":{},"blobs":[]})"),
          packed(
              R"({"schema":"kasane.cache-record/1","repository":"../x","outcomes":{},"blobs":[]})"),
          packed(
              R"({"schema":"kasane.cache-record/1","repository":"a","outcomes":{"k":1},"blobs":[]})"),
          packed(
              R"({"schema":"kasane.cache-record/1","repository":"a","outcomes":{},"blobs":[["x",1]]})"),
          packed(
              R"({"schema":"kasane.cache-record/1","repository":"a","outcomes":{},"blobs":[[]]})"),
      }) {
    try {
      CacheRecord::parse(bytes);
      ADD_FAILURE() << bytes;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity) << error.message();
    }
  }
}

TEST(OverlaidCache, FindsWhatOthersToldButKeepsNoneOfIt) {
  testing::TemporaryDirectory directory;
  PosixFileSystem files;
  const auto local = cache::open_cache(files, directory.path(), {});
  const auto key = cache::Key::of("facts", "1");
  const auto own = cache::Key::of("facts", "2");
  local->remember(own, {"mine", {}});
  OverlaidCache overlaid(*local);
  EXPECT_EQ(overlaid.find(key), std::nullopt);
  overlaid.overlay({{key.render(), "told"}, {own.render(), "theirs"}});
  const cache::Outcome told{"told", {}};
  EXPECT_EQ(overlaid.find(key), told);
  EXPECT_EQ(overlaid.find_or_make(key, []() -> cache::Outcome { throw 1; }), told);
  EXPECT_EQ(overlaid.find(own)->value, "mine");
  EXPECT_EQ(overlaid.find_or_make(own, []() -> cache::Outcome { throw 1; }).value, "mine");
  EXPECT_EQ(local->find(key), std::nullopt);
  const auto made = cache::Key::of("facts", "3");
  EXPECT_EQ(overlaid.find_or_make(made, [] { return cache::Outcome{"new", {}}; }).value, "new");
  EXPECT_EQ(local->find(made)->value, "new");
}

}  // namespace
}  // namespace kasane::builder
