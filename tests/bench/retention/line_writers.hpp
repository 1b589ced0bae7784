#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vela::bench {

// Answers one request over a connection of its own to 127.0.0.1: blocking, kept open.
class PlainHttp {
 public:
  explicit PlainHttp(int port);
  ~PlainHttp();
  PlainHttp(const PlainHttp&) = delete;
  PlainHttp& operator=(const PlainHttp&) = delete;

  // The body of a 200; everything else ends the program.
  [[nodiscard]] std::string request(const std::string& method, const std::string& path,
                                    const std::string& headers = {}, const std::string& body = {});

 private:
  int fd_;
};

// Steps that print a line every 100 ms and wait until it is durable, a thread each.
class LineWriters {
 public:
  LineWriters(int port, int count);
  ~LineWriters();
  LineWriters(const LineWriters&) = delete;
  LineWriters& operator=(const LineWriters&) = delete;

  // How long the lines since the last call waited for the disk, in milliseconds.
  [[nodiscard]] std::vector<double> take_delays();

 private:
  void write_lines(int port, int number);

  std::atomic<bool> is_over_ = false;
  std::mutex mutex_;
  std::vector<double> delays_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace vela::bench
