#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"

namespace kasane::cache {

/// Names a piece of work by all that its outcome depends on. Two keys are equal exactly when kind
/// and inputs are.
class Key {
 public:
  /// `kind` is lower-case letters, digits and `-`. `inputs` is canonical text (JSON with sorted
  /// keys, by convention) of everything that matters.
  static Key of(std::string_view kind, std::string_view inputs);
  /// `<kind>-<64 hex digits>`.
  const std::string& render() const { return text_; }
  auto operator<=>(const Key&) const = default;

 private:
  explicit Key(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// What came of a piece of work: a small text, and the blobs that it refers to.
struct Outcome {
  std::string value;
  std::vector<Digest> blobs;
  bool operator==(const Outcome&) const = default;
};

struct BlobSize {
  Digest digest;
  std::uint64_t size_bytes = 0;
  bool operator==(const BlobSize&) const = default;
};

/// A blob that is being written. Nothing of it is visible before commit(); dropped without commit,
/// it leaves nothing behind. Must not outlive its cache. Not thread-safe.
class BlobWriter : public ByteSink {
 public:
  /// Syncs, and makes the blob visible under its digest. With `expected`, another digest is an
  /// Error of kind kIntegrity and nothing becomes visible.
  virtual BlobSize commit(const std::optional<Digest>& expected = std::nullopt) = 0;
};

/// A download that may be taken up again after a break: its bytes so far survive the process.
/// Held by one holder among all threads and processes at a time. Must not outlive its cache.
class PartialBlob : public ByteSink {
 public:
  /// How many bytes are there already, from this or an earlier process.
  virtual std::uint64_t size_bytes() const = 0;
  /// Forgets them.
  virtual void restart() = 0;
  /// Checks all bytes against what is expected, of which at least one must be given; then as
  /// BlobWriter::commit. Bytes that do not match are forgotten.
  virtual BlobSize commit(const std::optional<Digest>& expected,
                          const std::optional<Md5Digest>& expected_md5) = 0;
};

struct CacheOptions {
  std::uint64_t size_limit_bytes = std::uint64_t{20} << 30;
  /// Where the index lies: beside the blobs when not set. Must be a local disk.
  std::optional<Path> index_directory = std::nullopt;
};

struct CacheStatus {
  Path path;
  int version = 0;
  std::uint64_t size_limit_bytes = 0;
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t outcomes = 0;
  /// Of downloads and writers that have not ended, or never will.
  std::uint64_t partial_bytes = 0;
};

struct TrimResult {
  std::uint64_t removed_blobs = 0;
  std::uint64_t freed_bytes = 0;
  std::uint64_t kept_in_use_bytes = 0;
};

struct VerifyResult {
  std::uint64_t checked_blobs = 0;
  /// Blobs whose bytes did not match their digest; they are gone now, and so is what referred to
  /// them.
  std::vector<Digest> damaged;
  std::uint64_t dropped_outcomes = 0;
};

/// The local cache: a content store of blobs and an index from keys to outcomes. Safe for any
/// number of threads and processes at once, and from a crash at any moment. What was found or made
/// through this object is not evicted while the object lives, by whichever process. Must not be
/// carried through a fork. Format: docs/formats/cache.md.
class Cache {
 public:
  virtual ~Cache() = default;

  virtual std::unique_ptr<BlobWriter> begin_blob() = 0;
  /// The download named `name` (a URL or digest); waits while another holder has it.
  virtual std::unique_ptr<PartialBlob> resume_blob(std::string_view name) = 0;
  /// nullptr when it is not there. The open file stays readable, whatever is removed later.
  virtual std::unique_ptr<ReadableFile> find_blob(const Digest& digest) = 0;

  /// An outcome counts as there only while all its blobs are.
  virtual std::optional<Outcome> find(const Key& key) = 0;
  /// All blobs of `outcome` must be there.
  virtual void remember(const Key& key, const Outcome& outcome) = 0;
  /// The outcome of `key`; when missing, `make` runs, once for all threads and processes that ask
  /// at the same time (the others wait; when the maker fails or dies, the next one makes it).
  virtual Outcome find_or_make(const Key& key, const std::function<Outcome()>& make) = 0;

  virtual CacheStatus status() = 0;
  /// Evicts least recently used blobs until no more than `limit_bytes` are there, or all that is
  /// left is in use. The cache does so by itself when it grows beyond its limit.
  virtual TrimResult trim(std::uint64_t limit_bytes) = 0;
  /// Hashes every blob, and clears away what dead processes left.
  virtual VerifyResult verify() = 0;
};

/// Opens the cache below `directory` or makes it. Each version of the format has a directory of its
/// own in there; those of others are left alone. `files` is borrowed.
std::unique_ptr<Cache> open_cache(FileSystem& files, const Path& directory,
                                  const CacheOptions& options);

}  // namespace kasane::cache
