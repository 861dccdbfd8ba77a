#include "builder/bytecode/byte_compiler.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/process.h"
#include "tests/support/temporary_directory.h"

namespace kasane::builder {
namespace {

namespace fs = std::filesystem;

const std::string kPython = "/usr/bin/python3";

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

/// Sources of the machine's own library that hold all kinds of code.
std::vector<PythonSource> library_sources(const std::string& version) {
  std::vector<PythonSource> sources;
  for (const char* folder : {"email", "json", "importlib"}) {
    for (const auto& item : fs::directory_iterator("/usr/lib/python" + version + "/" + folder)) {
      if (item.path().extension() != ".py") continue;
      sources.push_back({"/opt/env" + item.path().string(), read_file(item.path())});
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const PythonSource& a, const PythonSource& b) { return a.path < b.path; });
  return sources;
}

class ByteCompilerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kPython)) GTEST_SKIP() << "no " << kPython << " on this machine";
    version_ = run_python("import sys; print('%d.%d' % sys.version_info[:2], end='')");
  }

  std::string run_python(const std::string& program, const std::string& input = {}) {
    const auto child =
        runner_->start({.arguments = {kPython, "-I", "-B", "-c", program}, .environment = {}});
    child->write(input);
    child->close_input();
    std::string out;
    char buffer[4096];
    while (const std::size_t count = child->read(buffer, sizeof buffer)) out.append(buffer, count);
    EXPECT_EQ(child->wait(), 0) << child->error_output();
    return out;
  }
  ByteCompiler::Start start(unsigned interpreters = 1) {
    return ByteCompiler::start(*runner_, {kPython, {}}, *PythonMinor::find(version_), interpreters);
  }
  std::vector<std::optional<std::string>> compile(const std::vector<PythonSource>& sources,
                                                  unsigned interpreters = 1) {
    const ByteCompiler::Start started = start(interpreters);
    EXPECT_EQ(started.reason, "");
    auto pycs = started.compiler->compile(sources);
    EXPECT_EQ(started.compiler->failure(), std::nullopt);
    return pycs;
  }

  std::unique_ptr<CommandRunner> runner_ = make_posix_command_runner();
  std::string version_;
};

TEST_F(ByteCompilerTest, GivesWhatPythonItselfCompiles) {
  const kasane::testing::TemporaryDirectory directory(fs::temp_directory_path());
  const std::vector<PythonSource> sources = library_sources(version_);
  ASSERT_GT(sources.size(), 30U);
  const auto pycs = compile(sources);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    ASSERT_TRUE(pycs[i]) << sources[i].path;
    const std::string stem = std::to_string(i);
    std::ofstream(directory.path() / (stem + ".py")) << sources[i].content;
    std::ofstream(directory.path() / (stem + ".pyc")) << *pycs[i];
    std::ofstream(directory.path() / (stem + ".name")) << sources[i].path;
  }
  const std::string report = run_python(R"(
import marshal, os, py_compile, sys
root = sys.stdin.read()
for name in sorted(os.listdir(root)):
    if not name.endswith('.py'): continue
    stem = os.path.join(root, name[:-3])
    path = open(stem + '.name').read()
    py_compile.compile(stem + '.py', stem + '.expected', dfile=path, doraise=True,
                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    expected = open(stem + '.expected', 'rb').read()
    found = open(stem + '.pyc', 'rb').read()
    if found[:16] != expected[:16]: print('header', path)
    if marshal.loads(found[16:]) != marshal.loads(expected[16:]): print('code', path)
    def names(code):
        yield code.co_filename
        for const in code.co_consts:
            if isinstance(const, type(code)): yield from names(const)
    if set(names(marshal.loads(found[16:]))) != {path}: print('name', path)
)",
                                        directory.path().string());
  EXPECT_EQ(report, "");
}

TEST_F(ByteCompilerTest, GivesTheSameWhateverElseIsCompiled) {
  const std::vector<PythonSource> sources = library_sources(version_);
  const auto expected = compile(sources);
  EXPECT_EQ(compile(sources), expected);
  EXPECT_EQ(compile(sources, 3), expected);

  std::vector<PythonSource> backwards(sources.rbegin(), sources.rend());
  auto reversed = compile(backwards);
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(reversed, expected);

  const ByteCompiler::Start started = start();
  for (std::size_t i = 0; i < sources.size(); i += 9) {
    EXPECT_EQ(started.compiler->compile(std::span(sources).subspan(i, 1))[0], expected[i]);
    EXPECT_EQ(started.compiler->compile(std::span(sources).subspan(i, 1))[0], expected[i]);
  }
}

