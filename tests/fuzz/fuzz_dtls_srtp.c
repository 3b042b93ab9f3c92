// sources: xunhu/_media/dtls_srtp.c
// libs: -lssl -lcrypto
/* Any datagrams to a client or a server, in the beginning and among a true handshake: states go forward only, keys come only with DONE.
 * Input: role, after how many true datagrams, then datagrams, each with its length in an octet before it. */
#include <stdlib.h>
#include <string.h>
#include "xunhu/dtls_srtp.h"

static void need(int holds)
{
    if (!holds)
        abort();
}

static struct xh_dtls_identity *one, *other;
static uint8_t print_one[64], print_other[64];

static void identities(void)
{
    int err;
    if (one)
        return;
    one = xh_dtls_identity_new(NULL, &err);
    other = xh_dtls_identity_new(NULL, &err);
    need(one && other);
    need(xh_dtls_identity_fingerprint(one, XH_DTLS_SHA_256, print_one) == 32);
    need(xh_dtls_identity_fingerprint(other, XH_DTLS_SHA_256, print_other) == 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    identities();
    if (size < 2)
        return 0;
    int client = data[0] & 1, after = data[1] % 12, count = 0;
    struct xh_dtls *d = xh_dtls_new(one, client, 0, XH_DTLS_SHA_256, print_other, 32);
    struct xh_dtls *peer = xh_dtls_new(other, !client, 0, XH_DTLS_SHA_256, print_one, 32);
    need(d && peer);
    xh_dtls_start(d);
    xh_dtls_start(peer);
    uint8_t block[XH_DTLS_MTU];
    for (int turn = 0; turn < 8 && count < after; turn++) {
        size_t n;
        while ((n = xh_dtls_send(d, block, sizeof block)))
            xh_dtls_receive(peer, block, n);
        while (count < after && (n = xh_dtls_send(peer, block, sizeof block))) {
            xh_dtls_receive(d, block, n);
            count++;
        }
    }
    struct xh_dtls_keys keys;
    enum xh_dtls_state before = xh_dtls_state(d);
    for (data += 2, size -= 2; size; ) {
        size_t n = data[0] < size - 1 ? data[0] : size - 1;
        uint8_t *datagram = malloc(n ? n : 1);
        memcpy(datagram, data + 1, n);
        enum xh_dtls_state now = xh_dtls_receive(d, datagram, n);
        free(datagram);
        need(now >= before);
        need((xh_dtls_agreed(d, &keys) == 0) == (now == XH_DTLS_DONE));
        before = now;
        data += n + 1;
        size -= n + 1;
        while (xh_dtls_send(d, block, sizeof block))
            ;
    }
    xh_dtls_free(d);
    xh_dtls_free(peer);
    return 0;
}
