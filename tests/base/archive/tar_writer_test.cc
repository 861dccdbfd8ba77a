#include "base/archive/tar_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/archive/tar_reader.h"

namespace kasane {
namespace {

/// What a reader makes of one header; files get a content of zeros.
TarEntry read_back(const TarMember& member) {
  std::string bytes;
  append_tar_header(bytes, member);
  if (member.size_bytes < 4096)
    bytes.append(member.size_bytes + tar_padding(member.size_bytes), '\0');
  bytes.append(kTarTrailer, '\0');
  StringSource source(bytes);
  TarReader reader(source);
  return *reader.next();
}

TarMember file(std::string path) {
  return {TarMember::Type::kFile, std::move(path), 0644, 3, 0, {}};
}

TEST(TarWriter, NeedsNoExtensionForWhatFitsUstar) {
  for (const std::string& path :
       {std::string("a"), std::string(100, 'a'),
        fmt::format("{}/{}", std::string(155, 'd'), std::string(100, 'f')),
        fmt::format("x/{}", std::string(99, 'f'))}) {
    std::string bytes;
    append_tar_header(bytes, file(path));
    EXPECT_EQ(bytes.size(), kTarBlock) << path;
    EXPECT_EQ(read_back(file(path)).path, path);
  }
}

TEST(TarWriter, UsesPaxOnlyForWhatDoesNotFit) {
  for (const std::string& path :
       {std::string(101, 'a'), fmt::format("{}/{}", std::string(156, 'd'), std::string(100, 'f')),
        std::string(3000, 'x'), std::string("caf\xc3\xa9"),
        fmt::format("/{}", std::string(100, 'f'))}) {
    std::string bytes;
    append_tar_header(bytes, file(path));
    EXPECT_GT(bytes.size(), kTarBlock) << path;
    EXPECT_EQ(read_back(file(path)).path, path);
  }
}

TEST(TarWriter, CountsThePaxRecordsOwnLength) {
  for (std::size_t size = 101; size < 1100; ++size) {
    const std::string path(size, 'p');
    ASSERT_EQ(read_back(file(path)).path, path);
  }
}

TEST(TarWriter, KeepsLinksOfAnyLength) {
  for (const std::size_t size : {1U, 100U, 101U, 4000U}) {
    const std::string target(size, 't');
    const TarEntry entry = read_back({TarMember::Type::kSymlink, "link", 0777, 0, 0, target});
    EXPECT_EQ(entry.type, TarEntry::Type::kSymlink);
    EXPECT_EQ(entry.link_target, target);
  }
}

TEST(TarWriter, WritesSizesBeyondEightGibibytes) {
  for (const std::uint64_t size : {077777777777ULL, 0100000000000ULL, 1ULL << 40}) {
    TarMember member = file("large");
    member.size_bytes = size;
    EXPECT_EQ(read_back(member).size_bytes, size);
  }
}

TEST(TarWriter, SaysOwnerModeAndTime) {
  const TarEntry entry = read_back({TarMember::Type::kDirectory, "d", 0755, 0, 1700000000, {}});
  EXPECT_EQ(entry.type, TarEntry::Type::kDirectory);
  EXPECT_EQ(entry.mode, 0755U);
  EXPECT_EQ(entry.mtime, 1700000000);
  EXPECT_EQ(entry.user_id, 0U);
  EXPECT_EQ(entry.group_id, 0U);
}

}  // namespace
}  // namespace kasane
