#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/spool.h"
#include "builder/bytecode/pyc.h"
#include "builder/package/entry.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// Passes one package's entries on to another sink and puts its byte-code right. Every time in an
/// image is the same, so a pyc that is checked by its source's time would be stale there. A pyc
/// below `__pycache__` that is fresh for its source, as the package has both, goes out at the end
/// with a hash in its header that is never checked again; every other one, those for other Pythons
/// too, is dropped. Not thread-safe.
class BytecodeFilter final : public EntrySink {
 public:
  /// Borrows `sink`. What has to wait and is large waits in an unnamed file in `scratch`. Without a
  /// Python whose byte-code is known everything passes as it is.
  BytecodeFilter(EntrySink& sink, const std::optional<PythonLayout>& python, const Path& scratch);

  void begin(const Entry& entry) override;
  void write(std::string_view bytes) override;
  void end() override;

  /// Passes on the pycs that are fresh, in the order in which they came. Called once, at the end.
  void finish();
  /// After finish(): source files among Python's modules that were left without a pyc, sorted.
  const std::vector<std::string>& uncompiled() const { return uncompiled_; }

 private:
  struct Source {
    std::int64_t archive_time = 0;
    std::uint64_t size_bytes = 0;
    bool rewritten = false;
    bool has_pyc = false;
    SourceHash hash = {};
  };
  struct HeldPyc {
    Entry entry;
    /// Empty for one that no import of the target's Python would look at.
    std::string source;
    std::uint64_t offset = 0;
  };

  void begin_link(const Entry& entry);
  bool hold_link(const Entry& entry, const HeldPyc& target);
  void copy_held(const HeldPyc& held, std::uint64_t skip);
  void finish_pyc(const HeldPyc& held);
  bool is_fresh(const PycHeader& header, const Source& source) const;
  bool is_module(std::string_view path) const;

  EntrySink& sink_;
  std::optional<PythonMinor> python_;
  std::uint16_t magic_ = 0;
  std::vector<std::string> module_directories_;
  Spool spool_;
  std::map<std::string, Source> sources_;
  std::vector<HeldPyc> held_;
  std::map<std::string, std::size_t> held_by_path_;
  std::vector<std::string> uncompiled_;
  /// What is between begin() and end().
  Entry current_;
  std::optional<SourceHasher> hasher_;
  bool holding_ = false;
};

}  // namespace kasane::builder
