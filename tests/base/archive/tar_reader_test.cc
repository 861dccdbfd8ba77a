#include "base/archive/tar_reader.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/tar_builder.h"

namespace kasane {
namespace {

using test::TarBuilder;
using Type = TarEntry::Type;

struct ReadEntry {
  TarEntry entry;
  std::string content;
};

std::vector<ReadEntry> read_archive(const std::string& archive) {
  StringSource source(archive);
  TarReader reader(source);
  std::vector<ReadEntry> out;
  while (auto entry = reader.next()) {
    std::string content = read_all(reader, 1 << 20, "payload");
    out.push_back({std::move(*entry), std::move(content)});
  }
  EXPECT_FALSE(reader.next().has_value());
  return out;
}

Error error_of(const std::string& archive) {
  try {
    read_archive(archive);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::kFailed, "no error");
}

std::string integrity_error_of(const std::string& archive) {
  const Error error = error_of(archive);
  EXPECT_EQ(error.kind(), ErrorKind::kIntegrity) << error.message();
  return error.message();
}

std::string refusal_of(const std::string& archive) {
  const Error error = error_of(archive);
  EXPECT_EQ(error.kind(), ErrorKind::kRefused) << error.message();
  return error.message();
}

TEST(TarReader, ReadsEveryTypeWithItsFields) {
  const auto entries = read_archive(
      TarBuilder()
          .add({.path = "file", .content = "hello", .mode = 04755, .mtime = 1234567890})
          .add({.path = "contiguous", .content = "x", .type = '7'})
          .add({.path = "v7", .content = "y", .type = '\0'})
          .add({.path = "hard", .type = '1', .link_target = "file"})
          .add({.path = "soft", .type = '2', .link_target = "../x"})
          .add({.path = "char", .type = '3'})
          .edit_header([](char* header) {
            std::memcpy(header + 329, "0000012", 7);
            std::memcpy(header + 337, "0000003", 7);
          })
          .add({.path = "block", .type = '4'})
          .add({.path = "dir/", .type = '5', .mode = 0755})
          .add({.path = "old-dir/", .type = '\0'})
          .add({.path = "fifo", .type = '6'})
          .finish());
  std::vector<std::string> seen;
  for (const auto& [entry, content] : entries) {
    seen.push_back(fmt::format("{} {} {:o} {} '{}' '{}'", describe(entry.type), entry.path,
                               entry.mode, entry.size_bytes, entry.link_target, content));
  }
  EXPECT_THAT(seen, testing::ElementsAre(
                        "file file 4755 5 '' 'hello'", "file contiguous 644 1 '' 'x'",
                        "file v7 644 1 '' 'y'", "hard link hard 644 0 'file' ''",
                        "symbolic link soft 644 0 '../x' ''", "character device char 644 0 '' ''",
                        "block device block 644 0 '' ''", "directory dir/ 755 0 '' ''",
                        "directory old-dir/ 644 0 '' ''", "fifo fifo 644 0 '' ''"));
  EXPECT_EQ(entries[0].entry.mtime, 1234567890);
  EXPECT_EQ(entries[5].entry.device_major, 10U);
  EXPECT_EQ(entries[5].entry.device_minor, 3U);
}

TEST(TarReader, JoinsTheUstarPrefixButNotGnusFields) {
  const auto with_prefix = [](std::string_view magic) {
    return TarBuilder()
        .add({.path = "name"})
        .edit_header([&](char* header) {
          std::memcpy(header + 257, magic.data(), 8);
          std::memcpy(header + 345, "some/prefix", 11);
        })
        .finish();
  };
  EXPECT_EQ(read_archive(with_prefix(std::string_view("ustar\00000", 8)))[0].entry.path,
            "some/prefix/name");
  EXPECT_EQ(read_archive(with_prefix(std::string_view("ustar  \0", 8)))[0].entry.path, "name");
  EXPECT_EQ(read_archive(with_prefix(std::string_view("\0\0\0\0\0\0\0\0", 8)))[0].entry.path,
            "name");
}

TEST(TarReader, TakesPaxFieldsOverThoseOfTheHeader) {
  const std::string path = std::string(150, 'p') + "/x";
  const auto entries = read_archive(TarBuilder()
                                        .add_pax({{"path", path},
                                                  {"linkpath", "/" + path},
                                                  {"mtime", "1700000000.999999999"},
                                                  {"uid", "4000000000"},
                                                  {"gid", "7"},
                                                  {"comment", "unknown keys are ignored"},
                                                  {"SCHILY.xattr.user.a", "b=c"}})
                                        .add({.path = "short", .type = '2', .link_target = "t"})
                                        .add({.path = "next", .content = "abc"})
                                        .finish());
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].entry.path, path);
  EXPECT_EQ(entries[0].entry.link_target, "/" + path);
  EXPECT_EQ(entries[0].entry.mtime, 1700000000);
  EXPECT_EQ(entries[0].entry.user_id, 4000000000U);
  EXPECT_EQ(entries[0].entry.group_id, 7U);
  EXPECT_THAT(entries[0].entry.extended_attributes,
              testing::ElementsAre(testing::Pair("user.a", "b=c")));
  EXPECT_EQ(entries[1].entry.path, "next");
  EXPECT_EQ(entries[1].entry.mtime, 0);
  EXPECT_THAT(entries[1].entry.extended_attributes, testing::IsEmpty());
}

