// libquire: a buffered write path in user space. Everything that a program needs.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <quire/block_allocator.h>
#include <quire/block_device.h>
#include <quire/error.h>
#include <quire/fault_handler.h>
#include <quire/volume.h>

#endif  // QUIRE_CXX23
