// The headers that every test of ref includes, compiled once. Nothing includes this file by name.
#include "spec/recorder.h"
#include "spec/reflect.h"

#include <gtest/gtest.h>
#include <boost/hana/for_each.hpp>
