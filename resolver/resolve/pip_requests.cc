#include "resolver/resolve/pip_requests.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "resolver/conda/url_credentials.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/resolve/request_place.h"
#include "resolver/spec/pip_requirement_text.h"

namespace kasane::resolver {
namespace {

PipRequest read_request(const PipRequirement& written) {
  try {
    return {pypi::Requirement::parse(written.text), written};
  } catch (const Error& error) {
    throw at_its_place(error, written, written.text);
  }
}

/// What names a place, not versions: it has to be fetched, and as a rule to be built.
bool is_located(const PipRequirement& written) {
  if (written.editable || is_pip_location(written.text)) return true;
  return pypi::Requirement::find(written.text).value_or(pypi::Requirement{}).url.has_value();
}

void refuse_located(const std::vector<PipRequirement>& all) {
  std::vector<const PipRequirement*> located;
  for (const PipRequirement& written : all) {
    if (is_located(written)) located.push_back(&written);
  }
  if (located.empty()) return;
  std::string message = "these requirements for pip are no versions of a distribution:";
  for (const PipRequirement* written : located) {
    message += fmt::format("\n  {}{}`{}`", brief_place(written->place),
                           written->place.line > 0 ? ": " : "", redact_urls(written->text));
  }
  throw Error(ErrorKind::kRefused, std::move(message))
      .hint(
          "put a wheel of it on an index or into a directory for `--find-links`, and ask for its "
          "version");
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
  refuse_located(spec.pip);
  refuse_located(spec.constraints);
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
  out.require_hashes = spec.pip_options.require_hashes;
  if (out.require_hashes) refuse_without_hashes(out);
  bool only_wheels = false;
  read_names(spec.pip_options.no_binary, out.rules.no_binary, out.rules.no_wheels);
  read_names(spec.pip_options.only_binary, out.rules.only_binary, only_wheels);
  return out;
}

}  // namespace kasane::resolver
