from __future__ import annotations

from ingest.parse.code_units import units_of
from jitl.types import BlockKind

PYTHON = '''#!/usr/bin/env python
"""Event selection of J/psi decays."""
import math

CUT = 0.025


class Photon:
    """A shower."""

    def good(self) -> bool:
        """Above the cut."""
        return self.energy > CUT and all(self.long_condition_number_one for _ in range(3)) and self.long_condition_number_two and self.more
        # {padding}

    @property
    def theta(self) -> float:
        return math.acos(self.z)  # {padding}


def select(event):
    """Keep the event."""
    return event  # {padding}
'''.replace("{padding}", "x" * 500)

CPP = """// Algorithm that selects photons.
// Author: Li Wei
#include "A.h"
namespace Rec { namespace Emc {
class Photon : public Base {
public:
  double energy() const { return m_e; } // {
  const char* s = "}";
};
double Photon::theta(int i) const
{
  if (i) { return 1; }
  return 2; /* } */
}
}}
"""


def test_python_by_its_definitions(read) -> None:
    found = read("select.py", PYTHON)
    assert found.title == "select.py"
    assert found.blocks[0].text == "Event selection of J/psi decays."
    assert found.blocks[0].kind is BlockKind.PARAGRAPH
    paths = [block.section for block in found.blocks[1:]]
    assert ("Photon", "good") in paths
    assert ("Photon", "theta") in paths
    assert ("select",) in paths
    theta = next(block for block in found.blocks if block.section == ("Photon", "theta"))
    assert theta.text.lstrip().startswith("@property")


def test_nothing_of_the_code_is_lost() -> None:
    for name, text in (("a.py", PYTHON), ("a.cpp", CPP), ("a.yaml", "a: 1\n\n\nb:\n  c: 2\n"), ("a.unknown", "x\ny\n")):
        assert "".join(unit.text for unit in units_of(name, text)).rstrip("\n") == text.rstrip("\n")


def test_braces_in_strings_and_comments_do_not_count() -> None:
    names = [unit.path for unit in units_of("a.cpp", CPP.replace("// {", "// {" + "x" * 600))]
    assert ("Photon",) in names
    assert ("Photon::theta",) in names


def test_opening_comment_is_text_and_a_licence_is_not(read, blocks) -> None:
    assert blocks(read("a.cpp", CPP), BlockKind.PARAGRAPH) == ["Algorithm that selects photons.\nAuthor: Li Wei"]
    licence = "# Licensed under the Apache License\n# All rights reserved\nx = 1\n"
    assert blocks(read("a.py", licence), BlockKind.PARAGRAPH) == []


def test_other_languages() -> None:
    pad = "x" * 650
    for name, text, path in (
        ("a.sh", f"setup() {{\n  {pad}\n}}\nrun() {{\n {pad}\n}}\n", "run"),
        ("a.f", f"      SUBROUTINE TRACK(X)\nC {pad}\n      END\n      REAL FUNCTION FIT(X)\nC {pad}\n", "FIT"),
        ("CMakeLists.txt", f"# {pad}\nadd_library(Emc SHARED a.cpp)\n# {pad}\n", "Emc"),
        ("a.toml", f"[tool]\na = '{pad}'\n[tool.other]\nb = '{pad}'\n", "tool.other"),
        ("a.java", f"class A {{ /* {pad} */ }}\nclass B {{ /* {pad} */ }}\n", "B"),
        ("Makefile", f"all: a\n\t{pad}\nclean:\n\t{pad}\n", "clean"),
    ):
        assert (path,) in [unit.path for unit in units_of(name, text)], name