TEST(TarReader, TakesTheSizeOfAPaxHeader) {
  const auto entries = read_archive(TarBuilder()
                                        .add_pax({{"size", "3"}})
                                        .add({.path = "a", .content = "abc"})
                                        .edit_header([](char* h) { std::memset(h + 124, '0', 11); })
                                        .add({.path = "b", .content = "d"})
                                        .finish());
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].content, "abc");
  EXPECT_EQ(entries[1].content, "d");
}

TEST(TarReader, RoundsTimesDown) {
  for (const auto& [text, seconds] : std::vector<std::pair<std::string, std::int64_t>>{
           {"0", 0}, {"1.", 1}, {"1.9", 1}, {"-1", -1}, {"-1.0", -1}, {"-1.5", -2}, {"-0.5", -1}}) {
    const auto entries =
        read_archive(TarBuilder().add_pax({{"mtime", text}}).add({.path = "a"}).finish());
    EXPECT_EQ(entries[0].entry.mtime, seconds) << text;
  }
}

TEST(TarReader, KeepsGlobalHeadersUntilTheyAreOverridden) {
  const auto entries = read_archive(TarBuilder()
                                        .add_pax({{"mtime", "5"}, {"gid", "9"}}, 'g')
                                        .add({.path = "a"})
                                        .add_pax({{"mtime", "6"}})
                                        .add({.path = "b"})
                                        .add_pax({{"gid", ""}}, 'g')
                                        .add({.path = "c"})
                                        .finish());
  EXPECT_EQ(entries[0].entry.mtime, 5);
  EXPECT_EQ(entries[0].entry.group_id, 9U);
  EXPECT_EQ(entries[1].entry.mtime, 6);
  EXPECT_EQ(entries[2].entry.mtime, 5);
  EXPECT_EQ(entries[2].entry.group_id, 0U);
}

TEST(TarReader, ReadsGnuLongNames) {
  const std::string path(300, 'n');
  const std::string target(400, 't');
  const auto entries = read_archive(TarBuilder()
                                        .add_gnu_long('K', target)
                                        .add_gnu_long('L', path)
                                        .add({.path = "cut", .type = '2', .link_target = "cut"})
                                        .finish());
  EXPECT_EQ(entries[0].entry.path, path);
  EXPECT_EQ(entries[0].entry.link_target, target);
}

