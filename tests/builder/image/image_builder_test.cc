#include "builder/image/image_builder.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/archive/tar_writer.h"
#include "tests/support/build_world.h"
#include "tests/support/test_image.h"
#include "tests/support/wheel_builder.h"

namespace kasane::builder {
namespace {

using test::BuildWorld;
using test::CondaPackageBuilder;
using Origin = LayerReport::Origin;

constexpr const char* kPrefix = "azureml-envs/kasane/";

CondaPackageBuilder package(const std::string& name, const std::string& version = "1") {
  return {name, version, "0"};
}

CondaPackageBuilder some_python() {
  auto python = package("python", "3.11.4");
  python.add({.path = "bin/python3.11", .content = "elf", .mode = 0755});
  python.add("lib/python3.11/os.py", "import sys\n");
  return python;
}

std::map<std::string, ListingEntry> by_path(std::vector<ListingEntry> listing) {
  std::map<std::string, ListingEntry> out;
  for (ListingEntry& entry : listing) out.emplace(entry.path, std::move(entry));
  return out;
}

/// What does not depend on the environment's id: all but its link, lock, inventory and list.
std::vector<std::string> package_files(BuildWorld& world, const std::string& image = "image") {
  std::vector<std::string> out;
  for (const ListingEntry& entry : world.listing(image)) {
    if (!entry.path.starts_with(kPrefix) || entry.path.find("conda-meta") != std::string::npos)
      continue;
    out.push_back(entry.render());
  }
  return out;
}

std::size_t count(const BuildReport& report, Origin origin) {
  return static_cast<std::size_t>(std::count_if(report.layers.begin(), report.layers.end(),
                                                [&](const auto& l) { return l.origin == origin; }));
}

std::vector<std::string> layer_digests(const BuildReport& report) {
  std::vector<std::string> out;
  for (const LayerReport& layer : report.layers) {
    if (layer.kind == LayerReport::Kind::kPackages) out.push_back(layer.descriptor.digest.render());
  }
  return out;
}

TarMember file(const std::string& path, std::uint64_t size) {
  return {TarMember::Type::kFile, path, 0644, size, 0, {}};
}

std::string tar_of(const std::vector<std::pair<TarMember, std::string>>& members) {
  std::string out;
  for (const auto& [member, content] : members) {
    append_tar_header(out, member);
    out += content;
    out.append(tar_padding(content.size()), '\0');
  }
  return out.append(kTarTrailer, '\0');
}

TEST(ImageBuilder, LaysPackagesBelowThePrefixAndTheLinkBesideIt) {
  BuildWorld world;
  const auto tool =
      world.add(package("tool").add({.path = "bin/tool", .content = "x", .mode = 0755}), "tool");
  const BuildReport report = world.build(BuildWorld::request_for({tool}));
  const auto files = by_path(world.listing());
  EXPECT_EQ(files.at("azureml-envs/kasane/bin/tool").mode, 0755U);
  EXPECT_EQ(files.at("azureml-envs/kasane/bin/tool").content, Digest::of("x"));
  EXPECT_EQ(files.at("azureml-envs/" + report.environment_name).target, "kasane");
  EXPECT_EQ(report.environment_path, "/azureml-envs/" + report.environment_name);
  EXPECT_EQ(files.at("root").mode, 0700U);
  EXPECT_EQ(files.at("root/.conda/environments.txt").content,
            Digest::of(report.environment_path + "\n"));
  EXPECT_TRUE(files.contains("azureml-envs/kasane/conda-meta/tool-1-0.json"));
  for (const auto& [path, entry] : files) {
    EXPECT_EQ(entry.mtime, 0) << path;
    EXPECT_EQ(entry.user_id, 0U) << path;
    EXPECT_EQ(entry.group_id, 0U) << path;
  }
}

TEST(ImageBuilder, SaysTheEnvironmentInVariablesLabelsAndAnnotations) {
  BuildWorld world;
  const BuildReport report =
      world.build(BuildWorld::request_for({world.add(package("a").add("x", "1"), "a")}));
  const auto image = world.open();
  const std::string& path = report.environment_path;
  EXPECT_EQ(image->config().find_variable("AZUREML_CONDA_ENVIRONMENT_PATH"), path);
  EXPECT_EQ(image->config().find_variable("CONDA_PREFIX"), path);
  EXPECT_EQ(image->config().find_variable("LD_LIBRARY_PATH"), path + "/lib");
  EXPECT_TRUE(image->config().find_variable("PATH")->starts_with(path + "/bin:"));
  EXPECT_EQ(image->config().find_variable("AZUREML_ENVIRONMENT_IMAGE"), "True");
  EXPECT_EQ(image->config().labels().at("io.kasane.environment.id"), report.environment_id);
  EXPECT_EQ(image->config().labels().at("io.kasane.layout"), "1");
  const auto& annotations = image->manifest().layers.front().annotations;
  EXPECT_EQ(annotations.at("io.kasane.layer.packages"), "a=1=0");
  EXPECT_EQ(annotations.at("io.kasane.layer.key"), report.layers.front().key);
  EXPECT_EQ(image->manifest().digest().render(), report.digest);
}

TEST(ImageBuilder, GivesTheSameDigestWhateverTheOrderThreadsAndCache) {
  BuildWorld world;
  std::vector<resolver::LockedPackage> packages;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "p" + std::to_string(i);
    packages.push_back(
        world.add(package(name).add("lib/" + name, std::string(1000 * i, 'x')), name));
  }
  auto request = BuildWorld::request_for(packages);
  request.plan.layering.group_bytes = 8000;
  const std::string expected = world.build(request, "image", "cache", 1).digest;
  for (int round = 0; round < 4; ++round) {
    std::rotate(packages.begin(), packages.begin() + 5, packages.end());
    auto shuffled = BuildWorld::request_for(packages);
    shuffled.plan.layering.group_bytes = 8000;
    const std::string place = std::to_string(round);
    EXPECT_EQ(world.build(shuffled, "image" + place, "cache" + place, 1 + round).digest, expected);
  }
}

TEST(ImageBuilder, DoesNothingWhenTheImageIsThere) {
  BuildWorld world;
  const auto request = BuildWorld::request_for({world.add(package("a").add("x", "1"), "a")});
  const BuildReport first = world.build(request);
  const BuildReport second = world.build(request);
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_EQ(count(second, Origin::kBuilt), 0U);
  EXPECT_EQ(second.bytes_built, 0U);
  EXPECT_EQ(second.strategy_reason, "the image is there already");
}

TEST(ImageBuilder, BuildsAgainWhenTheImageLostABlob) {
  BuildWorld world;
  const auto request = BuildWorld::request_for({world.add(package("a").add("x", "1"), "a")});
  const BuildReport first = world.build(request);
  const auto reference = world.reference("image");
  const auto* layout = reference.find<registry::OciLayoutReference>();
  world.files().remove(layout->directory / "blobs/sha256" /
                       first.layers.front().descriptor.digest.hex());
  const BuildReport second = world.build(request);
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_GT(count(second, Origin::kBuilt), 0U);
  EXPECT_EQ(package_files(world).size(), 1U);
}

TEST(ImageBuilder, LeavesOtherLayersAloneWhenOnePackageChanges) {
  BuildWorld world;
  const auto build = [&](const std::string& content) {
    std::vector<resolver::LockedPackage> packages;
    for (int i = 0; i < 6; ++i) {
      const std::string name = "p" + std::to_string(i);
      packages.push_back(
          world.add(package(name).add("lib/" + name, i == 3 ? content : "same"), name));
    }
    auto request = BuildWorld::request_for(packages);
    request.plan.layering.group_bytes = 1;
    return world.build(request);
  };
  const auto before = layer_digests(build("one"));
  const BuildReport changed = build("two");
  const auto after = layer_digests(changed);
  ASSERT_EQ(before.size(), 6U);
  ASSERT_EQ(after.size(), 6U);
  int different = 0;
  for (std::size_t i = 0; i < before.size(); ++i) different += before[i] != after[i] ? 1 : 0;
  EXPECT_EQ(different, 1);
  EXPECT_EQ(count(changed, Origin::kReused), 5U);
}

TEST(ImageBuilder, CutsAGiantWithoutChangingWhatComesOut) {
  BuildWorld world;
  auto giant = package("giant");
  for (int i = 0; i < 40; ++i) {
    giant.add("lib/" + std::to_string(i * 7919 % 100) + ".so", std::string(500 + i, 'g'));
  }
  const auto locked = world.add(giant, "giant");
  auto request = BuildWorld::request_for({locked});
  world.build(request, "whole");
  request.plan.layering.group_bytes = 1000;
  request.plan.layering.part_bytes = 4000;
  const BuildReport cut = world.build(request, "cut");
  EXPECT_GE(layer_digests(cut).size(), 5U);
  EXPECT_EQ(package_files(world, "cut"), package_files(world, "whole"));
  const BuildReport again = world.build(request, "again", "other-cache");
  EXPECT_EQ(again.digest, cut.digest);
}

TEST(ImageBuilder, TakesTheLaterPackagesFileAndSaysSo) {
  BuildWorld world;
  const auto early =
      world.add(package("early").add("share/x", "early").add("share/own", "e"), "early");
  const auto late = world.add(
      package("late").index_field(R"("depends": ["early"])").add("share/x", "late"), "late");
  const BuildReport report = world.build(BuildWorld::request_for({late, early}));
  EXPECT_EQ(world.entry(std::string(kPrefix) + "share/x").content, Digest::of("late"));
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].message,
            "`early` and `late` both bring `share/x`; that of `late` is taken");
  const auto inventory = read_inventory(*world.open());
  ASSERT_TRUE(inventory);
  for (const auto& owner : inventory->packages) {
    const bool has = std::binary_search(owner.files.begin(), owner.files.end(), "share/x");
    EXPECT_EQ(has, owner.name == "late");
  }
}

