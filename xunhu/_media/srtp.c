/* SRTP: RFC 3711, with AES-256 (RFC 6188) and AES-GCM (RFC 7714). See srtp.h.
 *
 * Ciphers and digests are OpenSSL's. The protocol is here, and not a library's, because that of the system (libsrtp2) stands on NSS, whose time for a
 * packet grows with the number of sessions: 2 us with ten, 30 us with 1,500. Tests hold it against that library.
 *
 * Key derivation rate 0, no MKI, RTCP always encrypted. A session keeps what it knows (rollover counter, repeats) of up to four sources; nothing
 * of that moves before a packet has been found authentic. */
#define OPENSSL_SUPPRESS_DEPRECATED     /* SHA-1's states can be copied without taking memory, which EVP_MAC's cannot */
#include "srtp.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES 4
#define GCM_TAG 16
#define RTCP_TAG 10                     /* RFC 4568 §6.2.2: the long one, also with the short one of RTP */
#define HEADER 12
#define RTCP_HEADER 8
#define ENCRYPTED 0x80000000u           /* E, §3.4 */
#define WINDOW 64

enum { LABEL_RTP = 0, LABEL_RTCP = 3 }; /* §4.3.2: cipher; + 1 authentication, + 2 salt */

struct half {                           /* of RTP, of RTCP */
    EVP_CIPHER_CTX *cipher;
    uint8_t salt[14];
    SHA_CTX inner, outer;               /* of HMAC, the key worked in */
    int tag;
};

struct source {
    uint32_t ssrc, used;                /* used: 0 free, else when last */
    uint32_t roc, rtcp_index;
    uint16_t highest;
    uint8_t known, rtcp_known;
    uint64_t window, rtcp_window;       /* bit i: index highest - i has come */
};

struct xh_srtp {
    int gcm, inbound;
    uint32_t turn;
    struct half rtp, rtcp;
    struct source source[SOURCES];
};

static const struct { uint8_t cipher, salt, tag, gcm; } SUITES[XH_SRTP_SUITES] = {      /* octets */
    [XH_SRTP_AES_CM_128_80] = {16, 14, 10, 0}, [XH_SRTP_AES_CM_128_32] = {16, 14, 4, 0},
    [XH_SRTP_AES_256_CM_80] = {32, 14, 10, 0}, [XH_SRTP_AES_256_CM_32] = {32, 14, 4, 0},
    [XH_SRTP_AEAD_AES_128_GCM] = {16, 12, GCM_TAG, 1}, [XH_SRTP_AEAD_AES_256_GCM] = {32, 12, GCM_TAG, 1},
};

