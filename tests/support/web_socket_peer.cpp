#include "support/web_socket_peer.hpp"

#include <stdexcept>

#include "core/logs/socket_message.hpp"
#include "core/logs/wire_frames.hpp"
#include "support/loopback.hpp"

namespace vela::test {
namespace {

constexpr std::string_view kMask = "mask";

}  // namespace

int WebSocketPeer::Frame::close_code() const {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
}

std::string WebSocketPeer::request(const std::string& path, const std::string& writer) {
  return "GET " + kBuildPath + path +
         " HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Protocol: vela-logs.v1\r\nVela-Logs-Writer: " +
         writer + "\r\n\r\n";
}

WebSocketPeer::WebSocketPeer(int port, const std::string& path, const std::string& writer)
    : socket_(connect_to_loopback(port)) {
  send_all(socket_.get(), request(path, writer));
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(socket_.get(), received_)) break;
  }
  // The answer to this key, RFC 6455 1.3.
  if (received_.find("HTTP/1.1 101 ") != 0 ||
      received_.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos)
    throw std::runtime_error("no WebSocket: " + received_);
  received_.erase(0, end + 4);
}

void WebSocketPeer::send(int opcode, std::string_view payload, bool is_masked, bool is_last) const {
  std::string frame;
  frame.push_back(static_cast<char>(opcode | (is_last ? 0x80 : 0)));
  const int mask_bit = is_masked ? 0x80 : 0;
  const std::size_t size = payload.size();
  const int length_bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  const std::size_t short_length = length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127;
  frame.push_back(static_cast<char>(short_length | static_cast<std::size_t>(mask_bit)));
  for (int i = length_bytes; i-- != 0;) frame.push_back(static_cast<char>(size >> (8 * i)));
  if (is_masked) frame += kMask;
  for (std::size_t i = 0; i != size; ++i)
    frame.push_back(static_cast<char>(is_masked ? payload[i] ^ kMask[i % 4] : payload[i]));
  send_all(socket_.get(), frame);
}

void WebSocketPeer::send_output(std::uint64_t offset, std::string_view bytes) const {
  std::string message;
  logs::put_output_head(message, offset);
  logs::FrameEncoder().put_output(message, base::from_unix_micros(1), logs::Stream::out, bytes);
  send(kBinary, message);
}

bool WebSocketPeer::fill(std::size_t bytes) {
  while (received_.size() < bytes) {
    if (!receive(socket_.get(), received_)) return false;
  }
  return true;
}

WebSocketPeer::Frame WebSocketPeer::next() {
  while (true) {
    if (!fill(2)) return {};
    const std::size_t length = static_cast<unsigned char>(received_[1]);
    const std::size_t head = length == 126 ? 4 : 2;
    if (!fill(head)) return {};
    std::size_t size = length;
    if (length == 126)
      size = static_cast<unsigned char>(received_[2]) * 256U +
             static_cast<unsigned char>(received_[3]);
    if (!fill(head + size)) return {};
    Frame frame{received_[0] & 15, received_.substr(head, size)};
    received_.erase(0, head + size);
    if (frame.opcode != kPing) return frame;
    send(kPing + 1, frame.payload);
  }
}

WebSocketPeer::Frame WebSocketPeer::next_with(std::string_view text) {
  while (true) {
    Frame frame = next();
    if (frame.payload.find(text) != std::string::npos) return frame;
    if (frame.opcode == -1) throw std::runtime_error("the server ended the socket too early");
  }
}

WebSocketPeer::Frame WebSocketPeer::next_close() {
  while (true) {
    Frame frame = next();
    if (frame.opcode == kClose) send(kClose, frame.payload.substr(0, 2));
    if (frame.opcode == kClose || frame.opcode == -1) return frame;
  }
}

}  // namespace vela::test
