#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/conda/record_source.h"

namespace kasane::test {

/// An index as a source of records. Notes what it was asked for.
class IndexSource final : public resolver::RecordSource {
 public:
  IndexSource(resolver::ChannelIndex index, std::string package_url, std::string subdir)
      : index_(std::move(index)),
        package_url_(std::move(package_url)),
        subdir_(std::move(subdir)) {}

  std::optional<resolver::NameTable> find(std::string_view name) override {
    asked.emplace_back(name);
    return index_.find(name);
  }
  void hint(std::span<const std::string_view> names) override {
    hinted.insert(hinted.end(), names.begin(), names.end());
  }
  bool has(std::string_view name) override { return index_.find(name).has_value(); }
  std::size_t name_count() override { return index_.name_count(); }
  std::string_view name(std::size_t i) override { return index_.name(i); }
  std::string_view package_url() override { return package_url_; }
  std::string_view subdir() override { return subdir_; }

  std::vector<std::string> asked;
  std::vector<std::string> hinted;

 private:
  resolver::ChannelIndex index_;
  std::string package_url_;
  std::string subdir_;
};

/// Makes the index of a repodata.json at `path`, and opens it.
std::unique_ptr<IndexSource> make_index_source(const Path& path, const std::string& repodata,
                                               std::string package_url, std::string subdir);

/// Opens one that was made there before; nullptr when there is none.
std::unique_ptr<IndexSource> find_index_source(const Path& path, std::string package_url,
                                               std::string subdir);

}  // namespace kasane::test
