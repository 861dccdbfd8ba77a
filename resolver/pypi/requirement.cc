#include "resolver/pypi/requirement.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/pypi/mended_text.h"
#include "resolver/pypi/text_reader.h"

namespace kasane::resolver::pypi {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

/// Reads one requirement off a reader, in the order of PEP 508's grammar.
class RequirementReader {
 public:
  explicit RequirementReader(std::string_view text) : reader_(text, "requirement") {}

  Requirement read() {
    reader_.skip_space();
    out_.name = read_name("the name of a distribution");
    reader_.skip_space();
    read_extras();
    reader_.skip_space();
    if (reader_.take('@')) {
      read_url();
    } else {
      read_specifiers();
    }
    reader_.skip_space();
    if (reader_.take(';')) out_.marker = Marker::read(reader_);
    if (!reader_.at_end()) reader_.fail_expecting(out_.marker ? "`and`, `or` or the end" : ending_);
    return std::move(out_);
  }

 private:
  std::string read_name(std::string_view what) {
    const std::string_view rest = reader_.rest();
    const auto length = static_cast<std::size_t>(
        std::find_if_not(rest.begin(), rest.end(), is_name_character) - rest.begin());
    const std::string_view name = rest.substr(0, length);
    if (!is_name(name)) {
      if (name.empty()) reader_.fail_expecting(what);
      reader_.fail("a name begins and ends with a letter or digit", reader_.place(), name.size());
    }
    reader_.advance(length);
    return std::string(name);
  }

  void read_extras() {
    if (!reader_.take('[')) return;
    reader_.skip_space();
    while (reader_.next() != ']' || !out_.extras.empty()) {
      out_.extras.push_back(normalise_name(read_name("the name of an extra")));
      reader_.skip_space();
      if (!reader_.take(',')) break;
      reader_.skip_space();
    }
    if (!reader_.take(']')) reader_.fail_expecting("`,` or `]`");
    std::sort(out_.extras.begin(), out_.extras.end());
    out_.extras.erase(std::unique(out_.extras.begin(), out_.extras.end()), out_.extras.end());
  }

  void read_url() {
    reader_.skip_space();
    const std::string_view rest = reader_.rest();
    const std::string_view url = rest.substr(0, rest.find_first_of(" \t"));
    if (url.empty()) reader_.fail_expecting("a URL");
    reader_.advance(url.size());
    out_.url = url;
    ending_ = "` ;` and a marker, or the end";
  }

  void read_specifiers() {
    const bool parenthesis = reader_.take('(');
    reader_.skip_space();
    while (const std::size_t length = Specifier::length_at(reader_.rest())) {
      read_clause(length);
      reader_.skip_space();
      if (!reader_.take(',')) break;
      reader_.skip_space();
    }
    if (!parenthesis) {
      ending_ = out_.specifiers.empty() ? "`[`, `@`, `;`, a version specifier or the end"
                                        : "`,`, `;` or the end";
    } else if (!reader_.take(')')) {
      reader_.fail_expecting("`,` or `)`");
    } else {
      ending_ = "`;` or the end";
    }
  }

  void read_clause(std::size_t length) {
    // What follows a clause at once is a part of it that is wrong.
    const std::string_view rest = reader_.rest();
    const std::size_t end = std::min(rest.find_first_of(" \t\r\n\f\v,;)", length), rest.size());
    try {
      out_.specifiers.add(Specifier::parse(rest.substr(0, end)));
    } catch (const Error& error) {
      const SourcePlace& place = error.place();
      const std::string_view message = error.message();
      reader_.fail(message.substr(0, message.rfind(" in the version specifier")),
                   reader_.place() + static_cast<std::size_t>(place.column) - 1,
                   static_cast<std::size_t>(place.length));
    }
    reader_.advance(end);
  }

  TextReader reader_;
  Requirement out_;
  std::string_view ending_;
};

}  // namespace

Requirement Requirement::parse(std::string_view text) { return RequirementReader(text).read(); }

std::optional<Requirement> Requirement::find(std::string_view text) {
  try {
    return parse(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<Requirement> Requirement::find_leniently(std::string_view text) {
  if (auto found = find(text)) return found;
  return find(mend_requirement(text));
}

std::string Requirement::normalised_name() const { return normalise_name(name); }

std::string Requirement::render() const {
  std::string out = name;
  if (!extras.empty()) out += fmt::format("[{}]", fmt::join(extras, ","));
  out += specifiers.render();
  if (url) out += fmt::format(" @ {}", *url);
  if (marker) out += fmt::format("{}; {}", url ? " " : "", marker->render());
  return out;
}

bool Requirement::operator==(const Requirement& other) const {
  return normalised_name() == other.normalised_name() && extras == other.extras &&
         specifiers == other.specifiers && url == other.url && marker == other.marker;
}

}  // namespace kasane::resolver::pypi
