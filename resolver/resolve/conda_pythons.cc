#include "resolver/resolve/conda_pythons.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "resolver/resolve/carried_distributions.h"

namespace kasane::resolver {
namespace {

/// Wheels of other implementations are not looked for.
bool is_cpython(std::string_view build) {
  return build.find("pypy") == std::string_view::npos &&
         build.find("graalpy") == std::string_view::npos;
}

std::vector<bool> possible_places(CandidateBook& book, solver::PackageId python,
                                  std::span<const CondaRequest> requests) {
  const CandidateTable& table = book.candidates(python);
  std::vector<bool> possible(table.candidates.size(), true);
  for (const CondaRequest& request : requests) {
    if (request.spec.name() != "python") continue;
    std::vector<bool> wanted(possible.size(), false);
    const CondaSet& set = book.add_set(request.written.text, request.spec);
    book.select(set, table, [&](std::uint32_t place) { wanted[place] = true; });
    for (std::size_t i = 0; i < possible.size(); ++i) possible[i] = possible[i] && wanted[i];
  }
  const bool any = std::find(possible.begin(), possible.end(), true) != possible.end();
  return any ? possible : std::vector<bool>(possible.size(), true);
}

}  // namespace

bool is_free_threaded(std::string_view build) {
  const std::size_t tag = build.rfind("_cp");
  if (tag == std::string_view::npos) return false;
  const std::string_view abi = build.substr(tag + 3);
  const std::size_t digits = std::min(abi.find_first_not_of("0123456789"), abi.size());
  return digits > 0 && abi.substr(digits) == "t";
}

std::string wheel_machine(const std::string& platform) {
  return platform == "linux-aarch64" ? "aarch64" : "x86_64";
}

pypi::TargetLibc target_libc(const VirtualPackages& virtual_packages) {
  const VirtualPackage* glibc = virtual_packages.find("__glibc");
  if (glibc == nullptr) return {};
  pypi::TargetLibc libc{pypi::TargetLibc::Kind::kGlibc, 0, 0};
  const std::string& text = glibc->version.text();
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, libc.major);
  if (major.ptr != end) std::from_chars(major.ptr + 1, end, libc.minor);
  return libc;
}

std::vector<CondaPython> list_conda_pythons(CandidateBook& book,
                                            std::span<const CondaRequest> requests,
                                            const std::string& platform) {
  const solver::PackageId python = book.package("python");
  const CandidateTable& table = book.candidates(python);
  const std::vector<bool> possible = possible_places(book, python, requests);
  const pypi::TargetLibc libc = target_libc(book.collector().virtual_packages());
  std::vector<CondaPython> out;
  std::map<std::pair<std::string, bool>, std::size_t> known;
  for (std::uint32_t place = 0; place < table.candidates.size(); ++place) {
    const CondaCandidate& candidate = table.candidates[place];
    if (!possible[place] || candidate.table == nullptr) continue;
    const std::string_view build = candidate.table->nameless_record(candidate.row).build;
    const auto version = carried_version(table.version_of(candidate).text);
    if (!version || !is_cpython(build)) continue;
    const bool free_threaded = is_free_threaded(build);
    const auto [entry, is_new] = known.try_emplace({version->key(), free_threaded}, out.size());
    if (is_new) {
      out.push_back(
          {pypi::cpython_target(*version, wheel_machine(platform), libc, free_threaded), {}});
    }
    out[entry->second].places.push_back(place);
  }
  return out;
}

}  // namespace kasane::resolver
