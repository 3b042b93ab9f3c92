/* Media files: reading and writing sound in the containers and codecs that call centres have.
 *
 * A reader takes octets from a file, from memory or from whoever has them (a stream: HTTP), finds container and codec by
 * what is in them, else by the name, and gives samples: by default mono of 8 kHz (channels mixed down, half of each of
 * two; other rates through a band-limited resampler). A writer takes samples of 8 kHz and makes a file that can be played
 * at every moment: the header is mended as it grows, and a file whose writer was killed ends at the last whole block.
 *
 * All of it belongs to the file side: functions may block on the disk and allocate (a reader is 20 to 210 KiB, whatever
 * the file's size), never call them in the tick. One thread at a time per reader or writer. No call takes more than a few
 * milliseconds of CPU.
 *
 * Errors are -errno: -EBADMSG damaged or nothing we know, -ENOTSUP known but not read (the reason says what), -ENODATA ends
 * before its first sample, -EINVAL wrong arguments or not a plain file, -EISDIR, else from the system; beside them a reason
 * (enum xh_media_reason) which people can act on. -EAGAIN from a stream: nothing there yet, call again later. */
#ifndef XUNHU_MEDIA_FILE_H
#define XUNHU_MEDIA_FILE_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define XH_MEDIA_RATE 8000
#define XH_MEDIA_BLOCK 1024             /* most frames of one read or write */
#define XH_MEDIA_CHANNELS 2             /* most channels of a file */
#define XH_LENGTH_UNKNOWN UINT64_MAX

/* What samples are coded as. */
enum xh_codec {
    XH_CODEC_NONE,
    XH_CODEC_ALAW, XH_CODEC_ULAW,
    XH_CODEC_PCM16, XH_CODEC_PCM16BE,   /* linear, little and big endian */
    XH_CODEC_PCM8, XH_CODEC_PCM8S,      /* linear 8 bits, offset binary (WAV) and signed (.au) */
    XH_CODEC_PCM24, XH_CODEC_PCM32, XH_CODEC_FLOAT32,   /* read only */
    XH_CODEC_MS_ADPCM,                  /* Microsoft ADPCM in WAV blocks; read only */
    XH_CODEC_IMA,                       /* IMA ADPCM in WAV blocks */
    XH_CODEC_DVI4,                      /* IMA ADPCM, bare nibbles, first one high: 32 kbit/s */
    XH_CODEC_VOX,                       /* Dialogic, OKI ADPCM, first nibble high */
    XH_CODEC_G726_16, XH_CODEC_G726_24, XH_CODEC_G726_32, XH_CODEC_G726_40,         /* packed as RFC 3551: first code lowest */
    XH_CODEC_G726_16_AAL2, XH_CODEC_G726_24_AAL2, XH_CODEC_G726_32_AAL2, XH_CODEC_G726_40_AAL2,    /* first code highest */
    XH_CODEC_GSM, XH_CODEC_WAV49,       /* GSM 06.10 in 33 octets, and in pairs of 65 (Microsoft) */
    XH_CODEC_MP3,
    XH_CODECS
};

enum xh_container { XH_BOX_RAW, XH_BOX_WAV, XH_BOX_AU, XH_BOX_MP3 };

/* Formats of files: what a recording is made in and what a suffix stands for. The first three are the XH_REC_* of engine.h; numbers
 * are kept for ever (they stand in commands). */
