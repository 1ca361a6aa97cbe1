"""Signs by which a question gives away what it is about: names, words and marks that count wherever they stand.

Names that are also plain words (BOSS, ALICE) count in capitals alone. How much each sign weighs is fitted (`jitl/route.py`).
"""

from __future__ import annotations

import math
import re
from typing import Final

_NAMES = re.compile(
    r"\b(?:BESIII|BES3|BEPC(?:II)?|BOSS|HEPS|JUNO|CEPC|LHAASO|LHCb?|CMS|ATLAS|ALICE|CERN|IHEP|DESY|KEK|SLAC|AMS-?02|TMVA|RooFit|"
    r"Daya ?Bay|Belle(?: ?II)?|Fermilab|Tevatron|Geant4|Gaudi|RootIO|Athena|DD4hep|EvtGen|Pythia|HepAI|MDC|EMC|TOF|MUC|QCD|QED|"
    r"[MGTk]eV|[fp]b-?1|PMTs?)\b"
)
_PHYSICS = re.compile(
    r"\b(?:quark|lepton|hadron|meson|baryon|boson|fermion|neutrino|muon|pion|kaon|gluon|hyperon|tau|charmoni|bottomoni|quarkoni|tetraquark|"
    r"pentaquark|antiproton|positron)\w*|"
    r"\b(?:higgs|j/?psi|psi\(\d\w*\)|upsilon|luminosit\w+|cross[- ]sections?|branching (?:ratio|fraction)s?|"
    r"invariant mass|dalitz|partial wave|monte carlo|(?:drift|wire) chamber|calorimet\w+|scintillat\w+|time[- ]of[- ]flight|"
    r"trigger (?:rate|menu|system|table)s?|dead ?time|beam(?:s|line|lines| pipe| energy)?|collider\w*|accelerator\w*|synchrotron\w*|"
    r"storage ring|"
    r"linac|undulator\w*|wiggler\w*|quadrupole\w*|sextupole\w*|standard model|electroweak|supersymmetr\w*|dark matter|cp violation|"
    r"(?:particle|nuclear|high[- ]energy) physics|detectors?|sub-?detectors?|particles?|event (?:display|selection|generator)s?|"
    r"(?:signal|background) (?:region|yield|shape)s?|vertex fit|kinematic fit|track(?:ing|s)? (?:efficiency|finding|fit\w*)|"
    r"systematic uncertaint\w+|physics)\b",
    re.IGNORECASE,
)
_PHYSICS_ZH = re.compile(
    "粒子|夸克|轻子|强子|介子|重子|玻色子|费米子|中微子|缪子|胶子|希格斯|粲偶素|对撞机|加速器|储存环|同步辐射|束流|探测器|谱仪|漂移室|量能器|"
    "飞行时间|触发|亮度|截面|分支比|不变质量|分波分析|蒙特卡洛|江门|大亚湾|高能物理|高能所|标准模型|暗物质|本底|光电倍增管|闪烁体|径迹|顶点拟合"
)
_TASK = re.compile(
    r"\b(?:write|implement|develop|create|fix|debug|refactor|complete|optimi[sz]e)\b[^.?]{0,40}\b"
    r"(?:function|program|script|code|class|method|algorithm|query|macro|regex)|"
    r"job ?options?|\broot (?:macro|script|tree)s?\b|```|^\s*(?:def|class|import|#include)\b|"
    r"(?:写|实现|编写|补全|修改|优化)[^。？]{0,20}(?:函数|程序|代码|脚本|算法|类|宏)|给你一个|给定一个",
    re.IGNORECASE | re.MULTILINE,
)
_CODE = re.compile(
    r"\b(?:python|c\+\+|java(?:script)?|rust|fortran|bash|shell|cmake|makefile|sql|html|css|regex|json|yaml|docker\w*|git|pip|conda|cvmfs|"
    r"cod(?:e|ing)|compil(?:e|es|ed|er|ing)|linker|segfault|segmentation fault|stack ?trace|traceback|exception|debug\w*|"
    r"script\w*|algorithms?|"
    r"program(?:s|ming)?|api|arrays?|tuples?|dict|recursi\w+|job ?options?|header file|namespace|pointers?|subclass|substrings?|subarray|"
    r"nums|"
    r"slurm|hep_sub|condor|cmt|gdb|leetcode|def|import|numpy|pandas|framework|"
    r"library version|error message|undefined (?:symbol|reference))\b|"
    r"c\+\+|\b\w{1,60}(?:\(\)|::\w|_\w)|[{};]\s*$|==|->\s*\w|#include|\bfor\s*\(|O\(\w|\w\.(?:py|cxx|cpp|h|sh|C)\b",
    re.IGNORECASE | re.MULTILINE,
)
_CODE_ZH = re.compile(
    "代码|编程|函数|编译|程序|脚本|算法|数组|字符串|链表|二叉树|变量|循环|递归|报错|调试|接口|作业选项|段错误|指针|软件包|框架"
)
_ERRAND = re.compile(
    r"\b(?:my|me|i|i'm|you|your|please|thanks?|hello|hi|bank|account|flight|restaurant|recipe|weather|alarm|timer|remind\w*|credit|song|music|"
    r"play|schedule|meeting|calendar|insurance|pay|bill|shopping|travel|hotel|vacation|joke)\b",
    re.IGNORECASE,
)
_IDENTIFIERS = re.compile(
    r"\b(?:T[A-Z]{1,2}[a-z]\w+|TH[123][DFIS]?|TF[123]|Roo[A-Z]\w+|G4[A-Z]\w+|\w+Svc|Rec[A-Z]\w+|Evt[A-Z]\w+|Bes[A-Z]\w+|\w+Alg|Mdc[A-Z]\w+|"
    r"Emc[A-Z]\w+|Hep[A-Z]\w+|lib[A-Z]\w+|g(?:Style|Pad|ROOT|System)|hep_\w+|k[A-Z][a-z]+)\b|\w\.(?:root|dst|rec|gdml)\b|->(?:Draw|Fit|Fill)\("
)
_CHAT = re.compile(
    r"^\W*(?:hi|hello|hey|thanks?|thank you|thx|bye|good ?bye|good (?:morning|night|evening|day)|ok(?:ay)?|great|yes|no|sorry|never ?mind|"
    r"你好|您好|谢谢|多谢|再见|晚安|早上好|好的|嗯|哈哈|对不起|在吗|明白了|知道了)\b|^(?:你|您)(?:是谁|叫什么|会什么|几岁)",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    r"^\W*(?:and|but|so|or|then|now|what about|how about|ok(?:ay)?|fine|still|again|why|how|can you|could you|show|make|explain|give|"
    r"那|那么|还|再|为什么|怎么|加上|换成|现在|改成|只)\b|^(?:那|还|再|加|换|改|只)|\b(?:it|that|this|them|those|one|another|more)\b|呢\W*$|"
    r"^(?:用|这个|它|举|给)",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|great|fine|好的|好|嗯)\W*)?(?:thanks?\b|thank you|thx|cheers|(?:good)?bye|"
    "good night|got it|never ?mind|谢谢|多谢|再见|拜拜|晚安|"
    "明白了|知道了)",
    re.IGNORECASE,
)
_SUM = re.compile(r"[=+*/^()\d]")

