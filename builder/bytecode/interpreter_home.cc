#include "builder/bytecode/interpreter_home.h"

#include <fmt/format.h>

#include "base/error.h"
#include "builder/bytecode/directory_sink.h"

namespace kasane::builder {
namespace {

/// Passes on the entries that compiling needs.
class SelectingSink final : public EntrySink {
 public:
  SelectingSink(EntrySink& sink, const PythonLayout& python) : sink_(sink), python_(python) {}

  void begin(const Entry& entry) override {
    passing_ = is_needed_to_compile(entry.path, python_);
    if (passing_) sink_.begin(entry);
  }
  void write(std::string_view bytes) override {
    if (passing_) sink_.write(bytes);
  }
  void end() override {
    if (passing_) sink_.end();
  }

 private:
  EntrySink& sink_;
  const PythonLayout& python_;
  bool passing_ = false;
};

bool is_shared_library(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".so") || name.find(".so.") != std::string_view::npos;
}

}  // namespace

bool is_needed_to_compile(std::string_view path, const PythonLayout& python) {
  if (path.starts_with("bin/python")) return true;
  if (!path.starts_with("lib/")) return false;
  const std::string modules = fmt::format("lib/python{}/", python.version);
  if (!path.starts_with(modules)) {
    return is_shared_library(path) && !path.starts_with(python.site_packages + "/");
  }
  const std::string_view inner = path.substr(modules.size());
  const std::size_t slash = inner.find('/');
  if (slash == std::string_view::npos) return inner.ends_with(".py");
  const std::string_view folder = inner.substr(0, slash);
  return folder == "encodings" || folder == "lib-dynload" || folder == "collections" ||
         folder == "importlib" || folder == "re";
}

InterpreterHome InterpreterHome::make(std::span<const Piece> pieces, const InstallTarget& target,
                                      const Path& directory) {
  if (!target.python) throw Error(ErrorKind::kFailed, "no Python to compile byte-code with");
  DirectorySink files(directory);
  SelectingSink needed(files, *target.python);
  for (const Piece& piece : pieces) {
    piece.package->install(*piece.facts, *piece.origin, target, {}, needed);
  }
  return InterpreterHome(*target.python, directory);
}

ByteCompiler::Start InterpreterHome::start(CommandRunner& runner, unsigned interpreters) const {
  const auto minor = PythonMinor::find(python_.version);
  if (!minor || !minor->magic()) {
    return {nullptr, fmt::format("the byte-code of Python {} is not known", python_.version)};
  }
  InterpreterCommand command;
  command.program = (directory_ / "bin" / ("python" + python_.version)).string();
  command.environment = {{"PYTHONHOME", directory_.string()}};
  ByteCompiler::Start plain = ByteCompiler::start(runner, command, *minor, interpreters);
  if (plain.compiler) return plain;
  command.environment.emplace_back("LD_LIBRARY_PATH", (directory_ / "lib").string());
  ByteCompiler::Start helped = ByteCompiler::start(runner, command, *minor, interpreters);
  return helped.compiler ? std::move(helped) : std::move(plain);
}

}  // namespace kasane::builder
