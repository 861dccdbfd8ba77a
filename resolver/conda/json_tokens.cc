#include "resolver/conda/json_tokens.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.h"

namespace kasane::resolver {
namespace {

constexpr int kDeepest = 256;

bool is_at(std::string_view text, std::size_t at, char c) {
  return at < text.size() && text[at] == c;
}

/// JSON's grammar of numbers (RFC 8259, section 6).
bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  if (is_at(text, at, '-')) ++at;
  const bool zero = is_at(text, at, '0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (is_at(text, at, '.')) {
    ++at;
    if (digits() == 0) return false;
  }
  if (is_at(text, at, 'e') || is_at(text, at, 'E')) {
    ++at;
    if (is_at(text, at, '+') || is_at(text, at, '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

/// The numbers that records are full of.
bool is_plain_number(std::string_view text) {
  if (text.front() < '1' || text.front() > '9') return text == "0";
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

/// Half of a pair of UTF-16, which simdjson lets pass when it is the second half.
bool has_surrogate(std::string_view text) {
  for (std::size_t at = text.find('\xed'); at != std::string_view::npos;
       at = text.find('\xed', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xa0) return true;
  }
  return false;
}

Error invalid(std::string_view why) {
  return Error(ErrorKind::kIntegrity, fmt::format("the repodata is not valid JSON: {}", why))
      .hint("fetch it again with `--refresh`");
}

}  // namespace

struct JsonTokens::Stage {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
};

JsonTokens::JsonTokens() : stage_(std::make_unique<Stage>()) {}
JsonTokens::~JsonTokens() = default;
JsonTokens::JsonTokens(JsonTokens&&) noexcept = default;

void JsonTokens::open(std::string_view text) {
  constexpr std::size_t kUsualSize = std::size_t{1} << 16;
  auto& parser = stage_->parser;
  simdjson::error_code failure = simdjson::SUCCESS;
  if (!parser) {
    failure = simdjson::get_active_implementation()->create_dom_parser_implementation(
        std::max(text.size(), kUsualSize), kDeepest, parser);
  } else if (parser->capacity() < text.size()) {
    failure = parser->set_capacity(text.size());
  }
  if (failure == simdjson::SUCCESS) {
    failure = parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                             simdjson::stage1_mode::regular);
  }
  if (failure != simdjson::SUCCESS) throw invalid(simdjson::error_message(failure));
  text_ = text.data();
  next_ = parser->structural_indexes.get();
  end_ = next_ + parser->n_structural_indexes;
  escapes_ = std::memchr(text.data(), '\\', text.size()) != nullptr;
}

std::string_view JsonTokens::unescape(std::string_view token) {
  const std::string_view inner = token.substr(1, token.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return inner;
  scratch_.assign(token.substr(1));
  scratch_.resize(scratch_.size() + simdjson::SIMDJSON_PADDING);
  unescaped_.resize(scratch_.size() + simdjson::SIMDJSON_PADDING);
  auto* out = reinterpret_cast<std::uint8_t*>(unescaped_.data());
  const std::uint8_t* end =
      stage_->parser->parse_string(reinterpret_cast<const std::uint8_t*>(scratch_.data()), out);
  if (end != nullptr) unescaped_.resize(static_cast<std::size_t>(end - out));
  if (end == nullptr || has_surrogate(unescaped_)) {
    throw invalid("a string has an escape that means nothing");
  }
  return unescaped_;
}

void JsonTokens::skip_nested(int depth) {
  if (depth > kDeepest) throw invalid(fmt::format("it is nested more than {} deep", kDeepest));
  switch (peek()) {
    case '"':
      if (escapes_) {
        unescape(take_token());
      } else {
        ++next_;
      }
      return;
    case '[':
      ++next_;
      if (take(']')) return;
      do {
        if (peek() == '"' && !escapes_) {
          ++next_;
        } else {
          skip_nested(depth + 1);
        }
      } while (take(','));
      return expect(']');
    case '{':
      ++next_;
      if (take('}')) return;
      do {
        take_string();
        expect(':');
        skip_nested(depth + 1);
      } while (take(','));
      return expect('}');
    default:
      return skip_scalar();
  }
}

void JsonTokens::skip_scalar() {
  if (at_end()) fail("a value");
  const std::uint32_t* before = next_;
  const std::string_view token = take_token();
  if (is_plain_number(token) || is_number(token) || token == "true" || token == "false" ||
      token == "null")
    return;
  next_ = before;
  fail("a value");
}

void JsonTokens::fail(std::string_view expected) const {
  if (at_end()) throw invalid(fmt::format("expected {}, found the end", expected));
  std::string found;
  for (const char c : std::string_view(text_ + *next_, std::min(next_[1] - *next_, 20U))) {
    found += c >= 0x20 && c < 0x7f ? c : '.';
  }
  throw invalid(fmt::format("expected {}, found `{}`", expected, found));
}

void JsonTokens::fail_expecting(char c) const { fail(fmt::format("`{}`", c)); }

}  // namespace kasane::resolver
