#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/notifier.hpp"
#include "core/base/error.hpp"
#include "core/net/curl_loop.hpp"
#include "core/net/http_client.hpp"

namespace vela::net {

struct CurlListDelete {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One request on its way through libcurl, and what has come back of its answer.
//
// Lifetime: stays where it is: curl holds pointers into it until the loop has let go of easy().
class ClientTransfer {
 public:
  // `attention`: where a transfer puts itself, from within curl's callbacks, that has been answered
  // before its upload ended (it has to be gone on with) or that was cancelled (to be taken out).
  ClientTransfer(const boost::asio::any_io_executor& executor, ClientRequest request,
                 TransferHooks* hooks, std::vector<ClientTransfer*>& attention);
  ClientTransfer(const ClientTransfer&) = delete;
  ClientTransfer& operator=(const ClientTransfer&) = delete;

  // Tells curl what to do. Errors: invalid (the URL).
  [[nodiscard]] Result<void> set_up();

  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] TransferHooks* hooks() const { return hooks_; }
  [[nodiscard]] static ClientTransfer& of(CURL* easy);

  // True when upload or download was paused and no longer is: the loop has to go on with it.
  [[nodiscard]] bool take_pause();

  // For a transfer that curl is busy with: takes nothing more, asks for attention.
  void cancel_in_callback();
  [[nodiscard]] bool is_canceled() const { return is_canceled_; }

  // Once: the transfer has ended, curl has let go of it.
  void end(CURLcode code);
  void end_canceled();
  [[nodiscard]] bool has_ended() const { return result_.has_value(); }
  [[nodiscard]] Result<ClientReply> take_result() { return std::move(*result_); }
  [[nodiscard]] async::Notifier& ended() { return ended_; }

 private:
  static std::size_t on_read(char* room, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* self);

  void set_method();
  [[nodiscard]] bool set_headers();
  void set_limits();

  [[nodiscard]] std::size_t upload(char* room, std::size_t size);
  [[nodiscard]] bool take_header(std::string_view line);
  [[nodiscard]] bool take_head();
  [[nodiscard]] bool take_body(std::string_view bytes);
  template <class Action>
  [[nodiscard]] bool guarded(Action action);
  [[nodiscard]] Error describe(CURLcode code) const;

  ClientRequest request_;
  TransferHooks* const hooks_;
  std::vector<ClientTransfer*>& attention_;
  std::unique_ptr<curl_slist, CurlListDelete> headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  // Behind what it points to.
  CurlEasy easy_;

  ClientReply reply_;
  bool is_head_done_ = false;
  bool is_body_hooked_ = false;
  bool is_paused_ = false;  // the upload
  bool is_download_paused_ = false;
  bool is_upload_done_ = false;
  bool is_answered_early_ = false;
  bool is_canceled_ = false;
  std::string refusal_;  // why we ended it ourselves
  std::optional<Result<ClientReply>> result_;
  async::Notifier ended_;
};

}  // namespace vela::net
