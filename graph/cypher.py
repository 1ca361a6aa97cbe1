"""What the graph asks of Neo4j, in Cypher; values come as parameters alone.

A passage names names; a statement or an alias goes from name to name and carries the passage that says so:

    (:Passage {id, version, collection, stamp, names: its packed mentions, aliases, statements: how many})
        -[:NAMES {name, place}]-> (:Name {number, collection, key, passages, forms})
    (:Name) -[:STATES {passage, relation, start, end}]-> (:Name)
    (:Name) -[:ALIAS {passage}]-> (:Name)
    (:Collection {id, passages, mentions, aliases, statements, held: a lock's handle})

A name's `number` is a digest of its collection and key, `forms` are its spellings as `graph.reading` packs them. NAMES carries that
number and a `place` that sorts the passages of a name as contracts ask, so that an index gives the first passages of the most
frequent name without a look at the others. `stamp` tells whether a passage's facts are those that are held.
"""

from __future__ import annotations

from typing import Final

SCHEMA: Final = (
    "CREATE CONSTRAINT passage_id IF NOT EXISTS FOR (p:Passage) REQUIRE p.id IS UNIQUE",
    "CREATE CONSTRAINT name_number IF NOT EXISTS FOR (n:Name) REQUIRE n.number IS UNIQUE",
    "CREATE CONSTRAINT collection_id IF NOT EXISTS FOR (c:Collection) REQUIRE c.id IS UNIQUE",
    "CREATE INDEX passage_version IF NOT EXISTS FOR (p:Passage) ON (p.version)",
    "CREATE INDEX passage_collection IF NOT EXISTS FOR (p:Passage) ON (p.collection, p.id)",
    "CREATE TEXT INDEX name_words IF NOT EXISTS FOR (n:Name) ON (n.key)",
    "CREATE INDEX names_place IF NOT EXISTS FOR ()-[m:NAMES]-() ON (m.name, m.place)",
    "CREATE INDEX alias_passage IF NOT EXISTS FOR ()-[a:ALIAS]-() ON (a.passage)",
    "CREATE INDEX states_passage IF NOT EXISTS FOR ()-[s:STATES]-() ON (s.passage)",
    "CALL db.awaitIndexes(60)",
)

# Writing

LOCK: Final = """
UNWIND $ids AS id
MERGE (c:Collection {id: id})
ON CREATE SET c.passages = 0, c.mentions = 0, c.aliases = 0, c.statements = 0
SET c.held = true
"""  # a constant: what is read before the lock is held may be old
ADD: Final = """
UNWIND $rows AS row
MATCH (c:Collection {id: row[0]})
SET c.passages = c.passages + row[1], c.mentions = c.mentions + row[2],
    c.aliases = c.aliases + row[3], c.statements = c.statements + row[4]
"""
UNLOCK: Final = "MATCH (c:Collection {id: $id}) WHERE c.passages = 0 DELETE c"

_HELD: Final = "RETURN p.id, p.version, p.collection, p.stamp, p.names, p.aliases, p.statements"
HELD: Final = f"UNWIND $ids AS id MATCH (p:Passage {{id: id}}) {_HELD}"
OF_VERSIONS: Final = f"MATCH (p:Passage) WHERE p.version IN $versions {_HELD} LIMIT $most"
OF_COLLECTION: Final = f"MATCH (p:Passage {{collection: $collection}}) {_HELD} LIMIT $most"

_ENDS: Final = "WITH a, b UNWIND [a, b] AS n RETURN DISTINCT n.number"
CLEAR: Final = (  # each returns numbers of names that nothing may hold any more
    "UNWIND $rows AS id MATCH (:Passage {id: id})-[m:NAMES]->() DELETE m",
    f"UNWIND $rows AS id MATCH (a)-[r:ALIAS {{passage: id}}]->(b) DELETE r {_ENDS}",
    f"UNWIND $rows AS id MATCH (a)-[r:STATES {{passage: id}}]->(b) DELETE r {_ENDS}",
)
FORMS: Final = "UNWIND $rows AS number MATCH (n:Name {number: number}) RETURN number, n.forms"
NAMES: Final = """
UNWIND $rows AS row
MERGE (n:Name {number: row[0]})
ON CREATE SET n.collection = row[1], n.key = row[2]
SET n.passages = row[3], n.forms = row[4]
"""
PASSAGES: Final = """
UNWIND $rows AS row
MERGE (p:Passage {id: row[0]})
SET p.version = row[1], p.collection = row[2], p.stamp = row[3], p.names = row[4], p.aliases = row[5], p.statements = row[6]
"""
MENTIONS: Final = """
UNWIND $rows AS row
MATCH (p:Passage {id: row[0]})
UNWIND row[1] AS mention
MATCH (n:Name {number: mention[0]})
CREATE (p)-[:NAMES {name: mention[0], place: mention[1]}]->(n)
"""
ALIASES: Final = """
UNWIND $rows AS row
MATCH (a:Name {number: row[1]})
MATCH (b:Name {number: row[2]})
CREATE (a)-[:ALIAS {passage: row[0]}]->(b)
"""
STATEMENTS: Final = """
UNWIND $rows AS row
MATCH (a:Name {number: row[1]})
MATCH (b:Name {number: row[3]})
CREATE (a)-[:STATES {passage: row[0], relation: row[2], start: row[4], end: row[5]}]->(b)
"""
DROP: Final = "UNWIND $rows AS id MATCH (p:Passage {id: id}) DELETE p"
PRUNE: Final = "UNWIND $rows AS number MATCH (n:Name {number: number}) WHERE NOT EXISTS { (n)--() } DELETE n"

