#include "bench/methods/unix_http.hpp"

#include <memory>
#include <stdexcept>

#include <curl/curl.h>

namespace vela::bench {
namespace {

constexpr long kLimitSeconds = 60;

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(bytes, size * count);
  return size * count;
}

}  // namespace

std::string request_by_socket(const std::string& socket, const std::string& method,
                              const std::string& path) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  std::string body;
  curl_easy_setopt(easy.get(), CURLOPT_URL, ("http://localhost" + path).c_str());
  curl_easy_setopt(easy.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, kLimitSeconds);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(easy.get());
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK && status == 200) return body;
  throw std::runtime_error(method + " " + path + ": " +
                           (code == CURLE_OK ? "HTTP " + std::to_string(status)
                                             : std::string(curl_easy_strerror(code))));
}

}  // namespace vela::bench
