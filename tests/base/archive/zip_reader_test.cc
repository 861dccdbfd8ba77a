#include "base/archive/zip_reader.h"

#include <filesystem>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/archive/zip_directory.h"
#include "base/error.h"
#include "tests/support/memory_file.h"
#include "tests/support/zip_builder.h"

namespace kasane {
namespace {

using testing::deflate;
using testing::make_zip;
using testing::MemoryFile;
using testing::ZipMember;
using testing::ZipShape;

std::string read_entry(const ZipReader& zip, std::string_view name, std::size_t step = 1000) {
  const ZipEntry* entry = zip.find(name);
  if (entry == nullptr) throw Error(ErrorKind::kFailed, "no such entry");
  const auto source = zip.open_entry(*entry);
  std::string out;
  std::string buffer(step, '\0');
  while (const std::size_t count = source->read(buffer)) out.append(buffer, 0, count);
  EXPECT_EQ(source->read(buffer), 0u);
  return out;
}

/// The message of the error that opening the archive, and reading all of it, ends in.
std::string failure(const std::string& archive) {
  const MemoryFile file(archive);
  try {
    const ZipReader zip = ZipReader::open(file);
    for (const ZipEntry& entry : zip.entries()) read_entry(zip, entry.name);
  } catch (const Error& error) {
    return error.message();
  }
  return "none";
}

std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

std::string text(std::size_t size) {
  std::string out;
  for (int i = 0; out.size() < size; ++i) out += std::to_string(i * 7919) + " words of text\n";
  out.resize(size);
  return out;
}

TEST(ZipReader, ReadsStoredAndDeflatedEntriesInEveryStep) {
  const std::string words = text(200'000);
  const std::string bytes = noise(100'000);
  const MemoryFile file(make_zip({{.name = "words", .content = words, .method = 8},
                                  {.name = "bytes", .content = bytes},
                                  {.name = "bytes.z", .content = bytes, .method = 8},
                                  {.name = "empty"},
                                  {.name = "empty.z", .method = 8},
                                  {.name = "one", .content = "x", .method = 8},
                                  {.name = "folder/", .mode = 040755}}));
  const ZipReader zip = ZipReader::open(file);
  ASSERT_EQ(zip.entries().size(), 7u);
  EXPECT_EQ(zip.entries()[0].name, "words");
  EXPECT_TRUE(zip.entries()[6].is_directory());
  for (const std::size_t step : {1, 7, 4096, 65536, 1'000'000}) {
    EXPECT_EQ(read_entry(zip, "words", step), words);
    EXPECT_EQ(read_entry(zip, "bytes", step), bytes);
    EXPECT_EQ(read_entry(zip, "bytes.z", step), bytes);
    EXPECT_EQ(read_entry(zip, "empty", step), "");
    EXPECT_EQ(read_entry(zip, "empty.z", step), "");
    EXPECT_EQ(read_entry(zip, "one", step), "x");
  }
}

TEST(ZipReader, TellsModeTimeAndPlaceOfAnEntry) {
  const std::string timestamp("UT\x05\0\x01\x2a\0\0\0", 9);
  const MemoryFile file(make_zip({{.name = "tool", .content = "run", .mode = 0100755},
                                  {.name = "dos", .content = "x", .made_on = 0},
                                  {.name = "link", .content = "tool", .mode = 0120777},
                                  {.name = "timed", .central_extra = timestamp}}));
  const ZipReader zip = ZipReader::open(file);
  const ZipEntry& tool = *zip.find("tool");
  EXPECT_EQ(tool.unix_mode, 0100755u);
  EXPECT_EQ(tool.modified, 1577836800);  // 2020-01-01
  EXPECT_EQ(tool.data_offset, 34u);
  EXPECT_EQ(zip.find("dos")->unix_mode, 0u);
  EXPECT_TRUE(zip.find("link")->is_symlink());
  EXPECT_FALSE(tool.is_symlink());
  EXPECT_EQ(zip.find("timed")->modified, 42);
  EXPECT_EQ(zip.find("nothing"), nullptr);
}

TEST(ZipReader, ReadsDescriptorsZip64AndComments) {
  std::vector<ZipMember> members;
  for (const std::size_t size : {12, 16, 20, 24}) {
    members.push_back({.name = "s" + std::to_string(size),
                       .content = "streamed",
                       .method = 8,
                       .descriptor_size = size});
  }
  members.push_back({.name = "wide", .content = "sixty-four", .zip64 = true});
  for (const bool zip64_end : {false, true}) {
    const MemoryFile file(make_zip(members, {.comment = "a comment", .zip64_end = zip64_end}));
    const ZipReader zip = ZipReader::open(file);
    EXPECT_EQ(read_entry(zip, "s12"), "streamed");
    EXPECT_EQ(read_entry(zip, "s24"), "streamed");
    EXPECT_EQ(read_entry(zip, "wide"), "sixty-four");
  }
}

TEST(ZipReader, ReadsAnEmptyArchive) {
  const MemoryFile file(make_zip({}));
  EXPECT_TRUE(ZipReader::open(file).entries().empty());
}

TEST(ZipReader, RefusesWhatTwoReadersMightReadDifferently) {
  const ZipMember a{.name = "a", .content = "aaaa"};
  const ZipMember b{.name = "b", .content = "bb"};
  const auto with = [](ZipMember member, auto change) {
    change(member);
    return member;
  };
  const std::pair<std::string, std::string> cases[] = {
      {make_zip({a, a}), "ambiguous zip archive: two entries `a`"},
      {make_zip({with(a, [](ZipMember& m) { m.local_name = "c"; })}),
       "ambiguous zip archive: entry `a` is called `c` in its own header"},
      {make_zip({with(a, [](ZipMember& m) { m.local_size = 5; })}),
       "ambiguous zip archive: the headers of entry `a` disagree on its size: 5 and 4"},
      {make_zip({with(a, [](ZipMember& m) { m.local_compressed_size = 3; })}),
       "ambiguous zip archive: the headers of entry `a` disagree on its compressed size: 3 and 4"},
      {make_zip({with(a, [](ZipMember& m) { m.local_crc = 1; })}),
       "ambiguous zip archive: the headers of entry `a` disagree on its CRC: 1 and 2912478533"},
      {make_zip({with(a, [](ZipMember& m) { m.local_method = 8; })}),
       "ambiguous zip archive: the headers of entry `a` disagree on its method: 8 and 0"},
      {make_zip({a}, {.prefix = "#!/bin/sh\n"}),
       "ambiguous zip archive: 10 bytes before its first entry"},
      {make_zip({a}, {.suffix = "junk"}), "ambiguous zip archive: bytes after its end"},
      {make_zip({a, b}, {.before_directory = "junk"}),
       "ambiguous zip archive: 4 bytes after entry `b` that belong to nothing"},
      {make_zip({with(a, [](ZipMember& m) { m.junk_after = "hidden"; }), b}),
       "ambiguous zip archive: 6 bytes after entry `a` that belong to nothing"},
      {make_zip({with(a,
                      [](ZipMember& m) {
                        m.descriptor_size = 16;
                        m.junk_after = "x";
                      }),
                 b}),
       "ambiguous zip archive: 17 bytes after entry `a` that belong to nothing"},
      {make_zip({a}, {.comment = make_zip({b})}),
       "ambiguous zip archive: bytes before it or after its directory"},
      {make_zip({a}) + make_zip({b}),
       "ambiguous zip archive: bytes before it or after its directory"},
      {make_zip({with(a, [](ZipMember& m) { m.name = std::string("a\0b", 3); })}),
       "ambiguous zip archive: NUL in name `a\\x00b`"},
      {make_zip({with(a, [](ZipMember& m) { m.name = "\xe9"; })}),
       "ambiguous zip archive: name `\\xe9` is not UTF-8"},
      {make_zip({with(a, [](ZipMember& m) { m.name = ""; })}),
       "ambiguous zip archive: an entry without a name"},
      {make_zip({with(a,
                      [](ZipMember& m) {
                        m.central_extra = std::string("\x75\x70\x06\0\x01\0\0\0\0z", 10);
                      })}),
       "ambiguous zip archive: entry `a` has a second name `z`"},
      {make_zip({with(a, [](ZipMember& m) { m.name = "a/"; })}),
       "ambiguous zip archive: directory `a/` has content"},
      {make_zip({with(a, [](ZipMember& m) { m.flags = 1; })}), "zip entry `a` is encrypted"},
      {make_zip({with(a, [](ZipMember& m) { m.flags = 0x40; })}), "zip entry `a` is encrypted"},
      {make_zip({with(a, [](ZipMember& m) { m.method = 12; })}),
       "zip entry `a` is compressed by method 12, expected stored (0) or deflated (8)"},
  };
  for (const auto& [archive, message] : cases) EXPECT_EQ(failure(archive), message);
}

TEST(ZipReader, TellsDamagedContent) {
  const std::string words = text(5000);
  const auto with = [&](auto change) {
    ZipMember member{.name = "a", .content = words, .method = 8};
    change(member);
    return make_zip({member});
  };
  const std::string packed = deflate(words);
  const std::pair<std::string, std::string> cases[] = {
      {with([](ZipMember& m) { m.crc = 7; }),
       "damaged zip entry `a`: its CRC is 8aff5116, expected 00000007"},
      {with([](ZipMember& m) {
         m.method = 0;
         m.crc = 7;
       }),
       "damaged zip entry `a`: its CRC is 8aff5116, expected 00000007"},
      {with([](ZipMember& m) { m.size = 5001; }), "damaged zip entry `a`: 1 bytes are missing"},
      {with([](ZipMember& m) { m.size = 4999; }),
       "damaged zip entry `a`: it holds more than 4999 bytes"},
      {with([](ZipMember& m) { m.size = 0; }), "damaged zip entry `a`: it holds more than 0 bytes"},
      {with([&](ZipMember& m) { m.compressed = packed + "xyz"; }),
       "damaged zip entry `a`: 3 bytes after its compressed data"},
      {with([&](ZipMember& m) { m.compressed = packed + std::string(100'000, 'x'); }),
       "damaged zip entry `a`: 100000 bytes after its compressed data"},
      {with([&](ZipMember& m) { m.compressed = packed.substr(0, packed.size() / 2); }), "*missing"},
      {with([&](ZipMember& m) { m.compressed = "\xff\xff\xff"; }),
       "damaged zip entry `a`: its compressed data is invalid"},
      {with([&](ZipMember& m) { m.compressed = ""; }),
       "damaged zip entry `a`: 5000 bytes are missing"},
  };
  for (const auto& [archive, message] : cases) {
    if (message == "*missing") {
      EXPECT_TRUE(failure(archive).ends_with("bytes are missing")) << failure(archive);
    } else {
      EXPECT_EQ(failure(archive), message);
    }
  }
}

TEST(ZipReader, HandsOutTheLastBytesOnlyAfterTheCheck) {
  const MemoryFile file(make_zip({{.name = "a", .content = "abcd", .crc = 7}}));
  const ZipReader zip = ZipReader::open(file);
  const auto source = zip.open_entry(zip.entries()[0]);
  std::string buffer(4, '\0');
  EXPECT_THROW(source->read(buffer), Error);
}

TEST(ZipReader, StopsABombAtTheSizeThatItStates) {
  const std::string zeros(50'000'000, '\0');
  const MemoryFile file(make_zip({{.name = "bomb", .content = zeros, .method = 8, .size = 10}}));
  EXPECT_LT(file.size(), 100'000u);
  const ZipReader zip = ZipReader::open(file);
  EXPECT_THROW(read_entry(zip, "bomb"), Error);
}

TEST(ZipReader, EveryTruncationIsAnError) {
  const std::string archive = make_zip({{.name = "a", .content = text(300), .method = 8},
                                        {.name = "b", .content = "bb", .descriptor_size = 16},
                                        {.name = "c", .content = "c", .zip64 = true}},
                                       {.zip64_end = true});
  ASSERT_EQ(failure(archive), "none");
  for (std::size_t size = 0; size < archive.size(); ++size) {
    EXPECT_NE(failure(archive.substr(0, size)), "none") << size;
  }
}

TEST(ZipReader, NoFlippedBitGoesUnseenInContent) {
  const std::string archive = make_zip({{.name = "a", .content = text(300), .method = 8},
                                        {.name = "b", .content = "bb", .descriptor_size = 16}});
  const MemoryFile good(archive);
  const ZipReader whole = ZipReader::open(good);
  for (std::size_t bit = 0; bit < archive.size() * 8; ++bit) {
    std::string flipped = archive;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const MemoryFile file(flipped);
    try {
      const ZipReader zip = ZipReader::open(file);
      for (const ZipEntry& entry : zip.entries()) {
        const std::string content = read_entry(zip, entry.name);
        ASSERT_EQ(content, read_entry(whole, entry.name)) << "bit " << bit;
      }
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::kIntegrity || error.kind() == ErrorKind::kRefused);
    }
  }
}

TEST(FindZipEntry, LooksAtOneMemberAlone) {
  const auto is_text = [](std::string_view name) { return name.ends_with(".txt"); };
  // What is wrong with the first one is nobody's business here.
  const MemoryFile file(make_zip({{.name = "a", .content = "x", .local_name = "b"},
                                  {.name = "c.txt", .content = text(5000), .method = 8}}));
  const auto entry = find_zip_entry(file, is_text);
  ASSERT_TRUE(entry);
  EXPECT_EQ(read_all(*open_zip_entry(file, *entry), 10'000, "c"), text(5000));
  EXPECT_FALSE(find_zip_entry(MemoryFile(make_zip({{.name = "a"}})), is_text));
  const MemoryFile two(make_zip({{.name = "a.txt"}, {.name = "b.txt"}}));
  try {
    find_zip_entry(two, is_text);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "ambiguous zip archive: two entries where one was expected: `a.txt` and `b.txt`");
  }
  const MemoryFile wrong(make_zip({{.name = "a.txt", .content = "x", .local_name = "b.txt"}}));
  EXPECT_THROW(find_zip_entry(wrong, is_text), Error);
}

}  // namespace
}  // namespace kasane
