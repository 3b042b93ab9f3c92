/* SRTP (RFC 3711, 6188, 7714) of one stream, one way, ciphers by OpenSSL. new and free take memory; the work calls do not, and work in
 * place. */
#ifndef XUNHU_SRTP_H
#define XUNHU_SRTP_H
#include <stddef.h>
#include <stdint.h>

#include "xunhu/engine_rtp.h"

#define XH_SRTP_ROOM 20                 /* octets that protecting adds at most: tag, index of SRTCP */

struct xh_srtp;
int xh_srtp_key_octets(int suite);      /* master key and salt; 0: no such suite */
struct xh_srtp *xh_srtp_new(const struct xh_srtp_secret *secret, int inbound, int *err);        /* NULL and *err = errno */
void xh_srtp_free(struct xh_srtp *s);
/* Octets of the result, which stands where the packet stood; -EBADMSG: not authentic; -EALREADY: repeated or too old; -EINVAL. */
int xh_srtp_protect(struct xh_srtp *s, uint8_t *packet, size_t octets, size_t room, int rtcp);
int xh_srtp_unprotect(struct xh_srtp *s, uint8_t *packet, size_t octets, int rtcp);
#endif
