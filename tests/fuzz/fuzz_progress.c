// sources: xunhu/_media/progress*.c xunhu/_media/spectrum.c xunhu/_media/answer_class.c
/* Any rows, any samples in any blocks: the receiver of call progress tones and the classifier of answers say only what can be said.
 * Input: two octets that choose the tables, rows of one's own, then blocks: a length, how the samples are made, samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xunhu/answer_class.h"
#include "xunhu/progress.h"

struct input { const uint8_t *at; size_t left; };

static void need(int holds)
{
    if (!holds)
        abort();
}

static uint8_t octet(struct input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

static void any(struct input *in, void *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] = octet(in);
}

static float sine(uint32_t at, float hz)
{
    return sinf((float)(2 * M_PI) * fmodf(hz * (float)at / 8000.0f, 1.0f));
}

/* An octet: the upper half a level, the lower half which tone; 0xff: octets of the input. */
static void fill(struct input *in, int16_t *x, size_t n, uint32_t at)
{
    static const float hz[16] = {0, 450, 425, 440, 350, 480, 950, 1400, 1800, 2100, 1100, 620, 400, 1000, 600, 3000};
    uint8_t how = octet(in), also = octet(in);
    for (size_t i = 0; i < n; i++) {
        if (how == 0xff) {
            x[i] = (int16_t)(octet(in) << 8 | also);
            continue;
        }
        float y = sine(at + (uint32_t)i, hz[how & 15]) + (also & 1 ? sine(at + (uint32_t)i, hz[also >> 4]) : 0.0f);
        x[i] = (how & 15) == 0 ? 0 : (int16_t)(y * (float)(how >> 4) * 1000.0f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    static struct xh_progress_table own;
    memset(&own, 0, sizeof own);
    uint8_t country = octet(&in), rows = octet(&in);
    own.rows = rows % 4;
    for (uint32_t i = 0; i < own.rows; i++)
        any(&in, &own.row[i], sizeof own.row[i]);
    int good = xh_progress_table_check(&own) == 0;
    struct xh_progress *p = malloc(sizeof *p);
    struct xh_answer a;
    struct xh_answer_parameters given = {0};
    if (rows & 0x80)
        any(&in, &given, sizeof given);
    need(p != NULL);
    xh_progress_init(p, xh_progress_country(country % 16), good ? &own : NULL, rows >> 6 & 1);
    int classify = xh_answer_init(&a, &given) == 0, told = 0;
    uint32_t at = 0;
    for (int block = 0; block < 120 && in.left; block++) {
        int16_t x[800];
        size_t n = (size_t)octet(&in) * 3 + 1;
        fill(&in, x, n, at);
        for (int again = 0; again < 3; again++) {
            struct xh_progress_event out[64];
            int count = xh_progress_run(p, x, n, out, 64);
            need(count >= 0 && count <= 64);
            for (int i = 0; i < count; i++)
                need(out[i].source <= XH_PROGRESS_REPEAT && out[i].hz[0] <= 4000 && out[i].hz[1] <= 4000 && out[i].on_ms <= 30000);
            struct xh_answer_event e;
            if (classify && xh_answer_run(&a, x, n, &e)) {
                need(e.answer > XH_ANSWER_NONE && e.answer <= XH_ANSWER_SILENCE && e.confidence <= 1000 && ++told <= 2);
                need(e.greeting_ms <= e.at_ms && e.initial_ms <= e.at_ms);
            }
            at += (uint32_t)n;
        }
    }
    free(p);
    return 0;
}
