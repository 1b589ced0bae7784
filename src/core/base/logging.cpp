#include "core/base/logging.hpp"

#include <sys/stat.h>

#include <memory>
#include <string>
#include <utility>

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "core/base/status_line.hpp"

namespace vela::base {
namespace {

// spdlog's messages are texts. The fields of the one that this thread is logging lie here while the
// call lasts, and the formatter, which runs within it, finds them.
thread_local std::span<const LogField> fields_of_this_message;

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogStyle style) : style_(style) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    LogLine line;
    line.time = std::chrono::time_point_cast<WallTime::duration>(message.time);
    line.level = message.level;
    line.text = std::string_view(message.payload.data(), message.payload.size());
    line.fields = fields_of_this_message;
    std::string text(take_status_line());
    text += format_log_line(style_, line);
    text += '\n';
    out.append(text.data(), text.data() + text.size());
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(style_);
  }

 private:
  const LogStyle style_;
};

}  // namespace

void set_up_logging(LogStyle style, spdlog::level::level_enum level) {
  auto logger =
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::make_unique<LineFormatter>(style));
  logger->set_level(level);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

bool is_journal(int fd, const char* journal_stream) {
  struct stat status{};
  if (journal_stream == nullptr || ::fstat(fd, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == journal_stream;
}

void log_fields(spdlog::level::level_enum level, std::string_view text,
                std::initializer_list<LogField> fields) {
  if (!spdlog::should_log(level)) return;
  fields_of_this_message = std::span(fields.begin(), fields.size());
  spdlog::log(level, spdlog::string_view_t(text.data(), text.size()));
  fields_of_this_message = {};
}

}  // namespace vela::base
