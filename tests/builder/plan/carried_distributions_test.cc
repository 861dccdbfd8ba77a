#include "builder/plan/carried_distributions.h"

#include <vector>

#include <gtest/gtest.h>

namespace kasane::builder {
namespace {

using Kind = PackageFacts::Kind;

PackageFiles files(std::string name, std::vector<std::string> paths) {
  PackageFiles out{std::move(name), {}};
  for (std::string& path : paths) out.paths.push_back({.path = std::move(path)});
  return out;
}

TEST(CarriedDistributions, OfAWheelAndACondaPackageAreTold) {
  const std::vector<Kind> kinds = {Kind::kConda, Kind::kWheel, Kind::kCondaNoarchPython,
                                   Kind::kWheel};
  const std::vector<PackageFiles> packages = {
      files("pytorch", {"lib/python3.11/site-packages/torch-2.1.0.dist-info/METADATA"}),
      files("torch", {"lib/python3.11/site-packages/torch-2.2.0.dist-info/METADATA"}),
      files("ruamel.yaml",
            {"lib/python3.11/site-packages/Ruamel.Yaml-0.17-py3.11.egg-info/PKG-INFO"}),
      files("ruamel-yaml", {"lib/python3.11/site-packages/ruamel_yaml-0.18.dist-info/METADATA"})};
  const Warnings warnings = find_double_distributions(kinds, packages);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0].code, "two-distributions");
  EXPECT_EQ(warnings[0].message,
            "the conda package `pytorch` and the wheel `torch` both bring the distribution "
            "`torch`; which one Python takes is chance");
  EXPECT_EQ(warnings[1].message,
            "the conda package `ruamel.yaml` and the wheel `ruamel-yaml` both bring the "
            "distribution `ruamel-yaml`; which one Python takes is chance");
}

TEST(CarriedDistributions, OfOneSideAreTheBusinessOfClobbers) {
  const std::vector<Kind> kinds = {Kind::kConda, Kind::kConda, Kind::kWheel};
  const std::vector<PackageFiles> packages = {
      files("a", {"lib/python3.11/site-packages/x-1.dist-info/METADATA",
                  // What a package brings along for itself is not found by Python.
                  "lib/python3.11/site-packages/a/_vendor/y-1.dist-info/METADATA"}),
      files("b", {"lib/python3.11/site-packages/x-1.dist-info/METADATA", "share/y.egg-info"}),
      files("y", {"lib/python3.11/site-packages/y-1.dist-info/METADATA",
                  "lib/python3.11/site-packages/y-1.dist-info/RECORD"})};
  EXPECT_TRUE(find_double_distributions(kinds, packages).empty());
}

}  // namespace
}  // namespace kasane::builder