enum xh_format {
    XH_FORMAT_WAV_ALAW = 0, XH_FORMAT_WAV_ULAW = 1, XH_FORMAT_WAV_PCM16 = 2,
    XH_FORMAT_WAV_IMA = 3, XH_FORMAT_WAV_GSM = 4, XH_FORMAT_WAV_PCM8 = 5,
    XH_FORMAT_ALAW = 6, XH_FORMAT_ULAW = 7, XH_FORMAT_PCM16 = 8, XH_FORMAT_PCM16BE = 9, XH_FORMAT_PCM8 = 10,
    XH_FORMAT_VOX = 11, XH_FORMAT_VOX_6K = 12, XH_FORMAT_DVI4 = 13,
    XH_FORMAT_G726_16 = 14, XH_FORMAT_G726_24 = 15, XH_FORMAT_G726_32 = 16, XH_FORMAT_G726_40 = 17,
    XH_FORMAT_G726_16_AAL2 = 18, XH_FORMAT_G726_24_AAL2 = 19, XH_FORMAT_G726_32_AAL2 = 20, XH_FORMAT_G726_40_AAL2 = 21,
    XH_FORMAT_GSM = 22, XH_FORMAT_MP3 = 23,
    XH_FORMAT_AU_ALAW = 24, XH_FORMAT_AU_ULAW = 25, XH_FORMAT_AU_PCM16 = 26,
    XH_FORMATS
};

struct xh_format_info {
    const char *name;                   /* as in configuration: "wav-alaw", "vox", "mp3" */
    const char *suffix;                 /* of new files, with its point: ".wav" */
    enum xh_container container;
    enum xh_codec codec;
    int rate;                           /* Hz */
    int channels_max;                   /* 1 or 2 */
    int octets_a_second;                /* of one channel, without header; MP3 at its default rate */
};
const struct xh_format_info *xh_format_info(int format);        /* NULL: no such */
int xh_format_by_name(const char *name);                        /* -1: no such */
int xh_format_by_suffix(const char *path);                      /* of a headerless format or a container's default; -1 */
const char *xh_codec_name(int codec);                           /* "A-law", "G.726 32 kbit/s" */

/* Why a file is not (wholly) readable. Texts in both languages: xunhu/_media/media_reasons.py. */
enum xh_media_reason {
    XH_MEDIA_FINE,
    XH_MEDIA_SYSTEM,            /* errno says it: no file, no permission, disk error */
    XH_MEDIA_NOT_PLAIN,         /* a directory, device or FIFO */
    XH_MEDIA_EMPTY,             /* no octet, or no sample */
    XH_MEDIA_UNKNOWN,           /* no format we know, by contents or by name */
    XH_MEDIA_CODEC,             /* container known, codec not: `detail` is its tag */
    XH_MEDIA_CHANNELS_TOO_MANY, /* detail: how many */
    XH_MEDIA_RATE_ODD,          /* detail: Hz; read are 1,000 to 384,000 */
    XH_MEDIA_HEADER,            /* header damaged: lengths or fields contradict each other */
    XH_MEDIA_NO_DATA_CHUNK,     /* WAV without fmt or data, or more than 1,000 chunks */
    XH_MEDIA_TRUNCATED,         /* shorter than its header says; read to its end (a note, not an error) */
    XH_MEDIA_UNFINISHED,        /* header not mended: being recorded or writer killed; read to its end (a note) */
    XH_MEDIA_DAMAGED,           /* codec found garbage within */
    XH_MEDIA_FULL,              /* writer: container or disk takes no more */
    XH_MEDIA_EXISTS,            /* writer: there is such a file */
    XH_MEDIA_MISMATCH,          /* writer: the file to append to has another format, rate or number of channels */
    XH_MEDIA_REASONS
};

struct xh_reader_info {
    enum xh_container container;
    enum xh_codec codec;
    int channels, rate;                 /* as in the file */
    int out_channels, out_rate;         /* as read */
    int block_octets, block_frames;     /* smallest piece of its own of the file (1 frame of PCM; a block of IMA) */
    uint64_t frames;                    /* length at out_rate; XH_LENGTH_UNKNOWN in a stream that does not tell */
    int estimated;                      /* frames is a guess (MP3 without its table) */
    int seekable;
    int note;                           /* XH_MEDIA_TRUNCATED, XH_MEDIA_UNFINISHED, else XH_MEDIA_FINE */
};

struct xh_reader_options {
    const char *name;                   /* path or URL: its suffix tells headerless formats; may be NULL */
    int format;                         /* enum xh_format of headerless octets, over the name; -1: find out */
    int rate;                           /* of headerless linear and companded octets; 0: the format's own, or from the name (.sln16) */
    int out_rate;                       /* 0: 8,000; -1: as in the file */
    int out_channels;                   /* 0, 1: mixed down; -1: as in the file */
};
#define XH_READER_DEFAULTS {NULL, -1, 0, 0, 0}