int xh_srtp_key_octets(int suite)
{
    return suite > XH_SRTP_NONE && suite < XH_SRTP_SUITES ? SUITES[suite].cipher + SUITES[suite].salt : 0;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static void xor32(uint8_t *p, uint32_t v)
{
    put32(p, get32(p) ^ v);
}

/* -- keys ---------------------------------------------------------------------------------- */

/* §4.3.1, §4.3.3: n octets of the key stream that begins at label * 2^48 XOR master salt, times 2^16. RFC 7714 §11: a salt of twelve octets is
 * followed by zeros. */
static int derive(EVP_CIPHER_CTX *prf, const uint8_t salt[14], int label, uint8_t *out, int n)
{
    uint8_t iv[16] = {0}, zero[32] = {0};
    int made;
    memcpy(iv, salt, 14);
    iv[7] ^= (uint8_t)label;
    return EVP_EncryptInit_ex(prf, NULL, NULL, NULL, iv) == 1 && EVP_EncryptUpdate(prf, out, &made, zero, n) == 1 && made == n;
}

static void hmac_key(struct half *h, const uint8_t key[20])
{
    uint8_t block[2][SHA_CBLOCK];
    for (int i = 0; i < SHA_CBLOCK; i++) {
        uint8_t k = i < 20 ? key[i] : 0;
        block[0][i] = k ^ 0x36;
        block[1][i] = k ^ 0x5c;
    }
    SHA1_Init(&h->inner);
    SHA1_Update(&h->inner, block[0], SHA_CBLOCK);
    SHA1_Init(&h->outer);
    SHA1_Update(&h->outer, block[1], SHA_CBLOCK);
    OPENSSL_cleanse(block, sizeof block);
}

static int begin(struct half *h, EVP_CIPHER_CTX *prf, const uint8_t salt[14], int label, int suite, int inbound)
{
    static const EVP_CIPHER *(*const ciphers[2][2])(void) = {{EVP_aes_128_ctr, EVP_aes_256_ctr}, {EVP_aes_128_gcm, EVP_aes_256_gcm}};
    uint8_t key[32], auth[20];
    int octets = SUITES[suite].cipher, gcm = SUITES[suite].gcm;
    h->tag = gcm ? GCM_TAG : label == LABEL_RTCP ? RTCP_TAG : SUITES[suite].tag;
    h->cipher = EVP_CIPHER_CTX_new();
    int good = h->cipher && derive(prf, salt, label, key, octets) && derive(prf, salt, label + 1, auth, 20) &&
               derive(prf, salt, label + 2, h->salt, SUITES[suite].salt) &&
               EVP_CipherInit_ex(h->cipher, ciphers[gcm][octets == 32](), NULL, key, NULL, !(gcm && inbound)) == 1;
    hmac_key(h, auth);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(auth, sizeof auth);
    return good;
}

struct xh_srtp *xh_srtp_new(const struct xh_srtp_secret *secret, int inbound, int *err)
{
    uint8_t salt[16] = {0};     /* as long as an IV */
    *err = EINVAL;
    if (!xh_srtp_key_octets(secret->suite) || secret->octets != xh_srtp_key_octets(secret->suite))
        return NULL;
    *err = ENOMEM;
    struct xh_srtp *s = calloc(1, sizeof *s);
    EVP_CIPHER_CTX *prf = EVP_CIPHER_CTX_new();
    int octets = SUITES[secret->suite].cipher;
    memcpy(salt, secret->key + octets, SUITES[secret->suite].salt);
    int good = s && prf && EVP_EncryptInit_ex(prf, octets == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL, secret->key, salt) == 1 &&
               begin(&s->rtp, prf, salt, LABEL_RTP, secret->suite, inbound) && begin(&s->rtcp, prf, salt, LABEL_RTCP, secret->suite, inbound);
    EVP_CIPHER_CTX_free(prf);
    OPENSSL_cleanse(salt, sizeof salt);
    if (!good) {
        xh_srtp_free(s);
        return NULL;
    }
    s->gcm = SUITES[secret->suite].gcm;
    s->inbound = inbound;
    *err = 0;
    return s;
}

void xh_srtp_free(struct xh_srtp *s)
{
    if (!s)
        return;
    EVP_CIPHER_CTX_free(s->rtp.cipher);
    EVP_CIPHER_CTX_free(s->rtcp.cipher);
    OPENSSL_cleanse(s, sizeof *s);
    free(s);
}

/* -- sources -------------------------------------------------------------------------------- */

/* The one with this SSRC, or the place it will have: what was used longest ago. */
static struct source *source_of(struct xh_srtp *s, uint32_t ssrc)
{
    struct source *oldest = &s->source[0];
    for (int i = 0; i < SOURCES; i++) {
        if (s->source[i].used && s->source[i].ssrc == ssrc)
            return &s->source[i];
        if (s->source[i].used < oldest->used)
            oldest = &s->source[i];
    }
    return oldest;
}

static void use(struct xh_srtp *s, struct source *at, uint32_t ssrc)
{
    if (!at->used || at->ssrc != ssrc)
        *at = (struct source){.ssrc = ssrc};
    at->used = ++s->turn;
}

/* §3.3.1: the 48 bit index that a sequence number most likely has; -1: older than the first */
static int64_t index_of(const struct source *at, uint32_t ssrc, uint16_t sequence)
{
    if (!at->used || at->ssrc != ssrc || !at->known)
        return sequence;
    int64_t roc = at->roc;
    if (at->highest < 32768)
        roc -= sequence - at->highest > 32768;
    else
        roc += at->highest - 32768 > sequence;
    return roc < 0 ? -1 : roc << 16 | sequence;
}

static int repeated(uint64_t window, int64_t highest, int64_t index)
{
    return index <= highest && (highest - index >= WINDOW || window >> (highest - index) & 1);
}

static void mark(uint64_t *window, int64_t highest, int64_t index)
{
    if (index > highest)
        *window = (index - highest >= WINDOW ? 0 : *window << (index - highest)) | 1;
    else
        *window |= 1ull << (highest - index);
}

static void came(struct source *at, int64_t index)
{
    int64_t highest = (int64_t)at->roc << 16 | at->highest;
    if (!at->known) {
        at->window = 1;
        highest = index - 1;
    } else {
        mark(&at->window, highest, index);
    }
    if (index > highest) {
        at->roc = (uint32_t)(index >> 16);
        at->highest = (uint16_t)index;
    }
    at->known = 1;
}

/* -- ciphers ------------------------------------------------------------------------------- */

/* What all IVs are made of: salt, SSRC, index (RTP 48 bits, RTCP 31). CM §4.1.1; GCM RFC 7714 §8.1, §9.1. */
static void make_iv(const struct xh_srtp *s, const struct half *h, uint8_t iv[16], uint32_t ssrc, int64_t index)
{
    int at = s->gcm ? 2 : 4;
    memset(iv, 0, 16);
    memcpy(iv, h->salt, s->gcm ? 12 : 14);
    xor32(iv + at, ssrc);
    xor32(iv + at + 4, (uint32_t)(index >> 16));
    iv[at + 8] ^= (uint8_t)(index >> 8);
    iv[at + 9] ^= (uint8_t)index;
}

static int counter_mode(const struct half *h, const uint8_t iv[16], uint8_t *octets, int n)
{
    int made = 0;
    return EVP_EncryptInit_ex(h->cipher, NULL, NULL, NULL, iv) == 1 && (!n || EVP_EncryptUpdate(h->cipher, octets, &made, octets, n) == 1);
}

static void hmac(const struct half *h, const uint8_t *octets, size_t n, uint32_t more, int with_more, uint8_t out[20])
{
    SHA_CTX c = h->inner;
    uint8_t last[4], digest[20];
    SHA1_Update(&c, octets, n);
    put32(last, more);
    if (with_more)
        SHA1_Update(&c, last, 4);
    SHA1_Final(digest, &c);
    c = h->outer;
    SHA1_Update(&c, digest, 20);
    SHA1_Final(out, &c);
}

/* aad, then `more` (an ESRTCP word) where with_more, are authenticated; n octets are en- or decrypted; the tag is written or looked at. */
static int gcm(const struct half *h, int seal, const uint8_t iv[16], const uint8_t *aad, int aads, const uint8_t *more, uint8_t *octets, int n,
               uint8_t *tag)
{
    EVP_CIPHER_CTX *c = h->cipher;
    uint8_t none[16];
    int made = 0;
    if (EVP_CipherInit_ex(c, NULL, NULL, NULL, iv, seal) != 1 || EVP_CipherUpdate(c, NULL, &made, aad, aads) != 1 ||
        (more && EVP_CipherUpdate(c, NULL, &made, more, 4) != 1) || (n && EVP_CipherUpdate(c, octets, &made, octets, n) != 1))
        return 0;
    if (!seal && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, GCM_TAG, tag) != 1)
        return 0;
    if (EVP_CipherFinal_ex(c, none, &made) != 1)
        return 0;
    return !seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, GCM_TAG, tag) == 1;
}

