#include "tests/support/joint_world.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "tests/support/python_index.h"

namespace kasane::test {

void JointWorld::add_wheels(const std::vector<WheelLine>& lines) {
  for (const WheelLine& line : lines) {
    const std::size_t space = line.what.find(' ');
    const std::string project = line.what.substr(0, space);
    const std::string version = line.what.substr(space + 1);
    std::string file_name = project;
    std::replace(file_name.begin(), file_name.end(), '-', '_');
    std::string headers;
    for (const std::string& text : line.requires_dist) headers += "Requires-Dist: " + text + "\n";
    if (!line.requires_python.empty()) headers += "Requires-Python: " + line.requires_python + "\n";
    for (const std::string& tag : line.tags) {
      const std::string name = fmt::format("{}-{}-{}.whl", file_name, version, tag);
      index_.add(project, version, {.name = name, .metadata = headers});
      checker_.add_wheel(name, metadata_text(project, version, headers));
    }
  }
}

void JointWorld::add_pythons(const std::vector<std::string>& versions,
                             const std::vector<CondaLine>& more) {
  std::vector<CondaLine> lines = more;
  for (const std::string& version : versions) lines.push_back({"python " + version + " h_0"});
  lines.push_back({"pip 24.0 py_0", {"python", "setuptools", "wheel"}});
  lines.push_back({"setuptools 70.0 py_0", {"python"}});
  lines.push_back({"wheel 0.43 py_0", {"python"}});
  conda_.add_channel("conda-forge", lines);
}

resolver::JointQuestion JointWorld::question(const std::vector<std::string>& conda,
                                             const std::vector<std::string>& pip) const {
  resolver::EnvironmentSpec spec;
  const auto place = [](int line) {
    SourcePlace out;
    out.file = "environment.yml";
    out.line = line;
    return out;
  };
  int line = 1;
  for (const std::string& request : conda) spec.conda.push_back({request, place(line++)});
  line = 21;
  for (const std::string& text : pip) {
    resolver::PipRequirement requirement;
    requirement.text = text;
    requirement.place = place(line++);
    spec.pip.push_back(std::move(requirement));
  }
  resolver::JointQuestion question;
  question.conda.requests = resolver::read_conda_requests(spec);
  question.conda.virtual_packages = resolver::VirtualPackages::of("linux-64", {});
  question.pip = resolver::read_pip_requests(spec);
  return question;
}

resolver::CondaAnswer JointWorld::solve(const resolver::JointQuestion& question) {
  return resolver::solve_joint(question, conda_.channels(), index_);
}

std::vector<std::string> JointWorld::chosen(const std::vector<std::string>& conda,
                                            const std::vector<std::string>& pip) {
  return chosen(question(conda, pip));
}

std::vector<std::string> JointWorld::chosen(const resolver::JointQuestion& question) {
  const resolver::CondaAnswer answer = solve(question);
  std::vector<std::string> conda, pip;
  for (const auto& request : question.conda.requests) conda.push_back(request.written.text);
  for (const auto& request : question.pip.requirements) pip.push_back(request.written.text);
  const auto complaints =
      checker_.check(conda, pip, question.conda.virtual_packages, answer.packages);
  if (!complaints.empty()) throw Error(ErrorKind::kFailed, complaints.front());
  std::vector<std::string> out;
  for (const auto& package : answer.packages) {
    const bool base =
        package.name == "pip" || package.name == "setuptools" || package.name == "wheel";
    const bool is_pip = package.manager == resolver::Manager::kPip;
    if (base && !is_pip) continue;
    out.push_back(fmt::format("{}{}{}", package.name, is_pip ? "==" : "=", package.version));
  }
  return out;
}

std::string JointWorld::story(const std::vector<std::string>& conda,
                              const std::vector<std::string>& pip) {
  try {
    solve(question(conda, pip));
  } catch (const Error& error) {
    return error.render();
  }
  return "there is a solution\n";
}

}  // namespace kasane::test
