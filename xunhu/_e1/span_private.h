/* What the drivers of xunhu/_e1 share (span.c). */
#ifndef XUNHU_SPAN_PRIVATE_H
#define XUNHU_SPAN_PRIVATE_H

#include "xunhu/span.h"

#include <sys/socket.h>

#define XH_ALL_TIMESLOTS 0xfffffffeu    /* mask of 1..31 */

/* Fill the rows of the timeslots in mask with one octet. */
void xh_span_fill(uint8_t *octets, size_t stride, int frames, uint32_t mask, uint8_t octet);

/* "1.2.3.4:40000" or "[::1]:40000" to a socket address; numeric only, so that nothing waits for a name server.
 * 0, or -EINVAL. */
int xh_span_address(const char *text, struct sockaddr_storage *out, socklen_t *len);

/* 1: same family, address and port */
int xh_span_address_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

#endif
