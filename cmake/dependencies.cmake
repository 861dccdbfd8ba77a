# Every dependency is a Debian package; docs/dependencies.md says what each one is for.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(BZip2 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
if(KASANE_TESTS)
  find_package(GTest REQUIRED)
endif()

set(KASANE_BASE_LIBRARIES fmt::fmt nlohmann_json::nlohmann_json OpenSSL::Crypto CURL::libcurl
    BZip2::BZip2 PkgConfig::ZSTD PkgConfig::ISAL PkgConfig::DEFLATE
    Threads::Threads)
set(KASANE_YAML_LIBRARY yaml-cpp)
set(KASANE_SIMDJSON_LIBRARY simdjson::simdjson)