TEST(ImageBuilder, OwnsEveryFileOfThePrefixInItsInventory) {
  BuildWorld world;
  const testing::WheelBlueprint wheel{
      .name = "demo", .version = "1.0", .members = {{"demo/a.py", "a = 1\n"}}};
  const auto report = world.build(BuildWorld::request_for(
      {world.add(some_python(), "python", "3.11.4"),
       world.add(
           package("pure").noarch_python({"pure = pure:main"}).add("site-packages/pure.py", "p"),
           "pure"),
       world.add_wheel(wheel.file_name(), testing::make_wheel(wheel), "demo", "1.0")}));
  EXPECT_EQ(report.python, "3.11");
  std::set<std::string> owned;
  const auto inventory = read_inventory(*world.open());
  for (const auto& owner : inventory->packages) {
    for (const std::string& file : owner.files)
      EXPECT_TRUE(owned.insert(kPrefix + file).second) << file;
  }
  std::set<std::string> there;
  for (const ListingEntry& entry : world.listing()) {
    const bool ours = entry.path.starts_with(std::string(kPrefix) + "conda-meta/kasane") ||
                      entry.path == std::string(kPrefix) + "conda-meta/history";
    if (entry.path.starts_with(kPrefix) && entry.type != TarEntry::Type::kDirectory && !ours) {
      there.insert(entry.path);
    }
  }
  EXPECT_EQ(owned, there);
  EXPECT_TRUE(there.contains("azureml-envs/kasane/lib/python3.11/site-packages/pure.py"));
  EXPECT_TRUE(there.contains("azureml-envs/kasane/bin/pure"));
}

