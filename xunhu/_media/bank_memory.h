/* Memory of a bank of kernels over many channels: its head, then groups of LANES channels, each on cache lines of its own. */
#ifndef XUNHU_BANK_MEMORY_H
#define XUNHU_BANK_MEMORY_H
#include <stddef.h>
#include <stdint.h>
#include "tone_lanes.h"

static inline size_t round64(size_t n)
{
    return (n + 63) & ~(size_t)63;
}

static inline uint32_t groups_of(uint32_t channels)
{
    return (channels + LANES - 1) / LANES;
}
#endif
