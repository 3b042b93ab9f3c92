/* DTLS-SRTP by OpenSSL, see dtls_srtp.h. */
#include "xunhu/dtls_srtp.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "xunhu/engine_rtp.h"

#define EXTRACTOR "EXTRACTOR-dtls_srtp" /* RFC 5764 §4.2 */
#define YEARS 20

struct xh_dtls_identity {
    SSL_CTX *context;
    X509 *certificate;
    BIO_METHOD *datagrams;
};

struct datagram {
    uint16_t octets;
    uint8_t data[XH_DTLS_MTU];
};

struct xh_dtls {
    SSL *ssl;
    enum xh_dtls_state state;
    int client;
    enum xh_dtls_hash hash;
    uint8_t fingerprint[XH_DTLS_FINGERPRINT_MAX];
    size_t fingerprint_octets;
    const uint8_t *in;                  /* the datagram being received */
    size_t in_octets;
    uint32_t first, waiting, dropped;
    struct datagram out[XH_DTLS_QUEUE];
    char why[160];
};

static const struct {
    unsigned long id;
    const char *name;
    int suite, key, salt;
} PROFILES[] = {
    {SRTP_AEAD_AES_256_GCM, "SRTP_AEAD_AES_256_GCM", XH_SRTP_AEAD_AES_256_GCM, 32, 12},
    {SRTP_AEAD_AES_128_GCM, "SRTP_AEAD_AES_128_GCM", XH_SRTP_AEAD_AES_128_GCM, 16, 12},
    {SRTP_AES128_CM_SHA1_80, "SRTP_AES128_CM_SHA1_80", XH_SRTP_AES_CM_128_80, 16, 14},
    {SRTP_AES128_CM_SHA1_32, "SRTP_AES128_CM_SHA1_32", XH_SRTP_AES_CM_128_32, 16, 14},
};
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* -- datagrams in memory: OpenSSL's own memory BIO joins them into a stream ------------------------------- */

static int bio_write(BIO *bio, const char *data, int n)
{
    struct xh_dtls *d = BIO_get_data(bio);
    if (n <= 0)
        return 0;
    if ((size_t)n > XH_DTLS_MTU || d->waiting == XH_DTLS_QUEUE) {
        d->dropped++;                   /* as a network would; the flight is repeated */
        return n;
    }
    struct datagram *to = &d->out[(d->first + d->waiting++) % XH_DTLS_QUEUE];
    to->octets = (uint16_t)n;
    memcpy(to->data, data, (size_t)n);
    return n;
}

static int bio_read(BIO *bio, char *data, int room)
{
    struct xh_dtls *d = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!d->in) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = d->in_octets < (size_t)room ? d->in_octets : (size_t)room;
    memcpy(data, d->in, n);
    d->in = NULL;
    return (int)n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return XH_DTLS_MTU;
    default:                            /* nothing else that a handshake asks needs an answer */
        return 0;
    }
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

/* -- identity ------------------------------------------------------------------------------------------------ */

/* The chain is of no matter (RFC 8122): the fingerprint is looked at when the handshake is over. */
static int any_certificate(int ok, X509_STORE_CTX *store) { return 1; }

static X509 *certify(EVP_PKEY *key)
{
    X509 *c = X509_new();
    uint64_t serial = 0;
    if (!c)
        return NULL;
    X509_NAME *name = X509_get_subject_name(c);
    FILE *random = fopen("/dev/urandom", "rb");
    int ok = random && fread(&serial, sizeof serial, 1, random) == 1;
    if (random)
        fclose(random);
    ok = ok && X509_set_version(c, 2) && ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial >> 1) &&
         X509_gmtime_adj(X509_getm_notBefore(c), -86400L) && X509_gmtime_adj(X509_getm_notAfter(c), YEARS * 365L * 86400L) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"xunhu", -1, -1, 0) && X509_set_issuer_name(c, name) &&
         X509_set_pubkey(c, key) && X509_sign(c, key, EVP_sha256());
    if (ok)
        return c;
    X509_free(c);
    return NULL;
}

static int load(const char *pem, X509 **certificate, EVP_PKEY **key)
{
    FILE *f = fopen(pem, "r");
    if (!f)
        return -errno;
    *certificate = PEM_read_X509(f, NULL, NULL, NULL);
    rewind(f);
    *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    return *certificate && *key && X509_check_private_key(*certificate, *key) == 1 ? 0 : -EBADMSG;
}