TEST(ImageBuilder, KeepsTheInventoryRightWhenFragmentsWereEvicted) {
  BuildWorld world;
  const auto kept = world.add(package("kept").add("share/k", "k"), "kept");
  const auto added = world.add(package("added").add("share/a", "a"), "added");
  auto request = BuildWorld::request_for({kept});
  request.plan.layering.group_bytes = 1;
  world.build(request);
  world.trim_cache();
  request.lock.packages.push_back(added);
  const BuildReport report = world.build(request);
  EXPECT_EQ(count(report, Origin::kReused), 1U);
  EXPECT_EQ(read_inventory(*world.open())->packages.size(), 2U);
  EXPECT_EQ(package_files(world).size(), 3U);
}

TEST(ImageBuilder, GivesTheSameImageOverATargetWhoseLayersItsCacheNeverSaw) {
  BuildWorld world;
  auto request = BuildWorld::request_for({world.add(package("a").add("x", "1"), "a")});
  const std::string expected = world.build(request, "image", "one").digest;
  EXPECT_EQ(world.build(request, "image", "two").digest, expected);
}

TEST(ImageBuilder, GivesTheSameTreeInGzipAndZstd) {
  BuildWorld world;
  auto request =
      BuildWorld::request_for({world.add(package("a").add("x", std::string(5000000, 'z')), "a")});
  world.build(request, "gzip");
  request.plan.compression = CompressionMethod::zstd();
  world.build(request, "zstd");
  EXPECT_EQ(package_files(world, "gzip"), package_files(world, "zstd"));
}

