// libquire: a buffered write path in user space. Everything that a program needs.
//
// Before version 1.0 neither the API nor the ABI is promised to stay: build a program anew for each
// release. In these headers each function says its effect, the units and ranges of its arguments,
// its errors, the threads that may call it, and the version since which it exists.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

#include <quire/block_allocator.h>
#include <quire/block_device.h>
#include <quire/error.h>
#include <quire/fault_handler.h>
#include <quire/volume.h>
#include <quire/volume_allocator.h>

#endif  // QUIRE_CXX23
