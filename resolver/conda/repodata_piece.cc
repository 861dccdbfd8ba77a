#include "resolver/conda/repodata_piece.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/conda/json_tokens.h"
#include "resolver/conda/record_rules.h"

namespace kasane::resolver {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::size_t kLongestFileName = 512;

/// The first of a few characters from `at` on that is no space.
std::size_t skip_spaces(std::string_view text, std::size_t at) {
  constexpr std::size_t kMostSpaces = 100;
  const std::size_t end = std::min(text.size(), at + kMostSpaces);
  while (at < end && kSpaces.find(text[at]) != std::string_view::npos) ++at;
  return at;
}

bool is_at(std::string_view text, std::size_t at, char c) {
  return at < text.size() && text[at] == c;
}

/// Which text of a record's identity a member is, from 1 on; 0 when it is none.
std::size_t identity_slot(std::string_view key) {
  switch (key.size()) {
    case 4:
      return key == "name" ? 1 : 0;
    case 7:
      return key == "version" ? 2 : 0;
    case 5:
      return key == "build" ? 3 : 0;
    default:
      return 0;
  }
}

/// Texts of a record that stay as they are while its other members are read.
class IdentityTexts {
 public:
  void clear() { record_ = {}; }
  RecordIdentity& record() { return record_; }
  /// A text that the next one may take the place of is copied.
  std::string_view keep(std::string_view text, std::size_t slot, std::string_view whole) {
    if (text.data() >= whole.data() && text.data() <= whole.data() + whole.size()) return text;
    return copies_[slot].assign(text);
  }

 private:
  RecordIdentity record_;
  std::array<std::string, 4> copies_;
};

}  // namespace

std::optional<MemberBoundary> find_boundary(std::string_view text, std::size_t from) {
  while (true) {
    const std::size_t brace = text.find('}', from);
    if (brace == std::string_view::npos) return std::nullopt;
    from = brace + 1;
    const std::size_t comma = skip_spaces(text, from);
    if (!is_at(text, comma, ',')) continue;
    const std::size_t quote = skip_spaces(text, comma + 1);
    if (!is_at(text, quote, '"')) continue;
    const std::string_view rest = text.substr(quote + 1, kLongestFileName);
    const std::string_view key = rest.substr(0, rest.find('"'));
    if (key.size() == rest.size()) continue;
    if (!key.ends_with(".conda") && !key.ends_with(".tar.bz2")) continue;
    // The section has that ending too.
    if (key == "packages.conda") continue;
    const std::size_t colon = skip_spaces(text, quote + key.size() + 2);
    if (!is_at(text, colon, ':') || !is_at(text, skip_spaces(text, colon + 1), '{')) continue;
    return MemberBoundary{brace, quote};
  }
}

void LeftOut::add(std::string problem) {
  ++count;
  if (first_problem.empty() || problem < first_problem) first_problem = std::move(problem);
}

void LeftOut::add(const LeftOut& other) {
  if (other.count == 0) return;
  count += other.count - 1;
  add(other.first_problem);
}

/// Goes through one piece at a time.
class PieceScanner::Walker {
 public:
  PieceContent walk(const PieceBounds& bounds, std::string_view text) {
    content_ = {};
    text_ = text;
    bounds_ = bounds;
    tokens_.open(text);
    if (bounds.at_start) {
      tokens_.expect('{');
      if (tokens_.take('}')) {
        check_end();
      } else {
        walk_top();
      }
    } else if (!walk_packages(0, content_.inherited, content_.inherited_left_out)) {
      content_.last_section = "";
      if (tokens_.take(',')) {
        walk_top();
      } else {
        tokens_.expect('}');
        check_end();
      }
    }
    return std::move(content_);
  }

  const StringPool& names() const { return names_; }

 private:
  /// The end of the file, behind the last brace.
  void check_end() const {
    if (!tokens_.at_end() || !bounds_.at_end) tokens_.fail("nothing more");
  }

