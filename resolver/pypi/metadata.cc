#include "resolver/pypi/metadata.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/archive/entry_path.h"
#include "base/error.h"
#include "base/text.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/pypi/metadata_headers.h"

namespace kasane::resolver::pypi {
namespace {

PythonVersion read_version(const MetadataHeaders& headers, std::string_view what) {
  const std::string& text = headers.one("Version");
  if (auto version = PythonVersion::find(text)) return std::move(*version);
  throw Error(ErrorKind::kIntegrity,
              fmt::format("`{}` has the version `{}`, expected one as PEP 440 has them", what,
                          printable_name(text)));
}

void check_format(const std::string& version, std::string_view what) {
  if (version.empty()) return;
  const std::string_view major = std::string_view(version).substr(0, version.find('.'));
  if (major == "1" || major == "2") return;
  throw Error(ErrorKind::kRefused, fmt::format("`{}` is metadata of format `{}`, expected `2.4` or "
                                               "an older one",
                                               what, printable_name(version)));
}

}  // namespace

Metadata Metadata::parse(std::string_view text, std::string_view what) {
  const MetadataHeaders headers = MetadataHeaders::parse_leniently(text, what);
  const std::string format = headers.find("Metadata-Version").value_or("");
  check_format(format, what);
  Metadata out{.metadata_version = format,
               .name = headers.one("Name"),
               .version = read_version(headers, what),
               .requires_dist = {},
               .requires_python = std::nullopt,
               .provides_extra = {},
               .dynamic = {},
               .unreadable_requirements = {},
               .unreadable_python = std::nullopt};
  for (std::string& value : headers.all("Requires-Dist")) {
    if (auto requirement = Requirement::find_leniently(value)) {
      out.requires_dist.push_back(std::move(*requirement));
    } else {
      out.unreadable_requirements.push_back(std::move(value));
    }
  }
  if (auto python = headers.find("Requires-Python")) {
    out.requires_python = SpecifierSet::find_leniently(*python);
    if (!out.requires_python) out.unreadable_python = std::move(python);
  }
  for (const std::string& extra : headers.all("Provides-Extra")) {
    out.provides_extra.push_back(normalise_name(extra));
  }
  std::sort(out.provides_extra.begin(), out.provides_extra.end());
  out.provides_extra.erase(std::unique(out.provides_extra.begin(), out.provides_extra.end()),
                           out.provides_extra.end());
  for (std::string& name : headers.all("Dynamic")) out.dynamic.push_back(lower(name));
  return out;
}

bool Metadata::dependencies_are_static() const {
  if (!metadata_version.starts_with("2.")) return false;
  int minor = 0;
  std::from_chars(metadata_version.data() + 2, metadata_version.data() + metadata_version.size(),
                  minor);
  if (minor < 2) return false;
  return std::none_of(dynamic.begin(), dynamic.end(), [](const std::string& name) {
    return name == "requires-dist" || name == "requires-python" || name == "provides-extra";
  });
}

}  // namespace kasane::resolver::pypi
