#!/bin/sh
# Runs a command without address randomisation where that is allowed: TSan of g++ 12 can't place its
# memory on kernels that randomise more than 28 bits (sysctl vm.mmap_rnd_bits).
if setarch "$(uname -m)" -R true 2>/dev/null; then
  exec setarch "$(uname -m)" -R "$@"
fi
exec "$@"
