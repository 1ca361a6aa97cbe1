"""What LaTeX's control words mean to a reader of the text."""

from __future__ import annotations

import re
import unicodedata


def _names(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


def _table(text: str) -> dict[str, str]:
    """`word=sign` pairs."""
    return {word: sign for word, _, sign in (pair.partition("=") for pair in re.findall(r"\S+", text))}


SECTIONS = {"part": 0, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5, "subparagraph": 6}

MATH_ENVIRONMENTS = _names(
    """equation equation* align align* alignat alignat* aligned eqnarray eqnarray* gather gather* multline multline* flalign flalign*
    displaymath dmath dmath* split empheq IEEEeqnarray IEEEeqnarray* cases xalignat math"""
)
TABLE_ENVIRONMENTS = _names(
    "tabular tabular* tabularx tabulary longtable longtabu tabu supertabular xtabular tblr longtblr array deluxetable ruledtabular"
)
DRAWING_ENVIRONMENTS = _names("tikzpicture picture pgfpicture feynmandiagram fmffile fmfgraph* axis asy pspicture overpic CCSXML")
LIST_ENVIRONMENTS = {
    **dict.fromkeys(("itemize", "compactitem", "itemize*", "list", "trivlist", "description", "compactdesc", "basedescript"), -1),
    **dict.fromkeys(("enumerate", "compactenum", "enumerate*", "steps"), 1),
}
STATEMENTS = _names("theorem lemma definition corollary proposition remark example proof conjecture exercise claim assumption")
QUOTE_ENVIRONMENTS = _names("quote quotation displayquote verse")
FLOATS = {
    **dict.fromkeys(("figure", "figure*", "wrapfigure", "sidewaysfigure", "subfigure", "SCfigure"), "Figure"),
    **dict.fromkeys(("table", "table*", "wraptable", "sidewaystable", "subtable", "threeparttable"), "Table"),
}

# Control word -> how many arguments are dropped with it.
DROPPED = {
    **dict.fromkeys(
        _names(
            """noindent centering raggedright raggedleft maketitle tableofcontents listoffigures listoftables newpage clearpage
            cleardoublepage pagebreak nopagebreak linebreak bigskip medskip smallskip small footnotesize scriptsize tiny normalsize large
            Large LARGE huge Huge bf it rm sf tt sl sc em bfseries itshape rmfamily sffamily ttfamily slshape scshape upshape mdseries
            normalfont selectfont sloppy fussy onecolumn twocolumn appendix hline toprule midrule bottomrule endhead endfirsthead endfoot
            endlastfoot xspace protect par indent hfill vfill hfil vfil hss vss displaystyle textstyle limits nolimits left right big Big
            bigg Bigg raggedbottom flushbottom frontmatter mainmatter backmatter linenumbers nolinenumbers phantomsection relax null
            leavevmode ignorespaces unskip allowbreak break samepage noalign and smartqed unboldmath boldmath begingroup endgroup
            makeatletter makeatother printbibliography printindex singlespacing doublespacing onehalfspacing frenchspacing obeylines
            fi else iffalse iftrue ifpdf expandafter global long outer nobreak strut hfilneg  pause balance landscape vskip hskip
            makeindex bibitemsep today FloatBarrier flushleft  leftskip rightskip fontshape  csname endcsname
            maketitlesupplementary IEEEpeerreviewmaketitle makecover normalem arraybackslash rmfamily"""
        ),
        0,
    ),
    **dict.fromkeys(
        _names(
            """label vspace vspace* hspace hspace* includegraphics usepackage documentclass bibliographystyle bibliography pagestyle
            thispagestyle pagenumbering index cellcolor rowcolor color pagecolor cline cmidrule hyphenation  nocite hypersetup
            graphicspath addbibresource stepcounter refstepcounter newcounter newlength newboolean newif newsavebox  RequirePackage
            usetikzlibrary pgfplotsset tikzset lstset captionsetup geometry  todo marginpar  glsaddall
            thanks email ead orcid orcidlink authorrunning titlerunning received accepted published corresponding linespread fontfamily
            fontseries fontshape usefont setlist sisetup marginnote reversemarginpar  includepdf pdfinfo AtBeginDocument
            AtEndDocument phantom hphantom vphantom vphantom* cormark fnmark fnref tnotemark tnoteref corref journalname
             setmainfont setsansfont setmonofont usetheme usecolortheme useoutertheme useinnertheme usefonttheme logo titlegraphic
            allowdisplaybreaks needspace enlargethispage      extracolsep """
        ),
        1,
    ),
    **dict.fromkeys(
        _names(
            """setlength addtolength setcounter addtocounter setboolean newtheorem numberwithin  rule  markboth fontsize
            pdfbookmark newglossaryentry acro DeclareGraphicsExtensions settowidth AddToShipoutPicture setbeamertemplate setbeamercolor
            setbeamerfont setbeamersize DeclareGraphicsRule declaretheorem titlespacing lstdefinestyle newcolumntype"""
        ),
        2,
    ),
    **dict.fromkeys(_names("definecolor addcontentsline addtocontents newenvironment renewenvironment newacronym titleformat "), 3),
}

# Control word -> how many arguments stand before the one that is text.
TEXT_AFTER = {
    **dict.fromkeys(
        _names("textcolor colorbox hypertarget hyperlink scalebox raisebox parbox href foreignlanguage texorpdfstring adjustbox"), 1
    ),
    **dict.fromkeys(_names("multicolumn multirow resizebox fcolorbox "), 2),
}

CITATIONS = _names(
    """cite citep citet citealp citealt citeauthor citeyear autocite parencite textcite footcite supercite citenum onlinecite
    Cite citep* citet* fullcite cites"""
)
REFERENCES = _names("ref eqref autoref cref Cref pageref nameref vref Vref fref figref tabref secref subref labelcref")
INCLUSIONS = _names("input include subfile subfileinclude import lstinputlisting verbatiminput")
FRONT = _names("title author date affiliation institute address affil collaboration")
FOOTNOTES = _names("footnote footnotetext tablefootnote endnote sidenote")

ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    '"': "\u0308",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "c": "\u0327",
    "v": "\u030c",
    "u": "\u0306",
    "H": "\u030b",
    "k": "\u0328",
    "r": "\u030a",
    "d": "\u0323",
    "b": "\u0331",
}
SYMBOLS = (
    _table(
        """ss=ß ae=æ AE=Æ oe=œ OE=Œ o=ø O=Ø l=ł L=Ł aa=å AA=Å i=i j=j dh=ð DH=Ð th=þ dj=đ S=§ P=¶ dag=† ddag=‡ ldots=… dots=… textellipsis=…
    cdots=⋯ copyright=© textcopyright=© pounds=£ euro=€ texteuro=€ textregistered=® texttrademark=™ textdegree=° degree=° textmu=µ
    micro=µ textendash=– textemdash=— textbullet=• textasciitilde=~ textasciicircum=^ textbackslash=\\ textunderscore=_ textless=<
    textgreater=> textbar=| textquotesingle=' textquotedblleft=“ textquotedblright=” textquoteleft=‘ textquoteright=’ lq=‘ rq=’
    guillemotleft=« guillemotright=» textpm=± texttimes=× textrightarrow=→ rightarrow=→ to=→ pm=± times=× sim=∼ LaTeX=LaTeX TeX=TeX
    BibTeX=BibTeX LaTeXe=LaTeX2e lbrack=[ rbrack=] lbrace={ rbrace=} slash=/ textsection=§ checkmark=✓ cmark=✓ xmark=✗"""
    )
    | dict.fromkeys(_names("quad qquad space nobreakspace enspace thinspace"), " ")
    | dict.fromkeys(_names("newline tabularnewline"), "\n")
)
CONTROL_SYMBOLS = {mark: mark for mark in "%&#_{}$"} | dict.fromkeys(" ,;:\n\t", " ")

_UNITS = _table(
    """giga=G mega=M kilo=k tera=T peta=P milli=m micro=µ nano=n pico=p femto=f atto=a centi=c deci=d electronvolt=eV eV=eV barn=b metre=m
    meter=m second=s hertz=Hz byte=B bit=b gram=g tesla=T volt=V ampere=A watt=W kelvin=K degreeCelsius=°C percent=% radian=rad degree=°
    joule=J per=/ squared=^2 cubed=^3 hour=h minute=min day=d litre=L newton=N pascal=Pa"""
)
_UNIT_WORD = re.compile(r"\\([A-Za-z]+)\s*")


def accented(mark: str, letter: str) -> str:
    """The letter with an accent, composed where Unicode has it so."""
    letter = {"\\i": "i", "\\j": "j"}.get(letter.strip(), letter)
    return unicodedata.normalize("NFC", letter[:1] + ACCENTS[mark]) + letter[1:] if letter.strip() else ""


def unit(source: str) -> str:
    r"""Units of siunitx as symbols: \giga\electronvolt -> GeV."""
    if "\\" not in source:
        return source.strip()
    return _UNIT_WORD.sub(lambda match: _UNITS.get(match[1], match[1]), source).replace(".", " ").replace("~", " ").strip()