/* -- RTP ------------------------------------------------------------------------------------ */

/* Octets that are not encrypted: header, CSRC, header extension; 0: the packet is shorter than it says. */
static size_t clear_octets(const uint8_t *p, size_t n)
{
    if (n < HEADER || p[0] >> 6 != 2)
        return 0;
    size_t at = HEADER + 4u * (p[0] & 15);
    if (p[0] & 0x10) {
        if (n < at + 4)
            return 0;
        at += 4 + 4u * ((size_t)p[at + 2] << 8 | p[at + 3]);
    }
    return at <= n ? at : 0;
}

static int protect_rtp(struct xh_srtp *s, uint8_t *p, size_t n)
{
    size_t clear = clear_octets(p, n);
    uint32_t ssrc = clear ? get32(p + 8) : 0;
    struct source *at = source_of(s, ssrc);
    int64_t index = index_of(at, ssrc, (uint16_t)(p[2] << 8 | p[3]));
    uint8_t iv[16], tag[20];
    if (!clear || index < 0)
        return -EINVAL;
    make_iv(s, &s->rtp, iv, ssrc, index);
    if (s->gcm) {
        if (!gcm(&s->rtp, 1, iv, p, (int)clear, NULL, p + clear, (int)(n - clear), tag))
            return -EINVAL;
    } else {
        if (!counter_mode(&s->rtp, iv, p + clear, (int)(n - clear)))
            return -EINVAL;
        hmac(&s->rtp, p, n, (uint32_t)(index >> 16), 1, tag);
    }
    memcpy(p + n, tag, (size_t)s->rtp.tag);
    use(s, at, ssrc);
    came(at, index);
    return (int)n + s->rtp.tag;
}

