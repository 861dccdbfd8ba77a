#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process.h"
#include "builder/bytecode/pyc.h"

namespace kasane::builder {

/// A Python to run.
struct InterpreterCommand {
  std::string program;
  /// All of the environment that it needs: `PYTHONHOME`, `LD_LIBRARY_PATH`.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// A source file to compile.
struct PythonSource {
  /// As it will be in the image, absolute: tracebacks show it.
  std::string path;
  std::string content;
};

/// A running Python that compiles. What it gives for a file depends on nothing but that file and
/// the Python. Not thread-safe.
class Interpreter {
 public:
  /// Throws an Error when it cannot be started or is not the Python that was expected.
  static Interpreter start(CommandRunner& runner, const InterpreterCommand& command,
                           const PythonMinor& expected);

  /// The pyc files in the order of `sources`, their hash unchecked; nothing for those that do not
  /// compile. Throws an Error when the interpreter itself has ended; it is of no use then.
  std::vector<std::optional<std::string>> compile(std::span<const PythonSource> sources);

 private:
  Interpreter(std::unique_ptr<ChildProcess> process, std::string program, PythonMinor python)
      : process_(std::move(process)), program_(std::move(program)), python_(python) {}
  void check_greeting();
  std::string read(std::size_t size);
  std::uint32_t read_number();

  std::unique_ptr<ChildProcess> process_;
  std::string program_;
  PythonMinor python_;
};

}  // namespace kasane::builder
