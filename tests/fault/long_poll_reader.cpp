#include "fault/long_poll_reader.hpp"

#include <cctype>
#include <memory>
#include <stdexcept>

#include <curl/curl.h>

#include "support/server.hpp"

#include "fault/run_plan.hpp"

namespace vela::fault {
namespace {

// Longer than a poll may wait; what takes longer than that hangs.
constexpr long kRequestCapMs = 15'000;
constexpr std::chrono::milliseconds kRetryPause{100};

struct Reply {
  long status = 0;  // 0: none, or not all of it
  std::string cursor;
  std::string state;
  std::string body;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t length, void* reply) {
  static_cast<Reply*>(reply)->body.append(bytes, length);
  return length;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t length, void* reply) {
  const std::string line(bytes, length);
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || line.size() < colon + 4) return length;
  std::string name = line.substr(0, colon);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string value = line.substr(colon + 2, line.size() - colon - 4);
  if (name == "vela-logs-cursor") static_cast<Reply*>(reply)->cursor = value;
  if (name == "vela-logs-state") static_cast<Reply*>(reply)->state = value;
  return length;
}

Reply get(CURL* handle, const std::string& url) {
  Reply reply;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, kRequestCapMs);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &reply);
  if (curl_easy_perform(handle) == CURLE_OK)
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

}  // namespace

LongPollReader::LongPollReader(const std::string& server_url, int step_number)
    : log_url_(server_url + test::kBuildPath + "/steps/" + std::to_string(step_number) + "/logs"),
      thread_([this] { run(); }) {}

LongPollReader::~LongPollReader() {
  wants_end_ = true;
  if (thread_.joinable()) thread_.join();
}

void LongPollReader::run() {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   &curl_easy_cleanup);
  std::string cursor = "1-0";
  while (!wants_end_) {
    Reply reply = get(handle.get(), log_url_ + "?wait=10&cursor=" + cursor);
    const bool is_ours = (reply.status == 200 || reply.status == 204) && !reply.cursor.empty();
    if (!is_ours) {
      sleep_for(kRetryPause);
      continue;
    }
    read_.out += reply.body;
    read_.arrivals.push_back({read_.out.size(), std::chrono::steady_clock::now()});
    cursor = reply.cursor;
    if (reply.state == "sealed" && reply.body.empty()) break;
  }
  read_.code = 0;
  has_ended_ = true;
}

test::Finished LongPollReader::wait(std::chrono::seconds cap) {
  const auto until = std::chrono::steady_clock::now() + cap;
  while (!has_ended_) {
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the long poll did not come to the end of the log");
    sleep_for(std::chrono::milliseconds(20));
  }
  thread_.join();
  return std::move(read_);
}

}  // namespace vela::fault
