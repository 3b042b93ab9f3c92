/* Inside of writers: headers, and MP3 by libmp3lame. See xunhu/media_file.h. */
#ifndef XUNHU_MEDIA_WRITE_H
#define XUNHU_MEDIA_WRITE_H
#include <stddef.h>
#include <stdint.h>

#include "xunhu/media_file.h"

#define XH_HEADER_MOST 60
#define XH_CONTAINER_MOST (0xFFFFFFFFu - 2u * XH_HEADER_MOST)   /* octets of sound that the lengths of WAV and .au can tell */

size_t xh_media_header_octets(const struct xh_format_info *format);     /* 0: headerless */
/* Writes it into out for so many octets and frames of sound; returns its length. */
size_t xh_media_header(uint8_t out[XH_HEADER_MOST], const struct xh_format_info *format, int channels, int block_octets, int block_frames,
                       uint64_t octets, uint64_t frames);

#define XH_LAME_FRAMES 1152     /* most frames of one xh_lame_encode */
struct xh_lame;
struct xh_lame *xh_lame_open(int channels, int bitrate);        /* 8 kHz; NULL: no memory or no such bit rate */
void xh_lame_close(struct xh_lame *l);
/* Octets made, at most `room` (16,384 are enough); n 0: the end. -EIO. */
int xh_lame_encode(struct xh_lame *l, const int16_t *in, int n, uint8_t *out, int room);
#endif
