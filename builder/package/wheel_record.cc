#include "builder/package/wheel_record.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/utf8.h"

namespace kasane::builder {
namespace {

[[noreturn]] void damaged(std::size_t line, std::string_view what) {
  throw Error(ErrorKind::kIntegrity, fmt::format("line {} of RECORD {}", line, what));
}

/// Takes the fields of comma-separated rows (RFC 4180) off the front of a text.
class RowReader {
 public:
  explicit RowReader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t line() const { return line_; }

  std::vector<std::string> next_row() {
    std::vector<std::string> fields;
    do {
      fields.push_back(next_field());
    } while (take(','));
    const bool carriage_return = take('\r');
    if (!rest_.empty() && !take('\n') && !carriage_return) {
      damaged(line_, "has text after a quoted field");
    }
    ++line_;
    return fields;
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string next_field() {
    if (!take('"')) {
      const std::size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
      std::string field(rest_.substr(0, end));
      rest_.remove_prefix(end);
      return field;
    }
    std::string field;
    for (;;) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) damaged(line_, "has a quote that does not end");
      field += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!take('"')) return field;
      field += '"';
    }
  }

  std::string_view rest_;
  std::size_t line_ = 1;
};

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::optional<std::uint64_t> parse_size(const std::string& text, std::size_t line) {
  if (text.empty()) return std::nullopt;
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size()) {
    damaged(line, fmt::format("has the size `{}`, expected a number", printable_name(text)));
  }
  return size;
}

std::string urlsafe_base64(const unsigned char* bytes, std::size_t size) {
  std::string out(4 * ((size + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size));
  out.resize(static_cast<std::size_t>(length));
  while (out.ends_with('=')) out.pop_back();
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

const EVP_MD* find_algorithm(std::string_view name) {
  if (name == "sha256") return EVP_sha256();
  if (name == "sha384") return EVP_sha384();
  if (name == "sha512") return EVP_sha512();
  if (name == "sha3_256") return EVP_sha3_256();
  if (name == "sha3_384") return EVP_sha3_384();
  if (name == "sha3_512") return EVP_sha3_512();
  if (name == "blake2b") return EVP_blake2b512();
  if (name == "blake2s") return EVP_blake2s256();
  return nullptr;
}

}  // namespace

std::vector<RecordRow> parse_record(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (!is_utf8(text)) throw Error(ErrorKind::kIntegrity, "RECORD is not UTF-8");
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<RecordRow> rows;
  RowReader reader(text);
  while (!reader.at_end()) {
    const std::size_t line = reader.line();
    std::vector<std::string> fields = reader.next_row();
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (fields.size() != 3) {
      damaged(line, fmt::format("has {} fields, expected path, hash and size", fields.size()));
    }
    if (fields[0].empty()) damaged(line, "names no path");
    rows.push_back({std::move(fields[0]), std::move(fields[1]), parse_size(fields[2], line)});
  }
  return rows;
}

std::string render_record(const std::vector<RecordRow>& rows) {
  std::string out;
  for (const RecordRow& row : rows) {
    const std::string size = row.size_bytes ? std::to_string(*row.size_bytes) : std::string();
    out += quoted(row.path) + "," + quoted(row.hash) + "," + size + "\n";
  }
  return out;
}

struct RecordHasher::State {
  std::string algorithm;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};
};

RecordHasher::RecordHasher(std::string_view algorithm) : state_(std::make_unique<State>()) {
  const EVP_MD* method = find_algorithm(algorithm);
  if (method == nullptr) {
    throw Error(
        ErrorKind::kIntegrity,
        fmt::format("hash algorithm `{}`, expected `sha256` or better", printable_name(algorithm)));
  }
  state_->algorithm = algorithm;
  if (!state_->context || EVP_DigestInit_ex(state_->context.get(), method, nullptr) != 1) {
    throw std::bad_alloc();
  }
}

RecordHasher::~RecordHasher() = default;
RecordHasher::RecordHasher(RecordHasher&&) noexcept = default;
RecordHasher& RecordHasher::operator=(RecordHasher&&) noexcept = default;

void RecordHasher::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string RecordHasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw;
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context.get(), raw.data(), &size);
  return state_->algorithm + "=" + urlsafe_base64(raw.data(), size);
}

std::string record_hash(std::string_view bytes) {
  RecordHasher hasher("sha256");
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace kasane::builder
