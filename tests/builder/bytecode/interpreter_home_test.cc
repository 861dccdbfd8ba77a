#include "builder/bytecode/interpreter_home.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/temporary_directory.h"

namespace kasane::builder {
namespace {

namespace fs = std::filesystem;
using kasane::testing::TemporaryDirectory;

const std::string kVersion = "3.11";
const fs::path kSystemPython = "/usr/bin/python" + kVersion;
const fs::path kSystemModules = "/usr/lib/python" + kVersion;

/// The machine's own Python as if it were a package.
class SystemPython final : public Package {
 public:
  PackageFacts read_facts() const override { return {}; }
  Warnings install(const PackageFacts&, const PackageOrigin&, const InstallTarget& target,
                   const std::set<std::string>&, EntrySink& sink) const override {
    EXPECT_EQ(target.prefix, "/opt/env");
    put(sink, "bin/python" + kVersion, kSystemPython, 0755);
    put_link(sink, "bin/python", "python" + kVersion);
    for (const auto& item : fs::recursive_directory_iterator(kSystemModules)) {
      if (!item.is_regular_file()) continue;
      const std::string path = item.path().lexically_relative(kSystemModules).string();
      if (path.starts_with("encodings/") || path.find('/') == std::string::npos) {
        put(sink, "lib/python" + kVersion + "/" + path, item.path(), 0644);
      }
    }
    put_text(sink, "lib/python" + kVersion + "/site-packages/evil.py", "not wanted");
    put_text(sink, "lib/python" + kVersion + "/test/test_big.py", "not wanted");
    put_text(sink, "share/doc.txt", "not wanted");
    put_link(sink, "share/away", "/etc/passwd");
    return {};
  }

 private:
  static void put_text(EntrySink& sink, const std::string& path, const std::string& content,
                       std::uint32_t mode = 0644) {
    Entry entry;
    entry.path = path;
    entry.mode = mode;
    entry.size_bytes = content.size();
    sink.begin(entry);
    sink.write(content);
    sink.end();
  }
  static void put(EntrySink& sink, const std::string& path, const fs::path& from,
                  std::uint32_t mode) {
    std::ifstream file(from, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    put_text(sink, path, content.str(), mode);
  }
  static void put_link(EntrySink& sink, const std::string& path, const std::string& target) {
    Entry entry;
    entry.type = Entry::Type::kSymlink;
    entry.path = path;
    entry.target = target;
    sink.begin(entry);
    sink.end();
  }
};

const InstallTarget kTarget{"/opt/env",
                            PythonLayout{kVersion, "lib/python" + kVersion + "/site-packages"}};

TEST(InterpreterHome, ChoosesWhatCompilingNeeds) {
  const std::pair<std::string, bool> cases[] = {
      {"bin/python3.11", true},
      {"bin/python", true},
      {"bin/pip", false},
      {"lib/libpython3.11.so.1.0", true},
      {"lib/libz.so", true},
      {"lib/libz.a", false},
      {"lib/x86_64-linux-gnu/libexpat.so.1", true},
      {"lib/python3.11/os.py", true},
      {"lib/python3.11/encodings/utf_8.py", true},
      {"lib/python3.11/lib-dynload/_codecs_jp.cpython-311-x86_64-linux-gnu.so", true},
      {"lib/python3.11/__pycache__/os.cpython-311.pyc", false},
      {"lib/python3.11/test/support.py", false},
      {"lib/python3.11/site-packages/numpy/core/x.so", false},
      {"lib/python3.11/site-packages/six.py", false},
      {"share/libfake.so", false},
  };
  for (const auto& [path, needed] : cases) {
    EXPECT_EQ(is_needed_to_compile(path, *kTarget.python), needed) << path;
  }
}

TEST(InterpreterHome, CompilesWithAPythonThatLiesElsewhere) {
  if (!fs::exists(kSystemPython)) GTEST_SKIP() << "no " << kSystemPython << " on this machine";
  const TemporaryDirectory directory(fs::temp_directory_path());
  const SystemPython python;
  const PackageFacts facts;
  const PackageOrigin origin{.name = "python",
                             .version = kVersion,
                             .build = {},
                             .url = {},
                             .sha256 = Digest::of("python"),
                             .size_bytes = 1,
                             .md5 = {}};
  const InterpreterHome::Piece pieces[] = {{&python, &facts, &origin}};
  const InterpreterHome home = InterpreterHome::make(pieces, kTarget, directory.path());
  EXPECT_FALSE(fs::exists(directory.path() / "share"));
  EXPECT_FALSE(fs::exists(directory.path() / "lib" / ("python" + kVersion) / "site-packages"));

  const auto runner = make_posix_command_runner();
  const ByteCompiler::Start started = home.start(*runner, 2);
  ASSERT_TRUE(started.compiler) << started.reason;
  const PythonSource source{"/opt/env/lib/a.py", "value = 1\n"};
  const auto pycs = started.compiler->compile({&source, 1});
  ASSERT_TRUE(pycs[0]);
  EXPECT_NE(pycs[0]->find("/opt/env/lib/a.py"), std::string::npos);
  EXPECT_EQ(pycs[0]->find(directory.path().string()), std::string::npos);
}

TEST(InterpreterHome, SaysWhatIsMissing) {
  const TemporaryDirectory directory(fs::temp_directory_path());
  const auto runner = make_posix_command_runner();
  const InterpreterHome empty = InterpreterHome::make({}, kTarget, directory.path());
  EXPECT_EQ(empty.start(*runner, 1).reason,
            "cannot start `" + (directory.path() / "bin" / ("python" + kVersion)).string() +
                "`: No such file or directory");
  const InterpreterHome future = InterpreterHome::make(
      {}, {"/opt/env", PythonLayout{"3.99", "lib/python3.99/site-packages"}}, directory.path());
  EXPECT_EQ(future.start(*runner, 1).reason, "the byte-code of Python 3.99 is not known");
  EXPECT_THROW(InterpreterHome::make({}, {"/opt/env", std::nullopt}, directory.path()), Error);
}

}  // namespace
}  // namespace kasane::builder
