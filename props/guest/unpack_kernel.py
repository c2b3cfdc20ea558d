"""Writes the kernel that is packed in a bzImage to standard output.

usage: unpack_kernel.py VMLINUZ >VMLINUX

It is unpacked on the host because an emulated machine takes seconds for it. Fields of the header as
in the boot protocol of Linux for x86.
"""

import lzma
import struct
import subprocess
import sys
import zlib


def payload(image):
    if image[0x202:0x206] != b"HdrS":
        sys.exit("unpack_kernel.py: not a bzImage")
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (image[0x1f1] + 1) * 512 + offset
    return image[start:start + length]


def unpack(packed):
    """The last four bytes are the length, for some of the formats; none of them minds."""
    if packed.startswith(b"\xfd7zXZ"):
        return lzma.LZMADecompressor().decompress(packed)
    if packed.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(wbits=31).decompress(packed)
    if packed.startswith(b"\x28\xb5\x2f\xfd"):
        done = subprocess.run(["zstd", "--decompress", "--stdout", "--quiet"], input=packed[:-4],
                              stdout=subprocess.PIPE, check=True)
        return done.stdout
    sys.exit("unpack_kernel.py: packed in a format that is not known here")


def main(path):
    with open(path, "rb") as file:
        kernel = unpack(payload(file.read()))
    if not kernel.startswith(b"\x7fELF"):
        sys.exit("unpack_kernel.py: what was packed is no ELF file")
    sys.stdout.buffer.write(kernel)


if __name__ == "__main__":
    main(sys.argv[1])
