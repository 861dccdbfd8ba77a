#include "resolver/resolve/pip_requests.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "resolver/conda/url_credentials.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/resolve/request_place.h"
#include "resolver/spec/pip_requirement_text.h"

namespace kasane::resolver {
namespace {

/// The URL or path that a requirement is, without what follows it: extras, a marker.
std::string location_of(const PipRequirement& written) {
  const auto parsed = pypi::Requirement::find(written.text);
  if (parsed && parsed->url) return *parsed->url;
  std::string text = written.text.substr(0, written.text.find(" ;"));
  const std::size_t bracket = text.ends_with(']') ? text.rfind('[') : std::string::npos;
  return bracket == std::string::npos ? text : text.substr(0, bracket);
}

/// What names a place, not versions.
bool is_located(const PipRequirement& written) {
  if (written.editable || is_pip_location(written.text)) return true;
  const auto parsed = pypi::Requirement::find(written.text);
  return parsed && parsed->url.has_value();
}

Url url_of(const std::string& location, const PipRequirement& written) {
  if (location.find("://") != std::string::npos || location.starts_with("file:")) {
    return Url::parse(location);
  }
  const Path path = Path(written.place.file).parent_path() / location;
  return Url::of_file(std::filesystem::absolute(path).lexically_normal());
}

/// `sha256=…` and the like behind a URL's `#`.
std::map<std::string, std::string, std::less<>> hashes_of(const std::string& location) {
  std::map<std::string, std::string, std::less<>> hashes;
  const std::size_t mark = location.find('#');
  if (mark == std::string::npos) return hashes;
  std::string_view rest = std::string_view(location).substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos) {
      hashes.emplace(part.substr(0, equals), part.substr(equals + 1));
    }
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  return hashes;
}

/// Nothing where it is no wheel, and would have to be built.
std::optional<pypi::DistributionFile> find_wheel(const PipRequirement& written) {
  const std::string location = location_of(written);
  if (written.editable || location.starts_with("git+")) return std::nullopt;
  const Url url = url_of(location, written);
  pypi::IndexFile file;
  file.name = pypi::file_name_of_url(url.render());
  const auto name = pypi::WheelName::find(file.name);
  if (!name) return std::nullopt;
  file.url = url.render();
  file.user_info = url.user_info();
  file.hashes = hashes_of(location);
  return pypi::DistributionFile::find(std::move(file), pypi::normalise_name(name->distribution));
}

/// The requirement of a wheel that is named by where it is.
pypi::Requirement requirement_of(const PipRequirement& written, const pypi::WheelName& wheel) {
  if (auto parsed = pypi::Requirement::find(written.text)) {
    if (pypi::normalise_name(parsed->name) != pypi::normalise_name(wheel.distribution)) {
      throw Error(ErrorKind::kFailed, fmt::format("`{}` is asked for, but its wheel is one of `{}`",
                                                  parsed->name, wheel.distribution));
    }
    parsed->url.reset();
    return *std::move(parsed);
  }
  const std::string& text = written.text;
  const std::size_t marker = text.find(" ;");
  const std::string location = location_of(written);
  const std::size_t end = std::min(marker, text.size());
  std::string out = wheel.distribution + text.substr(location.size(), end - location.size());
  if (marker != std::string::npos) out += text.substr(marker);
  return pypi::Requirement::parse(out);
}

PipRequest read_request(const PipRequirement& written) {
  try {
    if (!is_located(written)) return {pypi::Requirement::parse(written.text), written};
    auto wheel = find_wheel(written);
    pypi::Requirement requirement = requirement_of(written, *wheel->wheel);
    return {std::move(requirement), written, std::move(wheel)};
  } catch (const Error& error) {
    throw at_its_place(error, written, written.text);
  }
}

void refuse_sources(const std::vector<PipRequirement>& all) {
  std::vector<const PipRequirement*> sources;
  for (const PipRequirement& written : all) {
    if (is_located(written) && !find_wheel(written)) sources.push_back(&written);
  }
  if (sources.empty()) return;
  std::string message = "these requirements for pip would have to be built:";
  for (const PipRequirement* written : sources) {
    message += fmt::format("\n  {}{}`{}{}`", brief_place(written->place),
                           written->place.line > 0 ? ": " : "", written->editable ? "-e " : "",
                           redact_urls(written->text));
  }
  throw Error(ErrorKind::kRefused, std::move(message))
      .hint("kasane builds no sources: name a wheel of it, or put one on an index");
}

void refuse_without_hashes(const PipRequests& requests) {
  for (const PipRequest& request : requests.requirements) {
    if (!request.written.hashes.empty()) continue;
    throw Error(
        ErrorKind::kRefused,
        fmt::format("`--require-hashes` is given, but `{}` has no `--hash`", request.written.text))
        .at(request.written.place);
  }
}

/// Names as pip's `--no-binary` and `--only-binary` take them, in their order.
void read_names(const std::vector<std::string>& names, std::set<std::string>& out, bool& all) {
  for (const std::string& name : names) {
    if (name == ":none:") {
      out.clear();
      all = false;
    } else if (name == ":all:") {
      all = true;
    } else {
      out.insert(pypi::normalise_name(name));
    }
  }
}

}  // namespace

std::string render(const PipRequests& requests) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view kind, const PipRequest& request) {
    std::vector<std::string> hashes = request.written.hashes;
    std::sort(hashes.begin(), hashes.end());
    lines.push_back(
        fmt::format("{} {} {}\n", kind, request.requirement.render(), fmt::join(hashes, " ")));
  };
  for (const PipRequest& request : requests.requirements) add("pip", request);
  for (const PipRequest& request : requests.constraints) add("constraint", request);
  if (requests.require_hashes) lines.emplace_back("require-hashes\n");
  if (requests.rules.prereleases) lines.emplace_back("pre\n");
  if (requests.rules.no_wheels) lines.emplace_back("no-binary :all:\n");
  for (const std::string& name : requests.rules.no_binary)
    lines.push_back("no-binary " + name + "\n");
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

PipRequests read_pip_requests(const EnvironmentSpec& spec) {
  refuse_sources(spec.pip);
  refuse_sources(spec.constraints);
  PipRequests out;
  for (const PipRequirement& written : spec.pip) out.requirements.push_back(read_request(written));
  for (const PipRequirement& written : spec.constraints) {
    PipRequest constraint = read_request(written);
    if (!constraint.requirement.extras.empty()) {
      throw Error(ErrorKind::kFailed, "a constraint has no extras").at(written.place);
    }
    out.constraints.push_back(std::move(constraint));
  }
  out.rules.prereleases = spec.pip_options.pre;
  for (const PipRequest& request : out.requirements) {
    if (request.wheel) out.rules.without_offers.insert(request.requirement.normalised_name());
  }
  out.require_hashes = spec.pip_options.require_hashes;
  if (out.require_hashes) refuse_without_hashes(out);
  bool only_wheels = false;
  read_names(spec.pip_options.no_binary, out.rules.no_binary, out.rules.no_wheels);
  read_names(spec.pip_options.only_binary, out.rules.only_binary, only_wheels);
  return out;
}

}  // namespace kasane::resolver
