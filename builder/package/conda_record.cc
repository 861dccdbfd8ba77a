#include "builder/package/conda_record.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace kasane::builder {
namespace {

using nlohmann::json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json describe_path(const RecordedPath& path) {
  json out = {{"_path", path.path}, {"path_type", path.type}};
  if (path.installed) out["sha256_in_prefix"] = path.installed->hex();
  if (path.listed == nullptr) return out;
  const CondaPath& listed = *path.listed;
  if (path.packaged) {
    out["sha256"] = path.packaged->hex();
  } else if (listed.sha256) {
    out["sha256"] = listed.sha256->hex();
  }
  if (path.size_bytes) out["size_in_bytes"] = *path.size_bytes;
  if (!listed.placeholder.empty()) {
    out["prefix_placeholder"] = listed.placeholder;
    out["file_mode"] = listed.file_mode == CondaPath::FileMode::kBinary ? "binary" : "text";
  }
  if (listed.no_link) out["no_link"] = true;
  return out;
}

/// A JSON list with one element to a line.
class ListText {
 public:
  void add(const json& value) { text_ += (text_.empty() ? "\n    " : ",\n    ") + dump(value); }
  std::string finish() const { return text_.empty() ? "[]" : "[" + text_ + "\n  ]"; }

 private:
  std::string text_;
};

std::string directory_of(std::string_view url) {
  return std::string(url.substr(0, std::min(url.rfind('/'), url.size())));
}

}  // namespace

std::string render_conda_record(const CondaMetadata& metadata, const PackageOrigin& origin,
                                std::string_view file_name, std::vector<RecordedPath> paths) {
  std::sort(paths.begin(), paths.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  ListText files;
  ListText described;
  for (const RecordedPath& path : paths) {
    if (path.type != "directory") files.add(path.path);
    described.add(describe_path(path));
  }
  std::map<std::string, std::string> fields;
  const json index = json::parse(metadata.index_json);
  for (const auto& [key, value] : index.items()) {
    fields[key] = dump(value);
  }
  fields["channel"] = dump(directory_of(origin.url));
  fields["extracted_package_dir"] = dump("");
  fields["files"] = files.finish();
  fields["fn"] = dump(file_name);
  fields["link"] = dump({{"source", ""}, {"type", 1}});
  if (origin.md5) fields["md5"] = dump(origin.md5->hex());
  fields["package_tarball_full_path"] = dump("");
  fields["paths_data"] = fmt::format("{{\"paths\": {}, \"paths_version\": 1}}", described.finish());
  fields["requested_spec"] = dump("None");
  fields["sha256"] = dump(origin.sha256.hex());
  fields["size"] = dump(origin.size_bytes);
  fields["url"] = dump(origin.url);
  if (metadata.kind == PackageFacts::Kind::kCondaNoarchPython) {
    fields["noarch"] = dump("python");
    fields["package_type"] = dump("noarch_python");
  } else if (metadata.kind == PackageFacts::Kind::kCondaNoarchGeneric) {
    fields["noarch"] = dump("generic");
    fields["package_type"] = dump("noarch_generic");
  }
  std::string out = "{";
  for (const auto& [key, value] : fields) {
    out += fmt::format("{}\n  {}: {}", out.size() == 1 ? "" : ",", dump(key), value);
  }
  return out + "\n}\n";
}

}  // namespace kasane::builder
