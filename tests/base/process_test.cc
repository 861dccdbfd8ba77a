#include "base/process.h"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane {
namespace {

std::unique_ptr<ChildProcess> shell(std::string script) {
  return make_posix_command_runner()->start(
      {.arguments = {"/bin/sh", "-c", std::move(script)}, .environment = {}});
}

std::string read_all(ChildProcess& child) {
  std::string out;
  char buffer[4096];
  while (const std::size_t count = child.read(buffer, sizeof buffer)) out.append(buffer, count);
  return out;
}

TEST(Process, CarriesInputOutputErrorsAndTheCode) {
  const auto child = shell("read line; echo \"got $line\"; echo oops >&2; exit 3");
  child->write("hello\n");
  child->close_input();
  EXPECT_EQ(read_all(*child), "got hello\n");
  EXPECT_EQ(child->wait(), 3);
  EXPECT_EQ(child->wait(), 3);
  EXPECT_EQ(child->error_output(), "oops\n");
}

TEST(Process, GivesTheStatedEnvironmentAndDirectoryAlone) {
  ::setenv("KASANE_PROCESS_TEST", "leaked", 1);
  const auto child = make_posix_command_runner()->start(
      {.arguments = {"/usr/bin/env"}, .environment = {{"A", "1"}}});
  EXPECT_EQ(read_all(*child), "A=1\n");
  const auto where = make_posix_command_runner()->start(
      {.arguments = {"/bin/pwd"}, .environment = {}, .working_directory = "/usr"});
  EXPECT_EQ(read_all(*where), "/usr\n");
  ::unsetenv("KASANE_PROCESS_TEST");
}

TEST(Process, TellsThatAProgramCannotBeStarted) {
  const std::pair<std::string, std::string> cases[] = {
      {"/nowhere/program", "cannot start `/nowhere/program`: No such file or directory"},
      {"/etc/passwd", "cannot start `/etc/passwd`: Permission denied"},
  };
  for (const auto& [program, message] : cases) {
    try {
      make_posix_command_runner()->start({.arguments = {program}, .environment = {}});
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFailed);
      EXPECT_EQ(error.message(), message);
    }
  }
}

TEST(Process, TellsTheSignalThatEndedIt) {
  EXPECT_EQ(shell("kill -SEGV $$")->wait(), 128 + SIGSEGV);
}

TEST(Process, DoesNotStallWhenAllPipesAreFull) {
  // The shell's cat answers while it is still written to, and fills its standard error first.
  const auto child = shell("dd if=/dev/zero bs=1000 count=300 >&2 2>/dev/null; cat");
  const std::string megabyte(1 << 20, 'x');
  child->write(megabyte);
  child->close_input();
  EXPECT_EQ(read_all(*child), megabyte);
  EXPECT_EQ(child->wait(), 0);
  EXPECT_EQ(child->error_output().size(), std::size_t{64} << 10);
}

TEST(Process, WritingToAProgramThatHasGoneIsAnErrorAndNoSignal) {
  const auto child = shell("exec true");
  const std::string megabyte(1 << 20, 'x');
  try {
    child->write(megabyte);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "`/bin/sh` does not read its input any more");
  }
  EXPECT_EQ(child->wait(), 0);
}

TEST(Process, DestructionEndsItAndWhatItStarted) {
  pid_t grandchild = 0;
  {
    const auto child = shell("sleep 1000 & echo $!; wait");
    char buffer[32];
    const std::size_t count = child->read(buffer, sizeof buffer);
    grandchild = std::stoi(std::string(buffer, count));
    ASSERT_EQ(::kill(grandchild, 0), 0);
  }
  // Init may need a moment to collect the orphan; until then it is a zombie.
  const std::string status = "/proc/" + std::to_string(grandchild) + "/stat";
  bool gone = false;
  for (int tries = 0; tries < 1000 && !gone; ++tries) {
    std::ifstream file(status);
    std::string line;
    std::getline(file, line);
    gone = line.empty() || line.find(") Z ") != std::string::npos;
    if (!gone) ::usleep(1000);
  }
  EXPECT_TRUE(gone);
}

TEST(Process, WaitDoesNotHangOnAPipeThatAGrandchildKeepsOpen) {
  const auto child = shell("sleep 5 & exit 4");
  EXPECT_EQ(child->wait(), 4);
}

}  // namespace
}  // namespace kasane