static int make_context(struct xh_dtls_identity *id, EVP_PKEY *key)
{
    id->context = SSL_CTX_new(DTLS_method());
    id->datagrams = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (!id->context || !id->datagrams)
        return -ENOMEM;
    BIO_meth_set_write(id->datagrams, bio_write);
    BIO_meth_set_read(id->datagrams, bio_read);
    BIO_meth_set_ctrl(id->datagrams, bio_ctrl);
    BIO_meth_set_create(id->datagrams, bio_create);
    SSL_CTX_set_min_proto_version(id->context, DTLS1_2_VERSION);
    SSL_CTX_set_options(id->context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(id->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(id->context, 1);
    SSL_CTX_set_verify(id->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_certificate);
    int ok = SSL_CTX_use_certificate(id->context, id->certificate) == 1 && SSL_CTX_use_PrivateKey(id->context, key) == 1 &&
             SSL_CTX_set_cipher_list(id->context, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:!aNULL:!MD5") == 1;
    return ok ? 0 : -EBADMSG;
}

struct xh_dtls_identity *xh_dtls_identity_new(const char *pem, int *err)
{
    struct xh_dtls_identity *id = calloc(1, sizeof *id);
    EVP_PKEY *key = NULL;
    *err = id ? 0 : -ENOMEM;
    if (id && pem)
        *err = load(pem, &id->certificate, &key);
    if (id && !pem) {
        key = EVP_EC_gen("P-256");
        id->certificate = key ? certify(key) : NULL;
        *err = id->certificate ? 0 : -ENOMEM;
    }
    if (!*err)
        *err = make_context(id, key);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (*err) {
        xh_dtls_identity_free(id);
        id = NULL;
    }
    return id;
}

void xh_dtls_identity_free(struct xh_dtls_identity *id)
{
    if (!id)
        return;
    X509_free(id->certificate);
    SSL_CTX_free(id->context);
    BIO_meth_free(id->datagrams);
    free(id);
}

static const EVP_MD *digest(enum xh_dtls_hash hash)
{
    switch (hash) {
    case XH_DTLS_SHA_1: return EVP_sha1();
    case XH_DTLS_SHA_256: return EVP_sha256();
    case XH_DTLS_SHA_384: return EVP_sha384();
    case XH_DTLS_SHA_512: return EVP_sha512();
    }
    return NULL;
}

static int fingerprint(const X509 *certificate, enum xh_dtls_hash hash, uint8_t out[XH_DTLS_FINGERPRINT_MAX])
{
    unsigned n = 0;
    const EVP_MD *md = digest(hash);
    return md && X509_digest(certificate, md, out, &n) == 1 ? (int)n : -EINVAL;
}

int xh_dtls_identity_fingerprint(const struct xh_dtls_identity *id, enum xh_dtls_hash hash, uint8_t out[XH_DTLS_FINGERPRINT_MAX])
{
    return fingerprint(id->certificate, hash, out);
}

/* -- one association -------------------------------------------------------------------------------------------- */

static int profiles(char *text, size_t room, uint32_t suites)
{
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; i < COUNT(PROFILES); i++)
        if (!suites || suites & 1u << PROFILES[i].suite)
            n += (size_t)snprintf(text + n, room - n, "%s%s", n ? ":" : "", PROFILES[i].name);
    return n > 0;
}

struct xh_dtls *xh_dtls_new(struct xh_dtls_identity *identity, int client, uint32_t suites, enum xh_dtls_hash hash, const uint8_t *print,
                            size_t octets)
{
    char text[160];
    const EVP_MD *md = digest(hash);
    if (!md || (size_t)EVP_MD_get_size(md) != octets || !profiles(text, sizeof text, suites))
        return NULL;
    struct xh_dtls *d = calloc(1, sizeof *d);
    BIO *bio = d ? BIO_new(identity->datagrams) : NULL;
    if (bio)
        d->ssl = SSL_new(identity->context);
    if (!bio || !d->ssl || SSL_set_tlsext_use_srtp(d->ssl, text)) {
        BIO_free(bio);
        xh_dtls_free(d);
        return NULL;
    }
    d->client = client;
    d->hash = hash;
    d->fingerprint_octets = octets;
    memcpy(d->fingerprint, print, octets);
    BIO_set_data(bio, d);
    SSL_set_bio(d->ssl, bio, bio);
    SSL_set_mtu(d->ssl, XH_DTLS_MTU);
    DTLS_set_link_mtu(d->ssl, XH_DTLS_MTU);
    if (client)
        SSL_set_connect_state(d->ssl);
    else
        SSL_set_accept_state(d->ssl);
    return d;
}

void xh_dtls_free(struct xh_dtls *d)
{
    if (!d)
        return;
    SSL_free(d->ssl);
    OPENSSL_cleanse(d, sizeof *d);
    free(d);
}

static enum xh_dtls_state fail(struct xh_dtls *d, const char *why)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    snprintf(d->why, sizeof d->why, "%s%s%s", why, reason ? ": " : "", reason ? reason : "");
    d->state = XH_DTLS_FAILED;
    ERR_clear_error();
    return d->state;
}

/* The far end's certificate is that of the SDP, and keys of SRTP are agreed. */
static enum xh_dtls_state finished(struct xh_dtls *d)
{
    uint8_t got[XH_DTLS_FINGERPRINT_MAX];
    X509 *certificate = SSL_get1_peer_certificate(d->ssl);
    int n = certificate ? fingerprint(certificate, d->hash, got) : -EINVAL;
    X509_free(certificate);
    if (n < 0 || (size_t)n != d->fingerprint_octets || CRYPTO_memcmp(got, d->fingerprint, (size_t)n) != 0)
        return fail(d, "the certificate is not the one of the session description");
    if (!SSL_get_selected_srtp_profile(d->ssl))
        return fail(d, "no SRTP profile in common");
    return d->state = XH_DTLS_DONE;
}

static enum xh_dtls_state shake(struct xh_dtls *d)
{
    ERR_clear_error();
    int n = SSL_do_handshake(d->ssl);
    if (n == 1)
        return d->state == XH_DTLS_DONE ? d->state : finished(d);
    if (SSL_get_error(d->ssl, n) == SSL_ERROR_WANT_READ)
        return d->state = XH_DTLS_SHAKING;
    return fail(d, "handshake");
}

enum xh_dtls_state xh_dtls_start(struct xh_dtls *d)
{
    return d->client && d->state == XH_DTLS_NEW ? shake(d) : d->state;
}

enum xh_dtls_state xh_dtls_receive(struct xh_dtls *d, const uint8_t *datagram, size_t octets)
{
    uint8_t nothing[64];
    if (d->state == XH_DTLS_FAILED || d->state == XH_DTLS_CLOSED || !xh_dtls_is_mine(datagram, octets))
        return d->state;
    d->in = datagram;
    d->in_octets = octets;
    if (d->state != XH_DTLS_DONE)
        shake(d);
    else {                              /* a repeated last flight, an alert; data, which nobody has asked for, is thrown away */
        ERR_clear_error();
        int n = SSL_read(d->ssl, nothing, sizeof nothing);
        if (n <= 0 && SSL_get_error(d->ssl, n) == SSL_ERROR_ZERO_RETURN)
            d->state = XH_DTLS_CLOSED;
        ERR_clear_error();
    }
    d->in = NULL;
    return d->state;
}

int xh_dtls_due(const struct xh_dtls *d)
{
    struct timeval left;
    if (d->state != XH_DTLS_SHAKING || DTLSv1_get_timeout(d->ssl, &left) != 1)
        return -1;
    return (int)(left.tv_sec * 1000 + (left.tv_usec + 999) / 1000);
}

enum xh_dtls_state xh_dtls_timeout(struct xh_dtls *d)
{
    ERR_clear_error();
    if (d->state == XH_DTLS_SHAKING && DTLSv1_handle_timeout(d->ssl) < 0)
        return fail(d, "the far end does not answer");
    return d->state;
}

size_t xh_dtls_send(struct xh_dtls *d, uint8_t *out, size_t room)
{
    if (!d->waiting || d->out[d->first].octets > room)
        return 0;
    struct datagram *from = &d->out[d->first];
    memcpy(out, from->data, from->octets);
    d->first = (d->first + 1) % XH_DTLS_QUEUE;
    d->waiting--;
    return from->octets;
}

enum xh_dtls_state xh_dtls_state(const struct xh_dtls *d) { return d->state; }

const char *xh_dtls_why(const struct xh_dtls *d) { return d->why; }

int xh_dtls_agreed(const struct xh_dtls *d, struct xh_dtls_keys *keys)
{
    if (d->state != XH_DTLS_DONE)
        return -EAGAIN;
    unsigned long id = SSL_get_selected_srtp_profile(d->ssl)->id;
    size_t i = 0;
    while (i < COUNT(PROFILES) && PROFILES[i].id != id)
        i++;
    if (i == COUNT(PROFILES))
        return -EAGAIN;                 /* not possible: only these were offered */
    /* client's key, server's key, client's salt, server's salt */
    size_t key = (size_t)PROFILES[i].key, salt = (size_t)PROFILES[i].salt;
    uint8_t material[2 * (32 + 14)], *client = d->client ? keys->ours : keys->theirs, *server = d->client ? keys->theirs : keys->ours;
    if (SSL_export_keying_material(d->ssl, material, 2 * (key + salt), EXTRACTOR, sizeof EXTRACTOR - 1, NULL, 0, 0) != 1)
        return -EAGAIN;
    memset(keys, 0, sizeof *keys);
    keys->suite = PROFILES[i].suite;
    keys->octets = (int)(key + salt);
    memcpy(client, material, key);
    memcpy(server, material + key, key);
    memcpy(client + key, material + 2 * key, salt);
    memcpy(server + key, material + 2 * key + salt, salt);
    OPENSSL_cleanse(material, sizeof material);
    return 0;
}

void xh_dtls_close(struct xh_dtls *d)
{
    ERR_clear_error();
    if (d->state == XH_DTLS_DONE)
        SSL_shutdown(d->ssl);
    ERR_clear_error();
    if (d->state != XH_DTLS_FAILED)
        d->state = XH_DTLS_CLOSED;
}
