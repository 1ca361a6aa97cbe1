"""Verbs that state a relation between two things, in the forms in which a sentence uses them."""

from __future__ import annotations

_REGULAR = """
    accelerate accept access accommodate accomodate accompany achieve acquire act activate add address administer adopt affect
    aggregate aim allow analyse analyze announce apply approve assemble assign associate assume attach attack attain attend award
    base belong border broadcast calculate calibrate call capture cause change collect combine command compete complete compose
    comprise compute conduct configure connect conserve consider consist constrain construct contain contribute control convert
    cooperate coordinate cover create cross decay declare decode dedicate define delete deliver denote depict deploy derive
    describe design designate desire detect determine develop direct discover display distribute divide document dominate drive
    edit educate elect employ enable encode encounter enforce engage enhance equip establish evaluate evolve examine exceed
    execute exhibit expect exploit explore expose express extend extract face facilitate feature fill filter finance focus follow
    found function fund gather generate govern handle help host identify illustrate implement import improve include incorporate
    indicate influence inherit insert inspire install integrate intend interface introduce invent investigate invite involve
    isolate join kill label launch license limit link list load locate maintain manage manufacture marry measure merge migrate
    mock model modify monitor motivate name need nominate normalise normalize note observe obtain occupy occur offer open operate
    organise organize originate outline outperform own perform permit persist place plan play point populate portray possess
    precede prepare present preserve prevent process produce promote propose protect prove provide publish purchase reach receive
    recognise recommend reconstruct record reduce refer reflect register reject relate release rely remain remember remove rename render
    replace report represent reproduce require resemble reside resolve restrict retain retire return reveal reverse rule sample
    satisfy save schedule select separate serve share sign simulate solve specify star start state store stream study submit
    succeed suffer suggest supersede supply support surround survey target tend terminate test track train transfer transform
    transport treat trigger turn update upgrade use utilise utilize validate visit want weigh win yield
"""
_IRREGULAR = """
    become:becomes:became:become begin:begins:began:begun break:breaks:broke:broken bring:brings:brought:brought
    build:builds:built:built buy:buys:bought:bought come:comes:came:come draw:draws:drew:drawn feed:feeds:fed:fed
    find:finds:found:found flow:flows:flowed:flowed get:gets:got:got give:gives:gave:given go:goes:went:gone hold:holds:held:held
    keep:keeps:kept:kept lead:leads:led:led lie:lies:lay:lain lose:loses:lost:lost make:makes:made:made mean:means:meant:meant
    meet:meets:met:met overwrite:overwrites:overwrote:overwritten read:reads:read:read rise:rises:rose:risen run:runs:ran:run
    see:sees:saw:seen sell:sells:sold:sold send:sends:sent:sent set:sets:set:set show:shows:showed:shown sing:sings:sang:sung
    spend:spends:spent:spent split:splits:split:split stand:stands:stood:stood take:takes:took:taken teach:teaches:taught:taught
    understand:understands:understood:understood win:wins:won:won write:writes:wrote:written
    override:overrides:overrode:overridden bear:bears:bore:born know:knows:knew:known say:says:said:said
    """
NOUNS = frozenset(
    """
    face faces
    need needs plan plans desire desires want wants
    access address act aim attack award base border broadcast call capture cause change control cover cross decay design display
    document drive exhibit extract feature fill filter finance focus function fund handle help host import influence insert
    interface label launch license limit link list load mock model monitor name note open own place play point present process
    produce purchase reach record release report return reverse rule sample schedule select separate share sign star start state
    store stream study supply support survey target test track train transfer transform transport treat trigger update upgrade use
    visit yield win build break find draw feed flow hold keep lead lie meet read rise run set show split stand address accesses
    acts aims attacks awards bases borders broadcasts calls captures causes changes controls covers crosses decays designs
    displays documents drives exhibits extracts features fills filters focuses functions funds handles hosts imports influences
    inserts interfaces labels launches licenses limits links lists loads models monitors names notes places plays points processes
    purchases records releases reports returns reverses rules samples schedules shares signs stars starts states stores streams
    studies supplies supports surveys targets tests tracks trains transfers transforms transports triggers updates upgrades uses
    visits yields wins builds breaks finds draws feeds flows holds leads lies meets reads rises runs sets shows splits stands read
    set split built known given made written
    """.split()  # noqa: SIM905
)
"""Forms that are nouns or adjectives as often."""


def _forms(base: str) -> tuple[str, ...]:
    """Base, third person, past, participle."""
    if base.endswith("y") and base[-2] not in "aeiou":
        return base, base[:-1] + "ies", base[:-1] + "ied", base[:-1] + "ied"
    third = base + ("es" if base.endswith(("s", "x", "ch", "sh", "z")) else "s")
    if base in _DOUBLED:
        return base, third, base + base[-1] + "ed", base + base[-1] + "ed"
    past = base + ("d" if base.endswith("e") else "ed")
    return base, third, past, past


_DOUBLED = frozenset({"submit", "permit", "refer", "occur", "star", "transfer", "control", "plan"})
_VERBS = [*map(_forms, _REGULAR.split()), *(tuple(one.split(":")) for one in _IRREGULAR.split())]

BASES = frozenset(verb[0] for verb in _VERBS)
FINITE = frozenset(form for verb in _VERBS for form in verb[1:3])
PARTICIPLES = frozenset(verb[3] for verb in _VERBS)
FORMS = (BASES | FINITE | PARTICIPLES) - NOUNS
"""Forms that are hardly ever anything but a verb or a participle."""
