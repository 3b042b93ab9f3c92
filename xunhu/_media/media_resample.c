/* Between the rates of files and of the engine, by libsoxr (20 bits, flat to 0.913 of the lower half rate, no delay). */
#include <errno.h>
#include <soxr.h>
#include <stdlib.h>

#include "media_private.h"

struct xh_resample {
    soxr_t soxr;
};

struct xh_resample *xh_resample_open(int from, int to, int channels)
{
    soxr_error_t error;
    soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    struct xh_resample *s = malloc(sizeof *s);
    if (!s)
        return NULL;
    io.flags |= SOXR_NO_DITHER; /* the same file always sounds the same, and silence stays silence */
    s->soxr = soxr_create(from, to, (unsigned)channels, &error, &io, &quality, &runtime);
    if (!error && s->soxr)
        return s;
    free(s);
    return NULL;
}

void xh_resample_close(struct xh_resample *s)
{
    if (!s)
        return;
    soxr_delete(s->soxr);
    free(s);
}

int xh_resample_reset(struct xh_resample *s)
{
    return soxr_clear(s->soxr) ? -ENOMEM : 0;
}

int xh_resample_run(struct xh_resample *s, const int16_t *in, int n_in, int *taken, int16_t *out, int n_out)
{
    size_t used = 0, made = 0;
    if (soxr_process(s->soxr, in, (size_t)n_in, &used, out, (size_t)n_out, &made))
        return -ENOMEM;
    *taken = (int)used;
    return (int)made;
}
