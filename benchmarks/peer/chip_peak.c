/* What one core of this machine can do at most: the limits that kernels are held against.
 *
 *     chip_peak OCTETS  ->  {"gfma", "gread", "gupdate"}
 *
 * gfma: thousand million fused multiply-adds of single precision a second, AVX2, out of registers. gread, gupdate: GB a second
 * that are read, and that are read and written back (counted twice), in one pass after the other over OCTETS of memory. The best
 * of several runs each. A machine without AVX2 and FMA: gfma 0. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef float v8 __attribute__((vector_size(32)));

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

__attribute__((target("avx2,fma"), noinline)) static float multiply_add(long rounds)
{
    v8 a[12], x = {0.5f, 0.25f, 0.125f}, y = {0.1f, 0.2f, 0.3f};
#pragma GCC unroll 12                       /* or it stays in memory */
    for (int i = 0; i < 12; i++)
        a[i] = x * (float)i;
    for (long r = 0; r < rounds; r++)
#pragma GCC unroll 12
        for (int i = 0; i < 12; i++) {
            a[i] = a[i] * x + y;
            __asm__ volatile("" : "+x"(a[i]));
        }
    float sum = 0;
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++)
        sum += a[i][0];
    return sum;
}

static volatile float keep;

static float read_all(const v8 *m, size_t n)
{
    v8 a = {0}, b = {0}, c = {0}, d = {0};
    for (size_t i = 0; i < n; i += 4)
        a += m[i], b += m[i + 1], c += m[i + 2], d += m[i + 3];
    a += b + c + d;
    return a[0];
}

static void update_all(v8 *m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        m[i] += 1.0f;
}

int main(int argc, char **argv)
{
    size_t octets = argc > 1 ? strtoull(argv[1], NULL, 10) / 256 * 256 : 0, n = octets / sizeof(v8);
    v8 *m = octets ? aligned_alloc(64, octets) : NULL;
    if (!m) {
        fprintf(stderr, "chip_peak OCTETS\n");
        return 1;
    }
    memset(m, 0, octets);
    __builtin_cpu_init();
    double fma = 0, reading = 0, updating = 0;
    for (int i = 0; i < 7; i++) {
        double begin = now();
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
            keep = multiply_add(1000000);
            double got = 12 * 8 * 1e6 / (now() - begin);
            fma = got > fma ? got : fma;
        }
        begin = now();
        keep = read_all(m, n);
        double got = (double)octets / (now() - begin);
        reading = got > reading ? got : reading;
        begin = now();
        update_all(m, n);
        got = 2 * (double)octets / (now() - begin);
        updating = got > updating ? got : updating;
    }
    printf("{\"gfma\": %.1f, \"gread\": %.2f, \"gupdate\": %.2f}\n", fma * 1e-9, reading * 1e-9, updating * 1e-9);
    free(m);
    return 0;
}
