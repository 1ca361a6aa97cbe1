from __future__ import annotations

import pytest

from jitl.types import BlockKind

PAPER = r"""
% arXiv:2401.01234
\documentclass[12pt]{article}
\usepackage[utf8]{inputenc}
\newcommand{\jpsi}{\ensuremath{J/\psi}\xspace}
\newcommand{\gev}[1]{#1~GeV}
\newcommand{\opt}[2][def]{#1 and #2}
\def\BR{\mathcal{B}}
\def\beq{\begin{equation}}
\def\eeq{\end{equation}}
\title{Measurement of \jpsi\ decays\thanks{Supported.}}
\author{A.~M\"uller \and B. Dvo\v{r}\'ak}
\affiliation{IHEP, Beijing}
\date{3 May 2024}
\begin{document}
\maketitle
\begin{abstract}
We measure $\BR(\jpsi \to e^+e^-)$ at \gev{3.1}. % a remark
\end{abstract}
\section{Introduction}\label{sec:intro}
The ``charm'' factory~\cite{bes3,cleo} ran for 10--20\,days --- see Fig.~\ref{fig:a}\footnote{A note.}.
It cost 5\% \& \opt{two}, \opt[one]{two}; \SI{3.7}{\giga\electronvolt}, \textbf{bold {\it words}} and \verb|a_b{|.
% a whole line of remark
The next line joins.

\beq
  \sigma = \frac{N}{\mathcal{L}\,\epsilon} \label{eq:x}
\eeq
where \[ x^2 \] and
\begin{align}
 a &= b \\
 c &= d
\end{align}
\subsection{Items}
\begin{itemize}
 \item first
 \begin{enumerate} \item one \item two \end{enumerate}
 \item[Gaudi] the framework
\end{itemize}
\begin{table}
 \caption{The \textbf{rates}.}
 \begin{tabular}{l|c@{\hspace{1cm}}r} \hline
  Line & \multicolumn{2}{c}{Rate} \\ \hline
  dimuon & 120 & Hz \\[2pt]
  $\gamma$ & {a & b} & 1 \\
 \end{tabular}
\end{table}
\begin{figure}[h]\includegraphics[width=3cm]{a.pdf}\caption{A \emph{plot}.}\end{figure}
\begin{lstlisting}[language=C++]
int main() { return 0; } // 100%
\end{lstlisting}
\begin{tikzpicture}\draw (0,0);\end{tikzpicture}
\begin{quote}Said so.\end{quote}
\input{chapters/method}
\undefinedword text \undefinedwith{argument} \vspace{1cm}\noindent End.
\begin{thebibliography}{9}
\bibitem{bes3} BESIII, \textit{Nucl. Instrum. Meth.} A614 (2010).
\bibitem{cleo} CLEO-c.
\end{thebibliography}
\end{document}
Not part of it.
"""


def test_front_matter(read, blocks) -> None:
    found = read("paper.tex", PAPER)
    assert found.title == "Measurement of $J/\\psi$ decays"
    assert found.metadata["author"] == "A. Müller, B. Dvořák"
    assert found.metadata["date"] == "2024-05-03"
    assert found.metadata["arxiv"] == "2401.01234"
    assert blocks(found)[0] == "Authors: A. Müller, B. Dvořák\nAffiliations: IHEP, Beijing"


def test_equations_stay_as_written(read, blocks) -> None:
    assert blocks(read("p.tex", PAPER), BlockKind.FORMULA) == [
        "\\sigma = \\frac{N}{\\mathcal{L}\\,\\epsilon}",
        "x^2",
        "a &= b \\\\\n c &= d",
    ]


def test_running_text(read, blocks) -> None:
    text = "\n".join(blocks(read("p.tex", PAPER)))
    for words in (
        "We measure $\\mathcal{B}(J/\\psi \\to e^+e^-)$ at 3.1 GeV.",
        "The “charm” factory [bes3, cleo] ran for 10–20 days — see Fig. [fig:a].",
        "It cost 5% & def and two, one and two; 3.7 GeV, bold words and a_b{. The next line joins.",
        "Footnote: A note.",
        "Table: The rates.",
        "Figure: A plot.",
        "undefinedword text argument End.",
    ):
        assert words in text, words
    for gone in ("remark", "Not part of it", "includegraphics", "draw", "3cm", "Supported"):
        assert gone not in text, gone


def test_lists_tables_code_and_references(read, blocks) -> None:
    found = read("p.tex", PAPER)
    lists = blocks(found, BlockKind.LIST)
    assert lists[0] == "- first\n  1. one\n  2. two\n- Gaudi: the framework"
    assert lists[1] == "[bes3] BESIII, Nucl. Instrum. Meth. A614 (2010).\n[cleo] CLEO-c."
    assert blocks(found, BlockKind.TABLE) == ["Line | Rate\ndimuon | 120 | Hz\n$\\gamma$ | a & b | 1"]
    assert blocks(found, BlockKind.CODE) == ["int main() { return 0; } // 100%"]
    assert blocks(found, BlockKind.QUOTE) == ["Said so."]


