#include "tests/support/python_index.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "tests/support/wheel_builder.h"

namespace kasane::test {
namespace {

/// The project that a file is of, as the tests name their files: up to the first dash.
std::string project_of(const std::string& file_name) {
  std::string out = file_name.substr(0, file_name.find('-'));
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

}  // namespace

std::string metadata_text(const std::string& name, const std::string& version,
                          const std::string& requires_dist) {
  return fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\n{}", name, version,
                     requires_dist);
}

PythonIndex::PythonIndex() : server_([this](const HttpCall& call) { return answer(call); }) {}

const std::string& PythonIndex::add_wheel(const std::string& file_name,
                                          const std::string& requires_dist) {
  kasane::testing::WheelBlueprint blueprint;
  blueprint.name = file_name.substr(0, file_name.find('-'));
  blueprint.version = file_name.substr(blueprint.name.size() + 1);
  blueprint.version = blueprint.version.substr(0, blueprint.version.find('-'));
  blueprint.extra_metadata = requires_dist;
  add_file(file_name, kasane::testing::make_wheel(blueprint));
  return files_.at(file_name);
}

void PythonIndex::add_file(const std::string& name, std::string bytes) {
  const std::lock_guard lock(mutex_);
  files_[name] = std::move(bytes);
}

void PythonIndex::set_fields(const std::string& file_name, std::string json) {
  const std::lock_guard lock(mutex_);
  fields_[file_name] = std::move(json);
}

void PythonIndex::publish_metadata(const std::string& file_name, const std::string& text) {
  add_file(file_name + ".metadata", text);
  set_fields(file_name,
             fmt::format(R"("core-metadata": {{"sha256": "{}"}})", Digest::of(text).hex()));
}

void PythonIndex::set_reply(const std::string& path, HttpReply reply) {
  const std::lock_guard lock(mutex_);
  replies_.insert_or_assign(path, std::move(reply));
}

HttpReply PythonIndex::answer(const HttpCall& call) {
  const std::lock_guard lock(mutex_);
  const std::string path = call.path();
  if (const auto found = replies_.find(path); found != replies_.end()) return found->second;
  if (path.starts_with("/files/")) {
    const auto found = files_.find(path.substr(7));
    if (found == files_.end()) return HttpReply::of(404);
    return ranges_ ? reply_with_file(call, found->second) : HttpReply::of(200, found->second);
  }
  if (!path.starts_with("/simple/") || !path.ends_with('/')) return HttpReply::of(404);
  HttpReply reply = page(path.substr(8, path.size() - 9));
  const std::string etag = '"' + Digest::of(reply.body).hex().substr(0, 16) + '"';
  if (reply.status == 200 && call.header("If-None-Match") == etag) return HttpReply::of(304);
  return std::move(reply).with("ETag", etag);
}

HttpReply PythonIndex::page(const std::string& project) const {
  std::string list;
  for (const auto& [name, bytes] : files_) {
    if (name.ends_with(".metadata") || project_of(name) != project) continue;
    const auto fields = fields_.find(name);
    list += fmt::format(
        R"({}{{"filename": "{}", "url": "../../files/{}", "hashes": {{"sha256": "{}"}}{}{}}})",
        list.empty() ? "" : ",", name, name, Digest::of(bytes).hex(),
        fields == fields_.end() ? "" : ", ", fields == fields_.end() ? "" : fields->second);
  }
  if (list.empty()) return HttpReply::of(404, "no such project");
  return HttpReply::of(200, fmt::format(R"({{"meta": {{"api-version": "1.1"}}, "name": "{}", )"
                                        R"("files": [{}]}})",
                                        project, list))
      .with("Content-Type", "application/vnd.pypi.simple.v1+json");
}

}  // namespace kasane::test
