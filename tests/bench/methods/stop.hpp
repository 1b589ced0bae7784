#pragma once

#include <chrono>

// Ctrl-C, and every wait of the program.
namespace vela::bench {

// SIGINT or SIGTERM came: what runs is to be ended and cleared away.
struct Stopped {};

// From now on those signals end the program by an exception from pause().
void catch_stop_signals();

// Throws Stopped as soon as a signal has come.
void pause(std::chrono::milliseconds time);

}  // namespace vela::bench
