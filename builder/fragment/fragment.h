#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/digest.h"
#include "base/warning.h"
#include "builder/package/package.h"
#include "cache/cache.h"

namespace kasane::builder {

/// The version of all rules by which packages become layers: names, modes, times, chunk sizes,
/// order. A change of any of them is a new version.
inline constexpr int kLayoutVersion = 1;

/// All that the bytes of an installed package depend on.
struct FragmentSpec {
  PackageOrigin origin;
  /// With a Python only where the package's installation depends on it.
  InstallTarget target;
  /// The Python whose byte-code is kept and made; set only for packages that hold Python files.
  std::optional<PythonLayout> byte_code_for;
  /// Paths that another package brings, sorted.
  std::vector<std::string> excluded;
  /// Where a giant package is cut: part i + 1 begins at bounds[i], in the order of paths.
  std::vector<std::string> bounds;
  CompressionMethod compression = CompressionMethod::gzip();
  std::int64_t time = 0;

  std::size_t part_count() const { return bounds.size() + 1; }
  /// Which part a path belongs to.
  std::size_t part_of(std::string_view path) const;
  cache::Key key() const;
};

/// A piece of a layer, made and kept in the cache: whole gzip members or zstd frames.
struct FragmentPart {
  Digest blob;
  std::uint64_t size_bytes = 0;
  std::uint64_t tar_bytes = 0;
  /// Python sources without fresh byte-code of their own, sorted.
  std::vector<std::string> uncompiled;
  bool operator==(const FragmentPart&) const = default;
};

/// One installed package, in one or several parts.
struct FragmentRecord {
  std::vector<FragmentPart> parts;
  /// Byte-code that came with the package and was stale, so that it is not installed; sorted.
  std::vector<std::string> dropped;
  Warnings warnings;

  cache::Outcome to_outcome() const;
  static FragmentRecord from_outcome(const cache::Outcome& outcome);
  bool operator==(const FragmentRecord&) const = default;
};

/// The byte-code that was compiled for one part of a package.
struct BytecodeRecord {
  Digest blob;
  std::uint64_t size_bytes = 0;
  std::uint64_t tar_bytes = 0;
  /// The pyc files, sorted. May be empty: then there is no blob to join.
  std::vector<std::string> files;

  cache::Outcome to_outcome() const;
  static BytecodeRecord from_outcome(const cache::Outcome& outcome);
};

/// Names the byte-code of one part: the part itself and the interpreter that compiles it.
cache::Key bytecode_key(const FragmentSpec& spec, std::size_t part, const Digest& python);

}  // namespace kasane::builder
