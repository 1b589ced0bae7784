#include "core/net/client_transfer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/base/assert.hpp"
#include "core/net/curl_settings.hpp"
#include "core/net/http_message.hpp"

namespace vela::net {
namespace {

// Each filling is one chunk and one send. Allocated per upload.
constexpr long kUploadBufferBytes = 64 * 1024;

// As ClientReply promises: answers that are longer go to a hook.
constexpr std::size_t kMaxReplyBytes = 1024 * 1024;

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

// ---- setting up

ClientTransfer::ClientTransfer(const boost::asio::any_io_executor& executor, ClientRequest request,
                               TransferHooks* hooks, std::vector<ClientTransfer*>& attention)
    : request_(std::move(request)),
      hooks_(hooks),
      attention_(attention),
      easy_(curl_easy_init()),
      ended_(executor) {
  VELA_ASSERT(easy_ != nullptr);
}

ClientTransfer& ClientTransfer::of(CURL* easy) {
  char* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *reinterpret_cast<ClientTransfer*>(self);
}

Result<void> ClientTransfer::set_up() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &ClientTransfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &ClientTransfer::on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  set_connection_options(easy, request_.connect_limit);
  set_limits();
  set_method();
  if (!set_headers() || !set_url(easy, request_.url))
    return Error(ErrorCode::unavailable, "out of memory");
  return Result<void>();
}

void ClientTransfer::set_limits() {
  CURL* const easy = easy_.get();
  if (request_.total_limit) {
    // 0 would mean no limit.
    const auto limit = std::max<std::chrono::milliseconds::rep>(1, request_.total_limit->count());
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(limit));
  }
  if (request_.is_fresh_connection) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

void ClientTransfer::set_method() {
  CURL* const easy = easy_.get();
  const std::string& method = request_.method;
  if (request_.is_body_fed) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);  // without a size: chunked
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBufferBytes);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &ClientTransfer::on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
  } else if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  } else if (!request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    // Not an upload: curl sends head and body of a small request in one go.
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBufferBytes);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
}

bool ClientTransfer::set_headers() {
  const auto add = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(headers_.release());
    headers_.reset(longer);
    return true;
  };
  // Without these curl would wait a second for "100 Continue", and call any body a form.
  bool is_good = add("Expect:");
  bool has_type = false;
  for (const auto& [name, value] : request_.headers) {
    has_type = has_type || is_same_name(name, "Content-Type");
    // ';' is curl's way to send a header without a value.
    is_good = is_good && add(value.empty() ? name + ";" : name + ": " + value);
  }
  if (!has_type) is_good = is_good && add("Content-Type:");
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
  return is_good;
}

// ---- curl's callbacks

// An exception must not pass through curl's frames. What a hook threw ends its transfer.
template <class Action>
bool ClientTransfer::guarded(Action action) {
  if (is_canceled_) return false;
  try {
    return action();
  } catch (const std::exception& error) {
    refusal_ = error.what();
  }
  return false;
}

std::size_t ClientTransfer::on_read(char* room, std::size_t size, std::size_t count, void* self) {
  return static_cast<ClientTransfer*>(self)->upload(room, size * count);
}

std::size_t ClientTransfer::upload(char* room, std::size_t size) {
  // The answer is here: a clean end of the body keeps curl reading it. Nobody counts on that body.
  if (is_answered_early_) return 0;
  std::optional<std::size_t> taken;
  const bool is_good = guarded([&] {
    taken = hooks_ == nullptr ? 0 : hooks_->on_upload(room, size);
    return true;
  });
  if (!is_good) return CURL_READFUNC_ABORT;
  is_paused_ = !taken.has_value();
  is_upload_done_ = taken == std::size_t{0};
  return taken ? *taken : CURL_READFUNC_PAUSE;
}

bool ClientTransfer::take_pause() {
  const bool was_download_paused = std::exchange(is_download_paused_, false);
  return std::exchange(is_paused_, false) || was_download_paused;
}

std::size_t ClientTransfer::on_header(char* bytes, std::size_t size, std::size_t count,
                                      void* self) {
  auto& transfer = *static_cast<ClientTransfer*>(self);
  const std::string_view line(bytes, size * count);
  return transfer.guarded([&] { return transfer.take_header(line); }) ? line.size() : 0;
}

bool ClientTransfer::take_header(std::string_view line) {
  if (is_head_done_) return true;  // a trailer
  if (line.substr(0, 5) == "HTTP/") {
    reply_.headers.clear();  // the head before this one was a 1xx
    return true;
  }
  if (trim(line).empty()) return take_head();
  const auto colon = line.find(':');
  if (colon == line.npos) return true;
  reply_.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  return true;
}

bool ClientTransfer::take_head() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return true;
  is_head_done_ = true;
  reply_.status = static_cast<int>(status);
  is_answered_early_ = request_.is_body_fed && !is_upload_done_;
  // A paused upload would hold the transfer open for good.
  if (is_answered_early_) attention_.push_back(this);
  is_body_hooked_ = hooks_ != nullptr && hooks_->on_head(reply_);
  return true;
}

std::size_t ClientTransfer::on_write(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<ClientTransfer*>(self);
  const std::string_view body(bytes, size * count);
  const bool is_good = transfer.guarded([&] {
    transfer.is_download_paused_ =
        transfer.is_body_hooked_ && !transfer.hooks_->has_room_for_download();
    // Paused, curl keeps these bytes and hands them over again.
    return transfer.is_download_paused_ || transfer.take_body(body);
  });
  if (is_good && transfer.is_download_paused_) return CURL_WRITEFUNC_PAUSE;
  return is_good ? body.size() : 0;
}

bool ClientTransfer::take_body(std::string_view bytes) {
  if (is_body_hooked_) {
    if (!hooks_->on_download(bytes)) is_canceled_ = true;
    return !is_canceled_;
  }
  if (reply_.body.size() + bytes.size() > kMaxReplyBytes) {
    refusal_ = "the answer is longer than 1 MiB";
    return false;
  }
  reply_.body += bytes;
  return true;
}

// ---- the end

Error ClientTransfer::describe(CURLcode code) const {
  const std::string what = to_public_name(request_.method, request_.url);
  if (is_canceled_) return Error(ErrorCode::canceled, what + "canceled");
  if (!refusal_.empty()) return Error(ErrorCode::unavailable, what + refusal_);
  return to_error(code, request_.method, request_.url, error_text_.data());
}

void ClientTransfer::end(CURLcode code) {
  if (result_) return;
  if (code == CURLE_OK && !is_canceled_) {
    result_.emplace(std::move(reply_));
  } else {
    result_.emplace(describe(code));
  }
  ended_.notify_all();
}

void ClientTransfer::cancel_in_callback() {
  is_canceled_ = true;
  attention_.push_back(this);
}

void ClientTransfer::end_canceled() {
  is_canceled_ = true;
  end(CURLE_OK);
}

}  // namespace vela::net
