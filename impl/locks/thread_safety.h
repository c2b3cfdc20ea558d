// Names for clang's thread-safety attributes; nothing under other compilers.
//
// Macros, because an attribute that a compiler does not know cannot be named in any other way
// without a warning. See clang's "Thread Safety Analysis" manual for their meaning.
#pragma once

#if defined(__clang__)
#define QUIRE_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define QUIRE_THREAD_ATTRIBUTE(x)
#endif

#define QUIRE_CAPABILITY(name) QUIRE_THREAD_ATTRIBUTE(capability(name))
#define QUIRE_SCOPED_CAPABILITY QUIRE_THREAD_ATTRIBUTE(scoped_lockable)
#define QUIRE_GUARDED_BY(mutex) QUIRE_THREAD_ATTRIBUTE(guarded_by(mutex))
#define QUIRE_PT_GUARDED_BY(mutex) QUIRE_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
#define QUIRE_ACQUIRED_BEFORE(...) QUIRE_THREAD_ATTRIBUTE(acquired_before(__VA_ARGS__))
#define QUIRE_ACQUIRED_AFTER(...) QUIRE_THREAD_ATTRIBUTE(acquired_after(__VA_ARGS__))
#define QUIRE_REQUIRES(...) QUIRE_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define QUIRE_REQUIRES_SHARED(...) QUIRE_THREAD_ATTRIBUTE(requires_shared_capability(__VA_ARGS__))
#define QUIRE_EXCLUDES(...) QUIRE_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define QUIRE_ACQUIRE(...) QUIRE_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define QUIRE_ACQUIRE_SHARED(...) QUIRE_THREAD_ATTRIBUTE(acquire_shared_capability(__VA_ARGS__))
#define QUIRE_RELEASE(...) QUIRE_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define QUIRE_RELEASE_SHARED(...) QUIRE_THREAD_ATTRIBUTE(release_shared_capability(__VA_ARGS__))
#define QUIRE_RELEASE_GENERIC(...) QUIRE_THREAD_ATTRIBUTE(release_generic_capability(__VA_ARGS__))
#define QUIRE_TRY_ACQUIRE(...) QUIRE_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define QUIRE_ASSERT_CAPABILITY(...) QUIRE_THREAD_ATTRIBUTE(assert_capability(__VA_ARGS__))
#define QUIRE_RETURN_CAPABILITY(mutex) QUIRE_THREAD_ATTRIBUTE(lock_returned(mutex))
#define QUIRE_NO_THREAD_SAFETY_ANALYSIS QUIRE_THREAD_ATTRIBUTE(no_thread_safety_analysis)
