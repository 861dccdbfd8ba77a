#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "builder/bytecode/byte_compiler.h"
#include "builder/package/entry.h"
#include "builder/package/package.h"

namespace kasane::builder {

/// Makes the byte-code of one part of a package: reads the sources out of its installed files,
/// compiles them in batches, and sends the results to a sink. Borrows what it is given.
class PartCompilation {
 public:
  /// `root` is the prefix as paths in the tar have it.
  PartCompilation(std::string root, const std::string& prefix, const PythonLayout& python,
                  ByteCompiler& compiler, EntrySink& sink);

  /// `wanted`: sorted paths of the sources, relative to the prefix.
  void run(ByteSource& tar, const std::vector<std::string>& wanted);

  /// What was made, relative to the prefix, in the order of the tar.
  const std::vector<std::string>& files() const { return files_; }

 private:
  std::string cached_path(std::string_view source) const;
  void compile();

  std::string root_;
  const std::string& prefix_;
  std::string cache_tag_;
  ByteCompiler& compiler_;
  EntrySink& sink_;
  std::vector<PythonSource> sources_;
  std::vector<std::string> paths_;
  std::size_t batch_bytes_ = 0;
  std::vector<std::string> files_;
};

}  // namespace kasane::builder
