"""Why a media file is not (wholly) readable, for people: enum xh_media_reason of include/xunhu/media_file.h with a text and a remedy each."""

from __future__ import annotations

(
    FINE,
    SYSTEM,
    NOT_PLAIN,
    EMPTY,
    UNKNOWN,
    CODEC,
    CHANNELS_TOO_MANY,
    RATE_ODD,
    HEADER,
    NO_DATA_CHUNK,
    TRUNCATED,
    UNFINISHED,
    DAMAGED,
    FULL,
    EXISTS,
    MISMATCH,
    REASONS,
) = range(17)

# text, remedy; 文字, 办法. {detail}: the number that goes with it, {tag}: the same as the codec's name where it is known.
_TEXTS: dict[int, tuple[str, str, str, str]] = {
    SYSTEM: ("the system refuses it", "look at the path, its permissions and the disk", "系统拒绝访问", "请检查路径、权限和磁盘"),
    NOT_PLAIN: ("a folder, device or pipe, not a file", "name a file", "是目录、设备或管道，不是文件", "请指定文件"),
    EMPTY: ("empty", "make the file again", "空文件", "请重新生成该文件"),
    UNKNOWN: (
        "no format that xunhu knows, by contents or by name",
        "give headerless files a suffix (.al .ul .raw .sln .vox .gsm .g726) or name the format; convert others with sox or ffmpeg",
        "内容和文件名都不是讯呼认识的格式",
        "无头文件请使用后缀（.al .ul .raw .sln .vox .gsm .g726）或指定格式；其他格式请用 sox 或 ffmpeg 转换",
    ),
    CODEC: (
        "its codec is not read ({tag})",
        "convert it: ffmpeg -i FILE -ar 8000 -ac 1 -c:a pcm_s16le NEW.wav",
        "不支持的编码（{tag}）",
        "请转换：ffmpeg -i 文件 -ar 8000 -ac 1 -c:a pcm_s16le 新文件.wav",
    ),
    CHANNELS_TOO_MANY: (
        "{detail} channels; one or two are read",
        "mix it down: ffmpeg -i FILE -ac 1 NEW.wav",
        "{detail} 个声道；只支持一个或两个",
        "请混成单声道：ffmpeg -i 文件 -ac 1 新文件.wav",
    ),
    RATE_ODD: (
        "a sampling rate of {detail} Hz; read are 1,000 to 384,000",
        "the header is damaged or the file is no sound; make it again",
        "采样率 {detail} Hz；支持 1,000 到 384,000",
        "文件头损坏或不是声音文件；请重新生成",
    ),
    HEADER: (
        "its header is damaged: fields contradict each other",
        "make the file again, or read it as headerless with its format named",
        "文件头损坏：字段互相矛盾",
        "请重新生成，或指定格式按无头文件读取",
    ),
    NO_DATA_CHUNK: (
        "a WAV file without fmt or data chunk",
        "it was cut or damaged; copy or make it again",
        "WAV 文件缺少 fmt 或 data 块",
        "文件被截断或损坏；请重新复制或生成",
    ),
    TRUNCATED: (
        "shorter than its header says; read to its end",
        "copy it again if the end is missing",
        "比文件头所述短；读到末尾",
        "如缺少结尾，请重新复制",
    ),
    UNFINISHED: (
        "its header was never finished: written to a pipe, or the writer was killed or still writes; read to its end",
        "convert it to mend the header",
        "文件头未完成：写入管道、写程序被终止或仍在写；读到末尾",
        "转换一次即可修复文件头",
    ),
    DAMAGED: (
        "damaged within: what the codec finds cannot be",
        "what stands before the damage can be converted; else make it again",
        "内部损坏：编码数据不合法",
        "损坏处之前的内容可以转换；否则请重新生成",
    ),
    FULL: ("no more room", "free some disk, or begin a new file", "空间不足", "请清理磁盘，或另建新文件"),
    EXISTS: ("there is such a file already", "take another name, or overwrite it with --force", "文件已存在", "请换名，或用 --force 覆盖"),
    MISMATCH: (
        "the file to go on with has another format, rate or number of channels",
        "begin a new file",
        "要续写的文件格式、采样率或声道数不同",
        "请另建新文件",
    ),
}

_TAGS = {
    0x0001: "PCM of odd width",
    0x0002: "Microsoft ADPCM of odd width",
    0x0003: "float of odd width",
    0x0022: "TrueSpeech",
    0x0042: "G.723.1",
    0x0083: "G.729",
    0x00FF: "AAC",
    0x0161: "Windows Media",
    0x0200: "Creative ADPCM",
    0x674F: "Vorbis",
    0xFFFE: "extensible, unknown",
}


def explain(reason: int, detail: int = 0, *, lang: str = "en") -> tuple[str, str]:
    """Text and remedy in English or Chinese ("zh")."""
    if reason not in _TEXTS:
        return "", ""
    name = _TAGS.get(detail)
    tag = f"0x{detail:04x}, {name}" if name else f"0x{detail:04x}"
    values = {"detail": f"{detail:,}", "tag": tag}
    text, remedy, text_zh, remedy_zh = _TEXTS[reason]
    pair = (text_zh, remedy_zh) if lang == "zh" else (text, remedy)
    return pair[0].format(**values), pair[1].format(**values)
