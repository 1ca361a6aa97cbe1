from __future__ import annotations

from jitl.types import BlockKind

PAGE = """.. _top:

=========
Big title
=========

:Author: Li Wei
:Date: 2021-03-04

.. toctree::

   intro

Section one
-----------

Use :py:func:`~jitl.search.find`, :ref:`that page <top>` and :doc:`intro`. Math :math:`E=mc^2`; ``code x``; 10\\ :sup:`33`.

.. math::

   \\sigma = \\frac{a}{b}

.. code-block:: python
   :linenos:

   def f():
       return 1

.. versionadded:: 2.0
   The thing *was* added.

.. py:function:: find(x, y)

   Finds things.

.. note::
   Beware of this.

.. raw:: html

   <script>alert(1)</script>

.. include:: /etc/passwd

.. literalinclude:: /etc/passwd

=====  =====
A      B
=====  =====
1      two
=====  =====

term
   definition here

Unknown: :foo:`bar` and |sub|. See [CIT1]_.

.. [CIT1] A citation.

.. weird-thing:: With title
   :opt: 3

   Inner *text*.

.. figure:: /etc/passwd

   The caption.
"""


def test_structure(read, blocks) -> None:
    found = read("a.rst", PAGE)
    assert found.title == "Big title"
    assert found.metadata == {"author": "Li Wei", "date": "2021-03-04"} | {k: v for k, v in found.metadata.items() if k == "links"}
    assert blocks(found, BlockKind.HEADING) == ["Big title", "Section one"]
    assert blocks(found, BlockKind.CODE) == ["def f():\n    return 1"]
    assert blocks(found, BlockKind.FORMULA) == ["\\sigma = \\frac{a}{b}"]
    assert blocks(found, BlockKind.TABLE) == ["A | B\n1 | two"]
    assert found.blocks[-1].section == ("Section one",)


def test_sphinx_words_are_kept_and_files_are_not_read(read, blocks) -> None:
    text = "\n".join(blocks(read("a.rst", PAGE)))
    for words in (
        "Use find, that page and intro. Math $E=mc^2$; code x; 10^33.",
        "New in version 2.0",
        "The thing was added.",
        "find(x, y)\nFinds things.",
        "Beware of this.",
        "term: definition here",
        "Unknown: bar and |sub|. See [CIT1].",
        "[CIT1] A citation.",
        "With title\nInner text.",
        "The caption.",
    ):
        assert words in text, words
    assert "alert" not in text
    assert "root:" not in text


def test_two_files_in_one_process(read, blocks) -> None:
    for name in ("a", "b"):
        assert blocks(read(f"{name}.rst", f".. {name}-thing:: x\n\n   inner\n\n:{name}:`role`\n")) == ["x", "inner", "role"]


def test_broken_markup_is_still_text(read, blocks) -> None:
    text = " ".join(blocks(read("a.rst", "Title\n==\n\n*open and `broken\n\n  odd indent\nback\n\n.. image::\n\n+--+\n| a\n")))
    assert "open and" in text
    assert "odd indent" in text


def test_what_docutils_cannot_is_read_as_plain_text(read, blocks) -> None:
    found = read("a.rst", "Title\n=====\n\n" + "Words of a paragraph.\n\n" * 3000)
    assert found.title == "Title"
    assert found.notices
    assert len(blocks(found)) == 3001
