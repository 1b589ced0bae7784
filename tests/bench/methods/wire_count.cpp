#include "bench/methods/wire_count.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace vela::bench {
namespace {

constexpr const char* kLoopback = "lo";

bool write_text(const char* path, const std::string& text) {
  const base::UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  return ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Who may not make a network may do so as the owner of a user namespace, where there are such.
bool enter_own_users() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
         write_text("/proc/self/setgroups", "deny") &&
         write_text("/proc/self/uid_map", user + " " + user + " 1") &&
         write_text("/proc/self/gid_map", group + " " + group + " 1");
}

bool bring_up_loopback() {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, kLoopback);
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

constexpr std::uint32_t word(const char (&text)[5]) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

// The first two bytes of a WebSocket frame, without the length: final, no extension, of a client.
constexpr std::uint32_t kWebSocketMask = 0xff80;
constexpr std::uint32_t kBinaryMessage = 0x8280;
constexpr std::uint32_t kTextMessage = 0x8180;

// Offsets count from the IPv4 header. A load beyond the end of a packet ends the filter with 0:
// packets without a payload are not counted.
std::array<sock_filter, 22> request_filter(std::uint16_t port) {
  return {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),  // protocol
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 18),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),  // X: length of the IP header
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),   // port it goes to
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 15),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 12),  // upper half: length of the TCP header in words
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
      BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),  // X: where the payload begins
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kWebSocketMask),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kBinaryMessage, 8, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kTextMessage, 7, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("PATC"), 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("POST"), 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("PUT "), 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("GET "), 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word("HEAD"), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 1),
  }};
}

}  // namespace

bool enter_own_network() {
  if (::unshare(CLONE_NEWNET) != 0 && !enter_own_users()) return false;
  return bring_up_loopback();
}

Traffic loopback_traffic() {
  std::ifstream file("/proc/net/dev");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    Traffic traffic;
    fields >> name >> traffic.bytes >> traffic.packets;  // received: each packet once
    if (name == std::string(kLoopback) + ":") return traffic;
  }
  return {};
}

std::optional<RequestCounter> RequestCounter::listen_to(std::uint16_t port) {
  // Without a protocol nothing arrives before the filter is there.
  base::UniqueFd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return std::nullopt;
  auto filter = request_filter(port);
  const sock_fprog program{filter.size(), filter.data()};
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(kLoopback));
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
      ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return std::nullopt;
  return RequestCounter(std::move(socket));
}

std::uint64_t RequestCounter::take() const {
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  // tp_packets holds those, too, for which the socket had no room.
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0) return 0;
  return stats.tp_packets;
}

}  // namespace vela::bench
