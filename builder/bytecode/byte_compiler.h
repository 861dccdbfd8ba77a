#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/process.h"
#include "builder/bytecode/interpreter.h"

namespace kasane::builder {

/// Compiles Python sources with a few interpreters at once. Thread-safe. What comes out for a file
/// depends on nothing but that file and the Python, however many interpreters and callers there
/// are.
class ByteCompiler {
 public:
  /// Either a compiler, or why there can be none: the Python is made for another machine, is
  /// damaged, or is not the expected one.
  struct Start {
    std::unique_ptr<ByteCompiler> compiler;
    std::string reason;
  };
  /// Borrows `runner`. Only the first interpreter is started now.
  static Start start(CommandRunner& runner, const InterpreterCommand& command,
                     const PythonMinor& python, unsigned interpreters);

  /// The pyc files in the order of `sources`; nothing for those that do not compile (Python's own
  /// tests hold such) and for all that were left when no interpreter would run any more.
  std::vector<std::optional<std::string>> compile(std::span<const PythonSource> sources);
  /// Why interpreters ended before their work was done, when one did.
  std::optional<std::string> failure() const;

 private:
  ByteCompiler(CommandRunner& runner, InterpreterCommand command, PythonMinor python,
               unsigned interpreters)
      : runner_(runner), command_(std::move(command)), python_(python), limit_(interpreters) {}
  std::unique_ptr<Interpreter> acquire();
  void release(std::unique_ptr<Interpreter> interpreter);
  void compile_chunk(std::span<const PythonSource> sources,
                     std::span<std::optional<std::string>> pycs);

  CommandRunner& runner_;
  InterpreterCommand command_;
  PythonMinor python_;
  unsigned limit_;

  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::vector<std::unique_ptr<Interpreter>> idle_;
  unsigned running_ = 0;
  std::optional<std::string> failure_;
};

}  // namespace kasane::builder
