#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/process/child_process.hpp"
#include "core/process/pipe_reader.hpp"
#include "core/process/signal_watch.hpp"
#include "support/await.hpp"
#include "support/forked.hpp"
#include "support/temp_dir.hpp"

namespace vela::process {
namespace {

using test::await_on;

// All that comes from a pipe until its end.
async::Awaitable<Result<std::string>> read_all(PipeReader& reader) {
  std::string all;
  while (true) {
    const Result<std::string_view> bytes = co_await reader.read();
    if (!bytes) co_return bytes.error();
    if (bytes->empty()) co_return all;
    all += *bytes;
  }
}

std::string read_all(boost::asio::io_context& loop, base::UniqueFd fd) {
  PipeReader reader(loop.get_executor(), std::move(fd));
  return await_on(loop, read_all(reader)).value();
}

struct Ended {
  ExitStatus exit;
  std::string out;
  std::string err;
};

Ended run(const std::vector<std::string>& argv) {
  boost::asio::io_context loop;
  ChildProcess child = ChildProcess::spawn(argv).value();
  Ended ended;
  ended.out = read_all(loop, child.take_stdout());
  ended.err = read_all(loop, child.take_stderr());
  ended.exit = await_on(loop, child.wait(loop.get_executor())).value();
  return ended;
}

Ended run_shell(const std::string& script) { return run({"sh", "-c", script}); }

Error spawn_error(const std::string& name) {
  const Result<ChildProcess> child = ChildProcess::spawn({name});
  REQUIRE(child.has_error());
  return child.error();
}

// ---- running

TEST_CASE("a command's output comes on two pipes and its exit code is known") {
  const Ended ended = run_shell("echo out; echo err >&2; exit 7");
  CHECK(ended.out == "out\n");
  CHECK(ended.err == "err\n");
  CHECK(ended.exit.code == 7);
  CHECK(ended.exit.signal == 0);
}

TEST_CASE("a command killed by a signal has the exit code 128 + signal") {
  const Ended ended = run_shell("kill -KILL $$");
  CHECK(ended.exit.code == 128 + SIGKILL);
  CHECK(ended.exit.signal == SIGKILL);
}

TEST_CASE("arguments reach the command as they are") {
  CHECK(run({"printf", "%s|", "a b", "", "[x,y]", "*"}).out == "a b||[x,y]|*|");
}

TEST_CASE("the exit of a command can be asked for again") {
  boost::asio::io_context loop;
  ChildProcess child = ChildProcess::spawn({"false"}).value();
  CHECK(await_on(loop, child.wait(loop.get_executor()))->code == 1);
  CHECK(await_on(loop, child.wait(loop.get_executor()))->code == 1);
  child.signal_group(SIGTERM);  // harmless
}

TEST_CASE("a command's pipes hold more than the usual 64 KiB where the system allows it") {
  ChildProcess child = ChildProcess::spawn({"true"}).value();
  const base::UniqueFd out = child.take_stdout();
  const int capacity = ::fcntl(out.get(), F_GETPIPE_SZ);
  CHECK((capacity == 1024 * 1024 || capacity == 64 * 1024));
  CHECK((::fcntl(out.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK_FALSE(child.take_stdout().is_open());
}

// ---- what can't be run

TEST_CASE("a command that is not in PATH is not found") {
  const Error error = spawn_error("sleeep");
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(error.text() == "sleeep: command not found");
  CHECK(spawn_error("").text() == ": command not found");
}

TEST_CASE("a path that leads nowhere is not found") {
  const Error error = spawn_error("/no/such/file");
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(error.text() == "/no/such/file: No such file or directory");
}

TEST_CASE("a directory and a file without execute permission are refused as a shell does") {
  const test::TempDir dir;
  const std::string file = dir.write("data", "echo hello\n");
  CHECK(spawn_error(dir.path()).code() == ErrorCode::invalid);
  CHECK(spawn_error(dir.path()).text() == dir.path() + ": Is a directory");
  CHECK(spawn_error(file).code() == ErrorCode::invalid);
  CHECK(spawn_error(file).text() == file + ": Permission denied");
}

TEST_CASE("a binary that is no program and a script without its interpreter are refused") {
  const test::TempDir dir;
  const std::string binary = dir.write("binary",
                                       std::string("\x7F"
                                                   "ELF\0\0\0\n",
                                                   8),
                                       0755);
  CHECK(spawn_error(binary).code() == ErrorCode::invalid);
  CHECK(spawn_error(binary).text() == binary + ": cannot execute binary file: Exec format error");

  const std::string script = dir.write("script", "#!/no/such/interpreter\n", 0755);
  CHECK(spawn_error(script).code() == ErrorCode::not_found);
  CHECK(spawn_error(script).text() == script + ": cannot execute: required file not found");
}

TEST_CASE("a script without #! is run by the shell with its arguments") {
  const test::TempDir dir;
  const std::string script = dir.write("script", "echo \"$0: $1, $2\"\n", 0755);
  CHECK(run({script, "a b", "c"}).out == script + ": a b, c\n");
  CHECK(run({dir.write("empty", "", 0755)}).exit.code == 0);
}

TEST_CASE("PATH is searched in order and what can't be executed in it is passed over") {
  const test::TempDir dir;
  const int status = test::run_forked([&] {
    static_cast<void>(dir.write("vela-test-tool", "echo second\n", 0755));
    const test::TempDir first;
    static_cast<void>(first.write("vela-test-tool", "echo first\n", 0644));
    ::setenv("PATH", (first.path() + ":/no/such/directory:" + dir.path()).c_str(), 1);
    if (run({"vela-test-tool"}).out != "second\n") return 1;

    ::setenv("PATH", first.path().c_str(), 1);
    const Result<ChildProcess> refused = ChildProcess::spawn({"vela-test-tool"});
    if (refused || refused.error().code() != ErrorCode::invalid) return 2;
    if (refused.error().text() != "vela-test-tool: Permission denied") return 3;

    if (::chdir(dir.path().c_str()) != 0) return 6;
    ::setenv("PATH", ":/no/such/directory", 1);  // an empty entry is the working directory
    if (run({"vela-test-tool"}).out != "second\n") return 4;

    ::unsetenv("PATH");
    return run({"true"}).exit.code == 0 ? 0 : 5;
  });
  CHECK(status == 0);
}

// ---- the child's surroundings

TEST_CASE("a command begins with default signal dispositions and nothing blocked") {
  const int status = test::run_forked([] {
    ignore_sigpipe();
    ::signal(SIGINT, SIG_IGN);
    sigset_t blocked;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
    const std::string signals = run({"sed", "-nE", "s/Sig(Blk|Ign):.//p", "/proc/self/status"}).out;
    // 32 and 33 belong to glibc, which lets nobody set them; make starts programs with both
    // ignored.
    constexpr unsigned long long kOfGlibc = 0x180000000;
    std::size_t blocked_digits = 0;
    const unsigned long long blocked_then = std::stoull(signals, &blocked_digits, 16);
    const unsigned long long ignored = std::stoull(signals.substr(blocked_digits), nullptr, 16);
    return blocked_then == 0 && (ignored & ~kOfGlibc) == 0 ? 0 : 1;
  });
  CHECK(status == 0);
}

TEST_CASE("an exit status is known even to a process that was started with SIGCHLD ignored") {
  const int status = test::run_forked([] {
    ::signal(SIGCHLD, SIG_IGN);
    return run_shell("exit 3").exit.code;
  });
  CHECK(status == 3);
}

TEST_CASE("a command runs in a process group of its own and signals reach all of it") {
  boost::asio::io_context loop;
  ChildProcess child = ChildProcess::spawn({"sh", "-c", "sleep 1000 & echo; wait"}).value();
  CHECK(::getpgid(child.pid()) == child.pid());
  PipeReader out(loop.get_executor(), child.take_stdout());
  REQUIRE(await_on(loop, out.read()).value() == "\n");  // the sleep runs
  child.signal_group(SIGTERM);
  CHECK(await_on(loop, child.wait(loop.get_executor()))->signal == SIGTERM);
  CHECK(await_on(loop, out.read()).value() == "");  // the sleep has ended too
}

TEST_CASE("a child that goes out of scope is killed and reaped") {
  pid_t pid = 0;
  {
    const ChildProcess child = ChildProcess::spawn({"sleep", "1000"}).value();
    pid = child.pid();
  }
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE("a command gets SIGTERM when the process that started it dies") {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans come to us
  int pids[2];
  REQUIRE(::pipe(pids) == 0);
  const int status = test::run_forked([&] {
    const ChildProcess child = ChildProcess::spawn({"sleep", "1000"}).value();
    const pid_t pid = child.pid();
    if (::write(pids[1], &pid, sizeof(pid)) != sizeof(pid)) return 1;
    ::raise(SIGKILL);
    return 2;
  });
  CHECK(status == 128 + SIGKILL);
  pid_t orphan = 0;
  REQUIRE(::read(pids[0], &orphan, sizeof(orphan)) == sizeof(orphan));
  const int orphan_status = test::wait_status(orphan, 0);
  CHECK(WIFSIGNALED(orphan_status));
  CHECK(WTERMSIG(orphan_status) == SIGTERM);
  ::close(pids[0]);
  ::close(pids[1]);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("a command runs when our own standard descriptors are closed") {
  const int status = test::run_forked([] {
    for (int fd = 0; fd <= 2; ++fd) ::close(fd);
    const Ended ended = run_shell("echo out; echo err >&2");
    return ended.out == "out\n" && ended.err == "err\n" ? 0 : 1;
  });
  CHECK(status == 0);
}

// ---- waiting

TEST_CASE("the exit is known where the system has no pidfd") {
  const int status = test::run_forked([] {
    if (!test::deny_system_call(SYS_pidfd_open, ENOSYS)) return 77;
    return run_shell("exit 9").exit.code;
  });
  if (status == 77) {
    MESSAGE("SKIP: the kernel does not allow seccomp filters here");
    return;
  }
  CHECK(status == 9);
}

async::Awaitable<bool> wait_and_be_canceled(ChildProcess& child,
                                            boost::asio::any_io_executor executor,
                                            bool& was_canceled) {
  const Result<ExitStatus> exit = co_await child.wait(executor);
  was_canceled = !exit && exit.error().code() == ErrorCode::canceled;
  co_return true;
}

TEST_CASE("a wait can be cancelled and begun again") {
  boost::asio::io_context loop;
  ChildProcess child = ChildProcess::spawn({"sleep", "1000"}).value();
  boost::asio::cancellation_signal cancel;
  bool was_canceled = false;
  boost::asio::co_spawn(loop, wait_and_be_canceled(child, loop.get_executor(), was_canceled),
                        boost::asio::bind_cancellation_slot(cancel.slot(), [](auto...) {}));
  loop.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  loop.restart();
  loop.poll();
  CHECK(was_canceled);

  child.signal_group(SIGINT);
  CHECK(await_on(loop, child.wait(loop.get_executor()))->signal == SIGINT);
}

TEST_CASE("signals of this process can be waited for, one after the other") {
  const int status = test::run_forked([] {
    boost::asio::io_context loop;
    SignalWatch watch(loop.get_executor(), {SIGTERM, SIGHUP});
    ::raise(SIGTERM);
    if (await_on(loop, watch.next()).value() != SIGTERM) return 1;
    ::raise(SIGHUP);
    ::raise(SIGTERM);
    const int first = await_on(loop, watch.next()).value();
    const int second = await_on(loop, watch.next()).value();
    return first + second == SIGHUP + SIGTERM ? 0 : 2;
  });
  CHECK(status == 0);
}

}  // namespace
}  // namespace vela::process
