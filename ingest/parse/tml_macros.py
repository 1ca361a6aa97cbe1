"""TWiki macros: what `%NAME%` and `%NAME{...}%` become in text that is read, not served."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

NOP = "\x03"  # stands for <nop>: keeps a macro or a link from being one, vanishes in the end

_TOKEN = re.compile(r"(%[A-Za-z][A-Za-z0-9_:]{0,60}\{|\}%|%[A-Za-z][A-Za-z0-9_:]{0,60}%)")
_ARGUMENT = re.compile(r'([A-Za-z_][\w-]{0,60})\s{0,20}\+?=\s{0,20}"((?:[^"\\]|\\.){0,4000})"|"((?:[^"\\]|\\.){0,4000})"')
_SET = re.compile(r"(?m)^(?:\t| {3})+\* +(?:Set|Local) +([A-Za-z][\w.:]{0,60}) *= *([^\n]{0,500})$")
_MAX_NESTING = 40

_NAMES = {
    **dict.fromkeys(("SYSTEMWEB", "TWIKIWEB", "DOCWEB"), "System"),
    **dict.fromkeys(("MAINWEB", "USERSWEB"), "Main"),
    "SANDBOXWEB": "Sandbox",
    "TRASHWEB": "Trash",
    **dict.fromkeys(("HOMETOPIC", "WEBHOME"), "WebHome"),
    "STATISTICSTOPIC": "WebStatistics",
    "WEBPREFSTOPIC": "WebPreferences",
    "WIKIPREFSTOPIC": "DefaultPreferences",
    "LOCALSITEPREFS": "SitePreferences",
    "NOTIFYTOPIC": "WebNotify",
    "WIKIUSERSTOPIC": "WikiUsers",
    "WIKITOOLNAME": "the wiki",
    "BR": "<br>",
    "BB": "<br>• ",
    "VBAR": "&#124;",
    "CARET": "^",
    "REG": "®",
    "TM": "™",
    "Y": "yes",
    "NBSP": " ",
    "AMP": "&amp;",
    "LT": "&lt;",
    "GT": "&gt;",
    "NOP": "",
}
# Colours, icons, places of the server, and what only a running wiki can fill.
_DROPPED = frozenset(
    re.findall(
        r"\S+",
        """X T H I N Q S M U P STAR PENCIL TODO DONE RED GREEN BLUE YELLOW ORANGE PINK PURPLE TEAL NAVY AQUA LIME OLIVE MAROON BLACK GRAY
    SILVER WHITE BROWN ENDCOLOR ENDBG TOC STARTINCLUDE STOPINCLUDE ENDINCLUDE STARTSECTION ENDSECTION SECTION SCRIPTURL SCRIPTURLPATH
    SCRIPTSUFFIX PUBURL PUBURLPATH ATTACHURL ATTACHURLPATH URLPARAM QUERYSTRING SEARCH QUERY IF CALC CALCULATE TABLE EDITTABLE EDITCELL
    EDITTABLEROW EDITROW COMMENT REVINFO REVTITLE USERINFO USERNAME WIKIUSERNAME WIKINAME GMTIME SERVERTIME DISPLAYTIME DATE HTTP HTTPS
    HTTP_HOST ENV ADDTOHEAD ADDTOZONE RENDERZONE SKIN ICONURL ICONURLPATH ICON ENCODE FORMAT FORMLIST GROUPINFO GROUPS SHOWPREFERENCE
    TWISTYBUTTON TWISTYSHOW TWISTYHIDE TWISTYTOGGLE ENDTWISTYTOGGLE ENDTWISTY TABPANE ENDTABPANE ENDTAB ENDBUTTON CLEAR TAG TAGME
    PLUGINVERSION WEBLIST TOPICLIST INCLUDINGTOPIC INCLUDINGWEB SESSION_VARIABLE PARENTTOPIC BREADCRUMB BREADCRUMBS SLIDESHOWSTART
    SLIDESHOWEND GRIDSTART GRIDEND HEADLINES RSS TREE TREEVIEW NOTIFICATION RECENTCHANGES ALLVARIABLES SPACEOUT SPACEDTOPIC WIKIVERSION
    WIKIWEBMASTER WIKIWEBMASTERNAME LANGUAGE LANGUAGES LOCALIZE FORMFIELDLIST STARTBOX ENDBOX ENDSYNTAX ENDCODE PDFSTART PDFSTOP ENDLATEX
    LATEXPREAMBLE CHART SESSIONID COLORLEGEND VOTE POLL RATING SIGNATURE CACHE DASHBOARD""",
    )
)
_DROPPED_FAMILIES = ("JQ", "TMPL", "META", "CALENDAR", "EDIT")


@dataclass(slots=True)
class Macros:
    """Expansion for one topic. `includes` collects the topics it draws in."""

    topic: str
    web: str
    fields: Mapping[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    includes: list[str] = field(default_factory=list)

    def learn(self, text: str) -> None:
        """Remember the preferences that the topic sets for itself."""
        for match in _SET.finditer(text):
            self.settings.setdefault(match[1], match[2].strip())

    def expand(self, text: str) -> str:
        """Inside out, left to right, in one pass; what is not closed stays as written."""
        frames: list[tuple[str, list[str]]] = [("", [])]
        for piece in _TOKEN.split(text):
            if piece.startswith("%") and piece.endswith("{") and len(frames) <= _MAX_NESTING:
                frames.append((piece, []))
            elif piece == "}%" and len(frames) > 1:
                opener, parts = frames.pop()
                frames[-1][1].append(self._call(opener[1:-1], "".join(parts)))
            elif len(piece) > 2 and piece[0] == piece[-1] == "%":
                frames[-1][1].append(self._value(piece[1:-1]))
            else:
                frames[-1][1].append(piece)
        return "".join(text for opener, parts in frames for text in (opener, *parts))

    def _value(self, name: str) -> str:
        own = {"TOPIC": self.topic, "BASETOPIC": self.topic, "WEB": self.web, "BASEWEB": self.web, "HOMEWEB": self.web}
        if name in own:
            return own[name] or f"%{NOP}{name}%"
        if name in _NAMES:
            return _NAMES[name]
        if name in _DROPPED or name.startswith(_DROPPED_FAMILIES):
            return ""
        value = self.settings.get(name)
        return f"%{NOP}{name}%" if value is None or "%" in value else value

    def _call(self, name: str, body: str) -> str:
        default, values = arguments(body)
        if name == "INCLUDE":
            self.includes.append(default or values.get("topic", ""))
            return ""
        known = {
            "MAKETEXT": lambda: _filled(default, values.get("args", "").split(",")),
            "TWISTY": lambda: f"<p>{values.get('showlink') or values.get('link', '')}</p>",
            "BUTTON": lambda: default,
            "TAB": lambda: f"<p><b>{default}</b></p>",
            "IMAGE": lambda: values.get("caption", ""),
            "FORMFIELD": lambda: escape(self.fields.get(default, values.get("default", ""))),
        }
        return known[name]() if name in known else self._other(name, default, values)

    def _other(self, name: str, default: str, values: Mapping[str, str]) -> str:
        """A macro of some plugin: its words where they are a reference or a label, nothing otherwise."""
        if name in _DROPPED or name.startswith(_DROPPED_FAMILIES):
            return ""
        if name in self.settings or name in _NAMES:
            return self._value(name)
        label = values.get("label") or values.get("title") or values.get("text")
        if label:
            return label
        return f"{name} {default}" if default and len(default) <= 40 and NOP not in default and "$" not in default else ""


def arguments(body: str) -> tuple[str, dict[str, str]]:
    """The unnamed argument and the named ones of `{...}`."""
    default, values = "", {}
    for match in _ARGUMENT.finditer(body):
        if match[1]:
            values[match[1]] = match[2].replace('\\"', '"')
        else:
            default = default or match[3].replace('\\"', '"')
    if not default and '"' not in body:
        default = body.strip()
    return default, values


def _filled(text: str, parts: Sequence[str]) -> str:
    for number, part in enumerate(parts[:9], 1):
        text = text.replace(f"[_{number}]", part)
    return text
