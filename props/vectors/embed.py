#!/usr/bin/env python3
"""Makes a C++ source of the vectors in the tree, so that quire-check has them wherever it is.

usage: embed.py VECTORS.json OUTPUT.cpp
"""

import sys

source, output = sys.argv[1:]
with open(source, encoding="utf-8") as lines, open(output, "w", encoding="utf-8") as made:
    made.write('#include "props/vectors/vector.h"\n\n'
               "std::string_view quire::props::vectors_of_the_tree() {\n  return\n")
    for line in lines:
        made.write(f'      R"({line})"\n')
    made.write("      ;\n}\n")
