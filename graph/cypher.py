"""What the graph asks of Neo4j, in Cypher; values come as parameters alone.

A passage names names; a statement or an alias goes from name to name and carries the passage that says so:

    (:Passage {id, version, collection, stamp, names: its packed mentions})
        -[:NAMES {place}]-> (:Name {collection, key, passages, forms})
    (:Name) -[:STATES {passage, relation, start, end}]-> (:Name)
    (:Name) -[:ALIAS {passage}]-> (:Name)
    (:Collection {id, passages, mentions, aliases, statements, held: a lock's handle})

`place` sorts the passages of a name as contracts ask, `forms` are the name's spellings as `graph.reading` packs them, `stamp`
tells whether a passage's facts are those that are held. A transaction that writes holds the collection's node while it does.
"""

from __future__ import annotations

from typing import Final

SCHEMA: Final = (
    "CREATE CONSTRAINT passage_id IF NOT EXISTS FOR (p:Passage) REQUIRE p.id IS UNIQUE",
    "CREATE CONSTRAINT name_key IF NOT EXISTS FOR (n:Name) REQUIRE (n.collection, n.key) IS UNIQUE",
    "CREATE CONSTRAINT collection_id IF NOT EXISTS FOR (c:Collection) REQUIRE c.id IS UNIQUE",
    "CREATE INDEX passage_version IF NOT EXISTS FOR (p:Passage) ON (p.version)",
    "CREATE INDEX passage_collection IF NOT EXISTS FOR (p:Passage) ON (p.collection, p.id)",
    "CREATE TEXT INDEX name_words IF NOT EXISTS FOR (n:Name) ON (n.key)",
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

FORMS: Final = "UNWIND $rows AS node MATCH (n:Name {collection: node[0], key: node[1]}) RETURN n.collection, n.key, n.forms"
_ENDS: Final = "UNWIND [a, b] AS n RETURN DISTINCT n.collection, n.key"
CLEAR: Final = (  # each returns names that nothing may hold any more
    "UNWIND $rows AS id MATCH (:Passage {id: id})-[m:NAMES]->() DELETE m",
    f"UNWIND $rows AS id MATCH (a)-[r:ALIAS {{passage: id}}]->(b) DELETE r WITH a, b {_ENDS}",
    f"UNWIND $rows AS id MATCH (a)-[r:STATES {{passage: id}}]->(b) DELETE r WITH a, b {_ENDS}",
)
PASSAGES: Final = """
UNWIND $rows AS row
MERGE (p:Passage {id: row[0]})
SET p.version = row[1], p.collection = row[2], p.stamp = row[3], p.names = row[4], p.aliases = row[5], p.statements = row[6]
"""
NAMES: Final = """
UNWIND $rows AS row
MERGE (n:Name {collection: row[0], key: row[1]})
SET n.passages = row[2], n.forms = row[3]
"""
MENTIONS: Final = """
UNWIND $rows AS row
MATCH (p:Passage {id: row[0]})
UNWIND row[2] AS mention
MATCH (n:Name {collection: row[1], key: mention[0]})
CREATE (p)-[:NAMES {place: mention[1]}]->(n)
"""
ALIASES: Final = """
UNWIND $rows AS row
MATCH (a:Name {collection: row[1], key: row[2]})
MATCH (b:Name {collection: row[1], key: row[3]})
CREATE (a)-[:ALIAS {passage: row[0]}]->(b)
"""
STATEMENTS: Final = """
UNWIND $rows AS row
MATCH (a:Name {collection: row[1], key: row[2]})
MATCH (b:Name {collection: row[1], key: row[4]})
CREATE (a)-[:STATES {passage: row[0], relation: row[3], start: row[5], end: row[6]}]->(b)
"""
DROP: Final = "UNWIND $rows AS id MATCH (p:Passage {id: id}) DELETE p"
PRUNE: Final = """
UNWIND $rows AS node
MATCH (n:Name {collection: node[0], key: node[1]})
WHERE NOT EXISTS { (n)--() }
DELETE n
"""

# Reading

PACKED: Final = "UNWIND $ids AS id MATCH (p:Passage {id: id}) RETURN p.id, p.names"
POSTINGS: Final = """
UNWIND $keys AS key
CALL (key) {
    MATCH (n:Name) WHERE n.collection IN $collections AND n.key = key AND n.passages > 0
    RETURN collect(n) AS nodes, sum(n.passages) AS passages
}
WITH * WHERE passages > 0
CALL (nodes) {
    UNWIND nodes AS n
    MATCH (n)<-[m:NAMES]-(p)
    WITH p, m.place AS place ORDER BY place LIMIT $most
    RETURN collect(p.id) AS chunks, collect(place) AS places
}
RETURN key, passages, chunks, places
"""
STATED_ALIASES: Final = """
UNWIND $keys AS key
MATCH (n:Name) WHERE n.collection IN $collections AND n.key = key
MATCH (n)-[a:ALIAS]-(other)
RETURN key, other.key, count(a)
"""
BEGINNING: Final = """
MATCH (n:Name)
WHERE (n.key STARTS WITH $prefix OR n.key CONTAINS $inside) AND n.collection IN $collections AND n.passages > 0
RETURN n.key AS key, n.collection AS collection, n.passages AS passages, n.forms
ORDER BY passages DESC, key, collection LIMIT $most
"""
NODES: Final = """
UNWIND $nodes AS node
MATCH (n:Name {collection: node[0], key: node[1]})
RETURN n.key, n.collection, n.passages, n.forms
"""
FIRST: Final = """
UNWIND $keys AS key
MATCH (n:Name) WHERE n.collection IN $collections AND n.key = key
MATCH (n)<-[m:NAMES]-(p)
WITH p, min(m.place) AS place ORDER BY place LIMIT $most
RETURN p.id, p.collection, p.names
"""
RELATIONS: Final = """
UNWIND $keys AS key
MATCH (n:Name) WHERE n.collection IN $collections AND n.key = key
MATCH (n)-[s:STATES]-() WHERE s.passage IN $passages
WITH DISTINCT s, n.collection AS collection
RETURN startNode(s).key, s.relation, endNode(s).key, collection
"""
STATED: Final = """
UNWIND $keys AS key
MATCH (n:Name) WHERE n.collection IN $collections AND n.key = key
MATCH (n)-[s:STATES]-()
WITH DISTINCT s, n.collection AS collection
WITH s, collection, startNode(s).key AS subject, endNode(s).key AS object
RETURN subject, s.relation AS relation, object, s.start AS start, s.end AS end, s.passage AS passage, collection
ORDER BY passage, start, end, subject, relation, object LIMIT $most
"""
PAGE: Final = """
MATCH (p:Passage) WHERE p.collection = $collection AND p.id > $after
RETURN p.id AS id, p.names ORDER BY id LIMIT $most
"""
COUNTS: Final = """
MATCH (c:Collection) WHERE $collection IS NULL OR c.id = $collection
RETURN coalesce(sum(c.passages), 0), coalesce(sum(c.mentions), 0), coalesce(sum(c.aliases), 0), coalesce(sum(c.statements), 0)
"""
