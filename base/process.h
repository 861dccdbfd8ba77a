#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kasane {

/// A program to run. Its environment is `environment` alone: nothing is inherited.
struct Command {
  /// The program's path and its arguments; never a shell line.
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string working_directory = "/";
};

/// A running child with pipes to its standard input and output; its standard error is collected.
/// Destruction ends it. Not thread-safe.
class ChildProcess {
 public:
  virtual ~ChildProcess() = default;
  virtual void write(std::string_view bytes) = 0;
  virtual void close_input() = 0;
  /// Up to `size` bytes; 0 at the end.
  virtual std::size_t read(char* buffer, std::size_t size) = 0;
  /// Waits for its end. The exit code, or 128 + the number of the signal that ended it.
  virtual int wait() = 0;
  /// What it has written to standard error so far (the last 64 KiB).
  virtual std::string error_output() = 0;
};

/// Starts programs. Thread-safe.
class CommandRunner {
 public:
  virtual ~CommandRunner() = default;
  /// Throws an Error of kind kFailed when the program cannot be started.
  virtual std::unique_ptr<ChildProcess> start(const Command& command) = 0;
};

std::unique_ptr<CommandRunner> make_posix_command_runner();

}  // namespace kasane
