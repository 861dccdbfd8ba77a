#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::builder {

/// One row of a RECORD file. An empty hash or absent size is one that the row does not give.
struct RecordRow {
  std::string path;
  /// `sha256=<urlsafe base64 without padding>`
  std::string hash;
  std::optional<std::uint64_t> size_bytes;
  auto operator<=>(const RecordRow&) const = default;
};

/// Reads a RECORD file: UTF-8, comma-separated, three fields to a row. Anything else is an Error of
/// kind kIntegrity that names the line.
std::vector<RecordRow> parse_record(std::string_view text);
/// The inverse: parse_record(render_record(rows)) == rows.
std::string render_record(const std::vector<RecordRow>& rows);

/// Computes the hash of a row piece by piece. Not thread-safe.
class RecordHasher {
 public:
  /// `algorithm` as in a RECORD (`sha256`). Unknown ones, and those weaker than SHA-256, which the
  /// format forbids, are an Error of kind kIntegrity.
  explicit RecordHasher(std::string_view algorithm);
  ~RecordHasher();
  RecordHasher(RecordHasher&&) noexcept;
  RecordHasher& operator=(RecordHasher&&) noexcept;

  void update(std::string_view bytes);
  /// `sha256=…` of all so far. Called once.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `sha256=…` of `bytes`.
std::string record_hash(std::string_view bytes);

}  // namespace kasane::builder
