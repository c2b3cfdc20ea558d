#!/usr/bin/env python3
"""Makes a C++ source of the vectors in the tree, so that quire-check has them wherever it is.

usage: embed.py VECTORS.json OUTPUT.cpp
"""

import sys

source, output = sys.argv[1:]
with open(source, "rb") as vectors, open(output, "w", encoding="utf-8") as made:
    # Numbers: a compiler need not take a string this long.
    numbers = [str(byte) for byte in vectors.read()]
    made.write('#include "props/vectors/vector.h"\n\nnamespace {\nconstexpr char kText[] = {\n')
    for at in range(0, len(numbers), 30):
        made.write("    " + ",".join(numbers[at:at + 30]) + ",\n")
    made.write("};\n}  // namespace\n\nstd::string_view quire::props::vectors_of_the_tree() {\n"
               "  return {kText, sizeof kText};\n}\n")