/* A source of octets in order. Returns how many, 0 at the end, -EAGAIN nothing yet, another -errno: it has failed. */
typedef ssize_t xh_source_fn(void *context, void *out, size_t n);

struct xh_reader;                       /* opaque, allocated by open */
/* Each: 0 and *out, or -errno with *out NULL and *reason, *detail set (either may be NULL). options may be NULL.
 * path: opened here, a FIFO, device or directory is refused without waiting. fd: taken over on success only, must be a plain file (or
 * memfd). memory: must stay until close. stream: the header may come later, then info.codec is XH_CODEC_NONE until the
 * first read that does not return -EAGAIN; size: octets in all where the sender said so, else XH_LENGTH_UNKNOWN. */
int xh_reader_open_path(struct xh_reader **out, const char *path, const struct xh_reader_options *options, int *reason, uint32_t *detail);
int xh_reader_open_fd(struct xh_reader **out, int fd, const struct xh_reader_options *options, int *reason, uint32_t *detail);
int xh_reader_open_memory(struct xh_reader **out, const void *octets, size_t n, const struct xh_reader_options *options, int *reason,
                          uint32_t *detail);
int xh_reader_open_stream(struct xh_reader **out, xh_source_fn *read, void *context, uint64_t size,
                          const struct xh_reader_options *options, int *reason, uint32_t *detail);
const struct xh_reader_info *xh_reader_info(const struct xh_reader *r);
/* Up to n (at most XH_MEDIA_BLOCK) frames of out_channels samples each. Returns how many (may be fewer than n), 0 only at the end,
 * -EAGAIN, another -errno: failed for good, xh_reader_reason says why. What was good before a damage has been given. */
int xh_reader_read(struct xh_reader *r, int16_t *out, int n);
/* The next frame read is this one (at out_rate), counted from 0; at or beyond the end: the next read returns 0.
 * Exact for all codecs: those that carry state are decoded from the last place known, which happens in the reads that follow (they return
 * -EAGAIN after some milliseconds of work each). -ESPIPE: a stream, and backwards. */
int xh_reader_seek(struct xh_reader *r, uint64_t frame);
uint64_t xh_reader_position(const struct xh_reader *r);
int xh_reader_reason(const struct xh_reader *r, uint32_t *detail);      /* enum xh_media_reason */
void xh_reader_close(struct xh_reader *r);      /* NULL: nothing */

struct xh_writer;                       /* opaque, allocated by open */
struct xh_writer_options {
    int format;                         /* enum xh_format */
    int channels;                       /* 1, or 2 where the format has them (channels_max) */
    int append;                         /* go on behind what is there, which must be the same format; none there: a new one */
    int replace;                        /* overwrite; else a file that exists is -EEXIST */
    int bitrate;                        /* MP3: kbit/s, 0: 32 mono, 48 stereo */
};
/* 0 and *out, or -errno with *reason. Mode 0640. */
int xh_writer_open_path(struct xh_writer **out, const char *path, const struct xh_writer_options *options, int *reason);
/* n frames of 8 kHz, channels interleaved. 0 or -errno: the file is then whole up to what it has, close it. -EFBIG: the container is full. */
int xh_writer_write(struct xh_writer *w, const int16_t *samples, int n);
/* What has been given stands in the file and its header says so, but for a block that is not yet full. 0 or -errno. */
int xh_writer_mend(struct xh_writer *w);
uint64_t xh_writer_frames(const struct xh_writer *w);   /* given so far, with what was there before */
uint64_t xh_writer_stored(const struct xh_writer *w);   /* of these in the file, in whole blocks: what is left after a failure */
/* Last block filled with silence, header mended, closed, freed. 0 or -errno (the first that happened); NULL: 0. */
int xh_writer_close(struct xh_writer *w);
#endif
