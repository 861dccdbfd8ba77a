#include "builder/inventory/inventory.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kasane::builder {
namespace {

Inventory small() {
  return {"0123",
          "/azureml-envs/kasane",
          1,
          "3.11",
          {{"conda",
            "odd",
            "1.0",
            "h_0",
            "https://c/linux-64/odd-1.0-h_0.conda",
            Digest::of("a"),
            7,
            {"bin/a \"b\"\\c", "lib/\xc3\xa9", "lib/tab\there"}},
           {"pip", "none", "2", "", "https://i/none-2-py3-none-any.whl", Digest::of("b"), 0, {}}}};
}

TEST(Inventory, IsWrittenInTheFormOfItsFormat) {
  const std::string a = Digest::of("a").hex();
  const std::string b = Digest::of("b").hex();
  EXPECT_EQ(
      small().render(),
      R"({"schema":"kasane.inventory/1","environment":"0123","prefix":"/azureml-envs/kasane",)"
      R"("layout":1,"python":"3.11","packages":[{"manager":"conda","name":"odd","version":"1.0",)"
      R"("build":"h_0","url":"https://c/linux-64/odd-1.0-h_0.conda","sha256":")" +
          a +
          R"(","installed_bytes":7,"files":["bin/a \"b\"\\c","lib/)"
          "\xc3\xa9"
          R"(","lib/tab\there"]},{"manager":"pip","name":"none","version":"2","build":"",)"
          R"("url":"https://i/none-2-py3-none-any.whl","sha256":")" +
          b + R"(","installed_bytes":0,"files":[]}]})");
}

TEST(Inventory, IsReadAsItWasWritten) {
  EXPECT_EQ(Inventory::parse(small().render()), small());
  const Inventory empty{"", "", 0, "", {}};
  EXPECT_EQ(Inventory::parse(empty.render()), empty);
}

TEST(Inventory, SaysWhatIsWrongWithWhatItReads) {
  const auto message = [](std::string_view text) {
    try {
      Inventory::parse(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIntegrity);
      return error.message();
    }
    return std::string("read");
  };
  EXPECT_EQ(message(R"({"schema":"kasane.inventory/9"})"),
            "expected an inventory of schema `kasane.inventory/1`, got `\"kasane.inventory/9\"`");
  EXPECT_TRUE(message("{").starts_with("the inventory cannot be read: ")) << message("{");
}

}  // namespace
}  // namespace kasane::builder
