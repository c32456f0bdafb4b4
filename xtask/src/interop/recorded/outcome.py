"""What a command did: what it sent, wrote, printed, and how it ended."""

import json
import re
import zlib
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

SUPPORT = "If the problem persists"
_EXCEPTION = re.compile(r"^([A-Za-z_.]*(?:Error|error|Exception|Abort))\b", re.MULTILINE)
# What tables and panels are drawn with.
_BOX = re.compile(r"[─━│┃┏┓┗┛┡┩╇┳└┘┴╭╮╰╯├┤]")
# What is another each time.
_SECRETS = {"device_code", "code_verifier", "code_challenge", "refresh_token", "client_secret"}
_CHANGING = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "INSTANT"),
    (re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+", re.MULTILINE), "INSTANT"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "TOKEN"),
    (re.compile(r"^\d+\.\d+\.\d+$", re.MULTILINE), "VERSION"),
    (re.compile(r"user_code=[A-Z-]+"), "user_code=CODE"),
    (re.compile(r"\"(exp|iat|nbf|auth_time)\": \d+"), r'"\1": SECONDS'),
    (re.compile(r"\"(jti|sid|sub)\": \"[^\"]+\""), r'"\1": "ID"'),
]


@dataclass
class Outcome:
    code: int
    requests: list
    files: dict
    out: str
    err: str

    @property
    def complaint(self):
        """Title and text of a failure, wherever they are shown; nothing of a mistake of usage, which each says in its
        own words."""
        if self.code == 0:
            return ""
        if "Traceback (most recent call last)" in self.err:
            return f"traceback: {_EXCEPTION.findall(self.err)[-1]}"
        if self.code == 2:
            return ""
        shown = _panel(self.out)[1] or _panel(self.err)[1] or ": ".join(self.err.strip().split("\n", 1))
        return re.sub(r"\s+", " ", shown).strip(" :")

    @property
    def output(self):
        """The lines on standard output beside a failure, of tables and panels what stands in them. Help is none: each
        has its own words."""
        if self.code == 2:
            return []
        if self.code:
            return _cells(_panel(self.out)[0])
        return _cells(self.out) if _BOX.search(self.out) else self.out.split("\n")


def plain(text, places):
    """Without what is another each time, and with names for places."""
    for place, name in places.items():
        text = text.replace(place, name)
    for pattern, name in _CHANGING:
        text = pattern.sub(name, text)
    return text


def _cells(shown):
    lines = (re.sub(r"\s+", " ", _BOX.sub(" ", line)).strip() for line in shown.split("\n"))
    return [line for line in lines if line]


def _panel(shown):
    """What is shown beside the last panel, and what stands in that."""
    begin = shown.rfind("╭")
    end = shown.find("╯", begin)
    if begin < 0 or end < 0:
        return shown, ""
    title, *lines = shown[begin:end].split("\n")
    title = title.strip("╭─╮ ")
    text = " ".join(line.strip("│ ") for line in lines[:-1])
    text = text.split(SUPPORT)[0].strip()
    return shown[:begin] + shown[end + 1 :], f"{title}: {text}"


def told(requests):
    """Requests as lines. Files that go in no certain order are put into one; repeated questions count once."""
    lines, files = [], []
    for request in requests:
        line = _line(request)
        if "/upload/" in request.path:
            files.append(line)
            continue
        lines += sorted(files)
        files.clear()
        if not lines or lines[-1] != line:
            lines.append(line)
    return lines + sorted(files)


def _line(request):
    path = request.path.removeprefix("/jobbergate")
    return f"{request.method} {path} {_body(request)}".strip()


def _body(request):
    kind = request.content_type.partition(";")[0]
    if not request.body:
        return ""
    if kind == "application/json":
        # The order counts.
        return json.dumps(json.loads(request.body), separators=(",", ":"), ensure_ascii=False)
    if kind == "application/x-www-form-urlencoded":
        pairs = sorted(parse_qsl(request.body.decode(), keep_blank_values=True))
        return "&".join(f"{name}={'…' if name in _SECRETS else value}" for name, value in pairs)
    if kind == "multipart/form-data":
        whole = b"Content-Type: " + request.content_type.encode() + b"\r\n\r\n" + request.body
        parts = BytesParser(policy=HTTP).parsebytes(whole).iter_parts()
        return "(form: " + ", ".join(map(_part, parts)) + ")"
    return f"({kind}, {print_of(request.body)})"


def _part(part):
    name = part.get_param("name", header="content-disposition")
    content = part.get_payload(decode=True)
    if part.get_filename() is None:
        return f"{name}={_body_of_field(content)}"
    return f"{name} {part.get_filename()!r} {part.get_content_type()} {print_of(content)}"


def _body_of_field(content):
    try:
        return json.dumps(json.loads(content), separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return content.decode()


def print_of(content):
    """Short, and another for another content."""
    return f"{len(content)} bytes {zlib.crc32(content):08x}"
