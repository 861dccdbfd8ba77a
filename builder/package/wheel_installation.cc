#include "builder/package/wheel_installation.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "builder/package/shebang.h"

namespace kasane::builder {
namespace {

constexpr std::size_t kChunkSize = std::size_t{128} << 10;

/// The path of a file in a RECORD, which counts from site-packages.
std::string path_in_record(std::string_view path, std::string_view site_packages) {
  std::string out;
  std::string_view base = site_packages;
  for (;;) {
    if (path.size() > base.size() && path.starts_with(base) &&
        (base.empty() || path[base.size()] == '/')) {
      return out + std::string(path.substr(base.empty() ? 0 : base.size() + 1));
    }
    if (base.empty()) return out + std::string(path);
    out += "../";
    const std::size_t slash = base.rfind('/');
    base = slash == std::string_view::npos ? std::string_view() : base.substr(0, slash);
  }
}

std::size_t first_line_size(std::string_view begin, const ZipEntry& entry) {
  const std::size_t newline = begin.find('\n');
  if (newline != std::string_view::npos) return newline + 1;
  if (begin.size() == entry.size_bytes) return begin.size();
  throw Error(ErrorKind::kRefused, fmt::format("script `{}` has a first line of more than {} bytes",
                                               printable_name(entry.name), begin.size()));
}

}  // namespace

WheelInstallation::WheelInstallation(const WheelLayout& layout, const InstallTarget& target,
                                     const std::set<std::string>& excluded, EntrySink& sink)
    : layout_(layout),
      python_(target.prefix + "/" + layout.python),
      excluded_(excluded),
      sink_(sink),
      buffer_(kChunkSize, '\0') {}

void WheelInstallation::add_file(const WheelLayout::File& file, const ZipEntry& zip_entry,
                                 const std::string& hash, ByteSource& source) {
  Entry entry;
  entry.path = file.path;
  entry.mode = file.script || (zip_entry.unix_mode & 0111) != 0 ? 0755 : 0644;
  entry.size_bytes = zip_entry.size_bytes;
  entry.archive_time = zip_entry.modified;
  const std::size_t count = read_fully(source, buffer_);
  std::string_view begin(buffer_.data(), count);
  std::string shebang;
  if (file.script && begin.starts_with("#!python")) {
    const std::size_t line = first_line_size(begin, zip_entry);
    shebang = python_shebang(python_);
    begin.remove_prefix(line);
    entry.size_bytes += shebang.size() - line;
    entry.rewritten = true;
  }
  RecordHasher hasher("sha256");
  const bool wanted = !excluded_.contains(entry.path);
  if (wanted) sink_.begin(entry);
  const auto pass = [&](std::string_view bytes) {
    if (entry.rewritten) hasher.update(bytes);
    if (wanted && !bytes.empty()) sink_.write(bytes);
  };
  pass(shebang);
  pass(begin);
  while (const std::size_t more = source.read(buffer_)) pass({buffer_.data(), more});
  if (wanted) sink_.end();
  rows_.push_back({path_in_record(entry.path, layout_.site_packages),
                   entry.rewritten ? hasher.finish() : hash, entry.size_bytes});
}

void WheelInstallation::add_generated(const std::string& path, std::string_view content,
                                      std::uint32_t mode) {
  put(path, content, mode);
  rows_.push_back(
      {path_in_record(path, layout_.site_packages), record_hash(content), content.size()});
}

void WheelInstallation::add_launcher(const WheelLayout::Launcher& launcher) {
  add_generated(launcher.path, launcher.entry_point.launcher(python_), 0755);
}

void WheelInstallation::add_record() {
  const std::string path = layout_.in_dist_info("RECORD");
  rows_.push_back({path_in_record(path, layout_.site_packages), "", std::nullopt});
  std::sort(rows_.begin(), rows_.end());
  put(path, render_record(rows_), 0644);
}

void WheelInstallation::put(const std::string& path, std::string_view content, std::uint32_t mode) {
  if (excluded_.contains(path)) return;
  Entry entry;
  entry.path = path;
  entry.mode = mode;
  entry.size_bytes = content.size();
  sink_.begin(entry);
  if (!content.empty()) sink_.write(content);
  sink_.end();
}

}  // namespace kasane::builder
