#include "core/follow/renderer.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "core/follow/screen.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::follow;
using logs::LogId;

namespace {

const LogId kBuild = LogId::parse("octocat/hello/42/steps/1").value();
const LogId kTest = LogId::parse("octocat/hello/42/steps/2").value();

// A renderer with its screen, a clock, and what went to standard output and to standard error.
struct Scene {
  explicit Scene(RenderSettings settings) : renderer(settings, screen) {
    renderer.name_log(kBuild, "build", std::nullopt);
    renderer.name_log(kTest, "test", std::nullopt);
  }

  void put(const LogId& log, std::string_view bytes) {
    Output output;
    output.log = log;
    output.time = wall;
    output.bytes = bytes;
    renderer.put(output, now, wall + 800us);
  }
  std::string shown() {
    screen.commit();
    while (const auto piece = screen.next()) {
      (piece->to == logs::Stream::err ? said : text) += piece->bytes;
      screen.free(*piece);
    }
    return text;
  }

  Screen screen;
  Renderer renderer;
  base::SteadyTime now = base::SteadyTime() + 1h;
  base::WallTime wall = base::from_unix_micros(1'700'000'000'000'000);
  std::string text;
  std::string said;
};

RenderSettings of_build() {
  RenderSettings settings;
  settings.names_logs = true;
  return settings;
}

RenderSettings on_terminal(RenderSettings settings) {
  settings.removes_sequences = true;
  settings.has_person = true;
  settings.shares_terminal = true;
  return settings;
}

}  // namespace

TEST_CASE("a log alone is shown as it comes, unfinished lines at once") {
  Scene scene((RenderSettings()));
  scene.put(kBuild, "password: \x1b[2J");
  CHECK(scene.shown() == "password: \x1b[2J");
  CHECK_FALSE(scene.renderer.due(scene.now));
}

TEST_CASE("on a terminal harmful sequences go and colours stay") {
  Scene scene(on_terminal(RenderSettings()));
  scene.put(kBuild, "a\x1b[2J\x1b[31mred");
  scene.renderer.finish(scene.wall);
  CHECK(scene.shown() == "a\x1b[31mred\x1b[0m");
}

TEST_CASE("raw bytes pass a terminal unchanged") {
  RenderSettings settings = on_terminal(RenderSettings());
  settings.is_raw = true;
  Scene scene(settings);
  const std::string bytes("\xff\0\x1b[2J\r", 7);
  scene.put(kBuild, bytes);
  scene.renderer.finish(scene.wall);
  CHECK(scene.shown() == bytes);
}

TEST_CASE("lines of a build carry their log's name and never run into each other") {
  Scene scene(of_build());
  scene.put(kBuild, "one\ntw");
  scene.put(kTest, "first\n");
  scene.put(kBuild, "o\n");
  CHECK(scene.shown() == "[build] one\n[test] first\n[build] two\n");
}

TEST_CASE("an unfinished line of a build is held back for a quarter of a second") {
  Scene scene(of_build());
  scene.put(kBuild, "loading");
  CHECK(scene.shown().empty());
  REQUIRE(scene.renderer.due(scene.now) == scene.now + 250ms);
  scene.now += 250ms;
  scene.renderer.on_time(scene.now, scene.wall);
  CHECK(scene.shown() == "[build] loading");
  CHECK_FALSE(scene.renderer.due(scene.now));

  SUBCASE("and goes on where it stands when nobody came between") {
    scene.put(kBuild, " done\n");
    CHECK(scene.shown() == "[build] loading done\n");
  }
  SUBCASE("and is marked as continued when somebody did") {
    scene.put(kTest, "ok\n");
    scene.put(kBuild, " done\n");
    CHECK(scene.shown() == "[build] loading\n[test] ok\n[build] …  done\n");
  }
}

TEST_CASE("a line without an end is not held back beyond 64 KiB") {
  Scene scene(of_build());
  const std::string half(40 * 1024, 'x');
  scene.put(kBuild, half);
  CHECK(scene.shown().empty());
  scene.put(kBuild, half);
  CHECK(scene.shown() == "[build] " + half + half);
}

TEST_CASE("what a log held back is shown at its end") {
  Scene scene(of_build());
  scene.put(kBuild, "no newline");
  scene.renderer.end_log(kBuild, scene.wall);
  CHECK(scene.shown() == "[build] no newline");
  scene.renderer.finish(scene.wall);
  CHECK(scene.shown() == "[build] no newline\n");
}

TEST_CASE("a carriage return can't write over a line's name on a terminal") {
  Scene scene(on_terminal(of_build()));
  scene.put(kBuild, "10%\r[test] forged\r\n");
  CHECK(scene.shown() == "[build] 10%\r[build] [test] forged\r\n");
}

TEST_CASE("each line begins with its time") {
  RenderSettings settings;
  settings.time_form = TimeForm::delay;
  Scene scene(settings);
  scene.put(kBuild, "one\ntw");
  scene.put(kBuild, "o\n");
  CHECK(scene.shown() == "   +0.8ms one\n   +0.8ms two\n");
}

TEST_CASE("what is said stands on a line of its own, and some of it only before a person") {
  Notice notice;
  notice.text = "— silent —";
  notice.is_for_person = true;
  SUBCASE("on a terminal the unfinished line is ended first") {
    Scene scene(on_terminal(RenderSettings()));
    scene.put(kBuild, "half");
    scene.renderer.say(notice);
    CHECK(scene.shown() == "half\n");
    CHECK(scene.said == "— silent —\n");
  }
  SUBCASE("and is not in the log's colours") {
    Scene scene(on_terminal(RenderSettings()));
    scene.put(kBuild, "\x1b[31mred\n");
    scene.renderer.say(notice);
    CHECK(scene.shown() == "\x1b[31mred\n\x1b[0m");
    CHECK(scene.said == "— silent —\n");
  }
  SUBCASE("a pipe gets nothing but the log") {
    Scene scene((RenderSettings()));
    scene.put(kBuild, "half");
    scene.renderer.say(notice);
    CHECK(scene.shown() == "half");
    CHECK(scene.said.empty());
  }
}

TEST_CASE("on a terminal silence is told behind the cursor, and gone before what follows") {
  Scene scene(on_terminal(RenderSettings()));
  StateChange change;
  change.log = kBuild;
  change.state = logs::LogState::running;
  change.silent = 65s;
  scene.put(kBuild, "half");
  CHECK(scene.shown() == "half");
  scene.now += 66s;
  scene.renderer.note_state(change, scene.now);
  REQUIRE(scene.renderer.due(scene.now) == scene.now);
  scene.renderer.on_time(scene.now, scene.wall);
  CHECK(scene.shown() == "half");  // the log's own line stays as it is
  CHECK(scene.said ==
        "\0337\x1b[?7l\x1b[K\x1b[0m — no output for 1m05s, step is running —"
        "\x1b[0m\x1b[?7h\0338");
  CHECK(scene.renderer.due(scene.now) == scene.now + 1s);

  const std::string::size_type told = scene.said.size();
  SUBCASE("each second anew") {
    scene.now += 1s;
    scene.renderer.on_time(scene.now, scene.wall);
    CHECK(scene.shown() == "half");
    CHECK(scene.said.find("1m06s", told) != std::string::npos);
  }
  SUBCASE("by output") {
    scene.put(kBuild, " done\n");
    CHECK(scene.shown() == "half done\n");
    CHECK(scene.said.substr(told) == "\x1b[K");
  }
  SUBCASE("by what else is said") {
    Notice notice;
    notice.text = "— lost —";
    scene.renderer.say(notice);
    CHECK(scene.shown() == "half\n");
    CHECK(scene.said.substr(told) == "\x1b[K— lost —\n");
  }
  SUBCASE("and at the end") {
    scene.renderer.finish(scene.wall);
    CHECK(scene.shown() == "half");
    CHECK(scene.said.substr(told) == "\x1b[K");
  }
  SUBCASE("but not piled up before a terminal that takes nothing") {
    scene.screen.put("not taken yet");
    scene.screen.commit();
    scene.now += 1s;
    scene.renderer.on_time(scene.now, scene.wall);
    CHECK(scene.renderer.due(scene.now) == scene.now + 1s);
    CHECK(scene.shown() == "halfnot taken yet");
    CHECK(scene.said.size() == told);
  }
}

TEST_CASE("silence does not write upon what a carriage return went back over") {
  Scene scene(on_terminal(RenderSettings()));
  StateChange change;
  change.log = kBuild;
  change.state = logs::LogState::running;
  scene.put(kBuild, "50%\r");
  scene.renderer.note_state(change, scene.now);
  CHECK(scene.shown() == "50%\r");
  scene.now += 10s;
  scene.renderer.on_time(scene.now, scene.wall);
  CHECK(scene.shown() == "50%\r\n");
  CHECK(scene.said.find("no output for 10s") != std::string::npos);
}

TEST_CASE("a pipe, raw bytes and a terminal without sequences are spared the silence") {
  RenderSettings raw = on_terminal(RenderSettings());
  raw.is_raw = true;
  RenderSettings dumb = on_terminal(RenderSettings());
  dumb.obeys_sequences = false;
  for (const RenderSettings& settings : {RenderSettings(), raw, dumb}) {
    Scene scene(settings);
    StateChange change;
    change.log = kBuild;
    change.state = logs::LogState::running;
    change.silent = 65s;
    scene.renderer.note_state(change, scene.now);
    CHECK_FALSE(scene.renderer.due(scene.now));
  }
}
