/* MP3 encoding by libmp3lame: MPEG-2.5 layer III at 8 kHz, constant bit rate.
 *
 * Without reservoir of bits and without a table in front every frame stands by itself: a file cut anywhere plays to there, and can be
 * gone on with. */
#include <errno.h>
#include <lame/lame.h>
#include <stdlib.h>

#include "media_write.h"

struct xh_lame {
    lame_t lame;
    int channels;
};

struct xh_lame *xh_lame_open(int channels, int bitrate)
{
    struct xh_lame *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->channels = channels;
    l->lame = lame_init();
    if (!l->lame) {
        free(l);
        return NULL;
    }
    lame_set_errorf(l->lame, NULL);
    lame_set_debugf(l->lame, NULL);
    lame_set_msgf(l->lame, NULL);
    lame_set_in_samplerate(l->lame, XH_MEDIA_RATE);
    lame_set_out_samplerate(l->lame, XH_MEDIA_RATE);
    lame_set_num_channels(l->lame, channels);
    lame_set_mode(l->lame, channels == 1 ? MONO : STEREO);      /* the two sides of a call have nothing in common */
    lame_set_brate(l->lame, bitrate ? bitrate : channels == 1 ? 32 : 48);
    lame_set_bWriteVbrTag(l->lame, 0);
    lame_set_disable_reservoir(l->lame, 1);
    lame_set_quality(l->lame, 5);
    if (lame_init_params(l->lame) >= 0)
        return l;
    xh_lame_close(l);
    return NULL;
}

void xh_lame_close(struct xh_lame *l)
{
    if (!l)
        return;
    lame_close(l->lame);
    free(l);
}

int xh_lame_encode(struct xh_lame *l, const int16_t *in, int n, uint8_t *out, int room)
{
    int r;
    if (n == 0)
        r = lame_encode_flush(l->lame, out, room);
    else if (l->channels == 1)
        r = lame_encode_buffer(l->lame, in, in, n, out, room);
    else
        r = lame_encode_buffer_interleaved(l->lame, (short *)in, n, out, room);
    return r < 0 ? -EIO : r;
}