def test_sections_and_inclusions(read) -> None:
    found = read("p.tex", PAPER)
    assert [(b.text, b.level, b.section) for b in found.blocks if b.kind is BlockKind.HEADING] == [
        ("Abstract", 1, ()),
        ("Introduction", 1, ()),
        ("Items", 2, ("Introduction",)),
        ("References", 1, ()),
    ]
    assert found.metadata["includes"] == ["chapters/method"]
    assert any("chapters/method" in notice for notice in found.notices)


def test_a_chapter_without_a_document_is_all_body(read, blocks) -> None:
    found = read("method.tex", "\\chapter{Method}\n\\section{Fit}\nWe fit $x$.\n")
    assert found.title == "Method"
    assert found.blocks[-1].section == ("Fit",)
    assert blocks(found)[-1] == "We fit $x$."


@pytest.mark.parametrize(
    "line",
    [
        "{" * 50,
        "}" * 50,
        "$x",
        "\\begin{equation} x",
        "\\[ x",
        "\\section{a",
        "\\verb|x",
        "\\end{a}",
        "\\",
        "\\newcommand{\\a}{\\a\\a} \\a",
    ],
)
def test_what_is_never_closed_costs_no_text(read, blocks, line: str) -> None:
    assert "after words" in " ".join(blocks(read("p.tex", f"before\n\n{line}\n\nafter words\n")))


def test_latin1_and_chinese_sources(read, blocks) -> None:
    latin = read("l.tex", "\\usepackage[latin1]{inputenc}\n\\begin{document}Größe\\end{document}".encode("latin-1"))
    assert blocks(latin) == ["Größe"]
    chinese = read("c.tex", "\\begin{document}\n\\begin{CJK*}{GBK}{song}探测器的数据\n处理系统\\end{CJK*}\n\\end{document}".encode("gbk"))
    assert blocks(chinese) == ["探测器的数据处理系统"]


def test_a_hand_made_title_page(read) -> None:
    page = "\\begin{titlepage}{\\bf\\huge\n\\begin{center}\nRun Plan\\newline of 2030\n\\end{center}}\n\\end{titlepage}"
    assert read("p.tex", f"\\begin{{document}}{page}\nx\\end{{document}}").title == "Run Plan of 2030"


def test_habits_of_physics_papers(read, blocks) -> None:
    source = r"""\documentclass{revtex4}
\newcommand\pt{p_{\rm T}\xspace}
\newcommand{\invfb}{\mbox{fb$^{-1}$}\xspace}
\begin{document}
\author{M.~Ablikim$^{1}$} \author{X. Li$^2$}
\title{Search at $\sqrt{s}=4.26$ GeV}
\begin{abstract}With 567 \invfb of data.\end{abstract}
\pacs{13.25.Gv}

We use $\pt > 50$ MeV. \ifthenelse{\boolean{x}}{Yes.}{No.} {\color{red} Red} \textcolor{blue}{blue}.
\begin{theorem}[Noether] Symmetry.\end{theorem}
S{\o}ren, na\"{\i}ve, \v Cerenkov, \'{E}cole; 3\,\%, \qty{10}{fb}.
\acknowledgments
Thanks.
\end{document}"""
    found = read("p.tex", source)
    assert found.title == "Search at $\\sqrt{s}=4.26$ GeV"
    assert found.metadata["author"] == "M. Ablikim, X. Li"
    text = "\n".join(blocks(found))
    for words in (
        "With 567 fb$^{-1}$ of data.",
        "PACS: 13.25.Gv",
        "We use $p_{\\rm T} > 50$ MeV. Yes. Red blue.",
        "Noether: Symmetry.",
        "Søren, naïve, Čerenkov, École; 3 %, 10 fb.",
    ):
        assert words in text, words
    assert found.blocks[-1].section == ("Acknowledgments",)


def test_a_talk(read) -> None:
    found = read("t.tex", "\\begin{document}\\begin{frame}{Status}\\begin{itemize}\\item all well\\end{itemize}\\end{frame}\\end{document}")
    assert found.blocks[-1].section in {("Status",), ()}
    assert found.blocks[-1].text == "- all well"


def test_bibliographies(read, blocks) -> None:
    entries = """@string{nim = "Nucl. Instrum. Meth."}
@article{bes3, author = "Ablikim, M. and others", title = {{Design of the {BESIII} detector}}, journal = nim, volume = {A614},
 year = 2010, pages = "345--399", doi = {10.1016/x}, eprint = "0911.4960", abstract = {We describe \\"it.}}
@online{site, title = {A site}, url = {https://example.org/a_b}}
@comment{nothing}
@book{broken, title = {never closed
@misc{last, title = "Last"}
"""
    found = read("refs.bib", entries)
    assert found.metadata["arxiv"] == ["0911.4960"]
    assert blocks(found) == [
        "[bes3] Ablikim, M.; others, “Design of the BESIII detector”, nim A614 (2010), p. 345–399, doi:10.1016/x, arXiv:0911.4960",
        "We describe ït.",
        "[site] “A site”, at https://example.org/a_b",
        "[broken] “never closed”",
        "[last] “Last”",
    ]