# Reading

PACKED: Final = "UNWIND $ids AS id MATCH (p:Passage {id: id}) RETURN p.id, p.names"
POSTINGS: Final = """
UNWIND range(0, size($names) - 1) AS at
CALL (at) {
    UNWIND $names[at] AS number
    MATCH (n:Name {number: number}) WHERE n.passages > 0
    RETURN collect(number) AS numbers, sum(n.passages) AS passages
}
WITH * WHERE passages > 0
CALL (numbers) {
    UNWIND numbers AS number
    CALL (number) {
        MATCH (p)-[m:NAMES]->() WHERE m.name = number AND m.place >= 0
        WITH p, m ORDER BY m.name, m.place LIMIT $most
        RETURN p.id AS id, m.place AS place
    }
    WITH id, place WHERE id IS NOT NULL
    WITH id, place ORDER BY place LIMIT $most
    RETURN collect(id) AS ids, collect(place) AS places
}
WITH at, passages, ids, size([place IN places WHERE place < $untitled]) AS titled
WITH at, passages, titled, CASE WHEN $crowded OR passages <= $most THEN ids ELSE ids[..titled] END AS shown
RETURN at, passages, reduce(every = '', id IN shown | every + id), titled
"""  # one text of all ids: the driver takes longer to read a list than the server to join it
FIRST: Final = """
UNWIND $numbers AS number
CALL (number) {
    MATCH (p)-[m:NAMES]->() WHERE m.name = number AND m.place >= 0
    WITH p, m ORDER BY m.name, m.place LIMIT $most
    RETURN p, m.place AS place
}
WITH p, min(place) AS place ORDER BY place LIMIT $most
RETURN p.id, p.collection, p.names
"""
OTHER_NAMES: Final = """
UNWIND $numbers AS number
MATCH (n:Name {number: number})-[:ALIAS]-(other)
RETURN n.key, other.key, count(*)
"""
BEGINNING: Final = """
MATCH (n:Name)
WHERE (n.key STARTS WITH $prefix OR n.key CONTAINS $inside) AND n.collection IN $collections AND n.passages > 0
RETURN n.key AS key, n.collection AS collection, n.passages AS passages, n.forms
ORDER BY passages DESC, key, collection LIMIT $most
"""
NODES: Final = "UNWIND $numbers AS number MATCH (n:Name {number: number}) RETURN n.key, n.collection, n.passages, n.forms"
RELATIONS: Final = """
UNWIND $numbers AS number
MATCH (n:Name {number: number})-[s:STATES]-() WHERE s.passage IN $passages
WITH DISTINCT s, n.collection AS collection
RETURN startNode(s).key, s.relation, endNode(s).key, collection
"""
STATED: Final = """
UNWIND $numbers AS number
MATCH (n:Name {number: number})-[s:STATES]-()
WITH DISTINCT s, n.collection AS collection
WITH s, collection, startNode(s).key AS subject, endNode(s).key AS object
RETURN subject, s.relation AS relation, object, s.start AS start, s.end AS end, s.passage AS passage, collection
ORDER BY passage, start, end, subject, relation, object LIMIT $most
"""
PAGE: Final = """
MATCH (p:Passage) WHERE p.collection = $collection AND p.id > $after
RETURN p.id AS id, p.names ORDER BY p.collection, p.id LIMIT $most
"""
COUNTS: Final = """
MATCH (c:Collection) WHERE $collection IS NULL OR c.id = $collection
RETURN coalesce(sum(c.passages), 0), coalesce(sum(c.mentions), 0), coalesce(sum(c.aliases), 0), coalesce(sum(c.statements), 0)
"""
