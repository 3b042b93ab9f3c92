/* Addresses of RTP lines (rtp_socket.c). */
#ifndef XUNHU_RTP_ADDRESS_H
#define XUNHU_RTP_ADDRESS_H
#include "xunhu/engine_rtp.h"

int xh_rtp_address_is(const struct xh_rtp_address *a, const struct xh_rtp_address *b);  /* the same host and port */
int xh_rtp_address_same_host(const struct xh_rtp_address *a, const struct xh_rtp_address *b);
int xh_rtp_address_good(const struct xh_rtp_address *a);        /* family 4 or 6; any port */
int xh_rtp_address_multicast(const struct xh_rtp_address *a);
#endif
