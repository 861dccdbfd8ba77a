#pragma once

#include <span>
#include <string>

#include "base/file_system.h"
#include "base/process.h"
#include "builder/bytecode/byte_compiler.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// A directory with as much of an environment's Python as compiling needs: its program, the shared
/// libraries, and the modules that it starts with. The files hold the prefix that they will have in
/// the image; that they lie elsewhere is told to Python by `PYTHONHOME`.
class InterpreterHome {
 public:
  /// A package of Python or of what it depends on.
  struct Piece {
    const Package* package = nullptr;
    const PackageFacts* facts = nullptr;
    const PackageOrigin* origin = nullptr;
  };

  /// Lays out the pieces in `directory`, which must be there and stay while the home is in use.
  /// `target` must have a Python.
  static InterpreterHome make(std::span<const Piece> pieces, const InstallTarget& target,
                              const Path& directory);

  /// Starts the Python; on its own first, as its library paths should do, then with those libraries
  /// put before the machine's.
  ByteCompiler::Start start(CommandRunner& runner, unsigned interpreters) const;

 private:
  InterpreterHome(PythonLayout python, Path directory)
      : python_(std::move(python)), directory_(std::move(directory)) {}

  PythonLayout python_;
  Path directory_;
};

/// Whether compiling needs the file at `path`, which is relative to the prefix.
bool is_needed_to_compile(std::string_view path, const PythonLayout& python);

}  // namespace kasane::builder
