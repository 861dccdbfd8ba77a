#include "tests/support/conda_checker.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace kasane::test {

using resolver::CondaVersion;
using resolver::LockedPackage;
using resolver::MatchSpec;
using resolver::RecordFields;
using resolver::VirtualPackages;

struct CondaChecker::Record {
  std::string name, version, version_key, build, subdir, sha256, md5, track_features;
  std::uint64_t build_number = 0;
  std::vector<std::string> depends, constrains;

  RecordFields fields() const {
    RecordFields out;
    out.name = name;
    out.version = version;
    out.version_key = version_key;
    out.build = build;
    out.build_number = build_number;
    out.subdir = subdir;
    out.sha256 = sha256;
    out.md5 = md5;
    out.track_features = track_features;
    return out;
  }
};

CondaChecker::CondaChecker() = default;
CondaChecker::~CondaChecker() = default;

void CondaChecker::add_repodata(std::string_view url, std::string_view json) {
  const nlohmann::json repodata = nlohmann::json::parse(json);
  for (const char* section : {"packages", "packages.conda"}) {
    if (!repodata.contains(section)) continue;
    for (const auto& [file_name, entry] : repodata[section].items()) {
      Record record;
      record.name = entry.at("name");
      record.version = entry.at("version");
      if (const auto version = CondaVersion::find(record.version)) {
        record.version_key = version->key();
      }
      record.build = entry.at("build");
      record.build_number = entry.value("build_number", 0);
      record.subdir = repodata.at("info").at("subdir");
      record.sha256 = entry.value("sha256", "");
      record.md5 = entry.value("md5", "");
      record.depends = entry.value("depends", std::vector<std::string>());
      record.constrains = entry.value("constrains", std::vector<std::string>());
      records_.insert_or_assign(std::string(url) + file_name, std::move(record));
    }
  }
}

/// One check.
class CondaChecker::Run {
 public:
  Run(const CondaChecker& checker, const VirtualPackages& virtual_packages)
      : checker_(checker), virtual_packages_(virtual_packages) {}

  void take(const std::vector<LockedPackage>& packages) {
    for (const LockedPackage& package : packages) {
      const auto found = checker_.records_.find(package.url);
      if (found == checker_.records_.end()) {
        complain("no channel has `{}`", package.url);
        continue;
      }
      const Record& record = found->second;
      if (!chosen_.emplace(record.name, Chosen{&record, package.url}).second) {
        complain("`{}` is there twice", record.name);
      }
      if (package.version != record.version || package.build != record.build) {
        complain("`{}` is written down as another version", package.url);
      }
      if (package.sha256 && package.sha256->hex() != record.sha256) {
        complain("`{}` is written down with another hash", package.url);
      }
    }
  }

  void reach(const std::vector<std::string>& requests) {
    std::vector<std::string> open;
    for (const std::string& request : requests) {
      meet(request, "the specification", open);
    }
    while (!open.empty()) {
      const std::string name = open.back();
      open.pop_back();
      if (!reached_.insert(name).second) continue;
      const Record& record = *chosen_.at(name).record;
      for (const std::string& text : record.depends) meet(text, name, open);
      for (const std::string& text : record.constrains) keep_within(text, name);
    }
    for (const auto& [name, _] : chosen_) {
      if (!reached_.contains(name)) complain("nobody asks for `{}`", name);
    }
  }

  std::vector<std::string> complaints() && { return std::move(complaints_); }

 private:
  struct Chosen {
    const Record* record;
    std::string url;
  };

  template <class... Values>
  void complain(fmt::format_string<Values...> text, Values&&... values) {
    complaints_.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  bool matches(const MatchSpec& spec, const Chosen& chosen) const {
    RecordFields fields = chosen.record->fields();
    fields.url = chosen.url;
    fields.file_name = std::string_view(chosen.url).substr(chosen.url.rfind('/') + 1);
    // A channel's name is a part of its URL; that is all that is known of channels here.
    const bool right_channel =
        !spec.channel() || chosen.url.find("/" + *spec.channel() + "/") != std::string::npos;
    return right_channel && spec.matches(fields);
  }

  void meet(const std::string& text, const std::string& who, std::vector<std::string>& open) {
    const MatchSpec spec = MatchSpec::parse(text);
    if (spec.name().starts_with("__")) {
      if (!virtual_packages_.satisfy(spec)) complain("{} needs `{}` of the system", who, text);
      return;
    }
    const auto found = chosen_.find(spec.name());
    if (found == chosen_.end()) {
      complain("{} needs `{}`, which is not there", who, text);
    } else if (!matches(spec, found->second)) {
      complain("{} needs `{}`, but there is `{}`", who, text, found->second.url);
    } else {
      open.push_back(spec.name());
    }
  }

  void keep_within(const std::string& text, const std::string& who) {
    const MatchSpec spec = MatchSpec::parse(text);
    if (spec.name().starts_with("__")) {
      const bool there = virtual_packages_.find(spec.name()) != nullptr;
      if (there && !virtual_packages_.satisfy(spec)) {
        complain("{} goes only with `{}` of the system", who, text);
      }
      return;
    }
    const auto found = chosen_.find(spec.name());
    if (found != chosen_.end() && !matches(spec, found->second)) {
      complain("{} goes only with `{}`, but there is `{}`", who, text, found->second.url);
    }
  }

  const CondaChecker& checker_;
  const VirtualPackages& virtual_packages_;
  std::map<std::string, Chosen> chosen_;
  std::set<std::string> reached_;
  std::vector<std::string> complaints_;
};

std::vector<std::string> CondaChecker::check(const std::vector<std::string>& requests,
                                             const VirtualPackages& virtual_packages,
                                             const std::vector<LockedPackage>& packages) const {
  Run run(*this, virtual_packages);
  run.take(packages);
  run.reach(requests);
  return std::move(run).complaints();
}

}  // namespace kasane::test