  /// Members of the whole, and the last brace, unless the piece ends within the last of them.
  void walk_top() {
    do {
      const std::string key(tokens_.take_string());
      tokens_.expect(':');
      content_.last_section = key;
      if (tokens_.peek() != '{') {
        tokens_.skip_value();
        continue;
      }
      if (key == "info") {
        walk_info();
        continue;
      }
      tokens_.expect('{');
      if (tokens_.take('}')) continue;
      bool open = false;
      if (key == "packages" || key == "packages.conda") {
        open = walk_packages(key == "packages" ? 0 : index_format::kCondaFormatBit,
                             content_.records, content_.left_out);
      } else {
        open = walk_other();
      }
      if (open) return;
    } while (tokens_.take(','));
    tokens_.expect('}');
    check_end();
  }

  /// Behind a member of a section: true when the piece ends here, and false when the section does.
  /// Nothing when another member follows.
  std::optional<bool> section_ended() {
    if (tokens_.take(',')) return std::nullopt;
    if (tokens_.at_end() && !bounds_.at_end) return true;
    tokens_.expect('}');
    return false;
  }

  bool walk_other() {
    while (true) {
      tokens_.take_string();
      tokens_.expect(':');
      tokens_.skip_value();
      if (const auto open = section_ended()) return *open;
    }
  }

  bool walk_packages(std::uint32_t format, std::vector<ScannedRecord>& records, LeftOut& left_out) {
    while (true) {
      const std::size_t begin = tokens_.at_end() ? 0 : tokens_.offset();
      identity_.clear();
      take_text(identity_.record().file_name, 0);
      tokens_.expect(':');
      const std::string problem = walk_record();
      if (problem.empty()) {
        const std::size_t size = record_end_ - begin;
        if (size >= index_format::kCondaFormatBit) tokens_.fail("a smaller record");
        records.push_back({{bounds_.begin + begin, static_cast<std::uint32_t>(size) | format,
                            index_format::checksum(text_.data() + begin, size)},
                           name_id(identity_.record().name)});
      } else {
        left_out.add(fmt::format("`{}`: {}", identity_.record().file_name, problem));
      }
      if (const auto open = section_ended()) return *open;
    }
  }

  /// One record; why it cannot be used, if so.
  std::string walk_record() {
    if (tokens_.peek() != '{') {
      tokens_.skip_value();
      return "it is no object";
    }
    tokens_.expect('{');
    RecordIdentity& record = identity_.record();
    if (tokens_.peek() != '}') {
      do {
        const std::string_view key = tokens_.take_string();
        const std::size_t slot = identity_slot(key);
        tokens_.expect(':');
        if (slot == 0) {
          tokens_.skip_value();
        } else {
          take_text(slot == 1 ? record.name : slot == 2 ? record.version : record.build, slot);
        }
      } while (tokens_.take(','));
    }
    if (tokens_.peek() == '}') record_end_ = tokens_.offset() + 1;
    tokens_.expect('}');
    return rules_.find_problem(record);
  }

  void walk_info() {
    tokens_.expect('{');
    if (tokens_.take('}')) return;
    do {
      const std::string key(tokens_.take_string());
      tokens_.expect(':');
      std::string_view text;
      take_text(text, 0);
      if (key == "base_url") content_.base_url = text;
      if (key == "subdir") content_.subdir = text;
    } while (tokens_.take(','));
    tokens_.expect('}');
  }

  /// A text; a value of another kind is as good as none.
  void take_text(std::string_view& place, std::size_t slot) {
    if (tokens_.peek() == '"') {
      place = identity_.keep(tokens_.take_string(), slot, text_);
    } else {
      place = {};
      tokens_.skip_value();
    }
  }

  std::uint32_t name_id(std::string_view name) {
    if (last_name_ == index_format::kNoId || names_.text_of(last_name_) != name) {
      last_name_ = names_.id_of(name);
    }
    return last_name_;
  }

  JsonTokens tokens_;
  StringPool names_;
  RecordRules rules_;
  IdentityTexts identity_;
  PieceContent content_;
  PieceBounds bounds_;
  std::string_view text_;
  std::size_t record_end_ = 0;
  std::uint32_t last_name_ = index_format::kNoId;
};

PieceScanner::PieceScanner() : walker_(std::make_unique<Walker>()) {}
PieceScanner::~PieceScanner() = default;
PieceScanner::PieceScanner(PieceScanner&&) noexcept = default;

const StringPool& PieceScanner::names() const { return walker_->names(); }

PieceContent PieceScanner::scan(const PieceBounds& bounds, std::string_view text) {
  return walker_->walk(bounds, text);
}

}  // namespace kasane::resolver
