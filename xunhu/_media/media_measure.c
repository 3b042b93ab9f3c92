/* Measuring of whole files, see media_measure.h. */
#include "xunhu/media_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void xh_measure_init(struct xh_measure *m, int rate, int silence_rms)
{
    memset(m, 0, sizeof *m);
    m->block = rate / 100;
    m->threshold = (uint64_t)silence_rms * (uint64_t)silence_rms;
}

static void end_block(struct xh_measure *m)
{
    uint64_t n = (uint64_t)m->fill;
    uint64_t zero = (uint64_t)(m->block_sum * m->block_sum) / n;        /* the part of the mean */
    uint64_t squares = m->block_squares > zero ? m->block_squares - zero : 0;
    if (squares < m->threshold * n) {
        m->tail += n;
    } else {
        if (!m->heard)
            m->head = m->tail;
        m->heard = 1;
        m->tail = 0;
        m->active += n;
        m->active_squares += squares;
    }
    m->block_squares = 0;
    m->block_sum = 0;
    m->fill = 0;
}

static void look_for_clipping(struct xh_measure *m, int v)
{
    if (v == m->last && abs(v) >= 32000) {
        m->run++;
        m->clipped += m->run == 3 ? 3 : m->run > 3;
    } else {
        m->run = 1;
    }
    m->last = v;
}

void xh_measure_run(struct xh_measure *m, const int16_t *samples, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++) {
        int v = samples[i * stride], mag = abs(v);
        m->sum += v;
        m->squares += (uint64_t)(v * v);
        m->block_sum += v;
        m->block_squares += (uint64_t)(v * v);
        m->peak = mag > m->peak ? mag : m->peak;
        look_for_clipping(m, v);
        if (++m->fill == m->block)
            end_block(m);
    }
    m->frames += n;
}

void xh_measure_end(struct xh_measure *m)
{
    if (m->fill)
        end_block(m);
    if (!m->heard)
        m->head = m->tail;
}

size_t xh_media_gain(int16_t *samples, size_t n, float gain, float zero)
{
    size_t limited = 0;
    for (size_t i = 0; i < n; i++) {
        float v = rintf(((float)samples[i] - zero) * gain);
        limited += v > 32767.0f || v < -32768.0f;
        samples[i] = (int16_t)(v > 32767.0f ? 32767.0f : v < -32768.0f ? -32768.0f : v);
    }
    return limited;
}