TEST_F(ByteCompilerTest, ServesSeveralThreads) {
  const std::vector<PythonSource> sources = library_sources(version_);
  const auto expected = compile(sources);
  const ByteCompiler::Start started = start(2);
  std::vector<std::vector<std::optional<std::string>>> found(4);
  std::vector<std::thread> threads;
  for (auto& result : found) {
    threads.emplace_back([&] { result = started.compiler->compile(sources); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : found) EXPECT_EQ(result, expected);
}

TEST_F(ByteCompilerTest, GivesNothingForWhatDoesNotCompile) {
  std::string deep(200'000, '(');
  const std::vector<PythonSource> sources = {
      {"/a.py", "x = 1\n"},
      {"/syntax.py", "def broken(:\n"},
      {"/python2.py", "print 'hello'\n"},
      {"/nul.py", std::string("x = '\0'\n", 8)},
      {"/deep.py", deep},
      {"/encoding.py", "# coding: nonsense\n"},
      {"/utf8.py", "x = '\xff'\n"},
      {"/latin.py", "# coding: latin-1\nx = '\xe9'\n"},
      {"/warning.py", "x = '\\d'\nassert (1, 'always')\n"},
      {"/empty.py", ""},
      {"/characters.py",
       "x = ['{', '', 'a', '\u00e9', b'q', {1, 2, 'z'}, 1.5, 10 ** 30, 2j, ...]\n"},
  };
  const auto pycs = compile(sources);
  std::vector<bool> compiled;
  for (const auto& pyc : pycs) compiled.push_back(pyc.has_value());
  EXPECT_EQ(compiled, (std::vector<bool>{true, false, false, false, false, false, false, true, true,
                                         true, true}));
}

TEST_F(ByteCompilerTest, PythonUsesItsPycsThoughTimesDiffer) {
  const kasane::testing::TemporaryDirectory directory(fs::temp_directory_path());
  const fs::path module = directory.path() / "answer.py";
  const auto pycs = compile({{module.string(), "value = 'from the pyc'\n"}});
  // Another source: only the pyc can give what the test sees, since it is never checked.
  std::ofstream(module) << "value = 'from the source'\n";
  const std::string tag = PythonMinor::find(version_)->cache_tag();
  fs::create_directory(directory.path() / "__pycache__");
  std::ofstream(directory.path() / "__pycache__" / ("answer." + tag + ".pyc")) << *pycs[0];
  EXPECT_EQ(run_python("import sys; sys.path.insert(0, sys.stdin.read()); import answer;"
                       "print(answer.value, end='')",
                       directory.path().string()),
            "from the pyc");
}

TEST_F(ByteCompilerTest, SaysWhyItCannotStart) {
  const kasane::testing::TemporaryDirectory directory(fs::temp_directory_path());
  const fs::path foreign = directory.path() / "foreign";
  std::ofstream(foreign) << "\x7f"
                            "ELF of another machine";
  fs::permissions(foreign, fs::perms::owner_all);
  const fs::path broken = directory.path() / "broken";
  std::ofstream(broken) << "#!/bin/sh\necho 'no such library' >&2\nexit 127\n";
  fs::permissions(broken, fs::perms::owner_all);
  const auto reason = [&](const fs::path& program, const std::string& version) {
    const ByteCompiler::Start started =
        ByteCompiler::start(*runner_, {program.string(), {}}, *PythonMinor::find(version), 1);
    EXPECT_EQ(started.compiler, nullptr);
    return started.reason;
  };
  EXPECT_EQ(reason("/nowhere/python", "3.11"),
            "cannot start `/nowhere/python`: No such file or directory");
  EXPECT_EQ(reason(foreign, "3.11"), "cannot start `" + foreign.string() + "`: Exec format error");
  EXPECT_EQ(reason(broken, "3.11"), "`" + broken.string() + "` ended with 127: no such library");
  EXPECT_EQ(reason(kPython, "3.7"), "`" + kPython + "` is Python " + version_ + ", expected 3.7");
}

TEST_F(ByteCompilerTest, GoesOnWithoutAnInterpreterThatDies) {
  const kasane::testing::TemporaryDirectory directory(fs::temp_directory_path());
  const fs::path dying = directory.path() / "dying";
  // It greets, reads a little, and is gone.
  std::ofstream(dying) << "#!/bin/sh\n"
                       << kPython << R"( -S -c 'import _imp
from _frozen_importlib_external import MAGIC_NUMBER as m
import posix, sys
h = _imp.source_hash(int.from_bytes(m, "little"), b"kasane")
posix.write(1, m + sys.version_info[1].to_bytes(4, "little") + h)
posix.read(0, 10)
posix._exit(9)'
)";
  fs::permissions(dying, fs::perms::owner_all);
  const ByteCompiler::Start started =
      ByteCompiler::start(*runner_, {dying.string(), {}}, *PythonMinor::find(version_), 1);
  ASSERT_TRUE(started.compiler) << started.reason;
  const auto pycs = started.compiler->compile(library_sources(version_));
  EXPECT_TRUE(
      std::none_of(pycs.begin(), pycs.end(), [](const auto& pyc) { return pyc.has_value(); }));
  ASSERT_TRUE(started.compiler->failure());
}

}  // namespace
}  // namespace kasane::builder
