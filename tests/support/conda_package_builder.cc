#include "tests/support/conda_package_builder.h"

#include <stdexcept>

#include <bzlib.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zstd.h>

#include "base/digest.h"
#include "tests/support/zip_builder.h"

namespace kasane::test {
namespace {

std::string path_type_of(const CondaMember& member) {
  if (!member.listed_type.empty()) return member.listed_type;
  if (member.type == '2') return "softlink";
  return member.type == '5' ? "directory" : "hardlink";
}

}  // namespace

CondaPackageBuilder& CondaPackageBuilder::add(CondaMember member) {
  members_.push_back(std::move(member));
  return *this;
}

CondaPackageBuilder& CondaPackageBuilder::add(std::string path, std::string content) {
  return add(CondaMember{.path = std::move(path), .content = std::move(content)});
}

CondaPackageBuilder& CondaPackageBuilder::index_field(std::string_view json) {
  index_fields_.emplace_back(json);
  return *this;
}

CondaPackageBuilder& CondaPackageBuilder::noarch_python(
    const std::vector<std::string>& entry_points) {
  index_field(R"("noarch": "python")").index_field(R"("subdir": "noarch")");
  const nlohmann::json link = {{"noarch", {{"type", "python"}, {"entry_points", entry_points}}},
                               {"package_metadata_version", 1}};
  link_json_ = link.dump();
  return *this;
}

CondaPackageBuilder& CondaPackageBuilder::lists(Lists lists) {
  lists_ = lists;
  return *this;
}

CondaPackageBuilder& CondaPackageBuilder::info_file(std::string path, std::string content) {
  info_overrides_.emplace_back(std::move(path), std::move(content));
  return *this;
}

CondaPackageBuilder& CondaPackageBuilder::list_only(std::string path) {
  listed_only_.push_back(std::move(path));
  return *this;
}

std::string CondaPackageBuilder::index_json() const {
  std::string out =
      fmt::format(R"({{"name": "{}", "version": "{}", "build": "{}")", name_, version_, build_);
  out += R"(, "build_number": 0, "depends": ["libzlib >=1.3"])";
  for (const std::string& field : index_fields_) out += ", " + field;
  return out + "}";
}

/// A hard link's is that of the file that it leads to, in the end.
const std::string& CondaPackageBuilder::content_of(const CondaMember& member) const {
  if (member.type != '1') return member.content;
  for (const CondaMember& other : members_) {
    if (&other != &member && other.path == member.link_target) return content_of(other);
  }
  return member.content;
}

std::string CondaPackageBuilder::paths_json() const {
  nlohmann::json paths = nlohmann::json::array();
  for (const CondaMember& member : members_) {
    if (!member.listed) continue;
    nlohmann::json path = {{"_path", member.path}, {"path_type", path_type_of(member)}};
    const std::string* content = &content_of(member);
    if (member.type == '0' || member.type == '1') {
      path["sha256"] = Digest::of(*content).hex();
      path["size_in_bytes"] = content->size();
    }
    if (member.listed_sha256) path["sha256"] = *member.listed_sha256;
    if (member.listed_sha256 == "") path.erase("sha256");
    if (member.listed_size) path["size_in_bytes"] = *member.listed_size;
    if (!member.placeholder.empty()) {
      path["prefix_placeholder"] = member.placeholder;
      path["file_mode"] = member.binary ? "binary" : "text";
    }
    paths.push_back(std::move(path));
  }
  for (const std::string& path : listed_only_) {
    paths.push_back({{"_path", path}, {"path_type", "hardlink"}});
  }
  return nlohmann::json{{"paths", paths}, {"paths_version", 1}}.dump(2);
}

std::vector<std::pair<std::string, std::string>> CondaPackageBuilder::info_files() const {
  std::vector<std::pair<std::string, std::string>> out = {{"info/index.json", index_json()}};
  if (!link_json_.empty()) out.emplace_back("info/link.json", link_json_);
  if (lists_ == Lists::kPathsJson) out.emplace_back("info/paths.json", paths_json());
  if (lists_ == Lists::kLegacy) {
    std::string files;
    std::string has_prefix;
    for (const CondaMember& member : members_) {
      if (!member.listed) continue;
      files += member.path + "\n";
      if (member.placeholder.empty()) continue;
      has_prefix += fmt::format("{} {} \"{}\"\n", member.placeholder,
                                member.binary ? "binary" : "text", member.path);
    }
    for (const std::string& path : listed_only_) files += path + "\n";
    out.emplace_back("info/files", files);
    if (!has_prefix.empty()) out.emplace_back("info/has_prefix", has_prefix);
  }
  for (const auto& [path, content] : info_overrides_) {
    std::erase_if(out, [&](const auto& file) { return file.first == path; });
    out.emplace_back(path, content);
  }
  return out;
}

void CondaPackageBuilder::add_info(TarBuilder& tar) const {
  for (const auto& [path, content] : info_files()) tar.add({.path = path, .content = content});
}

void CondaPackageBuilder::add_payload(TarBuilder& tar) const {
  for (const CondaMember& member : members_) {
    if (member.path.size() > 100) tar.add_gnu_long('L', member.path);
    if (member.link_target.size() > 100) tar.add_gnu_long('K', member.link_target);
    tar.add({.path = member.path,
             .content = member.content,
             .type = member.type,
             .link_target = member.link_target,
             .mode = member.mode,
             .mtime = member.mtime});
  }
}

std::string CondaPackageBuilder::info_tar() const {
  TarBuilder tar;
  add_info(tar);
  return tar.finish();
}

std::string CondaPackageBuilder::payload_tar() const {
  TarBuilder tar;
  add_payload(tar);
  return tar.finish();
}

std::string CondaPackageBuilder::make_conda() const {
  return wrap_conda(file_stem(), info_tar(), payload_tar());
}

std::string CondaPackageBuilder::make_tar_bz2() const {
  TarBuilder tar;
  add_info(tar);
  add_payload(tar);
  return bzip2(tar.finish());
}

std::string CondaPackageBuilder::wrap_conda(std::string_view stem, const std::string& info_tar,
                                            const std::string& payload_tar,
                                            std::string_view metadata) {
  std::vector<testing::ZipMember> members;
  if (!metadata.empty()) {
    members.push_back({.name = "metadata.json", .content = std::string(metadata)});
  }
  members.push_back({.name = fmt::format("pkg-{}.tar.zst", stem), .content = zstd(payload_tar)});
  members.push_back({.name = fmt::format("info-{}.tar.zst", stem), .content = zstd(info_tar)});
  return testing::make_zip(members);
}

std::string CondaPackageBuilder::bzip2(std::string bytes) {
  auto size = static_cast<unsigned>(bytes.size() + bytes.size() / 50 + 1024);
  std::string out(size, '\0');
  if (BZ2_bzBuffToBuffCompress(out.data(), &size, bytes.data(), static_cast<unsigned>(bytes.size()),
                               1, 0, 0) != BZ_OK) {
    throw std::runtime_error("bzip2 failed");
  }
  out.resize(size);
  return out;
}

std::string CondaPackageBuilder::zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

}  // namespace kasane::test
