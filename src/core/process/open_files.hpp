#pragma once

namespace vela::process {

// Lets this process hold as many open files as the system allows it: the soft limit becomes the
// hard one. Children inherit that; a program that counts on a low limit (select) is not to be one.
// A system that refuses leaves the limit as it is.
void allow_all_open_files();

}  // namespace vela::process
