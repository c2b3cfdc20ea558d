// Code that pthread_cancel(3) must not end midway.
#pragma once

#include <pthread.h>

namespace quire::impl {

/// To the end of the scope the thread is not cancelled: the system may still be writing to memory
/// of the call.
class NoCancel {
 public:
  NoCancel() { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  NoCancel(const NoCancel&) = delete;
  NoCancel& operator=(const NoCancel&) = delete;
  ~NoCancel() {
    int disabled = 0;
    ::pthread_setcancelstate(before_, &disabled);
  }

 private:
  int before_ = 0;
};

}  // namespace quire::impl
