#include "builder/package/conda_record.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace kasane::builder {
namespace {

using nlohmann::json;

constexpr const char* kFiles = "files";
constexpr const char* kPathsData = "paths_data";

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// With its keys in order, as everywhere in the record.
void append_path(std::string& out, const RecordedPath& path) {
  const CondaPath* const listed = path.listed;
  out += "{\"_path\":";
  append_json_text(out, path.path);
  const bool has_placeholder = listed != nullptr && !listed->placeholder.empty();
  if (has_placeholder) {
    const bool binary = listed->file_mode == CondaPath::FileMode::kBinary;
    out += binary ? R"(,"file_mode":"binary")" : R"(,"file_mode":"text")";
  }
  if (listed != nullptr && listed->no_link) out += R"(,"no_link":true)";
  fmt::format_to(std::back_inserter(out), R"(,"path_type":"{}")", path.type);
  if (has_placeholder) {
    out += R"(,"prefix_placeholder":)";
    append_json_text(out, listed->placeholder);
  }
  if (listed != nullptr && (path.packaged || listed->sha256)) {
    const Digest& packaged = path.packaged ? *path.packaged : *listed->sha256;
    fmt::format_to(std::back_inserter(out), R"(,"sha256":"{}")", packaged.hex());
  }
  if (path.installed) {
    fmt::format_to(std::back_inserter(out), R"(,"sha256_in_prefix":"{}")", path.installed->hex());
  }
  if (listed != nullptr && path.size_bytes) {
    fmt::format_to(std::back_inserter(out), R"(,"size_in_bytes":{})", *path.size_bytes);
  }
  out += '}';
}

/// Text on its way to a sink, in pieces of some size.
class Pieces {
 public:
  explicit Pieces(ByteSink& sink) : sink_(sink) {}
  std::string& text() { return text_; }
  void flush_when_large() {
    if (text_.size() >= kPiece) flush();
  }
  void flush() {
    sink_.write(text_);
    text_.clear();
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{64} << 10;
  ByteSink& sink_;
  std::string text_;
};

/// A JSON list with one element to a line.
template <class Chosen, class Append>
void write_list(Pieces& pieces, const std::vector<RecordedPath>& paths, Chosen&& is_chosen,
                Append&& append) {
  bool empty = true;
  pieces.text() += '[';
  for (const RecordedPath& path : paths) {
    if (!is_chosen(path)) continue;
    pieces.text() += empty ? "\n    " : ",\n    ";
    append(pieces.text(), path);
    empty = false;
    pieces.flush_when_large();
  }
  pieces.text() += empty ? "]" : "\n  ]";
}

class Counter final : public ByteSink {
 public:
  void write(std::string_view bytes) override { count_ += bytes.size(); }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

std::string directory_of(std::string_view url) {
  return std::string(url.substr(0, std::min(url.rfind('/'), url.size())));
}

}  // namespace

CondaRecord::CondaRecord(const CondaMetadata& metadata, const PackageOrigin& origin,
                         std::string_view file_name, std::vector<RecordedPath> paths)
    : paths_(std::move(paths)) {
  std::sort(paths_.begin(), paths_.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  const json index = json::parse(metadata.index_json);
  for (const auto& [key, value] : index.items()) {
    fields_[key] = dump(value);
  }
  fields_["channel"] = dump(directory_of(origin.url));
  fields_["extracted_package_dir"] = dump("");
  fields_[kFiles] = "";
  fields_["fn"] = dump(file_name);
  fields_["link"] = dump({{"source", ""}, {"type", 1}});
  if (origin.md5) fields_["md5"] = dump(origin.md5->hex());
  fields_["package_tarball_full_path"] = dump("");
  fields_[kPathsData] = "";
  fields_["requested_spec"] = dump("None");
  fields_["sha256"] = dump(origin.sha256.hex());
  fields_["size"] = dump(origin.size_bytes);
  fields_["url"] = dump(origin.url);
  if (metadata.kind == PackageFacts::Kind::kCondaNoarchPython) {
    fields_["noarch"] = dump("python");
    fields_["package_type"] = dump("noarch_python");
  } else if (metadata.kind == PackageFacts::Kind::kCondaNoarchGeneric) {
    fields_["noarch"] = dump("generic");
    fields_["package_type"] = dump("noarch_generic");
  }
}

std::uint64_t CondaRecord::size_bytes() const {
  Counter counter;
  write(counter);
  return counter.count();
}

void CondaRecord::write(ByteSink& sink) const {
  Pieces pieces(sink);
  std::string& text = pieces.text();
  char before = '{';
  for (const auto& [key, value] : fields_) {
    fmt::format_to(std::back_inserter(text), "{}\n  {}: ", before, dump(key));
    before = ',';
    if (key == kFiles) {
      write_list(
          pieces, paths_, [](const RecordedPath& path) { return path.type != "directory"; },
          [](std::string& out, const RecordedPath& path) { append_json_text(out, path.path); });
    } else if (key == kPathsData) {
      text += R"({"paths": )";
      write_list(
          pieces, paths_, [](const RecordedPath&) { return true; }, append_path);
      text += R"(, "paths_version": 1})";
    } else {
      text += value;
    }
  }
  text += "\n}\n";
  pieces.flush();
}

}  // namespace kasane::builder
