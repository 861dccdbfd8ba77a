#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kasane::cache {

/// A prepared statement. Bound bytes are borrowed until the next reset. Not thread-safe.
class Statement {
 public:
  Statement(sqlite3* database, const char* text);
  /// Parameters and columns both count from 0.
  void bind(int parameter, std::string_view bytes);
  void bind(int parameter, std::int64_t number);
  /// True when there is a row to read.
  bool step();
  /// As step(), for statements without rows; ready to be bound again afterwards.
  void run();
  void reset();
  std::string_view bytes(int column) const;
  std::int64_t number(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection to an SQLite file, which is made when missing. A file that is damaged or no
/// SQLite file at all shows as an Error of kind kIntegrity, here or in any later call. Not
/// thread-safe.
class Database {
 public:
  explicit Database(const Path& path);
  Statement prepare(const char* text) { return Statement(handle_.get(), text); }
  /// Runs statements that take no parameters; their rows are dropped.
  void execute(const std::string& statements);
  /// The number that a `PRAGMA` or `SELECT` answers.
  std::int64_t number(const char* query);
  /// Runs `body` as one write; whatever it throws undoes it.
  void in_transaction(const std::function<void()>& body);

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace kasane::cache
