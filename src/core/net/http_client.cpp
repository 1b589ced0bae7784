#include "core/net/http_client.hpp"

#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/net/client_transfer.hpp"
#include "core/net/curl_loop.hpp"
#include "core/net/http_message.hpp"

namespace vela::net {

namespace asio = boost::asio;

std::optional<std::string_view> ClientReply::find_header(std::string_view name) const {
  for (const auto& [header, value] : headers) {
    if (is_same_name(header, name)) return value;
  }
  return std::nullopt;
}

std::optional<std::size_t> TransferHooks::on_upload(char*, std::size_t) { return 0; }
bool TransferHooks::on_head(const ClientReply&) { return false; }
bool TransferHooks::on_download(std::string_view) { return true; }

class HttpClient::Impl {
 public:
  explicit Impl(asio::any_io_executor executor)
      : executor_(std::move(executor)),
        loop_(std::make_shared<CurlLoop>(
            executor_, [this] { on_acted(); },
            [this](CURL* easy, CURLcode code) { on_done(easy, code); })) {}

  ~Impl() {
    cancel_all();
    loop_->close();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  async::Awaitable<Result<ClientReply>> perform(ClientRequest request, TransferHooks* hooks) {
    ClientTransfer transfer(executor_, std::move(request), hooks, attention_);
    const auto ready = transfer.set_up();
    if (!ready) co_return ready.error();
    const Running running(*this, transfer);
    // The wait ends early when this coroutine is cancelled; then `running` takes the transfer out.
    while (!transfer.has_ended()) {
      if (!co_await transfer.ended().wait() && !transfer.has_ended()) break;
    }
    if (!transfer.has_ended()) running.stop();
    co_return transfer.take_result();
  }

  void resume(TransferHooks& hooks) {
    ClientTransfer* const transfer = find(hooks);
    if (transfer != nullptr && transfer->take_pause()) loop_->go_on(transfer->easy());
  }

  void cancel(TransferHooks& hooks) {
    if (ClientTransfer* const transfer = find(hooks)) cancel(*transfer);
  }

  void cancel_all() {
    const std::vector<ClientTransfer*> all(transfers_.begin(), transfers_.end());
    for (ClientTransfer* const transfer : all) cancel(*transfer);
  }

 private:
  // Keeps a transfer with curl and on the list for as long as both are there.
  class Running {
   public:
    Running(Impl& client, ClientTransfer& transfer) : client_(client), transfer_(transfer) {
      client_.enlist(transfer_);
    }
    ~Running() { stop(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void stop() const {
      // The client may be gone by now, but then it has ended the transfer.
      if (!transfer_.has_ended()) client_.take_out(transfer_);
    }

   private:
    Impl& client_;
    ClientTransfer& transfer_;
  };

  ClientTransfer* find(TransferHooks& hooks) {
    const auto found = by_hooks_.find(&hooks);
    return found == by_hooks_.end() ? nullptr : found->second;
  }

  void enlist(ClientTransfer& transfer) {
    transfers_.insert(&transfer);
    if (transfer.hooks() != nullptr) by_hooks_[transfer.hooks()] = &transfer;
    if (!loop_->add(transfer.easy())) on_done(transfer.easy(), CURLE_OUT_OF_MEMORY);
  }

  void forget(ClientTransfer& transfer) {
    transfers_.erase(&transfer);
    by_hooks_.erase(transfer.hooks());
  }

  void cancel(ClientTransfer& transfer) {
    if (loop_->is_in_callback()) {
      transfer.cancel_in_callback();  // curl must not lose a transfer under its feet
    } else {
      take_out(transfer);
    }
  }

  void take_out(ClientTransfer& transfer) {
    loop_->remove(transfer.easy());
    forget(transfer);
    transfer.end_canceled();
  }

  // They asked within this turn of the loop, so all of them are there, even if they have ended.
  void on_acted() {
    const std::vector<ClientTransfer*> attention = std::exchange(attention_, {});
    for (ClientTransfer* const transfer : attention) {
      if (transfer->has_ended()) continue;
      if (transfer->is_canceled()) {
        take_out(*transfer);
      } else if (transfer->take_pause()) {
        loop_->go_on(transfer->easy());
      }
    }
  }

  void on_done(CURL* easy, CURLcode code) {
    ClientTransfer& transfer = ClientTransfer::of(easy);
    forget(transfer);
    transfer.end(code);
  }

  asio::any_io_executor executor_;
  // Also held by its waits under way, which do nothing after close().
  std::shared_ptr<CurlLoop> loop_;
  std::unordered_set<ClientTransfer*> transfers_;
  std::unordered_map<TransferHooks*, ClientTransfer*> by_hooks_;
  std::vector<ClientTransfer*> attention_;
};

HttpClient::HttpClient(asio::any_io_executor executor)
    : impl_(std::make_unique<Impl>(std::move(executor))) {}
HttpClient::~HttpClient() = default;

async::Awaitable<Result<ClientReply>> HttpClient::perform(ClientRequest request,
                                                          TransferHooks* hooks) {
  return impl_->perform(std::move(request), hooks);
}

void HttpClient::resume(TransferHooks& hooks) { impl_->resume(hooks); }
void HttpClient::cancel(TransferHooks& hooks) { impl_->cancel(hooks); }
void HttpClient::cancel_all() { impl_->cancel_all(); }

}  // namespace vela::net
