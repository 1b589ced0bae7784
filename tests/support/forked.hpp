#pragma once

#include <sys/types.h>

#include <functional>

namespace vela::test {

// Runs `body` in a process of its own and returns its exit status: what `body` returned, 128 +
// signal when it was killed, 125 when it threw (the text goes to stderr). For what a test may not
// do to itself: close its descriptors, change its terminal, lose system calls. Throws at kWaitCap,
// after killing it.
int run_forked(const std::function<int()>& body);

// As above, with a new pseudo-terminal as controlling terminal and standard input, output and error
// of a new session; `on_terminal` gets the other side of it and runs meanwhile.
int run_on_terminal(const std::function<int()>& body,
                    const std::function<void(int fd)>& on_terminal);

// From now on this process and its children get `errno_value` for system call `number`; for good.
// False where the kernel does not allow filters.
bool deny_system_call(long number, int errno_value);

// waitpid for a change that `options` (0, WUNTRACED …) asks for; -1 at kWaitCap.
int wait_status(pid_t pid, int options);

}  // namespace vela::test
