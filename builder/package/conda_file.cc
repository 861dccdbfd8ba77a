#include "builder/package/conda_file.h"

#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stream.h"
#include "builder/package/prefix_replacement.h"

namespace kasane::builder {
namespace {

/// Text is rewritten in memory, since its new size must be known before it is written.
constexpr std::size_t kLargestText = std::size_t{64} << 20;

/// Hashes what passes on its way to an entry sink, which may be missing.
class HashingSink final : public ByteSink {
 public:
  explicit HashingSink(EntrySink* sink) : sink_(sink) {}
  void write(std::string_view bytes) override {
    hasher_.update(bytes);
    if (sink_ != nullptr) sink_->write(bytes);
  }
  Digest finish() { return hasher_.finish(); }

 private:
  EntrySink* sink_;
  Sha256Hasher hasher_;
};

/// The archive's own digest was checked before it was opened and covers every byte in it; a file
/// that passes unchanged is hashed only when nobody has said what its digest is.
Digest stream_plain(TarReader& reader, const CondaPath& listed, EntrySink* sink) {
  if (listed.sha256) {
    for (auto piece = reader.read_piece(); !piece.empty(); piece = reader.read_piece()) {
      if (sink != nullptr) sink->write(piece);
    }
    return *listed.sha256;
  }
  HashingSink out(sink);
  for (auto piece = reader.read_piece(); !piece.empty(); piece = reader.read_piece()) {
    out.write(piece);
  }
  return out.finish();
}

InstalledContent stream_binary(TarReader& reader, const CondaPath& listed, std::string_view prefix,
                               EntrySink* sink) {
  Sha256Hasher packaged;
  HashingSink out(sink);
  BinaryPrefixReplacer replacer(listed.placeholder, prefix, out);
  for (auto piece = reader.read_piece(); !piece.empty(); piece = reader.read_piece()) {
    packaged.update(piece);
    replacer.write(piece);
  }
  replacer.finish();
  return {packaged.finish(), out.finish()};
}

std::string read_text(TarReader& reader, const CondaPath& listed, std::uint64_t size) {
  if (size > kLargestText) {
    throw Error(
        ErrorKind::kRefused,
        fmt::format("the text `{}`, into which the prefix must be put, has {} bytes; at most "
                    "{} are supported",
                    listed.path, size, kLargestText));
  }
  std::string text(size, '\0');
  read_fully(reader, text);
  return text;
}

void check_digest(const CondaPath& listed, const Digest& found) {
  if (!listed.sha256 || *listed.sha256 == found) return;
  throw Error(ErrorKind::kIntegrity,
              fmt::format("`{}` is damaged: its SHA-256 is `{}`, the package lists `{}`",
                          listed.path, found.hex(), listed.sha256->hex()));
}

}  // namespace

bool needs_prefix(const CondaPath& listed, std::string_view prefix) {
  return !listed.placeholder.empty() && listed.placeholder != prefix;
}

void check_prefix_fits(const CondaPath& listed, std::string_view prefix) {
  if (listed.file_mode != CondaPath::FileMode::kBinary || !needs_prefix(listed, prefix)) return;
  if (prefix.size() <= listed.placeholder.size()) return;
  throw Error(ErrorKind::kRefused,
              fmt::format("the prefix `{}` has {} bytes, the binary file `{}` has room for {}",
                          prefix, prefix.size(), listed.path, listed.placeholder.size()))
      .hint(fmt::format("use a `--prefix` of at most {} bytes", listed.placeholder.size()));
}

InstalledContent install_conda_file(TarReader& reader, const CondaPath& listed,
                                    std::string_view prefix, Entry entry, EntrySink* sink) {
  const auto begin = [&](std::uint64_t size, bool rewritten) {
    entry.size_bytes = size;
    entry.rewritten = rewritten;
    if (sink != nullptr) sink->begin(entry);
  };
  const std::uint64_t size = entry.size_bytes;
  if (listed.size_bytes && *listed.size_bytes != size) {
    throw Error(ErrorKind::kIntegrity,
                fmt::format("`{}` is damaged: it has {} bytes, the package lists {}", listed.path,
                            size, *listed.size_bytes));
  }
  if (needs_prefix(listed, prefix) && listed.file_mode == CondaPath::FileMode::kText) {
    const std::string text = read_text(reader, listed, size);
    const Digest packaged = Digest::of(text);
    check_digest(listed, packaged);
    const std::string replaced =
        replace_prefix_in_text(text, listed.placeholder, prefix, kLargestText);
    begin(replaced.size(), replaced != text);
    if (sink != nullptr) {
      if (!replaced.empty()) sink->write(replaced);
      sink->end();
    }
    return {packaged, Digest::of(replaced)};
  }
  const bool binary = needs_prefix(listed, prefix);
  begin(size, binary);
  const auto stream = [&]() -> InstalledContent {
    if (binary) return stream_binary(reader, listed, prefix, sink);
    const Digest digest = stream_plain(reader, listed, sink);
    return {digest, digest};
  };
  const InstalledContent content = stream();
  check_digest(listed, content.packaged);
  if (sink != nullptr) sink->end();
  return content;
}

}  // namespace kasane::builder