static int unprotect_rtp(struct xh_srtp *s, uint8_t *p, size_t n)
{
    size_t tag = (size_t)s->rtp.tag, body = n > tag ? n - tag : 0, clear = clear_octets(p, body);
    if (!clear)
        return -EINVAL;
    uint32_t ssrc = get32(p + 8);
    struct source *at = source_of(s, ssrc);
    int64_t index = index_of(at, ssrc, (uint16_t)(p[2] << 8 | p[3]));
    uint8_t iv[16], want[20];
    if (index < 0 || (at->used && at->ssrc == ssrc && at->known && repeated(at->window, (int64_t)at->roc << 16 | at->highest, index)))
        return -EALREADY;
    make_iv(s, &s->rtp, iv, ssrc, index);
    if (s->gcm) {
        if (!gcm(&s->rtp, 0, iv, p, (int)clear, NULL, p + clear, (int)(body - clear), p + body))
            return -EBADMSG;
    } else {
        hmac(&s->rtp, p, body, (uint32_t)(index >> 16), 1, want);
        if (CRYPTO_memcmp(want, p + body, tag))
            return -EBADMSG;
        if (!counter_mode(&s->rtp, iv, p + clear, (int)(body - clear)))
            return -EINVAL;
    }
    use(s, at, ssrc);
    came(at, index);
    return (int)body;
}

/* -- RTCP: header | encrypted | E, index | tag; of GCM the tag stands before the index (RFC 7714 §9.2, §9.3) ---------------------- */

static int protect_rtcp(struct xh_srtp *s, uint8_t *p, size_t n)
{
    if (n < RTCP_HEADER)
        return -EINVAL;
    uint32_t ssrc = get32(p + 4);
    struct source *at = source_of(s, ssrc);
    uint32_t index = at->used && at->ssrc == ssrc && at->rtcp_known ? (at->rtcp_index + 1) & ~ENCRYPTED : 1;
    uint8_t iv[16], word[4], tag[20];
    make_iv(s, &s->rtcp, iv, ssrc, index);
    put32(word, index | ENCRYPTED);
    if (s->gcm) {
        if (!gcm(&s->rtcp, 1, iv, p, RTCP_HEADER, word, p + RTCP_HEADER, (int)n - RTCP_HEADER, p + n))
            return -EINVAL;
        memcpy(p + n + GCM_TAG, word, 4);
    } else {
        if (!counter_mode(&s->rtcp, iv, p + RTCP_HEADER, (int)n - RTCP_HEADER))
            return -EINVAL;
        memcpy(p + n, word, 4);
        hmac(&s->rtcp, p, n + 4, 0, 0, tag);
        memcpy(p + n + 4, tag, (size_t)s->rtcp.tag);
    }
    use(s, at, ssrc);
    at->rtcp_index = index;
    at->rtcp_known = 1;
    return (int)n + 4 + s->rtcp.tag;
}

static int unprotect_rtcp(struct xh_srtp *s, uint8_t *p, size_t n)
{
    size_t tag = (size_t)s->rtcp.tag;
    if (n < RTCP_HEADER + 4 + tag)
        return -EINVAL;
    size_t body = n - 4 - tag;
    uint8_t *word = p + (s->gcm ? n - 4 : body), iv[16], want[20];
    uint32_t ssrc = get32(p + 4), index = get32(word) & ~ENCRYPTED;
    struct source *at = source_of(s, ssrc);
    int known = at->used && at->ssrc == ssrc && at->rtcp_known;
    if (!(get32(word) & ENCRYPTED))
        return -EBADMSG;
    if (known && repeated(at->rtcp_window, at->rtcp_index, index))
        return -EALREADY;
    make_iv(s, &s->rtcp, iv, ssrc, index);
    if (s->gcm) {
        if (!gcm(&s->rtcp, 0, iv, p, RTCP_HEADER, word, p + RTCP_HEADER, (int)body - RTCP_HEADER, p + body))
            return -EBADMSG;
    } else {
        hmac(&s->rtcp, p, body + 4, 0, 0, want);
        if (CRYPTO_memcmp(want, p + body + 4, tag))
            return -EBADMSG;
        if (!counter_mode(&s->rtcp, iv, p + RTCP_HEADER, (int)body - RTCP_HEADER))
            return -EINVAL;
    }
    use(s, at, ssrc);
    if (known)
        mark(&at->rtcp_window, at->rtcp_index, index);
    else
        at->rtcp_window = 1;
    if (!known || index > at->rtcp_index)
        at->rtcp_index = index;
    at->rtcp_known = 1;
    return (int)body;
}

int xh_srtp_protect(struct xh_srtp *s, uint8_t *packet, size_t octets, size_t room, int rtcp)
{
    if (octets + XH_SRTP_ROOM > room || octets > UINT16_MAX)
        return -EINVAL;
    return rtcp ? protect_rtcp(s, packet, octets) : protect_rtp(s, packet, octets);
}

int xh_srtp_unprotect(struct xh_srtp *s, uint8_t *packet, size_t octets, int rtcp)
{
    if (octets < HEADER || octets > UINT16_MAX)
        return -EINVAL;
    return rtcp ? unprotect_rtcp(s, packet, octets) : unprotect_rtp(s, packet, octets);
}
