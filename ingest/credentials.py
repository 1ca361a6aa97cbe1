"""Keys, tokens and passwords taken out of every text before anything is stored: rules for what issuers' secrets look like.

A value beside a word such as "password" is taken for a secret unless it is plainly a placeholder, code, or an ordinary word.
"""

from __future__ import annotations

import re

VERSION = "1"
MARK = "[redacted {}]"

# A text without any of these (lower case) holds nothing that a rule below could find; most texts are done with a few searches.
_HINT_WORDS = """
-----begin pass pwd mot contraseña secret token credential api_key api-key apikey access_key access-key accesskey authoriz bearer akia asia
ghp_ gho_ ghs_ ghu_ ghr_ github_pat glpat xox sk- hf_ aiza eyj npm_ pypi- jitl_ sg. 口令 密码 密碼 密钥
"""
_HINTS = tuple(_HINT_WORDS.split())
_ISSUED = {
    "private key": (r"(?s:-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z))",),
    "key": (
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"\bsk-(?:[a-z]{2,10}-)?[A-Za-z0-9_-]{20,250}\b",
        r"\bAIza[A-Za-z0-9_-]{35}\b",
        r"\bjitl_[A-Za-z0-9_-]{20,100}",
        r"\bSG\.[\w-]{16,32}\.[\w-]{32,64}",
    ),
    "token": (
        r"\bgh[opsur]_[A-Za-z0-9]{30,255}\b",
        r"\bgithub_pat_[A-Za-z0-9_]{40,255}\b",
        r"\bglpat-[A-Za-z0-9_-]{20,60}",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,250}",
        r"\bhf_[A-Za-z0-9]{30,60}\b",
        r"\bnpm_[A-Za-z0-9]{36}\b",
        r"\bpypi-[A-Za-z0-9_-]{50,400}",
        r"\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,2000}",
    ),
}
_SHAPES = {kind: re.compile("|".join(shapes)) for kind, shapes in _ISSUED.items()}
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^/\s:@\"'<>]{0,100}:)([^/\s@\"'<>]{1,100})(?=@)")
_HEADER = re.compile(r"(?i)(\bauthorization\s*[:=]\s*(?:bearer|basic|token)\s+|\bbearer\s+)([A-Za-z0-9._~+/=-]{12,4000})")
_FLAG = re.compile(
    r"(?i)((?:--(?:token|password|passwd|passphrase|api-key|secret|secret-key)[ =]"
    r"|\bname:\s{0,3}[\w-]{0,40}(?:token|password|secret|key)[\w-]{0,20}\s{0,3}\n\s{0,20}value:\s{0,3})[\"']?)(?P<value>[^\s\"'<$%{]{6,200})"
)
_NAMED = re.compile(
    r"(?i)((?:\b[a-z]{0,4}(?=passw)|\b|_)(?:pass(?:word|wd|phrase|code)|(?<=_)pass|pwd|pw|passwort|mot de passe|contraseña"
    r"|(?:client|shared|app)?[_-]?secret(?:[_-]?(?:access)?[_-]?key)?"
    r"|api[_-]?(?:key|token)|access[_-]?(?:key|token)|auth[_-]?token|refresh[_-]?token|private[_-]?token|token|credentials?|口令|密码|密碼|密钥)"
    r"[\"']?(?:\s?\([^)\n]{1,40}\)|\s(?:for|of|to|on|at)\s[^\n:=]{1,40}?)?"
    r"(?:\s{0,3}(?:(?:is|was)\s?[:：]?|=>|:=|==?|[:：>]|[是为]\s?[:：]?)\s{0,3}|\s{1,3}(?=[\"'`])|(?<=[码令碼钥])\s{1,2}(?=[!-~]{6})))([\"'`]?)(?P<value>[^\s\"'`,;，。；<>]{4,200})(?:\2)"
)
_PLACEHOLDER = re.compile(
    r"(?i)^(?:[x*.\-_#?•]{3,}|your.*|my[_-]?.*|<.*|\$.*|%.*|\{.*|\[.*|.*\(.*|.*\)$|none|null|nil|true|false|undefined|optional\b.*|str\b.*|secretstr.*|changeme.*|example.*|required"
    r"|optional|string|redacted.*|process\.env.*|os\.environ.*|self\..*|env\..*|args\..*|getpass.*|https?://.*|/.*|\.\./?.*)$"
)
_ENDS = re.compile(r"[.!?)\]}:]+$")


def redacted(text: str) -> str:
    """The text with a mark in the place of each secret; the very same object where there is none."""
    plain = text.lower()
    if not any(hint in plain for hint in _HINTS) and not ("://" in plain and "@" in plain):
        return text
    for kind, shape in _SHAPES.items():
        text = shape.sub(MARK.format(kind), text)
    text = _LOGIN.sub(rf"\1{MARK.format('password')}", text)
    text = _HEADER.sub(rf"\1{MARK.format('token')}", text)
    text = _FLAG.sub(rf"\1{MARK.format('secret')}", text)
    return _NAMED.sub(_named, text)


def _named(match: re.Match[str]) -> str:
    value = match["value"]
    quoted = bool(match[2])
    bare = value if quoted else _ENDS.sub("", value)
    if not _is_secret(bare, quoted=quoted):
        return match[0]
    return match[0][: match.start("value") - match.start()] + MARK.format("secret") + value[len(bare) :] + match[2]


def _is_secret(value: str, *, quoted: bool) -> bool:
    """Mixed kinds of signs, or anything in quotes that is no placeholder: words of a sentence have letters alone."""
    if len(value) < 4 or _PLACEHOLDER.match(value):
        return False
    kinds = sum(any(test(sign) for sign in value) for test in (str.islower, str.isupper, str.isdigit)) + bool(re.search(r"[^\w.]", value))
    if re.fullmatch(r"[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)+", value) or (not quoted and value.isalpha() and len(value) < 20):
        return False  # a name in a program, or a word
    return kinds >= 2 or (quoted and len(value) >= 6) or (value.isdigit() and len(value) >= 4) or len(value) >= 20
