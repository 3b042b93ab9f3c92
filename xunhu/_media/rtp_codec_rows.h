/* Rows of the table of RTP codecs behind G.711, each defined in a file of its own: its declaration here, and its address in XH_RTP_CODEC_ROWS. */
#ifndef XUNHU_RTP_CODEC_ROWS_H
#define XUNHU_RTP_CODEC_ROWS_H
#include "xunhu/rtp_codec.h"

extern const struct xh_rtp_codec xh_rtp_g729, xh_rtp_g723, xh_rtp_g722, xh_rtp_gsm, xh_rtp_amr, xh_rtp_opus;
extern const struct xh_rtp_codec xh_rtp_g726_16, xh_rtp_g726_24, xh_rtp_g726_32, xh_rtp_g726_40;
extern const struct xh_rtp_codec xh_rtp_aal2_g726_16, xh_rtp_aal2_g726_24, xh_rtp_aal2_g726_32, xh_rtp_aal2_g726_40;

#define XH_RTP_CODEC_ROWS                                                                                                       \
    &xh_rtp_g729, &xh_rtp_g723, &xh_rtp_g722, &xh_rtp_gsm, &xh_rtp_amr, &xh_rtp_opus, &xh_rtp_g726_16, &xh_rtp_g726_24,         \
        &xh_rtp_g726_32, &xh_rtp_g726_40, &xh_rtp_aal2_g726_16, &xh_rtp_aal2_g726_24, &xh_rtp_aal2_g726_32, &xh_rtp_aal2_g726_40
#endif
