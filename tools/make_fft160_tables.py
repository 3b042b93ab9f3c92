#!/usr/bin/env python3
"""Writes xunhu/_media/fft160_tables.h, the constants of the odd Fourier transform of 160 real samples (fft160.h).

tools/make_fft160_tables.py >xunhu/_media/fft160_tables.h
"""

from cmath import exp, pi


def number(value: float) -> str:
    text = f"{value + 0.0:.9g}"
    return text + ("f" if "." in text else ".0f")


def rows(name: str, vectors: list[list[complex]]) -> str:
    lines = []
    for vector in vectors:
        for part in ([z.real for z in vector], [z.imag for z in vector]):
            lines.append("    {" + ", ".join(map(number, part)) + "},")
    return (
        f"static const float {name}[{2 * len(vectors)}][8] __attribute__((aligned(64))) = {{\n"
        + "\n".join(lines)
        + "\n};"
    )


def turn(angle: float) -> complex:
    z = exp(-2j * pi * angle)
    return complex(round(z.real, 12), round(z.imag, 12))


def reverse3(lane: int) -> int:
    return (lane & 1) << 2 | (lane & 2) | lane >> 2


def main() -> None:
    twist = [[turn((8 * a + b) / 320) for b in range(8)] for a in range(10)]
    between = [[turn(b * m / 80) for b in range(8)] for m in range(10)]
    lanes = [[turn(max(0, b - 4) / 8) for b in range(8)], [turn((b & 1) * (b >> 1 & 1) / 4) for b in range(8)]]
    order = []
    for vector in range(10):
        for lane in range(8):
            m = vector + 10 * reverse3(lane)
            order.append(2 * m if m < 40 else 159 - 2 * m)
    print(
        "/* Written by tools/make_fft160_tables.py.  Rows of eight: real parts, then imaginary parts, of each vector. */"
    )
    print("#ifndef XUNHU_FFT160_TABLES_H\n#define XUNHU_FFT160_TABLES_H\n#include <stdint.h>")
    print("/* e^(-i pi n / 160), n = 8 vector + lane */\n" + rows("fft160_twist", twist))
    print("/* e^(-2 i pi lane vector / 80) */\n" + rows("fft160_between", between))
    print("/* of the transform of eight over the lanes: first and second stage */\n" + rows("fft160_lanes", lanes))
    text = "".join(("\n    " if i % 20 == 0 else " ") + f"{value}," for i, value in enumerate(order))
    print(
        f"/* The bin, at 50 Hz * (bin + 1/2), that each place of a spectrum holds. */\nstatic const uint8_t fft160_bin[80] = {{{text}\n}};"
    )
    print("#endif")


if __name__ == "__main__":
    main()
