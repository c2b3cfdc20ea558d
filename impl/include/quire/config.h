// The language that libquire's headers need, and the mark of the functions that it exports.
//
// Every other C++ header of libquire includes this one, and declares nothing where the language is
// too old: then the line below is the only error in it.
#pragma once

#if !defined(__cplusplus) || __cplusplus <= 202002L
#error "libquire needs C++23: compile with -std=c++23 or -std=gnu++23"
#else
#define QUIRE_CXX23
#endif

// The library is compiled with hidden symbols: it exports only classes and functions marked
// QUIRE_API. QUIRE_LOCAL keeps a member of an exported class out.
#define QUIRE_API __attribute__((visibility("default")))
#define QUIRE_LOCAL __attribute__((visibility("hidden")))
