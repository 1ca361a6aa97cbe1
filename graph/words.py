"""Words that make no name by themselves, though a sentence or a title writes them with a capital letter."""

from __future__ import annotations

ARTICLES = frozenset({"the", "a", "an"})

FUNCTION = frozenset(
    """
    a about above across after again against all almost along already also although always am among an and another any anyone
    anything are around as at away back be because been before behind being below beside besides between both but by can cannot
    could despite did do does doing done down during each either else enough especially etc even ever every everyone everything
    except few first following for former from further had has have having he hence her here hers herself him himself his how
    however i if in indeed inside instead into is it its itself just last later latter least less let like likewise many may maybe
    me meanwhile might mine more moreover most much must my myself near nearly neither never nevertheless next no nobody none nor
    not nothing now of off often on once one only onto or other others otherwise our ours ourselves out outside over overall own
    per perhaps please prior rather same second see several shall she should similarly since so some someone something sometimes
    soon still subsequently such than that the their theirs them themselves then thence there thereafter thereby therefore these
    they third this those though three through throughout thus to today together too toward towards two under underneath unless
    unlike until up upon us usually versus very via was we well were what whatever when whence whenever where whereas whereby
    wherein wherever whether which whichever while who whoever whole whom whose why will with within without would yes yet you
    your yours yourself four five six seven eight nine ten eleven twelve hundred thousand million billion
    """.split()  # noqa: SIM905
)

TITLE_OPENERS = frozenset(
    "i it he she we you they my your our his her who what when where why how do don't let like no not once never all one two".split()  # noqa: SIM905
)
"""Function words that begin titles and are not followed by a name otherwise."""

CALENDAR = frozenset(
    """
    january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct
    nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun spring summer
    autumn fall winter am pm gmt utc bc ad ce bce century am. pm.
    """.split()  # noqa: SIM905
)

COMMON = frozenset(
    """
    according additional additionally allowing although among announced area based because began beginning born british brother
    build built called cast change changes chapter check choose city click close common company compared computing consider
    consisting contains copy country create created current currently daughter day days death default defined delete depending
    described description designed details developed different directed director display download edit educated ensure established
    example examples father featuring figure file files film final finally find formed formerly found founded full game general
    generally give given go good great group head held help historically home hosted important include included includes including
    information initially install installed interesting issue it's its keep kind known language large led left level line list
    listed located long main make making married mathematical member members men method middle mother movie name named names
    national native need new newer non note notes notice number numbers old older open order original originally page pages part
    people performance place played player point popular population possible present previous previously problem produced
    professional program project provide provides published question questions read record recorded recently reference references
    related release released remember remove report results return review right run section select selected set sets show shown
    shows similar simple simply single sister small son song special start started starting state step steps story style submit
    summary support system table tables take team test text thank thanks thing things time times title tools top total track try
    turn type types typically unfortunately update use used useful user users using value values variable various version view
    wait war way website wife women won work working works world write written year years
    """.split()  # noqa: SIM905
)
"""Common words: alone at the start of a sentence, a cell or a heading they are no name."""

PLACES = frozenset(
    name.strip()
    for name in """
    Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Georgia, Hawaii, Idaho, Illinois,
    Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts, Michigan, Minnesota, Mississippi, Missouri,
    Montana, Nebraska, Nevada, New Hampshire, New Jersey, New Mexico, New York, North Carolina, North Dakota, Ohio, Oklahoma,
    Oregon, Pennsylvania, Rhode Island, South Carolina, South Dakota, Tennessee, Texas, Utah, Vermont, Virginia, Washington, West
    Virginia, Wisconsin, Wyoming, Puerto Rico, Ontario, Quebec, British Columbia, Alberta, Manitoba, Saskatchewan, Nova Scotia,
    New Brunswick, Newfoundland, Prince Edward Island, New South Wales, Victoria, Queensland, South Australia, Western Australia,
    Tasmania, Northern Territory, England, Scotland, Wales, Northern Ireland, Ireland, France, Germany, Italy, Spain, Portugal,
    Belgium, Netherlands, Switzerland, Austria, Denmark, Sweden, Norway, Finland, Iceland, Poland, Russia, Ukraine, Greece,
    Turkey, Hungary, Romania, Bulgaria, Serbia, Croatia, Slovenia, Slovakia, Czech Republic, Estonia, Latvia, Lithuania, India,
    Pakistan, Bangladesh, Sri Lanka, Nepal, China, Japan, South Korea, Taiwan, Thailand, Vietnam, Malaysia, Indonesia,
    Philippines, Australia, New Zealand, Canada, Mexico, Brazil, Argentina, Chile, Peru, Colombia, Venezuela, Cuba, Jamaica,
    Egypt, Nigeria, Kenya, South Africa, Ghana, Ethiopia, Morocco, Algeria, Israel, Iran, Iraq, Syria, Lebanon, Saudi Arabia,
    United States, United Kingdom, USA, UK, U.S., D.C., DC, Maharashtra, Kerala, Tamil Nadu, Karnataka, Gujarat, Punjab, West
    Bengal, Bavaria, Saxony, Ontario, London, Paris, Berlin, Geneva, Beijing
    """.replace("\n", " ").split(",")
)
"""Places that stand after a comma in another place's name."""

NOBILITY = frozenset(
    """
    Earl Duke Duchess Count Countess Prince Princess Baron Baroness Viscount Viscountess Marquess Marquis Marchioness Margrave
    Margravine Landgrave Elector Lord Lady King Queen Emperor Empress Archduke Archduchess Dauphin Electress Grand Holy Infante
    Infanta Bishop Jr Jr. Sr
    """.split()  # noqa: SIM905
)
"""Words that go on with a name after a comma: William, Duke of Nassau; James Stewart, 1st Duke of Richmond."""

ROLES = frozenset(
    """
    president vice prime minister king queen prince princess sir lord lady dame emperor empress pope archbishop bishop cardinal
    general colonel captain lieutenant sergeant admiral major brigadier marshal dr mr mrs ms prof professor senator governor
    representative rep sen gov archduke archduchess duke duchess count countess earl baron baroness chancellor chairman ceo coach
    singer actor actress director politician producer author writer novelist poet composer musician rapper footballer drummer
    guitarist painter artist sultan shah sheikh rabbi reverend deputy former secretary judge justice constable detective inspector
    chief crown st saint rev gen col capt lt sgt maj congressman congresswoman mayor leader supreme chairwoman goalkeeper striker
    ambassador film filmmaker physicist astronaut rajah maharaja infanta infante pianist
    """.split()  # noqa: SIM905
)
"""What a person is called before the name."""

BARE = frozenset(
    """
    different numerous new existing current various several other many leading well-known popular modern common recent future further
    additional certain specific similar big large small important dedicated proposed possible external traditional typical standard some
    own more most few two three basic critical special others established
    """.split()  # noqa: SIM905
)
"""Words that tell nothing of what a thing is."""
