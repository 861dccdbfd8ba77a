#include "builder/bytecode/bytecode_filter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/recording_entry_sink.h"

namespace kasane::builder {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kSite = "lib/python3.11/site-packages/";
constexpr std::int64_t kTime = 1'600'000'000;
const PythonLayout kPython{"3.11", "lib/python3.11/site-packages"};

struct Given {
  std::string path;
  std::string content;
  std::int64_t time = kTime;
  bool rewritten = false;
  std::string link_target = {};
};

SourceHash hash_of(const std::string& source) {
  SourceHasher hasher(*PythonMinor::find("3.11"), 3495);
  hasher.update(source);
  return hasher.finish();
}

std::string timestamp_pyc(std::uint32_t size, std::uint32_t time = kTime,
                          std::uint16_t magic = 3495) {
  PycHeader header;
  header.magic = magic;
  header.source_time = time;
  header.source_size = size;
  return header.render() + "CODE";
}

std::string hash_pyc(const std::string& source, PycHeader::Validity validity) {
  PycHeader header;
  header.magic = 3495;
  header.validity = validity;
  header.source_hash = hash_of(source);
  return header.render() + "CODE";
}

struct Filtered {
  test::RecordingEntrySink sink;
  std::vector<std::string> paths;
  std::vector<std::string> uncompiled;
};

Filtered filter(const std::vector<Given>& given,
                const std::optional<PythonLayout>& python = kPython) {
  Filtered filtered;
  BytecodeFilter filter(filtered.sink, python, std::filesystem::temp_directory_path());
  for (const Given& one : given) {
    Entry entry;
    entry.path = one.path;
    entry.archive_time = one.time;
    entry.rewritten = one.rewritten;
    entry.target = one.link_target;
    entry.type = one.link_target.empty() ? Entry::Type::kFile : Entry::Type::kHardlink;
    entry.size_bytes = one.content.size();
    filter.begin(entry);
    for (const char& c : one.content) filter.write({&c, 1});
    filter.end();
  }
  filter.finish();
  for (const auto& recorded : filtered.sink.entries())
    filtered.paths.push_back(recorded.entry.path);
  filtered.uncompiled = filter.uncompiled();
  return filtered;
}

const std::string kSource = "x = 1\n";
const std::string kPy = kSite + "a.py";
const std::string kPyc = kSite + "__pycache__/a.cpython-311.pyc";

TEST(BytecodeFilter, TurnsAFreshPycIntoOneThatIsNeverChecked) {
  const std::string expected = hash_pyc(kSource, PycHeader::Validity::kUncheckedHash);
  const std::string fresh[] = {
      timestamp_pyc(6),
      hash_pyc(kSource, PycHeader::Validity::kCheckedHash),
      hash_pyc(kSource, PycHeader::Validity::kUncheckedHash),
  };
  for (const std::string& pyc : fresh) {
    const Filtered filtered = filter({{kPy, kSource}, {kPyc, pyc}});
    EXPECT_THAT(filtered.paths, ElementsAre(kPy, kPyc));
    EXPECT_EQ(filtered.sink.at(kPyc).content, expected);
    EXPECT_THAT(filtered.uncompiled, IsEmpty());
  }
}

TEST(BytecodeFilter, DropsAPycThatIsNotFresh) {
  const std::string stale[] = {
      timestamp_pyc(7),
      timestamp_pyc(6, kTime + 1),
      timestamp_pyc(6, kTime, 3494),
      hash_pyc("x = 2\n", PycHeader::Validity::kCheckedHash),
      hash_pyc("x = 2\n", PycHeader::Validity::kUncheckedHash),
      "short",
      "",
  };
  for (const std::string& pyc : stale) {
    const Filtered filtered = filter({{kPy, kSource}, {kPyc, pyc}});
    EXPECT_THAT(filtered.paths, ElementsAre(kPy));
    EXPECT_THAT(filtered.uncompiled, ElementsAre(kPy));
  }
}

TEST(BytecodeFilter, DropsATimestampPycOfARewrittenSource) {
  EXPECT_THAT(filter({{kPy, kSource, kTime, true}, {kPyc, timestamp_pyc(6)}}).paths,
              ElementsAre(kPy));
  const std::string by_hash = hash_pyc(kSource, PycHeader::Validity::kCheckedHash);
  EXPECT_THAT(filter({{kPy, kSource, kTime, true}, {kPyc, by_hash}}).paths, ElementsAre(kPy, kPyc));
}

TEST(BytecodeFilter, HoldsPycsBackUntilAllElseHasCome) {
  const std::string other = kSite + "__pycache__/b.cpython-311.pyc";
  const Filtered filtered = filter({{other, timestamp_pyc(6)},
                                    {kPyc, timestamp_pyc(6)},
                                    {kPy, kSource},
                                    {kSite + "b.py", kSource},
                                    {"share/c.txt", "c"}});
  EXPECT_THAT(filtered.paths, ElementsAre(kPy, kSite + "b.py", "share/c.txt", other, kPyc));
}

TEST(BytecodeFilter, HoldsMuchMoreThanFitsIntoItsMemory) {
  std::vector<Given> given;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "m" + std::to_string(i);
    given.push_back({kSite + "__pycache__/" + name + ".cpython-311.pyc",
                     timestamp_pyc(6) + std::string(1 << 20, static_cast<char>('a' + i))});
  }
  for (int i = 0; i < 12; ++i) given.push_back({kSite + "m" + std::to_string(i) + ".py", kSource});
  test::RecordingEntrySink sink;
  BytecodeFilter filter(sink, kPython, std::filesystem::temp_directory_path());
  for (const Given& one : given) {
    Entry entry;
    entry.path = one.path;
    entry.archive_time = one.time;
    entry.size_bytes = one.content.size();
    filter.begin(entry);
    filter.write(one.content);
    filter.end();
  }
  filter.finish();
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(sink.at(given[static_cast<std::size_t>(i)].path).content.substr(PycHeader::kSize),
              given[static_cast<std::size_t>(i)].content.substr(PycHeader::kSize));
  }
}

