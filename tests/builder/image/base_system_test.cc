#include "builder/image/base_system.h"

#include <gtest/gtest.h>

namespace kasane::builder {
namespace {

TEST(BaseSystem, KnowsTheGlibcOfDistributions) {
  struct Row {
    const char* text;
    const char* glibc;
  };
  const Row rows[] = {
      {"PRETTY_NAME=\"Ubuntu 22.04.4 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nID=ubuntu\n",
       "2.35"},
      {"ID=debian\nVERSION_ID=\"12\"\n", "2.36"},
      {"ID='debian'\r\nVERSION_ID='11'\r\n", "2.31"},
      {"ID=\"rhel\"\nVERSION_ID=\"9.4\"\n", "2.34"},
      {"VERSION_ID=\"3.0\"\nID=azurelinux", "2.38"},
      {"ID=debian\nVERSION_ID=\"1\"\n", ""},
      {"ID=alpine\nVERSION_ID=3.19.1\n", ""},
      {"ID_LIKE=ubuntu\nVERSION_ID=\"22.04\"\n", ""},
      {"", ""},
      {"ID=\nVERSION_ID=\"", ""},
  };
  for (const Row& row : rows)
    EXPECT_EQ(find_glibc_version(row.text).value_or(""), row.glibc) << row.text;
}

TEST(BaseSystem, KnowsTheCudaOfAnImage) {
  EXPECT_EQ(find_cuda_version("12.4.1"), "12.4");
  EXPECT_EQ(find_cuda_version("11.8"), "11.8");
  for (const char* text : {"", "12", "12.", ".4", "twelve.four", "12.x"}) {
    EXPECT_EQ(find_cuda_version(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace kasane::builder
