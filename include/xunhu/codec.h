/* Codecs of media files: 16-bit samples to octets and back, block by block, on state that the caller owns.
 *
 * A codec has blocks of its own, the smallest piece of octets that holds whole samples (enum xh_codec in media_file.h):
 *
 *     linear, A-law, u-law    one frame: the samples of all channels
 *     IMA in WAV              block_octets as the file says (4 a channel of head, then nibbles), up to XH_CODEC_BLOCK octets
 *     Microsoft ADPCM         the same with 7 a channel of head
 *     DVI4, VOX, G.726 32     1 octet, 2 samples
 *     G.726 16 / 24 / 40      1 octet, 4 samples / 3 octets, 8 / 5 octets, 8
 *     GSM / WAV49             33 octets, 160 samples / 65, 320
 *
 * Those but linear, G.711 and IMA in WAV carry state from block to block and are mono. MP3 is not here (media_mp3.c).
 * Any octets may be decoded: nothing traps or reads beyond what it is given.
 *
 * IMA ADPCM: "Recommended Practices for Enhancing Digital Audio Compatibility in Multimedia Systems", IMA 1992 (rev. 3.00), with the
 * differences summed as given there; RFC 3551 §4.5.1 (DVI4). OKI ADPCM: Dialogic application note 1155 (12 bits, 49 steps).
 * G.726: ITU-T G.726 (12/90) with linear input and output (G.726 Annex A's interface, 14 bits); packing RFC 3551 §4.5.4, and ITU-T
 * I.366.2 Annex E for AAL2. GSM: ETS 300 961 (06.10), by libgsm. */
#ifndef XUNHU_CODEC_H
#define XUNHU_CODEC_H
#include <stddef.h>
#include <stdint.h>

#include "xunhu/media_file.h"

#define XH_CODEC_BLOCK 8192             /* most octets of a block */

/* -- linear: endianness and width ------------------------------------------------------------------- */
void xh_pcm16_decode(int16_t *out, const uint8_t *in, size_t n);
void xh_pcm16_encode(uint8_t *out, const int16_t *in, size_t n);
void xh_pcm16be_decode(int16_t *out, const uint8_t *in, size_t n);
void xh_pcm16be_encode(uint8_t *out, const int16_t *in, size_t n);
void xh_pcm8_decode(int16_t *out, const uint8_t *in, size_t n);         /* offset binary, 128 is zero */
void xh_pcm8_encode(uint8_t *out, const int16_t *in, size_t n);         /* rounded to nearest, limited */
void xh_pcm8s_decode(int16_t *out, const uint8_t *in, size_t n);
void xh_pcm24_decode(int16_t *out, const uint8_t *in, size_t n);        /* wider ones are rounded to nearest, limited */
void xh_pcm32_decode(int16_t *out, const uint8_t *in, size_t n);
void xh_float32_decode(int16_t *out, const uint8_t *in, size_t n);      /* 1.0 is full scale; NaN is 0 */

/* -- IMA ADPCM --------------------------------------------------------------------------------------- */
struct xh_ima {
    int predictor;                      /* -32768 to 32767 */
    int index;                          /* 0 to 88 */
};
int xh_ima_block_frames(int octets, int channels);      /* frames of a block (or of a shortened last one); 0: too short */
/* One block of `channels` (1, 2), interleaved frames out. Returns frames, -EBADMSG: a step index above 88. */
int xh_ima_block_decode(int16_t *out, const uint8_t *block, int octets, int channels);
#define XH_IMA_FRESH (-1)               /* index of a state before its first block: chosen by the first samples */
/* state: one a channel, carried from block to block; octets such that nibbles come in whole groups of 8. */
void xh_ima_block_encode(struct xh_ima *state, uint8_t *block, int octets, const int16_t *in, int channels);
void xh_dvi4_decode(struct xh_ima *s, int16_t *out, const uint8_t *in, size_t octets);
void xh_dvi4_encode(struct xh_ima *s, uint8_t *out, const int16_t *in, size_t octets);  /* of 2 samples each */

/* -- Microsoft ADPCM, read only --------------------------------------------------------------------- */
int xh_ms_adpcm_block_frames(int octets, int channels);
int xh_ms_adpcm_block_decode(int16_t *out, const uint8_t *block, int octets, int channels);   /* as IMA; -EBADMSG: no such predictor */

/* -- OKI ADPCM (VOX) ----------------------------------------------------------------------------------- */
struct xh_vox {
    int last;                           /* -2048 to 2047 */
    int index;                          /* 0 to 48 */
};
void xh_vox_decode(struct xh_vox *s, int16_t *out, const uint8_t *in, size_t octets);   /* out: 2 samples an octet */
void xh_vox_encode(struct xh_vox *s, uint8_t *out, const int16_t *in, size_t octets);

/* -- G.726 --------------------------------------------------------------------------------------------- */
/* State variables by their names in G.726 §4.2; the signals as its floats (FLOATA, FLOATB): exponent * 64 + mantissa, less 1,024 when
 * negative. */
struct xh_g726 {
    int32_t weight[8];                  /* B1..B6, A1, A2 */
    int32_t signal[8];                  /* DQ1..DQ6, SR1, SR2 */
    int32_t yl, yu, dms, dml, ap;
    int32_t pk0, pk1, td;
    int bits;                           /* 2 to 5 */
    int high_first;                     /* packing: 0 RFC 3551, 1 AAL2 */
};
int xh_g726_init(struct xh_g726 *s, int bits, int high_first);  /* 0, -EINVAL */
int xh_g726_block_octets(int bits);     /* 1, 3, 1, 5 */
int xh_g726_block_frames(int bits);     /* 4, 8, 2, 8 */
void xh_g726_decode(struct xh_g726 *s, int16_t *out, const uint8_t *in, size_t blocks);
void xh_g726_encode(struct xh_g726 *s, uint8_t *out, const int16_t *in, size_t blocks);
void xh_g726_plain(int on);             /* for tests: no vector instructions from now on, in this process */

/* -- all of them --------------------------------------------------------------------------------------- */
struct xh_coder {
    enum xh_codec codec;
    int channels, encoding;
    int block_octets, block_frames;
    union {
        struct xh_ima ima[XH_MEDIA_CHANNELS];
        struct xh_vox vox;
        struct xh_g726 g726;
        void *gsm;                      /* libgsm's, allocated */
    } u;
};
/* encoding 0: decodes. block_octets: of IMA and Microsoft ADPCM, else 0. 0, -EINVAL (channels or block not of this codec), -ENOTSUP (no such encoder, MP3),
 * -ENOMEM. */
int xh_coder_init(struct xh_coder *c, int codec, int channels, int block_octets, int encoding);
int xh_coder_reset(struct xh_coder *c); /* as after init; 0 or -ENOMEM */
void xh_coder_release(struct xh_coder *c);
/* Whole blocks, at most XH_CODEC_BLOCK octets of them. Returns frames, or -EBADMSG when a block (IMA, GSM) is damaged: nothing of it is in out,
 * *good (may be NULL) tells how many blocks before it are. */
int xh_coder_decode(struct xh_coder *c, int16_t *out, const uint8_t *in, int blocks, int *good);
/* Frames of a block shorter than the others, at the end of a file; 0 where the codec has no such. */
int xh_coder_short_frames(const struct xh_coder *c, int octets);
int xh_coder_decode_short(struct xh_coder *c, int16_t *out, const uint8_t *in, int octets);     /* frames, -EBADMSG */
void xh_coder_encode(struct xh_coder *c, uint8_t *out, const int16_t *in, int blocks);
#endif
