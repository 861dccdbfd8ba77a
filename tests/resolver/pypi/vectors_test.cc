#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/pypi/marker.h"
#include "resolver/pypi/metadata.h"
#include "resolver/pypi/requirement.h"
#include "resolver/pypi/wheel_name.h"

/// The tables of packaging's own tests, read from KASANE_TEST_DATA.
namespace kasane::resolver::pypi {
namespace {

using nlohmann::json;

class PackagingVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("KASANE_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "KASANE_TEST_DATA names no folder of vectors";
    folder_ = std::string(folder) + "/vectors/pypa-packaging/";
  }
  void load(const std::string& file) {
    std::ifstream stream(folder_ + file + ".json");
    ASSERT_TRUE(stream.good()) << file;
    tests_ = json::parse(stream).at("tests");
  }
  /// Calls `check` for each case of a test's table number `table`.
  void each(const std::string& test, const std::function<void(const json&)>& check,
            std::size_t table = 0) const {
    const json& cases = tests_.at(test).at(table).at("cases");
    ASSERT_FALSE(cases.empty()) << test;
    for (const json& c : cases) {
      SCOPED_TRACE(test + " " + c.dump().substr(0, 200));
      check(c);
    }
  }

  std::string folder_;
  json tests_;
};

PythonVersion version(const json& text) { return PythonVersion::parse(text.get<std::string>()); }

Prereleases rule_of(const json& value) {
  if (value.is_null()) return Prereleases::kIfNeeded;
  return value.get<bool>() ? Prereleases::kAllowed : Prereleases::kForbidden;
}

/// Those of the texts that are taken; nothing where one is no version, since such never come here.
std::optional<std::vector<std::string>> select(const json& specifier, const json& texts,
                                               Prereleases rule) {
  std::vector<PythonVersion> versions;
  for (const json& text : texts) {
    auto found = PythonVersion::find(text.get<std::string>());
    if (!found) return std::nullopt;
    versions.push_back(*found);
  }
  std::vector<std::string> out;
  for (const std::size_t i :
       SpecifierSet::parse(specifier.get<std::string>()).select(versions, rule)) {
    out.push_back(versions[i].text());
  }
  return out;
}

bool takes(const json& specifier, const json& text, Prereleases rule) {
  const auto taken = select(specifier, json::array({text}), rule);
  if (!taken)
    return SpecifierSet::parse(specifier.get<std::string>()).contains_text(text.get<std::string>());
  return !taken->empty();
}

TEST_F(PackagingVectors, Versions) {
  load("test_version");
  each("TestVersion.test_valid_versions", [](const json& c) { EXPECT_NO_THROW(version(c)); });
  for (const std::string test : {"TestVersion.test_invalid_versions",
                                 "TestVersion.test_oversized_version_raises_valueerror"}) {
    each(test, [](const json& c) { EXPECT_FALSE(PythonVersion::find(c.get<std::string>())); });
  }
  for (const std::string test :
       {"TestVersion.test_normalized_versions", "TestVersion.test_version_str_repr"}) {
    each(test, [](const json& c) {
      const std::string text = c[0];
      // Spaces around a version are ASCII's here.
      if (text.starts_with("\u202f")) {
        EXPECT_FALSE(PythonVersion::find(text));
      } else {
        EXPECT_EQ(version(text).render(), c[1]);
      }
    });
  }
}

TEST_F(PackagingVectors, PartsOfVersions) {
  load("test_version");
  const auto number = [](const std::optional<std::string>& text) {
    return text ? json(std::stoull(*text)) : json();
  };
  each("TestVersion.test_version_epoch",
       [&](const json& c) { EXPECT_EQ(number(version(c[0]).parts().epoch), c[1]); });
  each("TestVersion.test_version_post",
       [&](const json& c) { EXPECT_EQ(number(version(c[0]).parts().post), c[1]); });
  each("TestVersion.test_version_dev",
       [&](const json& c) { EXPECT_EQ(number(version(c[0]).parts().dev), c[1]); });
  each("TestVersion.test_version_release", [&](const json& c) {
    json release = json::array();
    for (const std::string& part : version(c[0]).parts().release) release.push_back(number(part));
    EXPECT_EQ(release, c[1]);
  });
  each("TestVersion.test_version_pre", [&](const json& c) {
    const auto pre = version(c[0]).parts().pre;
    EXPECT_EQ(pre ? json::array({pre->phase, number(pre->number)}) : json(), c[1]);
  });
  each("TestVersion.test_version_local", [](const json& c) {
    const PythonVersion v = version(c[0]);
    EXPECT_EQ(v.has_local() ? json(v.parts().local) : json(), c[1]);
  });
  each("TestVersion.test_version_public", [](const json& c) {
    EXPECT_EQ(version(c[0]).public_key(), version(c[1]).public_key());
    EXPECT_FALSE(version(c[1]).has_local());
  });
  each("TestVersion.test_version_is_prerelease",
       [](const json& c) { EXPECT_EQ(version(c[0]).is_prerelease(), c[1]); });
  each("TestVersion.test_version_is_postrelease",
       [](const json& c) { EXPECT_EQ(version(c[0]).parts().post.has_value(), c[1]); });
}

TEST_F(PackagingVectors, OrderOfVersions) {
  load("test_version");
  const auto holds = [](const json& c) {
    const auto order = version(c[0]) <=> version(c[1]);
    const std::string op = c[2];
    if (op == "<lt>") return order < 0;
    if (op == "<le>") return order <= 0;
    if (op == "<eq>") return order == 0;
    if (op == "<ne>") return order != 0;
    if (op == "<ge>") return order >= 0;
    return order > 0;
  };
  each("TestVersion.test_comparison_true", [&](const json& c) { EXPECT_TRUE(holds(c)); });
  each("TestVersion.test_comparison_false", [&](const json& c) { EXPECT_FALSE(holds(c)); });
}

TEST_F(PackagingVectors, SpecifierTexts) {
  load("test_specifiers");
  each("TestSpecifier.test_specifiers_valid",
       [](const json& c) { EXPECT_TRUE(Specifier::find(c.get<std::string>())); });
  each("TestSpecifier.test_specifiers_invalid",
       [](const json& c) { EXPECT_FALSE(Specifier::find(c.get<std::string>())); });
  each("TestSpecifier.test_specifiers_normalized", [](const json& c) {
    const std::string text = c;
    const bool local = text.find('+') != std::string::npos;
    for (const std::string op : {"~=", "==", "!=", "<=", ">=", "<", ">"}) {
      const bool fits = !local || op == "==" || op == "!=";
      EXPECT_EQ(Specifier::find(op + text).has_value(), fits) << op;
    }
  });
  each("TestSpecifier.test_specifiers_str_and_repr",
       [](const json& c) { EXPECT_EQ(Specifier::parse(c[0].get<std::string>()).render(), c[1]); });
  each("TestSpecifier.test_specifier_operator_property", [](const json& c) {
    EXPECT_EQ(Specifier::parse(c[0].get<std::string>()).operator_text(), c[1]);
  });
  each("TestSpecifier.test_specifier_version_property", [](const json& c) {
    EXPECT_EQ(Specifier::parse(c[0].get<std::string>()).version_text(), c[1]);
  });
  each("TestSpecifier.test_specifier_prereleases_detection", [](const json& c) {
    EXPECT_EQ(Specifier::parse(c[0].get<std::string>()).asks_for_prereleases(), c[1]);
  });
  for (const std::string kind : {"TestSpecifier", "TestSpecifierSet"}) {
    const auto same = [](const json& c) {
      return SpecifierSet::parse(c[0].get<std::string>()) ==
             SpecifierSet::parse(c[1].get<std::string>());
    };
    each(kind + ".test_comparison_true",
         [&](const json& c) { EXPECT_EQ(same(c), c[2] == "<eq>"); });
    each(kind + ".test_comparison_false",
         [&](const json& c) { EXPECT_NE(same(c), c[2] == "<eq>"); });
    each(kind + ".test_comparison_canonicalizes", [&](const json& c) { EXPECT_TRUE(same(c)); });
  }
}

TEST_F(PackagingVectors, SpecifierMatches) {
  load("test_specifiers");
  const auto contains = [](const json& specifier, const json& text) {
    return SpecifierSet::parse(specifier.get<std::string>()).contains_text(text.get<std::string>());
  };
  for (const std::string test :
       {"TestSpecifier.test_specifiers", "TestSpecifier.test_arbitrary_equality",
        "TestSpecifierSet.test_comparison_ignores_local",
        "TestSpecifierSet.test_contains_arbitrary_equality_contains"}) {
    each(test, [&](const json& c) { EXPECT_EQ(contains(c[1], c[0]), c[2]); });
  }
  for (const std::string test :
       {"TestSpecifier.test_invalid_version", "TestSpecifier.test_arbitrary_equality_normalization",
        "TestSpecifierSet.test_contains_arbitrary_equality_normalization",
        "TestSpecifierSet.test_contains_post_release_boundary_intersection",
        "test_boundary_closure_short_release"}) {
    each(test, [&](const json& c) { EXPECT_EQ(contains(c[0], c[1]), c[2]); });
  }
  each("TestSpecifierSet.test_empty_specifier",
       [&](const json& c) { EXPECT_TRUE(contains("", c)); });
  load("test_ranges");
  each("TestToRange.test_operators", [&](const json& c) {
    EXPECT_TRUE(contains(c[0], c[1]));
    EXPECT_FALSE(contains(c[0], c[2]));
  });
}

TEST_F(PackagingVectors, PreReleases) {
  load("test_specifiers");
  const auto configured = [](const json& first, const json& second) {
    return rule_of(second.is_null() ? first : second);
  };
  each("TestSpecifier.test_specifier_prereleases_set", [&](const json& c) {
    EXPECT_EQ(takes(c[0], c[3], rule_of(c[1])), c[4]);
    EXPECT_EQ(takes(c[0], c[3], rule_of(c[2])), c[5]);
  });
  each("TestSpecifierSet.test_specifier_prereleases_explicit", [&](const json& c) {
    EXPECT_EQ(takes(c[5], c[2], rule_of(c[0])), c[3]);
    EXPECT_EQ(takes(c[5], c[2], rule_of(c[1])), c[4]);
  });
  each("TestSpecifier.test_specifiers_prereleases",
       [&](const json& c) { EXPECT_EQ(takes(c[0], c[1], configured(c[2], c[3])), c[4]); });
  each("TestSpecifierSet.test_contains_exclusionary_bridges",
       [&](const json& c) { EXPECT_EQ(takes(c[0], c[2], rule_of(c[1])), c[3]); });
}

TEST_F(PackagingVectors, SelectionOfVersions) {
  load("test_specifiers");
  int compared = 0;
  const auto check = [&](const json& specifier, const json& rule, const json& input,
                         const json& expected) {
    const auto taken = select(specifier, input, rule_of(rule));
    if (!taken) return;
    ++compared;
    EXPECT_EQ(json(*taken), expected);
  };
  for (const std::string kind : {"TestSpecifier", "TestSpecifierSet"}) {
    each(kind + ".test_specifier_filter",
         [&](const json& c) { check(c[0], c[2].is_null() ? c[1] : c[2], c[3], c[4]); });
  }
  each("TestSpecifier.test_specifier_filter_arbitrary_equality_normalization",
       [&](const json& c) { check(c[0], nullptr, c[1], c[2]); });
  each("TestSpecifierSet.test_filter_exclusionary_bridges",
       [&](const json& c) { check(c[0], c[1], c[2], c[3]); });
  EXPECT_GT(compared, 100);
}

MarkerEnvironment environment_of(const json& values) {
  MarkerEnvironment out = MarkerEnvironment::cpython("3.11.4");
  if (values.is_null()) return out;
  const std::map<std::string, std::string*> fields = {
      {"os_name", &out.os_name},
      {"sys_platform", &out.sys_platform},
      {"platform_machine", &out.platform_machine},
      {"platform_version", &out.platform_version},
      {"platform_python_implementation", &out.platform_python_implementation},
      {"python_version", &out.python_version}};
  for (const auto& [key, value] : values.items()) {
    if (key != "extra") *fields.at(key) = value.get<std::string>();
  }
  return out;
}

TEST_F(PackagingVectors, Markers) {
  load("test_markers");
  for (const std::string test :
       {"TestMarker.test_parses_valid", "TestMarker.test_parses_pep345_valid",
        "TestMarker.test_parses_setuptools_legacy_valid"}) {
    each(test, [](const json& c) {
      const Marker marker = Marker::parse(c.get<std::string>());
      EXPECT_EQ(Marker::parse(marker.render()), marker);
    });
  }
  each("TestMarker.test_parses_invalid",
       [](const json& c) { EXPECT_THROW(Marker::parse(c.get<std::string>()), Error); });
  each("TestMarker.test_parses_invalid_malformed_quoted_string",
       [](const json& c) { EXPECT_THROW(Marker::parse(c[0].get<std::string>()), Error); });
  each("TestMarker.test_str_repr_eq_hash",
       [](const json& c) { EXPECT_EQ(Marker::parse(c[0].get<std::string>()).render(), c[1]); });
  for (const std::string test :
       {"TestMarker.test_evaluates", "TestMarker.test_evaluate_pep345_markers",
        "TestMarker.test_version_like_equality"}) {
    each(test, [](const json& c) {
      const std::string extra = c[1].is_object() ? c[1].value("extra", "") : "";
      EXPECT_EQ(Marker::parse(c[0].get<std::string>()).evaluate(environment_of(c[1]), extra), c[2]);
    });
  }
  each("TestMarker.test_extras_and_dependency_groups", [](const json& c) {
    for (const std::string variable : {"extras", "dependency_groups"}) {
      std::string text = c[0];
      for (std::size_t at; (at = text.find("{0}")) != std::string::npos;) {
        text.replace(at, 3, variable);
      }
      MarkerEnvironment environment;
      (variable == "extras" ? environment.extras : environment.dependency_groups) = {"foo", "bar"};
      EXPECT_EQ(Marker::parse(text).evaluate(environment), c[1]) << text;
    }
  });
}

TEST_F(PackagingVectors, Requirements) {
  load("test_requirements");
  const auto parse = [](const json& text) { return Requirement::parse(text.get<std::string>()); };
  each("test_normalized_requirements", [&](const json& c) { EXPECT_EQ(parse(c[0]), parse(c[1])); });
  for (const std::string test :
       {"TestRequirementBehaviour.test_equal_reqs_equal_hashes",
        "TestRequirementBehaviour.test_equivalent_reqs_equal_hashes_unequal_strings"}) {
    each(test, [&](const json& c) { EXPECT_EQ(parse(c[0]), parse(c[1])); });
  }
  each("TestRequirementBehaviour.test_different_reqs_different_hashes",
       [&](const json& c) { EXPECT_FALSE(parse(c[0]) == parse(c[1])); });
  each("TestRequirementParsing.test_valid_marker",
       [](const json& c) { EXPECT_TRUE(Requirement::find("name; " + c.get<std::string>())); });
  each("TestRequirementParsing.test_file_url", [](const json& c) {
    EXPECT_EQ(Requirement::parse("name @ " + c.get<std::string>()).url, c.get<std::string>());
  });
  for (const std::string text : {"this is not a valid requirement", "demo===x,y", "name>=1\n",
                                 "name; python_version >= \"3\"\r"}) {
    EXPECT_FALSE(Requirement::find(text)) << text;
  }
  each("TestRequirementParsing.test_error_invalid_marker_malformed_quoted_string",
       [](const json& c) { EXPECT_FALSE(Requirement::find(c[0].get<std::string>())); });
  each("test_pickle_requirement_roundtrip",
       [&](const json& c) { EXPECT_EQ(Requirement::parse(parse(c).render()), parse(c)); });
}

/// All combinations of packaging's test of valid requirements.
TEST_F(PackagingVectors, CombinationsOfRequirements) {
  load("test_requirements");
  const json& tables = tests_.at("test_basic_valid_requirement_parsing");
  const auto cases = [&](std::size_t table) { return tables.at(table).at("cases"); };
  const auto with_space = [](const json& text, const std::string& space) {
    std::string out = text.is_null() ? "" : text.get<std::string>();
    for (std::size_t at; (at = out.find("{ws}")) != std::string::npos;) out.replace(at, 4, space);
    return out;
  };
  for (const json& space_case : cases(0)) {
    const std::string space = space_case;
    for (const json& marker : cases(1)) {
      for (const json& source : cases(2)) {
        for (const json& extras : cases(3)) {
          for (const json& name : cases(4)) {
            std::string text = name.get<std::string>();
            if (!extras.empty()) {
              std::string list;
              for (const json& extra : extras) {
                if (!list.empty()) list += space + "," + space;
                list += extra.get<std::string>();
              }
              text += space + "[" + space + list + space + "]";
            }
            const std::string specifier = with_space(source[1], space);
            if (!source[0].is_null()) text += " @" + space + source[0].get<std::string>();
            text += (specifier.empty() ? "" : space) + specifier;
            if (!marker.is_null()) text += " ;" + space + with_space(marker, space);
            SCOPED_TRACE(text);
            const Requirement found = Requirement::parse(text);
            EXPECT_EQ(found.name, name);
            EXPECT_EQ(found.extras.size(), extras.size());
            EXPECT_EQ(found.url.has_value(), !source[0].is_null());
            EXPECT_EQ(found.specifiers.empty(), specifier.empty());
            EXPECT_EQ(found.marker.has_value(), !marker.is_null());
            EXPECT_EQ(Requirement::parse(found.render()), found);
          }
        }
      }
    }
  }
}

TEST_F(PackagingVectors, NamesAndWheels) {
  load("test_utils");
  each("test_canonicalize_name",
       [](const json& c) { EXPECT_EQ(normalise_name(c[0].get<std::string>()), c[1]); });
  each("test_canonicalize_name_invalid", [](const json& c) {
    EXPECT_EQ(normalise_name(c[0].get<std::string>()), c[1]);
    EXPECT_FALSE(is_name(c[0].get<std::string>()));
  });
  each("test_parse_wheel_filename", [](const json& c) {
    const WheelName name = WheelName::parse(c[0].get<std::string>());
    EXPECT_EQ(normalise_name(name.distribution), c[1]);
    EXPECT_EQ(name.python_version(), version(c[2]));
    EXPECT_EQ(name.build,
              c[3].empty() ? "" : std::to_string(c[3][0].get<int>()) + c[3][1].get<std::string>());
    std::vector<std::string> tags;
    for (const std::string& python : name.python_tags) {
      for (const std::string& abi : name.abi_tags) {
        for (const std::string& platform : name.platform_tags) {
          tags.push_back(python + "-" + abi + "-" + platform);
        }
      }
    }
    std::sort(tags.begin(), tags.end());
    EXPECT_EQ(json(tags), c[4]);
  });
  each("test_parse_wheel_invalid_filename",
       [](const json& c) { EXPECT_FALSE(WheelName::find(c.get<std::string>())); });
  each("test_parse_wheel_unsorted_tags_valid_by_default",
       [](const json& c) { EXPECT_TRUE(WheelName::find(c.get<std::string>())); });
}

TEST_F(PackagingVectors, MetadataWithEverything) {
  std::ifstream stream(folder_ + "files/everything.metadata");
  std::stringstream text;
  text << stream.rdbuf();
  const Metadata metadata = Metadata::parse(text.str(), "METADATA");
  EXPECT_EQ(metadata.name, "BeagleVote");
  EXPECT_EQ(metadata.version.text(), "1.0a2");
  EXPECT_EQ(metadata.requires_dist.size(), 5U);
  EXPECT_EQ(metadata.requires_dist[3].render(), "zope.interface>3.5.0");
  EXPECT_EQ(metadata.requires_python->render(), ">=3");
  EXPECT_EQ(metadata.provides_extra, std::vector<std::string>{"pdf"});
  EXPECT_TRUE(metadata.unreadable_requirements.empty());
  EXPECT_TRUE(metadata.dependencies_are_static());
}

}  // namespace
}  // namespace kasane::resolver::pypi