TEST(BytecodeFilter, KeepsOptimisedPycsAndStillWantsThePlainOne) {
  const std::string optimised = kSite + "__pycache__/a.cpython-311.opt-1.pyc";
  const Filtered filtered = filter({{kPy, kSource}, {optimised, timestamp_pyc(6)}});
  EXPECT_THAT(filtered.paths, ElementsAre(kPy, optimised));
  EXPECT_THAT(filtered.uncompiled, ElementsAre(kPy));
}

TEST(BytecodeFilter, DropsPycsWithoutSourceAndThoseOfOtherPythons) {
  const Filtered filtered = filter({{kPy, kSource},
                                    {kSite + "__pycache__/gone.cpython-311.pyc", timestamp_pyc(6)},
                                    {kSite + "__pycache__/a.cpython-39.pyc", timestamp_pyc(6)},
                                    {kSite + "__pycache__/a.pypy39.pyc", timestamp_pyc(6)},
                                    {kSite + "__pycache__/.cpython-311.pyc", timestamp_pyc(6)}});
  EXPECT_THAT(filtered.paths, ElementsAre(kPy));
}

TEST(BytecodeFilter, LeavesOtherFilesAlone) {
  const std::vector<std::string> paths = {kSite + "sourceless.pyc", kSite + "__pycache__/notes.txt",
                                          kSite + "x__pycache__/a.cpython-311.pyc", "pyc", ".pyc"};
  std::vector<Given> given;
  for (const std::string& path : paths) given.push_back({path, "bytes"});
  EXPECT_EQ(filter(given).paths, paths);
}

TEST(BytecodeFilter, ListsOnlyModulesAsUncompiled) {
  const Filtered filtered = filter({{"bin/tool.py", kSource},
                                    {"share/x.py", kSource},
                                    {"lib/python3.11/os.py", kSource},
                                    {"lib/python3.12/os.py", kSource},
                                    {kSite + "b.py", kSource},
                                    {kSite + "b.pyi", kSource}});
  EXPECT_THAT(filtered.uncompiled, ElementsAre("lib/python3.11/os.py", kSite + "b.py"));
}

TEST(BytecodeFilter, FollowsHardLinks) {
  const std::string second = kSite + "b.py";
  const std::string second_pyc = kSite + "__pycache__/b.cpython-311.pyc";
  const Filtered filtered = filter({{kPy, kSource},
                                    {second, "", kTime, false, kPy},
                                    {kPyc, timestamp_pyc(6)},
                                    {second_pyc, "", kTime, false, kPyc},
                                    {"share/copy", "", kTime, false, kPyc}});
  EXPECT_THAT(filtered.paths, ElementsAre(kPy, second, "share/copy", kPyc, second_pyc));
  EXPECT_EQ(filtered.sink.at("share/copy").content, timestamp_pyc(6));
  EXPECT_EQ(filtered.sink.at("share/copy").entry.type, Entry::Type::kFile);
  EXPECT_EQ(filtered.sink.at(second_pyc).content, filtered.sink.at(kPyc).content);
  EXPECT_THAT(filtered.uncompiled, IsEmpty());
}

TEST(BytecodeFilter, PassesEverythingWithoutAPythonItKnows) {
  for (const std::optional<PythonLayout>& python :
       {std::optional<PythonLayout>(), std::optional(PythonLayout{"3.6", "lib/python3.6/x"}),
        std::optional(PythonLayout{"3.99", "lib/python3.99/x"})}) {
    const Filtered filtered = filter({{kPyc, "stale"}, {kPy, kSource}}, python);
    EXPECT_THAT(filtered.paths, ElementsAre(kPyc, kPy));
    EXPECT_THAT(filtered.uncompiled, IsEmpty());
  }
}

}  // namespace
}  // namespace kasane::builder
