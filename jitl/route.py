"""Which kind of model suits a question: particle physics or not, code or not, from the question alone.

Two logistic scores over cue words, English and Chinese, weighed by hand. Names that are also plain words (BOSS, ALICE)
count in capitals alone.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from jitl.types import Route

if TYPE_CHECKING:
    from jitl.types import Vector

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

LONGEST = 1500
"""Characters that are read: a question says what it is about at its start."""


class KeywordRouter:
    """Implements `jitl.ports.Router`. `confidence` is the product of both decisions' probabilities."""

    def route(self, question: str, vector: Vector | None) -> Route:  # noqa: ARG002  # the port's shape: this router reads words only
        question = question[:LONGEST]
        errand = _count(_ERRAND, question)
        physics = 2 * _count(_NAMES, question) + 1.5 * _count(_PHYSICS, question) + 1.5 * _count(_PHYSICS_ZH, question)
        code = 3 * _count(_TASK, question) + _count(_CODE, question) + 1.5 * _count(_CODE_ZH, question)
        hep = _sigmoid(1.4 * physics - 1.0 - 0.3 * errand)
        coding = _sigmoid(1.0 * code - 1.6 - 0.2 * errand)
        label = ("hep" if hep >= 0.5 else "general") + ("_code" if coding >= 0.5 else "")
        return Route(label, round(max(hep, 1 - hep) * max(coding, 1 - coding), 4))


def _count(cues: re.Pattern[str], question: str) -> int:
    return len({found.group().lower() for found in cues.finditer(question)})


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
