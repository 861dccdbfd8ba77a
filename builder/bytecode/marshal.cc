#include "builder/bytecode/marshal.h"

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace kasane::builder {
namespace {

constexpr unsigned char kMark = 0x80;
constexpr int kDepthLimit = 2000;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Walks over marshalled objects (CPython's Python/marshal.c) and keeps where the marks are and
/// which of them are referred to.
class MarshalWalk {
 public:
  MarshalWalk(std::string& bytes, PythonMinor python) : bytes_(bytes), python_(python) {}

  /// False at anything that is not understood.
  bool walk_all() { return walk(0) && at_ == bytes_.size(); }

  /// Takes away the marks that nothing refers to, and counts the others anew.
  void rewrite() {
    std::vector<std::uint32_t> numbers;
    std::uint32_t next = 0;
    for (const Mark& mark : marks_) {
      numbers.push_back(next);
      if (mark.used) {
        ++next;
      } else {
        bytes_[mark.place] = static_cast<char>(bytes_[mark.place] & ~kMark);
      }
    }
    for (const std::size_t place : references_) {
      const std::uint32_t number = numbers[number_at(place)];
      for (std::size_t i = 0; i < 4; ++i) bytes_[place + i] = static_cast<char>(number >> (8 * i));
    }
  }

 private:
  struct Mark {
    std::size_t place;
    bool used = false;
  };

  std::uint32_t number_at(std::size_t place) const {
    std::uint32_t number = 0;
    for (std::size_t i = 4; i-- > 0;) {
      number = number << 8 | static_cast<unsigned char>(bytes_[place + i]);
    }
    return number;
  }

  bool skip(std::uint64_t size) {
    if (size > bytes_.size() - at_) return false;
    at_ += static_cast<std::size_t>(size);
    return true;
  }

  bool take_number(std::uint32_t& number) {
    if (bytes_.size() - at_ < 4) return false;
    number = number_at(at_);
    at_ += 4;
    return true;
  }

  bool take_byte(std::uint32_t& number) {
    if (at_ == bytes_.size()) return false;
    number = static_cast<unsigned char>(bytes_[at_++]);
    return true;
  }

  bool walk_many(std::uint32_t count, int depth) {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!walk(depth + 1)) return false;
    }
    return true;
  }

  bool walk_reference() {
    const std::size_t place = at_;
    std::uint32_t number = 0;
    if (!take_number(number) || number >= marks_.size()) return false;
    marks_[number].used = true;
    references_.push_back(place);
    return true;
  }

  bool walk_dictionary(int depth) {
    while (at_ < bytes_.size() && bytes_[at_] != '0') {
      if (!walk_many(2, depth)) return false;
    }
    return skip(1);
  }

  /// A code object: numbers, objects, the first line's number, objects.
  bool walk_code(int depth) {
    const int minor = python_.number();
    const std::uint64_t numbers = minor == 7 ? 5 : minor <= 10 ? 6 : 5;
    const std::uint32_t tables = minor <= 10 ? 1 : 2;
    return skip(4 * numbers) && walk_many(8, depth) && skip(4) && walk_many(tables, depth);
  }

  /// An integer: the number of its 15-bit digits, with the sign, and these.
  bool walk_long() {
    std::uint32_t count = 0;
    if (!take_number(count)) return false;
    const auto digits = static_cast<std::int32_t>(count);
    if (digits == std::numeric_limits<std::int32_t>::min()) return false;
    return skip(std::uint64_t{2} * static_cast<std::uint32_t>(digits < 0 ? -digits : digits));
  }

  /// There is one object for the empty string and for each character up to U+00FF, and whether it
  /// is interned depends on what was compiled before. Here it depends on the character. `place` is
  /// that of the type, `head` how much comes before the text.
  bool settle_interning(std::size_t place, std::size_t head, std::uint32_t size) {
    if (size > bytes_.size() - at_) return false;
    const std::string_view text = std::string_view(bytes_).substr(place + head, size);
    char type = 0;
    if (text.empty()) {
      type = 'z';
    } else if (size == 1) {
      type = is_name_character(text[0]) ? 'Z' : 'z';
    } else if (size == 2 && (text[0] == '\xC2' || text[0] == '\xC3')) {
      type = 'u';
    } else {
      return true;
    }
    // An empty or one-character text in the long form would have another head.
    if ((head == 2) != (type != 'u')) return true;
    bytes_[place] = static_cast<char>((bytes_[place] & kMark) | type);
    return true;
  }

  bool walk(int depth) {
    if (depth > kDepthLimit || at_ == bytes_.size()) return false;
    const auto byte = static_cast<unsigned char>(bytes_[at_]);
    const std::size_t place = at_++;
    if ((byte & kMark) != 0) marks_.push_back({place, false});
    std::uint32_t count = 0;
    switch (byte & ~kMark) {
      case 'N':
      case 'F':
      case 'T':
      case 'S':
      case '.':
        return true;
      case 'i':
        return skip(4);
      case 'g':
        return skip(8);
      case 'y':
        return skip(16);
      case 'l':
        return walk_long();
      case 's':
      case 'a':
      case 'A':
        return take_number(count) && skip(count);
      case 't':
      case 'u':
        return take_number(count) && settle_interning(place, 5, count) && skip(count);
      case 'z':
      case 'Z':
        return take_byte(count) && settle_interning(place, 2, count) && skip(count);
      case ')':
        return take_byte(count) && walk_many(count, depth);
      case '(':
      case '[':
      case '<':
      case '>':
        return take_number(count) && walk_many(count, depth);
      case '{':
        return walk_dictionary(depth);
      case ':':
        return walk_many(3, depth);
      case 'c':
        return walk_code(depth);
      case 'r':
        return (byte & kMark) == 0 && walk_reference();
      default:
        return false;
    }
  }

  std::string& bytes_;
  PythonMinor python_;
  std::size_t at_ = 0;
  std::vector<Mark> marks_;
  std::vector<std::size_t> references_;
};

}  // namespace

bool canonicalise_marshal(std::string& bytes, PythonMinor python) {
  MarshalWalk walk(bytes, python);
  if (!walk.walk_all()) return false;
  walk.rewrite();
  return true;
}

}  // namespace kasane::builder
