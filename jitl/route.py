"""Which kind of model suits a question: particle physics or not, code or not, from the question alone.

A word list weighed by hand, in English and Chinese; a fitted classifier can take its place behind the same port.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from jitl.types import Route

if TYPE_CHECKING:
    from jitl.types import Vector

_HEP = re.compile(
    r"""\b(?:besiii|bepc|boss|heps|juno|daya\s?bay|belle|lhcb?|cms|atlas|alice|cern|ihep|geant4|gaudi|root\s?(?:file|macro|tree)|
    cepc|lhaaso|ams-?02|fermilab|desy|kek|slac|tevatron|hepai|tau-charm|
    quarks?|leptons?|hadron\w*|mesons?|baryons?|bosons?|fermions?|neutrinos?|muons?|pions?|kaons?|gluons?|higgs|antiproton\w*|
    charmonium|bottomonium|quarkonium|j/?psi|psi\(\d\w*\)|upsilon|tetraquark\w*|pentaquark\w*|hyperons?|
    luminosity|cross[- ]section|branching\s(?:ratio|fraction)s?|invariant\smass|dalitz|partial\swave|monte\scarlo|
    (?:drift|wire)\schamber|calorimeter\w*|scintillat\w*|time[- ]of[- ]flight|tracker|trigger\s(?:rate|menu|system)|dead\s?time|
    beam\w*|collider\w*|accelerator\w*|synchrotron\w*|storage\sring|linac|undulator\w*|wiggler\w*|dipole|quadrupole\w*|sextupole\w*|
    gev|tev|mev|kev|fb-?1|pb-?1|standard\smodel|qcd|qed|electroweak|supersymmetr\w*|dark\smatter|cp\sviolation|
    detectors?|physics|particles?|photomultiplier\w*|pmts?|sub-?detector\w*|jets?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_HEP_ZH = re.compile(
    "粒子|夸克|轻子|强子|介子|重子|玻色子|费米子|中微子|缪子|胶子|希格斯|粲偶素|粲夸克|对撞机|加速器|储存环|同步辐射|束流|探测器|谱仪|"
    "漂移室|量能器|飞行时间|触发|亮度|截面|分支比|不变质量|分波分析|蒙特卡洛|北京谱仪|江门|大亚湾|高能物理|高能所|标准模型|暗物质|本底|光电倍增管|闪烁体"
)
_CODE = re.compile(
    r"""```|\b(?:python|c\+\+|java(?:script)?|rust|fortran|bash|shell|cmake|makefile|sql|html|css|regex|json|yaml|xml|docker\w*|git|pip|conda|
    code|coding|function|method|class|compile\w*|compiler|linker|segfault|segmentation\sfault|stack\s?trace|traceback|exception|debug\w*|
    script\w*|algorithm|program\w*|api|variables?|arrays?|strings?|integers?|lists?|tuples?|dict\w*|loop|recursi\w*|
    job\s?options|jobopts?|macro|header\sfile|namespace|pointer|subclass|implement\w*|return\w*|nums|node|tree|subarray|substring|
    slurm|hep_sub|condor|makefile|cvmfs|cmt|gdb|leetcode|input|output|def|import|numpy|pandas)\b|
    \w+\(\)|\w+::\w+|\w+_\w+\(|[{};]\s*$|==|->|\#include|\bdef\s|\bfor\s*\(|<=|>=|O\(\w""",
    re.IGNORECASE | re.VERBOSE,
)
_CODE_ZH = re.compile(
    "代码|编程|函数|编译|程序|脚本|算法|数组|字符串|整数数组|链表|二叉树|变量|循环|递归|报错|调试|接口|作业选项|返回|给定一个|给你一个|实现一个|段错误|输入|输出|指针|类名"
)
_ERRAND = re.compile(
    r"\b(?:my|me|i|i'm|you|your|please|thanks?|hello|hi|bank|account|flight|restaurant|recipe|weather|alarm|timer|remind\w*|credit|card|song|music|"
    r"play|book|schedule|meeting|calendar|car|insurance|pay|bill|order|shopping|todo|travel|hotel|vacation|joke)\b",
    re.IGNORECASE,
)


class KeywordRouter:
    """Counts cues; `confidence` falls towards .5 as they contradict or lack."""

    def route(self, question: str, vector: Vector | None) -> Route:  # noqa: ARG002  # the port's shape: this router reads words only
        hep = len(set(_HEP.findall(question.lower()))) * 1.5 + len(set(_HEP_ZH.findall(question))) * 1.5
        code = _cues(_CODE, question) + _cues(_CODE_ZH, question) * 1.2
        errand = _cues(_ERRAND, question)
        is_hep = _sigmoid(1.4 * hep - 1.0 - 0.3 * errand)
        is_code = _sigmoid(0.9 * code - 1.6 - 0.2 * errand)
        label = ("hep" if is_hep >= 0.5 else "general") + ("_code" if is_code >= 0.5 else "")
        return Route(label, round(max(is_hep, 1 - is_hep) * max(is_code, 1 - is_code), 4))


def _cues(pattern: re.Pattern[str], question: str) -> int:
    return len({match.group(0).lower() for match in pattern.finditer(question)})


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