TEST(TarReader, ReadsBase256AndPaddedNumbers) {
  const auto with_time = [](std::string_view field) {
    return read_archive(TarBuilder()
                            .add({.path = "a"})
                            .edit_header([&](char* h) { std::memcpy(h + 136, field.data(), 12); })
                            .finish())[0]
        .entry.mtime;
  };
  EXPECT_EQ(with_time(std::string_view("\x80\0\0\0\0\0\0\0\0\0\1\2", 12)), 258);
  EXPECT_EQ(with_time("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"), -2);
  EXPECT_EQ(with_time(std::string_view("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12)),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(with_time("       17 \0x"), 15);
  EXPECT_EQ(with_time("            "), 0);
  EXPECT_EQ(with_time("777777777777"), 68719476735);
}

TEST(TarReader, AcceptsChecksumsOfSignedCharacters) {
  std::string archive = TarBuilder().add({.path = "caf\xc3\xa9"}).finish();
  int sum = 0;
  for (int i = 0; i < 512; ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<signed char>(archive[i]);
  }
  const std::string text = fmt::format("{:06o}", sum);
  std::memcpy(archive.data() + 148, text.c_str(), 7);
  EXPECT_EQ(read_archive(archive)[0].entry.path, "caf\xc3\xa9");
}

TEST(TarReader, SkipsUnreadPayloadAndGivesItInPieces) {
  const std::string large(700'001, 'z');
  const std::string archive = TarBuilder()
                                  .add({.path = "a", .content = large})
                                  .add({.path = "b", .content = large})
                                  .add({.path = "c", .content = "end"})
                                  .finish();
  StringSource source(archive);
  TarReader reader(source);
  reader.next();
  std::string in_pieces;
  reader.next();
  for (auto piece = reader.read_piece(); !piece.empty(); piece = reader.read_piece()) {
    in_pieces += piece;
  }
  EXPECT_EQ(in_pieces, large);
  reader.next();
  char buffer[2];
  EXPECT_EQ(reader.read(buffer), 2U);
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.read(buffer), 0U);
  EXPECT_EQ(reader.read_piece(), "");
}

TEST(TarReader, EndsAtTheFirstBlockOfZeros) {
  const std::string open = TarBuilder().add({.path = "a"}).open_end();
  EXPECT_EQ(read_archive(open + std::string(512, '\0')).size(), 1U);
  EXPECT_EQ(read_archive(open + std::string(10'240, '\0')).size(), 1U);
  EXPECT_EQ(read_archive(std::string(1024, '\0')).size(), 0U);
  EXPECT_EQ(integrity_error_of(open + std::string(512, '\0') + open),
            "damaged tar archive: more content behind its end at byte 1024");
  EXPECT_EQ(integrity_error_of(open + std::string(1024, '\0') + "x"),
            "damaged tar archive: more content behind its end at byte 1024");
}

TEST(TarReader, NamesTheEntryInWhichATruncatedArchiveEnds) {
  const std::string archive = TarBuilder()
                                  .add({.path = "whole", .content = "w"})
                                  .add_pax({{"path", "longer/name"}})
                                  .add({.path = "name", .content = std::string(600, 'c')})
                                  .open_end();
  for (std::size_t size = 0; size < archive.size(); size += 100) {
    const std::string message = integrity_error_of(archive.substr(0, size));
    EXPECT_THAT(message, testing::StartsWith("truncated tar archive: "));
  }
  EXPECT_EQ(integrity_error_of(archive.substr(0, 600)),
            "truncated tar archive: `whole` ends after 1 of 1 bytes");
  EXPECT_EQ(integrity_error_of(archive.substr(0, 1030)),
            "truncated tar archive: it ends within a header at byte 1030");
  EXPECT_EQ(integrity_error_of(archive.substr(0, 1540)),
            "truncated tar archive: `an extended header` ends after 4 of 20 bytes");
  EXPECT_EQ(integrity_error_of(archive.substr(0, 2600)),
            "truncated tar archive: `longer/name` ends after 40 of 600 bytes");
  EXPECT_EQ(integrity_error_of(archive),
            "truncated tar archive: it ends after 3584 bytes without its end marker");
}

TEST(TarReader, RefusesWhatItCannotGiveBackFaithfully) {
  const struct {
    std::string archive;
    std::string message;
  } cases[] = {
      {TarBuilder().add({.path = "s", .type = 'S'}).finish(),
       "`s` in the tar archive is a sparse file, which is not supported"},
      {TarBuilder().add_pax({{"GNU.sparse.major", "1"}}).add({.path = "s"}).finish(),
       "the tar archive holds a sparse file, which is not supported"},
      {TarBuilder().add({.path = "m", .type = 'M'}).finish(),
       "`m` in the tar archive is of unknown type `M`"},
      {TarBuilder().add_pax({{"path", "a\nb"}}).add({.path = "a"}).finish(),
       "a name in the tar archive holds a NUL or a newline: `a\\x0ab`"},
      {TarBuilder().add_pax({{"path", std::string("a\0b", 3)}}).add({.path = "a"}).finish(),
       "a name in the tar archive holds a NUL or a newline: `a\\x00b`"},
      {TarBuilder().add({.path = "a", .type = '2', .link_target = "x\ny"}).finish(),
       "a link target in the tar archive holds a NUL or a newline: `x\\x0ay`"},
      {TarBuilder().add_gnu_long('L', std::string(1 << 20, 'a')).add({.path = "a"}).finish(),
       "the tar archive has a long name of 1048577 bytes, of which at most 1048576 are accepted"},
  };
  for (const auto& [archive, message] : cases) EXPECT_EQ(refusal_of(archive), message);
  EXPECT_THAT(
      refusal_of(
          TarBuilder().add_gnu_long('L', std::string(4097, 'a')).add({.path = "a"}).finish()),
      testing::StartsWith("a name in the tar archive is longer than 4096 bytes: `aaa"));
}

TEST(TarReader, ReportsDamageWithItsPlace) {
  const auto with_pax = [](std::string_view content) {
    return TarBuilder()
        .add({.path = "pax", .content = std::string(content), .type = 'x'})
        .add({.path = "a"})
        .finish();
  };
  const auto with_field = [](std::size_t offset, std::string_view field) {
    return TarBuilder()
        .add({.path = "a"})
        .edit_header([&](char* h) { std::memcpy(h + offset, field.data(), field.size()); })
        .finish();
  };
  const std::string not_records =
      "damaged tar archive: an extended header that is not made of `LENGTH KEY=VALUE` lines at "
      "byte 1024";
  const struct {
    std::string archive;
    std::string message;
  } cases[] = {
      {with_pax("x"), not_records},
      {with_pax("5 a=b"), not_records},
      {with_pax("6 a=bc"), not_records},
      {with_pax("60 a=b\n"), not_records},
      {with_pax("3 \n"), not_records},
      {with_pax("5 =b\n"), not_records},
      {with_pax("99999999999999999999 a=b\n"), not_records},
      {with_pax("10 size=x\n"),
       "damaged tar archive: `size` that is not a number: `x` at byte 1024"},
      {with_pax("13 mtime=1.x\n"),
       "damaged tar archive: `mtime` that is not a number: `1.x` at byte 1024"},
      {with_pax("28 size=9223372036854775807\n"),
       "damaged tar archive: `a` with an impossible size at byte 1024"},
      {with_field(124, "0000000000x"),
       "damaged tar archive: `size` of the header at byte 0 is not a number: `0000000000x\\x00`"},
      {with_field(124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
       "damaged tar archive: `size` of the header at byte 0 is negative: -1"},
      {with_field(136, "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
       "damaged tar archive: `mtime` of the header at byte 0 is not a number: "
       "`\\x81\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff`"},
      {with_field(0, std::string_view("\0", 1)),
       "damaged tar archive: an entry without a name at byte 0"},
      {TarBuilder().add_pax({{"mtime", "1"}}).finish(),
       "damaged tar archive: an extended header without its entry at byte 1536"},
  };
  for (const auto& [archive, message] : cases) EXPECT_EQ(integrity_error_of(archive), message);
}

TEST(TarReader, NoticesEveryFlippedBitOfAHeader) {
  const std::string archive =
      TarBuilder().add({.path = "name", .content = "c", .mtime = 77}).finish();
  for (std::size_t bit = 0; bit < 8 * 512; ++bit) {
    // The last bytes of the checksum field may be anything, its leading zeros may be spaces.
    if (bit / 8 >= 154 && bit / 8 < 156) continue;
    if (bit / 8 == 148 && bit % 8 == 4) continue;
    std::string flipped = archive;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(integrity_error_of(flipped), testing::StartsWith("damaged tar archive: ")) << bit;
  }
}

}  // namespace
}  // namespace kasane
