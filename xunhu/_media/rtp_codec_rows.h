/* Rows of the table of RTP codecs behind G.711, each defined in a file of its own: its declaration here, and its address in XH_RTP_CODEC_ROWS. */
#ifndef XUNHU_RTP_CODEC_ROWS_H
#define XUNHU_RTP_CODEC_ROWS_H
#include "xunhu/rtp_codec.h"

#define XH_RTP_CODEC_ROWS
#endif
