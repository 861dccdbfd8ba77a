#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/index_format.h"
#include "resolver/conda/string_pool.h"

namespace kasane::resolver {

/// Where one member of an object in a repodata ends and the next begins, both at offsets.
struct MemberBoundary {
  /// The closing brace of the one.
  std::size_t brace = 0;
  /// The quote of the next.
  std::size_t next = 0;
};

/// The first place in `text`, from `from` on, that looks like the end of one package's record and
/// the beginning of another's. It may be wrong: such text may stand in a string or deeper down.
/// Whoever parses what lies between two such places will see. Less than kBoundarySize bytes decide.
constexpr std::size_t kBoundarySize = 1024;
std::optional<MemberBoundary> find_boundary(std::string_view text, std::size_t from);

/// A record, as a scanner found it; `name` is an id of that scanner's names.
struct ScannedRecord {
  index_format::RecordPosition position;
  std::uint32_t name;
};

/// Records that were left out, and the first of them by its text.
struct LeftOut {
  std::uint64_t count = 0;
  std::string first_problem;

  void add(std::string problem);
  void add(const LeftOut& other);
};

/// What stands in a piece of a repodata. Which section its first members are in is known only to
/// those who read the piece before it: they are kept apart.
struct PieceContent {
  std::vector<ScannedRecord> inherited;
  LeftOut inherited_left_out;
  std::vector<ScannedRecord> records;
  LeftOut left_out;
  /// The section in which the piece ends; nothing when it is the one in which it begins.
  std::optional<std::string> last_section;
  /// `info.base_url` and `info.subdir`.
  std::optional<std::string> base_url;
  std::optional<std::string> subdir;
};

/// A stretch of a repodata.json: from its beginning, or a member behind a boundary, to the brace of
/// a later boundary or its end.
struct PieceBounds {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  /// Where the piece behind it must begin.
  std::uint64_t next = 0;
  bool at_start = false;
  bool at_end = false;

  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

/// Reads pieces of a repodata.json, and checks every byte of them: what a piece passes is valid
/// JSON, given that what is before it is. One for each thread.
class PieceScanner {
 public:
  PieceScanner();
  ~PieceScanner();
  PieceScanner(PieceScanner&&) noexcept;

  /// `text` is the piece. An Error of kind kIntegrity when it is not valid JSON, or does not end as
  /// deep as it begins: then it must be read with what follows it.
  PieceContent scan(const PieceBounds& bounds, std::string_view text);

  /// The names of all records so far.
  const StringPool& names() const;

 private:
  class Walker;
  std::unique_ptr<Walker> walker_;
};

}  // namespace kasane::resolver
