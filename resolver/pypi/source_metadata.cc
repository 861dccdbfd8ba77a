#include "resolver/pypi/source_metadata.h"

#include <optional>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/archive/tar_reader.h"
#include "base/archive/zip_directory.h"
#include "base/codec.h"
#include "base/error.h"

namespace kasane::resolver::pypi {
namespace {

constexpr std::size_t kLimit = std::size_t{64} << 20;

/// `demo-1.0/PKG-INFO`: others further down are of tests and of what is bundled.
bool is_metadata(std::string_view path) {
  if (path.starts_with("./")) path.remove_prefix(2);
  const std::size_t slash = path.find('/');
  return slash != std::string_view::npos && path.substr(slash + 1) == "PKG-INFO";
}

std::optional<std::string> find_in_tar(ByteSource& archive) {
  TarReader reader(archive, TarEnd::kOptional);
  while (const auto entry = reader.next()) {
    if (entry->type == TarEntry::Type::kFile && is_metadata(entry->path)) {
      return read_all(reader, kLimit, "PKG-INFO");
    }
  }
  return std::nullopt;
}

std::optional<std::string> find_in_zip(const ReadableFile& file) {
  const auto entry = find_zip_entry(file, is_metadata);
  if (!entry) return std::nullopt;
  return read_all(*open_zip_entry(file, *entry), kLimit, "PKG-INFO");
}

}  // namespace

std::string read_source_metadata(const ReadableFile& file, std::string_view file_name) {
  std::optional<std::string> text;
  FileSource source(file);
  if (file_name.ends_with(".zip")) {
    text = find_in_zip(file);
  } else if (file_name.ends_with(".tar.gz") || file_name.ends_with(".tgz")) {
    text = find_in_tar(*decompress(Codec::kGzip, source));
  } else if (file_name.ends_with(".tar.bz2")) {
    text = find_in_tar(*decompress(Codec::kBzip2, source));
  } else {
    throw Error(ErrorKind::kRefused, fmt::format("`{}` is no `.tar.gz` or `.zip`, which source "
                                                 "distributions are",
                                                 printable_name(file_name)));
  }
  if (text) return std::move(*text);
  throw Error(ErrorKind::kIntegrity, fmt::format("no `PKG-INFO` in the source distribution `{}`",
                                                 printable_name(file_name)));
}

}  // namespace kasane::resolver::pypi