_COUNTED: Final = (_NAMES, _IDENTIFIERS, _PHYSICS, _PHYSICS_ZH, _TASK, _CODE, _CODE_ZH, _ERRAND, _CHAT)
CUES: Final = (
    *("names", "identifiers", "physics", "physics_zh", "task", "code", "code_zh", "errand", "chat"),
    *("sums", "lines", "length", "asks", "chinese"),
)
"""Names of the signs, in order."""


def cues(text: str, *, chinese: bool) -> list[float]:
    """How often each sign stands in the text, most on a logarithmic scale; none above 3."""
    counts = [math.log2(1 + _count(pattern, text)) for pattern in _COUNTED]
    sums = len(_SUM.findall(text)) / (8 + len(text))
    lines = math.log2(1 + text.count("\n"))
    rest = [sums, lines, math.log10(1 + len(text)), float("?" in text or "？" in text), float(chinese)]
    return [min(3.0, value) for value in (*counts, *rest)]


def follows(text: str) -> bool:
    """Whether the text reads as if it took up what was said before."""
    return _FOLLOWS.search(text) is not None


def closes(text: str) -> bool:
    """Whether the text thanks or says goodbye: what follows in it, if anything, is something new."""
    return _CLOSES.search(text) is not None


def _count(pattern: re.Pattern[str], text: str) -> int:
    return len({found.group().lower() for found in pattern.finditer(text)})
