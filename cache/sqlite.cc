#include "cache/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/error.h"

namespace kasane::cache {
namespace {

constexpr int kBusyMilliseconds = 120'000;

bool means_damage(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
    case SQLITE_FORMAT:
    case SQLITE_CANTOPEN:
    // All statements are ours: one that does not fit tells of another program's tables.
    case SQLITE_ERROR:
      return true;
    default:
      return code == SQLITE_IOERR_SHORT_READ;
  }
}

[[noreturn]] void fail(sqlite3* handle, int code) {
  const char* file = handle == nullptr ? nullptr : sqlite3_db_filename(handle, "main");
  const char* text = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  Error error(
      means_damage(code) ? ErrorKind::kIntegrity : ErrorKind::kFailed,
      fmt::format("cannot use the cache's index `{}`: {}", file == nullptr ? "" : file, text));
  if ((code & 0xff) == SQLITE_FULL) {
    throw std::move(error).hint("free some disk space, or move the cache with `KASANE_HOME`");
  }
  if ((code & 0xff) == SQLITE_READONLY) {
    throw std::move(error).hint("choose a writable directory with `KASANE_CACHE_DIR`");
  }
  throw error;
}

void check(sqlite3* handle, int code) {
  if (code != SQLITE_OK) fail(handle, code);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* database, const char* text) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(database,
        sqlite3_prepare_v3(database, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  statement_.reset(statement);
}

void Statement::bind(int parameter, std::string_view bytes) {
  check(database_,
        sqlite3_bind_blob64(statement_.get(), parameter + 1, bytes.empty() ? "" : bytes.data(),
                            bytes.size(), SQLITE_STATIC));
}

void Statement::bind(int parameter, std::int64_t number) {
  check(database_, sqlite3_bind_int64(statement_.get(), parameter + 1, number));
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(statement_.get());
  fail(database_, code);
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::string_view Statement::bytes(int column) const {
  const auto* start = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return start == nullptr ? std::string_view()
                          : std::string_view(start, static_cast<std::size_t>(size));
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::Database(const Path& path) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  check(handle, code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
}

void Database::execute(const std::string& statements) {
  check(handle_.get(), sqlite3_exec(handle_.get(), statements.c_str(), nullptr, nullptr, nullptr));
}

std::int64_t Database::number(const char* query) {
  Statement statement = prepare(query);
  return statement.step() ? statement.number(0) : 0;
}

void Database::in_transaction(const std::function<void()>& body) {
  execute("BEGIN IMMEDIATE");
  try {
    body();
    execute("COMMIT");
  } catch (const Error&) {
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

}  // namespace kasane::cache
