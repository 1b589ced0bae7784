#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/buffer/flush_policy.hpp"
#include "core/follow/follow_event.hpp"
#include "core/follow/notices.hpp"
#include "core/follow/screen.hpp"
#include "core/follow/silence_line.hpp"
#include "core/follow/time_stamp.hpp"
#include "core/text/line_splitter.hpp"
#include "core/text/terminal_sanitizer.hpp"

namespace vela::follow {

struct RenderSettings {
  bool names_logs = false;            // several logs: each line begins with its log's name
  std::optional<TimeForm> time_form;  // each line begins with its time
  bool is_raw = false;                // bytes as they are and nothing else
  bool removes_sequences = false;     // what could harm a terminal; a plain pipe gets all bytes
  bool keeps_colors = true;           // of the log, when sequences are removed
  bool adds_colors = false;           // to names and times
  bool has_person = false;            // somebody reads standard error as it comes
  bool shares_terminal = false;       // standard output and error are one terminal
  bool obeys_sequences = true;        // that terminal can write a line anew
};

// Makes of the output of logs what a person sees, and puts it on a screen.
//
// A log alone is shown as it comes, unfinished lines included. Of several logs whole lines are
// shown; an unfinished one waits a little for its rest. One that was shown unfinished and then
// interrupted goes on with its name and "… ".
//
// On a terminal a line tells of silence, in place: it is rewritten each second, and gone before
// anything else is shown.
class Renderer {
 public:
  Renderer(RenderSettings settings, Screen& screen) : settings_(settings), screen_(screen) {}

  // Before the first put() of that log; again when it has another name.
  void name_log(const logs::LogId& log, const std::string& label,
                std::optional<base::WallTime> started);
  // `now` and `shown` are the same moment on both clocks.
  void put(const Output& output, base::SteadyTime now, base::WallTime shown);
  // What the server says of a log's writer.
  void note_state(const StateChange& change, base::SteadyTime now);
  // Shows what the log still held back.
  void end_log(const logs::LogId& log, base::WallTime shown);
  // A line of its own on standard error.
  void say(const Notice& notice);

  // When on_time() is due.
  [[nodiscard]] std::optional<base::SteadyTime> due(base::SteadyTime now) const;
  // Shows the unfinished lines that have waited long enough, and how long nothing came.
  void on_time(base::SteadyTime now, base::WallTime shown);

  // Nothing follows: shows what was held back, and leaves the terminal without colours.
  void finish(base::WallTime shown);

 private:
  struct View {
    std::string label;
    std::string name_color;
    std::optional<base::WallTime> started;
    text::TerminalSanitizer sanitizer;
    text::LineSplitter lines;
    std::string held;  // an unfinished line that was not shown
    base::SteadyTime held_since;
    base::WallTime line_time;  // of the first byte of the line
    std::string prefix;        // of the line, as it was shown
    bool is_in_line = false;   // a part of the line was shown
    bool ended_in_cr = false;  // the part shown ends in a carriage return
  };

  [[nodiscard]] bool has_prefix() const {
    return settings_.names_logs || settings_.time_form.has_value();
  }
  View& view_of(const logs::LogId& log);
  void put_pieces(View& view, std::string_view text, const Output& output, base::SteadyTime now,
                  base::WallTime shown);
  void show(View& view, std::string_view text, bool ends_line, base::WallTime shown);
  void show_held(View& view, base::WallTime shown);
  void put_text(View& view, std::string_view text);
  [[nodiscard]] std::string make_prefix(const View& view, base::WallTime shown) const;
  void break_line();
  [[nodiscard]] bool tells_silence() const {
    return settings_.shares_terminal && settings_.obeys_sequences && !settings_.is_raw;
  }
  void tell_silence(base::SteadyTime now);
  void erase_silence();
  // Whether a log may have left the terminal in a colour of its own.
  [[nodiscard]] bool leaves_color() const;
  [[nodiscard]] buffer::Pending pending_of(const View& view) const;

  const RenderSettings settings_;
  Screen& screen_;
  std::map<logs::LogId, View> views_;
  View* open_ = nullptr;                     // whose unfinished line ends what was shown
  std::optional<base::WallTime> last_line_;  // when the last line shown was written
  SilenceLine silence_;
  std::string silence_shown_;  // what stands behind the cursor now
  std::optional<base::SteadyTime> silence_due_;
};

}  // namespace vela::follow
