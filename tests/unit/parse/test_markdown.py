from __future__ import annotations

from jitl.types import BlockKind

PAGE = """---
title: "Running DaVinci"
authors:
  - name: Li Wei
  - Zhang Min
date: 2024-05-01 10:00
tags: [lhcb, ntuple]
---

{% objectives "Learning Objectives" %}

* Make an ntuple
  with two lines

{% endobjectives %}

## Set up {#setup}

Run `lb-run` with **care**, see [the docs](https://example.org/d "t"); mass is $m_{J/\\psi}$ and cost $5 and $6.

```python
# not a heading
x = "{% kept %}"
```

        :::console
        user@host $ condor_q

| Cut | Value |
|-----|------:|
| PT  | > 750 MeV |

$$
E = mc^2
$$

!!! note "Beware"
    Two spaces
    matter.

??? question
    Why?

> [!WARNING]
> Do not run twice.

1. one
2. two

    inner paragraph

<details><summary>More</summary>

Hidden **words**.

</details>

:::{tip} From MyST
Use *this*.
:::

```{math}
:label: eq
a = b
```

{% highlight bash %}
ls -l
{% endhighlight %}

Term
:   its meaning

A claim[^1] and \\\\(x^2\\\\) inline.

[^1]: The footnote.
"""


def test_structure(read, blocks) -> None:
    found = read("guide/davinci.md", PAGE.replace("\\\\(", "\\(").replace("\\\\)", "\\)"))
    assert found.title == "Running DaVinci"
    assert found.metadata["author"] == "Li Wei, Zhang Min"
    assert found.metadata["date"] == "2024-05-01T10:00"
    assert found.metadata["labels"] == ["lhcb", "ntuple"]
    assert found.metadata["links"] == ["https://example.org/d"]
    assert blocks(found, BlockKind.HEADING) == ["Set up"]
    assert blocks(found, BlockKind.LIST)[0] == "- Make an ntuple with two lines"
    assert '# not a heading\nx = "{% kept %}"' in blocks(found, BlockKind.CODE)
    assert "user@host $ condor_q" in blocks(found, BlockKind.CODE)[1]
    assert ":::" not in "".join(blocks(found))
    assert blocks(found, BlockKind.TABLE) == ["Cut | Value\nPT | > 750 MeV"]
    assert blocks(found, BlockKind.FORMULA) == ["E = mc^2", "a = b"]
    assert "ls -l" in blocks(found, BlockKind.CODE)


def test_what_template_engines_add_is_read_or_gone(read, blocks) -> None:
    found = read("davinci.md", PAGE.replace("\\\\(", "\\(").replace("\\\\)", "\\)"))
    text = "\n".join(blocks(found))
    for words in (
        "Learning Objectives",
        "Run lb-run with care, see the docs; mass is $m_{J/\\psi}$ and cost $5 and $6.",
        "Beware\nTwo spaces matter.",
        "Why?",
        "Do not run twice.",
        "inner paragraph",
        "More\nHidden words.",
        "From MyST\nUse this.",
        "Term: its meaning",
        "A claim[1] and $x^2$ inline.",
        "The footnote.",
    ):
        assert words in text, words
    for noise in ("{%", "{#", "[!WARNING]", "endhighlight"):
        assert noise not in text.replace("{% kept %}", "")


def test_sections_leave_out_the_title(read) -> None:
    found = read("a.md", "# Title\n\nintro\n\n## One\n\ntext\n\n### Two\n\nmore\n")
    assert [block.section for block in found.blocks] == [(), (), (), ("One",), ("One",), ("One", "Two")]
    assert found.title == "Title"


def test_two_top_headings_are_both_sections(read) -> None:
    found = read("a.md", "# One\n\ntext\n\n# Two\n\nmore\n")
    assert [block.section for block in found.blocks if block.kind is BlockKind.PARAGRAPH] == [("One",), ("Two",)]


def test_chinese_lines_join_without_a_space(read, blocks) -> None:
    found = read("a.md", "#标题\n\n探测器的\n数据处理，用 BOSS\n软件。\n")
    assert found.title == "标题"
    assert blocks(found, BlockKind.PARAGRAPH) == ["探测器的数据处理，用 BOSS 软件。"]


def test_a_readme_is_named_with_its_folder(read) -> None:
    assert read("trigger/README.md", "Just words without a heading.\n").title == "trigger/README"


def test_an_empty_file_has_no_blocks(read) -> None:
    assert read("a.md", "\n").blocks == ()


def test_a_very_large_file_keeps_headings_code_and_paragraphs(read, blocks) -> None:
    found = read("a.md", "# Title\n\n```\ncode\n\nmore\n```\n\n" + "Words of a paragraph, and more words that follow.\n\n" * 6000)
    assert found.title == "Title"
    assert blocks(found, BlockKind.CODE) == ["code\n\nmore"]
    assert found.notices
