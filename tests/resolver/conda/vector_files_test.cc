#include <map>
#include <optional>
#include <set>

#include "tests/support/vectors.h"

namespace kasane::resolver {
namespace {

namespace fs = std::filesystem;

/// What becomes of each file of vectors, by the beginning of its name: the tests that read it, or
/// why there is nothing in it to hold against. The longest beginning counts.
const std::map<std::string, std::string> kFiles = {
    {"conda/version.json", "Vectors.CondaVersions, CondaVersionSpecs"},
    {"conda/match_spec.json", "Vectors.CondaMatchSpecs, CondaMatchSpecCorpus"},
    {"conda/channel.json", "assertions about variables that were not recorded; Channel.*"},
    {"conda/solve.json", "assertions about variables that were not recorded; ForeignStories"},
    {"conda/dist.json", "conda's own names of installed packages"},
    {"conda/explicit.json", "installing"},
    {"conda/prefix_graph.json", "the order in which conda links and unlinks"},
    {"conda/records.json", "conda's own classes of records"},
    {"mamba/test_version.json", "Vectors.MambaVersions"},
    {"mamba/test_version_spec.json", "Vectors.MambaVersionSpecs"},
    {"mamba/test_match_spec.json", "Vectors.MambaMatchSpecs"},
    {"mamba/test_glob_spec.json", "MambaVectors.StringPatterns"},
    {"mamba/test_regex_spec.json", "MambaVectors.StringPatterns"},
    {"mamba/test_chimera_string_spec.json", "MambaVectors.StringPatterns"},
    {"mamba/test_build_number_spec.json", "MambaVectors.BuildNumbers"},
    {"mamba/test_unresolved_channel.json", "MambaVectors.Channels"},
    {"mamba/test_channel.json", "assertions about variables that were not recorded; Channel.*"},
    {"mamba/test_conda_url.json", "the URLs were not recorded; UrlCredentials.*"},
    {"mamba/test_package_info.json", "the URLs were not recorded; MambaVectors.PackageUrls"},
    {"mamba/test_archive.json", "names of files that are unpacked"},
    {"mamba/test_platform.json", "names of platforms that images are not built for"},
    {"rattler/data/parsed_versions.txt", "Vectors.RealVersionsOrderAsCondaParsesThem"},
    {"rattler/data/versions.txt", "the same versions, not parsed"},
    {"rattler/data/big_resolution.json", "the order in which rattler links packages"},
    {"rattler/rattler_conda_version__src__version__mod", "RattlerVectors.Versions"},
    {"rattler/rattler_conda_version__src__version__parse", "the versions were not recorded"},
    {"rattler/rattler_conda_version__src__version__", "calculations with versions"},
    {"rattler/rattler_conda_version__src__version_spec__mod", "RattlerVectors.VersionSpecs"},
    {"rattler/rattler_conda_version__src__version_spec__", "RattlerVectors.Constraints"},
    {"rattler/rattler_conda_types__src__version_spec__", "steps within rattler's parser"},
    {"rattler/rattler_conda_types__src__build_spec__",
     "steps within rattler's parser; "
     "MambaVectors.BuildNumbers"},
    {"rattler/rattler_conda_types__src__match_spec__matcher", "RattlerVectors.StringPatterns"},
    {"rattler/rattler_conda_types__src__match_spec__mod", "RattlerVectors.VirtualPackages"},
    {"rattler/rattler_conda_types__src__match_spec__parse",
     "RattlerVectors.SplitsVersionAndBuild, "
     "RefusesWhatNobodyReads"},
    {"rattler/rattler_conda_types__src__match_spec__package_name", "Rust's types alone"},
    {"rattler/rattler_conda_types__src__match_spec__condition",
     "`when=` (CEP 43), which is refused"},
    {"rattler/rattler_conda_types__src__flags", "`flags=` (CEP 45), which is refused"},
    {"rattler/rattler_conda_types__src__parse_mode", "rattler's own modes"},
    {"rattler/rattler_conda_types__src__channel__", "the channels were not recorded; Channel.*"},
    {"rattler/rattler_conda_types__src__repo_data__mod", "RattlerVectors.BaseUrls"},
    {"rattler/rattler_conda_types__src__repo_data__", "writing and patching repodata"},
    {"rattler/rattler_conda_types__tests__", "how rattler writes MatchSpecs"},
    {"rattler/rattler_conda_types__src__", "what packages and prefixes hold; rattler's own types"},
    {"rattler/rattler_solve__tests__", "the worlds were not recorded; ForeignStories"},
    {"rattler/rattler_solve__src__", "libsolv's memory"},
    {"rattler/rattler_virtual_packages__", "finding out about the machine, which does not count"},
    {"rattler/rattler_lock__", "pixi's locks"},
};

std::optional<std::string> find_purpose(const std::string& file) {
  std::optional<std::string> out;
  for (const auto& [beginning, purpose] : kFiles) {
    if (file.starts_with(beginning)) out = purpose;
  }
  return out;
}

class VectorFiles : public testing::VectorsTest {};

TEST_F(VectorFiles, AreAllAccountedFor) {
  std::size_t found = 0;
  for (const char* folder : {"conda", "rattler", "mamba"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(folder_) / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string file = entry.path().lexically_relative(folder_).generic_string();
      EXPECT_TRUE(find_purpose(file)) << file;
      ++found;
    }
  }
  EXPECT_GT(found, 90U);
}

}  // namespace
}  // namespace kasane::resolver
