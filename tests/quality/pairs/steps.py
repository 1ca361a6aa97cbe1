"""Questions of two steps, made of one: `Who leads the group that built X?` of `Which group built X?`."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Final

OF_A_THING: Final = (
    "What is the capital of {}?", "Where is {} located?", "What is the population of {}?", "Who is responsible for {}?",
    "What is the official language of {}?", "Which continent does {} belong to?", "Who is the head of {}?", "When was {} founded?",
    "Who chairs {}?", "How large is {}?", "Which institute does {} belong to?", "What else is known about {}?", "Who wrote {}?",
    "What is the mass of {}?", "Who leads {}?", "Who maintains {}?", "Who was it that proposed {}?", "When was {} chosen?",
    "Since when do we have {}?", "What does {} depend on?", "Where can I read about {}?", "How much did {} cost?",
    "Which version of {} is current?", "What came before {}?", "Who approved {}, and when?", "Where is {} described?",
    "What are the limits of {}?", "Why was {} preferred to others?", "Which other experiments use {}?", "Who made {}?",
    "By whom was {} reviewed?", "I need a contact for {}.", "How old is {}?",
)  # fmt: skip
OF_A_PERSON: Final = (
    "Who is the spouse of {}?", "In which year was {} born?", "Who succeeded {}?", "Where does {} work?", "At which institute is {}?",
    "What is the e-mail address of {}?", "How long has {} been in the collaboration?", "Who is the deputy of {}?",
    "Where is the office of {}?", "Which other duties does {} have?", "Which papers has {} written?",
    "From which country does {} come?", "Who appointed {}?", "Who supervised the thesis of {}?", "Which group does {} belong to?",
    "At what university did {} study?", "When does {} go on leave?",
)  # fmt: skip
_IS_THE: Final = re.compile(r"(?:What|Who|Which(?: \w+)?) (?:is|was|are) (the [^?]+?)\??$")
_WHO: Final = re.compile(r"Who ((?!(?:is|was|are|were|will|can|do|does|did|should|may|has|had)\b)(?P<verb>\w+)(?P<rest> [^?]+?))\??$")
_NOUN: Final = r"((?:(?!(?:is|are|was|were|does|did|do|has|have)\b)[\w-]+ ){1,3}?)"
_DOES: Final = re.compile(
    rf"(?:Which|What) {_NOUN}does (.+?) "
    r"(use|need|have|run|take|recommend|provide|maintain|require|apply|assume|contain|hold|cover|depend on)"
    r"\b([^?]*)\??$"
)
_WHICH: Final = re.compile(
    rf"(?:Which|What) {_NOUN}((?!does\b|has\b)\w+s|\w+ed|built|made|led|held|ran|took|is|was) "
    r"((?:the|a|an|in|for|as|to|by|from|at|on|used|set|needed|out|our|with)\b[^?]*?)\??$"
)
_AGENTS: Final = {
    "coordinates": "coordinator", "leads": "leader", "maintains": "maintainer", "convenes": "convener", "manages": "manager",
    "organises": "organiser", "organizes": "organizer", "chairs": "chair", "designed": "designer", "wrote": "author",
    "supervises": "supervisor", "develops": "developer", "operates": "operator", "edits": "editor", "heads": "head",
    "directs": "director", "founded": "founder", "invented": "inventor", "proposed": "proposer", "discovered": "discoverer",
    "built": "builder", "owns": "owner", "administers": "administrator", "moderates": "moderator", "reviews": "reviewer",
    "represents": "representative", "produces": "producer", "supplies": "supplier", "funds": "sponsor", "keeps": "keeper",
}  # fmt: skip


def second_step(question: str, chance: random.Random) -> str | None:
    """A question about what answers this one; None where its form does not tell how to say that."""
    if found := _IS_THE.match(question):
        return _asked(found[1], OF_A_THING, chance)
    if found := _WHO.match(question):
        return _asked(f"{chance.choice(('the person who', 'whoever', 'the one who'))} {found[1]}", OF_A_PERSON, chance)
    if about := _thing(question, chance):
        return _asked(about, OF_A_THING, chance)
    return None


def same_step(question: str, chance: random.Random) -> str | None:
    """The question itself, with what it asks for as a noun: a clause alone makes no second step."""
    if found := _WHO.match(question):
        agent = _AGENTS.get(found["verb"])
        rest = found["rest"].strip()
        if agent and chance.random() < 0.7:
            return chance.choice(("Who is the {agent} of {rest}?", "Name of the {agent} of {rest}", "{rest}: {agent}?")).format(
                agent=agent, rest=rest
            )
        return chance.choice(("Who is the person that {}?", "What is the name of the one who {}?", "Who is it that {}?")).format(found[1])
    about = _thing(question, chance)
    return f"{chance.choice(('What is', 'Can you name', 'Tell me'))} {about}?" if about else None


def agents(questions: Sequence[str], chance: random.Random) -> Iterator[tuple[str, str, bool]]:
    """Who does a thing, asked with the verb and with the noun made of it: text, correction, whether they are the same."""
    things = sorted({found["rest"].strip() for one in questions if (found := _WHO.match(one)) and len(found["rest"].split()) < 9})
    verbs = sorted(_AGENTS)
    for thing in things if len(things) > 1 else ():
        for verb in chance.sample(verbs, 4):
            asked = f"Who {verb} {thing}?"
            noun = _noun(_AGENTS[verb], thing, chance)
            other = _noun(_AGENTS[chance.choice([one for one in verbs if _AGENTS[one] != _AGENTS[verb]])], thing, chance)
            yield from ((noun, asked, True), (asked, noun, True)) if chance.random() < 0.5 else ((noun, asked, True),)
            yield other, asked, False
            yield _noun(_AGENTS[verb], chance.choice([one for one in things if one != thing]), chance), asked, False


def _noun(agent: str, thing: str, chance: random.Random) -> str:
    bare = thing.removeprefix("the ")
    whole, of, part = bare.rpartition(" of ")
    turned = f"{part.removeprefix('the ')} {whole}" if of else bare
    return chance.choice(
        (
            f"Who is the {agent} of {thing}?", f"Who is the {agent} of the {turned}?", f"{turned} {agent}?",
            f"Name of the {agent} of {thing}", f"Who is the {turned}'s {agent}?", f"I need the {agent} of {thing}. Who is it?",
            f"Who acts as {agent} of {thing}?",
        )
    )  # fmt: skip


def _thing(question: str, chance: random.Random) -> str | None:
    link = chance.choice(("that", "which"))
    if found := _DOES.match(question):
        return f"the {found[1]}{link} {found[2]} {_third(found[3])}{found[4]}"
    if found := _WHICH.match(question):
        return f"the {found[1]}{link} {found[2]} {found[3]}"
    return None


def _asked(about: str, forms: Sequence[str], chance: random.Random) -> str:
    said = chance.choice(forms).format(about)
    if chance.random() < 0.2:
        said = (
            chance.choice(("Can you tell me: ", "For my talk: ", "One more thing - ", "Does anybody know, ")) + said[0].lower() + said[1:]
        )
    return said.rstrip("?") if chance.random() < 0.1 else said


def _third(verb: str) -> str:
    first, _, rest = verb.partition(" ")
    said = {"have": "has"}.get(first, f"{first}s")
    return f"{said} {rest}".rstrip()


_MEASURES: Final = (
    ("mass", "heavy"), ("weight", "heavy"), ("length", "long"), ("duration", "long"), ("height", "tall"), ("height", "high"),
    ("width", "wide"),
    ("depth", "deep"), ("age", "old"), ("speed", "fast"), ("size", "big"), ("size", "large"), ("temperature", "hot"), ("distance", "far"),
    ("thickness", "thick"), ("strength", "strong"), ("precision", "precise"), ("accuracy", "accurate"), ("brightness", "bright"),
)  # fmt: skip
_THINGS: Final = (
    "Zc(4430)", "X(3872)", "Y(4260)", "Pc(4457)", "tau", "D0", "Lambda_c", "drift chamber", "solenoid", "beam pipe",
    "storage ring", "linac", "muon counter", "iron yoke", "calorimeter barrel", "crystal", "end cap", "control room", "shift",
    "fill", "bunch", "tunnel",
)  # fmt: skip


def measures(count: int, chance: random.Random) -> Iterator[tuple[str, str, bool]]:
    """`How heavy is X?` beside `What is the mass of X?`, either way round; and beside another measure or thing."""
    for _ in range(count):
        noun, how = chance.choice(_MEASURES)
        thing, other = chance.sample(_THINGS, 2)
        pair = [f"How {how} is the {thing}?", f"What is the {noun} of the {thing}?"]
        chance.shuffle(pair)
        yield pair[0], pair[1], True
        wrong = chance.choice([one for one, adjective in _MEASURES if adjective != how and one != noun])
        yield f"What is the {wrong} of the {thing}?", f"How {how} is the {thing}?", False
        yield f"How {how} is the {other}?", f"What is the {noun} of the {thing}?", False
