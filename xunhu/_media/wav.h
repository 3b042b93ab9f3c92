/* WAV files: what we read and what we write (RIFF/WAVE, Microsoft Multimedia Standards Update of 1994, rev. 3).
 *
 * Read: PCM16, A-law, u-law; mono or stereo (mixed down, half of each); 8 kHz, or 16 kHz through a half-band filter.
 * Without a header, by the end of the name: .al A-law, .ul u-law, .raw PCM16 little endian; all 8 kHz mono.
 * A data chunk that says 0 or 0xFFFFFFFF octets, or more than the file has, is read to the end of the file as it was when
 * it was opened: such are recordings in progress and recordings cut short.
 * All functions may block on the disk; none allocates. Errors are -errno:
 * -EBADMSG damaged or no WAV at all, -ENOTSUP a format that is not read, -EINVAL not a plain file, else from the system. */
#ifndef XUNHU_WAV_H
#define XUNHU_WAV_H
#include <stddef.h>
#include <stdint.h>

#define XH_WAV_BLOCK 1024       /* most frames of one xh_wav_read */
#define XH_WAV_TAPS 63          /* of the half-band filter */
#define XH_WAV_HEADER_MAX 58

struct xh_wav_info {
    int codec;                  /* XH_REC_* of engine.h */
    int channels;               /* 1, 2 */
    int rate;                   /* Hz: 8000, 16000 */
    int frame_octets;           /* of all channels together */
    int headerless;
    uint64_t data_at;           /* octet in the file where the samples begin */
    uint64_t frames;            /* at `rate` */
};

struct xh_wav {
    int fd;                     /* -1 closed */
    struct xh_wav_info info;
    uint64_t at, end;           /* octets in the file: next to read, first that is no sample */
    uint64_t left;              /* frames of 8 kHz still to come */
    int16_t history[XH_WAV_TAPS - 1];   /* 16 kHz only: the newest samples read */
};

/* Reads the header of an open file of `size` octets; name gives the format of headerless files, may be NULL. */
int xh_wav_parse(int fd, uint64_t size, const char *name, struct xh_wav_info *info);
int xh_wav_open(struct xh_wav *w, const char *path);            /* 0 or -errno; w is closed on failure */
/* Up to `frames` (at most XH_WAV_BLOCK) mono frames of 8 kHz; fewer only at the end, then 0. */
int xh_wav_read(struct xh_wav *w, int16_t *out, int frames);
void xh_wav_close(struct xh_wav *w);

int xh_wav_frame_octets(int codec, int channels);
/* Writes a whole header for `frames` frames into out, returns its length (44 PCM16, 58 with fact chunk for the others). */
size_t xh_wav_header(uint8_t out[XH_WAV_HEADER_MAX], int codec, int channels, int rate, uint64_t frames);
uint64_t xh_wav_frames_max(int codec, int channels);            /* what a RIFF file can hold */
#endif
