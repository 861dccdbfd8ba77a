#include "resolver/spec/spec_text.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.h"
#include "base/utf8.h"
#include "resolver/conda/url_credentials.h"

namespace kasane::resolver {
namespace {

constexpr std::size_t kLimit = std::size_t{16} << 20;
constexpr std::size_t kMaxShown = 200;

void append_utf8(std::uint32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

/// UTF-16 after its byte order mark. A lone surrogate becomes one in the outcome, which is then not
/// UTF-8.
std::string from_utf16(std::string_view bytes, bool little) {
  const auto unit = [&](std::size_t i) {
    const auto first = static_cast<std::uint8_t>(bytes[i]);
    const auto second = static_cast<std::uint8_t>(bytes[i + 1]);
    return static_cast<std::uint32_t>(little ? first | second << 8 : first << 8 | second);
  };
  std::string out;
  for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
    std::uint32_t c = unit(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 3 < bytes.size()) {
      const std::uint32_t low = unit(i + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        i += 2;
      }
    }
    append_utf8(c, out);
  }
  return out;
}

int count_characters(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xc0') != '\x80'; }));
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

}  // namespace

SpecText::SpecText(std::string file_name, std::string text)
    : file_name_(std::move(file_name)), text_(std::move(text)) {
  starts_.push_back(0);
  for (std::size_t i = text_.find('\n'); i != std::string::npos; i = text_.find('\n', i + 1)) {
    if (i + 1 < text_.size()) starts_.push_back(i + 1);
  }
}

SpecText SpecText::read(FileSystem& files, const Path& path) {
  const std::string name = path.string();
  const SpecText nothing(name, "");
  const auto status = files.find_status(path);
  if (!status) {
    throw Error(ErrorKind::kUsage, "no such file").at({name, 0, 0, "", 1});
  }
  if (status->type == FileStatus::Type::kDirectory) {
    throw Error(ErrorKind::kUsage, "expected a file, found a directory").at({name, 0, 0, "", 1});
  }
  if (status->size > kLimit) {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("expected a specification of at most {} bytes, found {}", kLimit, status->size))
        .at({name, 0, 0, "", 1});
  }
  return decode(name, files.read_text(path, kLimit));
}

SpecText SpecText::decode(std::string file_name, std::string bytes) {
  const std::string_view view = bytes;
  if (view.starts_with("\xef\xbb\xbf")) {
    bytes.erase(0, 3);
  } else if (view.starts_with("\xff\xfe") || view.starts_with("\xfe\xff")) {
    bytes = from_utf16(view, view.starts_with("\xff\xfe"));
  }
  if (bytes.find('\0') != std::string::npos) {
    throw Error(ErrorKind::kUsage, "expected a text file, found binary content")
        .at({std::move(file_name), 0, 0, "", 1});
  }
  if (!is_utf8(bytes)) {
    throw Error(ErrorKind::kUsage, "expected UTF-8, found bytes of another encoding")
        .hint("save the file as UTF-8")
        .at({std::move(file_name), 0, 0, "", 1});
  }
  if (trim(bytes).empty()) {
    throw Error(ErrorKind::kUsage, "expected a specification, found an empty file")
        .at({std::move(file_name), 0, 0, "", 1});
  }
  return {std::move(file_name), std::move(bytes)};
}

std::string_view SpecText::line(int number) const {
  if (number < 1 || number > line_count()) return {};
  std::string_view text = std::string_view(text_).substr(offset(number));
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

SourcePlace SpecText::place(int line, int column, int length) const {
  const std::string_view whole = this->line(line);
  SourcePlace place{file_name_, line, column, "", std::max(length, 1)};
  if (column > 0) {
    const std::size_t start = std::min<std::size_t>(column - 1, whole.size());
    const std::string_view marked = whole.substr(start, std::max(length, 1));
    place.column = count_characters(whole.substr(0, start)) + 1;
    place.length = std::max(count_characters(marked), 1);
  }
  std::string shown = redact_urls(whole);
  if (shown != whole) {
    // What is marked may have moved, or be the secret itself.
    const auto differs = std::mismatch(shown.begin(), shown.end(), whole.begin(), whole.end());
    const int same = count_characters({shown.begin(), differs.first});
    if (place.column > same) return place;
    place.length = std::clamp(same - place.column + 1, 1, place.length);
  }
  if (has_control(shown) || place.column + place.length > static_cast<int>(kMaxShown)) return place;
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  place.text = shown.size() <= kMaxShown ? std::move(shown) : "";
  return place;
}

SourcePlace SpecText::place_of_line(int line) const {
  const std::string_view whole = this->line(line);
  const std::string_view part = trim(whole);
  const int column = part.empty() ? 1 : static_cast<int>(part.data() - whole.data()) + 1;
  return place(line, column, static_cast<int>(part.size()));
}

Error SpecText::error(std::string message) const {
  return error_at({file_name_, 0, 0, "", 1}, std::move(message));
}

void SpecText::refuse_conflict_markers() const {
  for (int number = 1; number <= line_count(); ++number) {
    const std::string_view text = line(number);
    for (const std::string_view marker : {"<<<<<<<", ">>>>>>>"}) {
      if (!text.starts_with(marker) || (text.size() > 7 && text[7] != ' ')) continue;
      throw error_at(place(number, 1, 7), "the file holds an unresolved merge conflict")
          .hint(
              "keep one side of it, and remove the lines that begin with `<<<<<<<`, `=======` "
              "and `>>>>>>>`");
    }
  }
}

Error error_at(SourcePlace place, std::string message) {
  return Error(ErrorKind::kFailed, std::move(message)).at(std::move(place));
}

std::string render_place(const SourcePlace& place) {
  return place.line > 0 ? fmt::format("{}:{}", place.file, place.line) : place.file;
}

}  // namespace kasane::resolver