TEST(ImageBuilder, RefusesLinkScriptsWhenStrict) {
  BuildWorld world;
  const auto scripted = world.add(package("s").add("bin/.s-post-link.sh", "echo"), "s");
  auto request = BuildWorld::request_for({scripted});
  const BuildReport report = world.build(request);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].code, "link-script");
  request.strict = true;
  try {
    world.build(request, "other");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRefused);
    EXPECT_EQ(error.message(),
              "`s` brings `bin/.s-post-link.sh`, which conda would run; it is installed, "
              "not run");
  }
}

TEST(ImageBuilder, SaysOnceThatPythonDoesNotRunAndBuildsWithoutByteCode) {
  BuildWorld world;
  const auto python = world.add(some_python(), "python", "3.11.4");
  auto request = BuildWorld::request_for({python});
  const std::string without = world.build(request, "plain").digest;
  request.plan.byte_code = true;
  const BuildReport report = world.build(request, "image", "fresh");
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].code, "no-byte-code");
  EXPECT_EQ(report.digest, without);
  const int asked = world.programs().asked();
  EXPECT_GT(asked, 0);
  const BuildReport again = world.build(request, "image2", "fresh");
  EXPECT_EQ(again.digest, without);
  EXPECT_EQ(world.programs().asked(), asked);
}

TEST(ImageBuilder, RefusesAFileThatIsNotThePackageOfTheLock) {
  BuildWorld world;
  auto locked = world.add(package("a").add("x", "1"), "a");
  locked.version = "2";
  try {
    world.build(BuildWorld::request_for({locked}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
    EXPECT_EQ(error.message(), "expected `a 2` in `a-1-0.conda`, got `a 1`");
  }
}

TEST(ImageBuilder, KeepsTheBaseAndItsListOfEnvironments) {
  BuildWorld world;
  const std::string tar =
      tar_of({{{TarMember::Type::kDirectory, "root", 0755, 0, 0, {}}, ""},
              {{TarMember::Type::kDirectory, "root/.conda", 0711, 0, 0, {}}, ""},
              {file("root/.conda/environments.txt", 15), "/opt/miniconda\n"}});
  {
    const auto target = registry::open_target(world.files(), world.reference("base"));
    target->publish(testing::put_image_blobs(*target, {{tar}}), {});
  }
  const auto base = world.open("base");
  auto request = BuildWorld::request_for({world.add(package("a").add("x", "1"), "a")});
  request.base.image = base.get();
  const BuildReport report = world.build(request);
  EXPECT_EQ(count(report, Origin::kBase), 1U);
  EXPECT_EQ(report.layers.front().descriptor.digest, base->manifest().layers.front().digest);
  EXPECT_EQ(world.entry("root").mode, 0755U);
  EXPECT_EQ(world.entry("root/.conda").mode, 0711U);
  EXPECT_EQ(world.entry("root/.conda/environments.txt").content,
            Digest::of("/opt/miniconda\n" + report.environment_path + "\n"));
}

TEST(ImageBuilder, RefusesABaseThatHasSomethingAtThePrefix) {
  BuildWorld world;
  const std::string tar = tar_of({{file("azureml-envs/kasane/bin/python", 1), "x"}});
  {
    const auto target = registry::open_target(world.files(), world.reference("base"));
    target->publish(testing::put_image_blobs(*target, {{tar}}), {});
  }
  const auto base = world.open("base");
  auto request = BuildWorld::request_for({world.add(package("a").add("x", "1"), "a")});
  request.base.image = base.get();
  EXPECT_THROW(world.build(request), Error);
  request.plan.prefix = "/opt/env";
  const BuildReport report = world.build(request);
  EXPECT_EQ(world.entry("azureml-envs/" + report.environment_name).target, "/opt/env");
}

}  // namespace
}  // namespace kasane::builder
