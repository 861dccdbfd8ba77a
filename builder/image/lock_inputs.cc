#include "builder/image/lock_inputs.h"

#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"

namespace kasane::builder {
namespace {

/// Goes up when package readers learn to tell more.
constexpr int kFactsVersion = 2;

}  // namespace

cache::Key facts_key(const resolver::LockedPackage& package) {
  const std::string name = package.file_name();
  const std::size_t dot = name.rfind('.');
  return cache::Key::of("facts", fmt::format("{} {} {}", kFactsVersion, package.sha256->hex(),
                                             name.substr(dot == std::string::npos ? 0 : dot)));
}

namespace {

/// `<size>\n<facts>`
cache::Outcome facts_outcome(const PlanInput& input) {
  return {fmt::format("{}\n{}", input.size_bytes, input.facts.render()), {}};
}

std::optional<PlanInput> read_outcome(const resolver::LockedPackage& package,
                                      const cache::Outcome& outcome) {
  const std::size_t line = outcome.value.find('\n');
  if (line == std::string::npos) return std::nullopt;
  std::uint64_t size = 0;
  std::from_chars(outcome.value.data(), outcome.value.data() + line, size);
  return PlanInput{package, size,
                   PackageFacts::parse(std::string_view(outcome.value).substr(line + 1))};
}

}  // namespace

void LockInputs::complete_digests() {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    if (!packages_[i].sha256) unknown.push_back(i);
  }
  fetch_and_complete(unknown);
}

std::vector<std::optional<PlanInput>> LockInputs::find_facts() {
  std::vector<std::optional<PlanInput>> found(packages_.size());
  parallel_for(packages_.size(), threads_, [&](std::size_t i) {
    if (!packages_[i].sha256) return;
    if (const auto outcome = cache_.find(facts_key(packages_[i]))) {
      found[i] = read_outcome(packages_[i], *outcome);
    }
  });
  return found;
}

std::vector<PlanInput> LockInputs::read_facts(std::vector<std::optional<PlanInput>> found) {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) unknown.push_back(i);
  }
  fetch_and_complete(unknown);
  parallel_for(unknown.size(), threads_,
               [&](std::size_t i) { found[unknown[i]] = look_into(packages_[unknown[i]]); });
  std::vector<PlanInput> inputs;
  inputs.reserve(found.size());
  for (auto& input : found) inputs.push_back(std::move(*input));
  return inputs;
}

PlanInput LockInputs::look_into(const resolver::LockedPackage& package) const {
  const auto file = open(package);
  PlanInput input{package, file->size(), {}};
  input.facts = in_context([&] { return fmt::format("while reading `{}`", package.url); },
                           [&] { return open_package(*file, package.file_name())->read_facts(); });
  cache_.remember(facts_key(package), facts_outcome(input));
  return input;
}

void LockInputs::fetch_and_complete(const std::vector<std::size_t>& indexes) {
  std::vector<resolver::LockedPackage> wanted;
  for (const std::size_t index : indexes) wanted.push_back(packages_[index]);
  const auto fetched = fetcher_.fetch(wanted);
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    packages_[indexes[i]].sha256 = fetched[i].sha256;
    if (!fetched[i].from_cache) fetched_bytes_ += fetched[i].size_bytes;
  }
}

void LockInputs::fetch(const std::vector<resolver::LockedPackage>& packages) {
  for (const auto& fetched : fetcher_.fetch(packages)) {
    if (!fetched.from_cache) fetched_bytes_ += fetched.size_bytes;
  }
}

std::unique_ptr<ReadableFile> LockInputs::open(const resolver::LockedPackage& package) const {
  if (auto file = cache_.find_blob(*package.sha256)) return file;
  throw Error(ErrorKind::kFailed,
              fmt::format("the package `{}` vanished from the cache", package.file_name()))
      .hint("build again");
}

}  // namespace kasane::builder
