// The ranges of a file that are compared with the model where all of it would be too much.
#pragma once

#include "props/differential/file_model.h"

#include <vector>

namespace quire::props {

/// Ranges that show whether a file's bytes are those of `model`, in ascending order and disjoint;
/// none of an empty file. Up to 16 MiB that is all of it. Of a larger file: both ends, each part
/// that was written with 64 KiB on either side, and a few pages of each hole. Some of these are
/// drawn by the hole's place; the others are twins of written bytes, whose place differs in high
/// bits alone: there a number that is cut to 32 bits would put them.
std::vector<Range> ranges_to_compare(const FileModel& model);

}  // namespace quire::props
