"""Query sets in every form they may come in, and TREC's files there and back."""

import pytest

from cmpagl.errors import DataError
from cmpagl.judge.judgments import (
    JudgedQuery,
    from_captions,
    judgments_csv,
    parse_queries,
    qrels,
    read_qrels,
    read_queries,
    run_lines,
)

JUDGED = [
    JudgedQuery("q1", "a red roof", {"a.png": 1, "my scene, 2%.png": 0}),
    JudgedQuery("ships", "ships, many"),
]


def test_a_query_a_line():
    found = parse_queries("a red roof\n\n  ships,  many \n")
    assert [(one.id, one.text) for one in found] == [("q1", "a red roof"), ("q2", "ships, many")]
    assert found[0].grades == {}


def test_a_table_comes_back_as_it_went():
    """Scenes that nobody judged have a row to fill in."""
    scenes = {"q1": [*JUDGED[0].grades, "b.png"], "ships": ["a.png"]}
    assert parse_queries(judgments_csv(JUDGED, scenes)) == JUDGED


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_what_excel_saves_of_a_pool_is_read(tmp_path, mark, encoding):
    """Whatever it puts between cells, in its encodings; quotes and short rows are understood."""
    rows = (
        ["Query", "grade", "scene"],
        ['"a café, red"', "1", "a.png"],
        ['"a café, red"', "0", "b.png"],
        ["ships"],
    )
    text = "\r\n".join(mark.join(row) for row in rows) + "\r\n"
    (tmp_path / "pool.csv").write_bytes((f"sep={mark}\r\n" + text).encode(encoding))
    (cafe, ships) = read_queries(tmp_path / "pool.csv")
    assert (cafe.text, cafe.grades) == ("a café, red", {"a.png": 1, "b.png": 0})
    assert (ships.text, ships.grades) == ("ships", {})


def test_a_table_without_grades_names_what_is_right():
    """As the gallery's own queries.json: a query and the scene that it was written for."""
    text = '[{"query": "a red roof", "scene": "a.png"}, {"query": "a red roof", "scene": "b.png"}]'
    assert parse_queries(text) == [JudgedQuery("q1", "a red roof", {"a.png": 1, "b.png": 1})]
    assert parse_queries("query,scene\na red roof,a.png\n")[0].grades == {"a.png": 1}


def test_an_unfilled_row_of_a_pool_is_no_judgment():
    text = "id,query,scene,grade\nq1,a red roof,a.png,\nq1,a red roof,b.png,1\n"
    assert parse_queries(text) == [JudgedQuery("q1", "a red roof", {"b.png": 1})]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no query"),
        ("query,scene,grade\n,a.png,1\n", "row 1 has no query"),
        ("query,scene,grade\na,a.png,yes\n", "the grade 'yes'"),
        ("query", "holds no query"),
        ('query,scene\n"a,b\n', "check its quotes"),
        ("query,scene,grade\na,a.png,99\n", "the grade '99'"),
        ("[1]", "list of objects"),
        ('[{"query": null, "scene": "a.png"}]', "row 1 has no query"),
        ('[{"query": ["a", "b"]}]', "row 1 has 'query' as"),
        ('[{"query": "a", "scene": ["a.png"]}]', "row 1 has 'scene' as"),
        ('[{"query": "a", "scene": "a.png", "grade": true}]', "row 1 has 'grade' as 'True'"),
        ("query,scene,grade\na,a.png,1\na,a.png,0\n", "row 2 gives 'a.png' another grade"),
        ("id,query\nq1,a\nq1,b\n", "row 2 has the id 'q1', which is another query's"),
        ("id,query\nq 1,a\nq_1,b\n", "row 2 has the id 'q_1', which is another query's"),
        ("query,scene,grade\na,a.png,1,9\n", "row 1 has more cells than"),
        ("query,image,relevance\na,a.png,1\n", "has the columns query, image, relevance"),
        ("query,scene,scene\na,a.png,b.png\n", "has the columns query, scene, scene"),
        ("[{]", "no valid JSON"),
        ("\n".join(f"query {n}" for n in range(10_001)), "more than 10,000"),
    ],
)
def test_what_is_no_query_set_is_said(text, said):
    with pytest.raises(DataError, match=said):
        parse_queries(text)


def test_what_else_a_query_set_may_be():
    """An object a line, a column more, nothing where a grade would be; ids that are free."""
    lines = '{"query": "a", "scene": "a.png", "grade": 1}\n{"query": "b", "scene": null}\n'
    assert parse_queries(lines) == [JudgedQuery("q1", "a", {"a.png": 1}), JudgedQuery("q2", "b")]
    (found,) = parse_queries("query,scene,grade,note\na,a.png,1,mine\n")
    assert found.grades == {"a.png": 1}
    ids = [one.id for one in parse_queries("id,query\nq2,a\n,b\n,c\n")]
    assert ids[0] == "q2"
    assert len(set(ids)) == 3


def test_qrels_there_and_back():
    """Image ids may hold blanks and signs; a run's lines have six words."""
    bare = [JudgedQuery(one.id, one.text) for one in JUDGED]
    lines = qrels(JUDGED)
    assert all(len(line.split()) == 4 for line in lines)
    assert read_qrels(bare, "\n".join(lines)) == JUDGED
    (line,) = run_lines({"q1": [("my scene, 2%.png", 1, 0.5)]}, "small")
    assert len(line.split()) == 6


@pytest.mark.parametrize(
    "line", ["q1 0 a.png", "q9 0 a.png 1", "q1 0 a.png x", "q1 0 a.png 1\nq1 0 a.png 2"]
)
def test_a_line_that_is_no_judgment_is_said(line):
    with pytest.raises(DataError):
        read_qrels(JUDGED, line)


def test_a_caption_of_the_gallery_counts_as_judged(tmp_path):
    """What a person said of the same scene wins."""
    from tiny_index import tiny_retriever

    gallery = tiny_retriever(tmp_path, n=6).gallery
    record = gallery.records[2]
    queries = [JudgedQuery("q1", record.captions[0]), JudgedQuery("q2", "something else")]
    one, other = from_captions(gallery, queries)
    assert one.grades[record.image_id] == 1
    assert other.grades == {}
    said = JudgedQuery("q1", record.captions[0], {record.image_id: 0})
    assert from_captions(gallery, [said])[0].grades[record.image_id] == 0


def test_a_table_as_people_have_it():
    """A head alone, lines that end with a carriage return, a long one; a cell without an end."""
    with pytest.raises(DataError, match="holds no query"):
        parse_queries("query")
    (told,) = parse_queries("query,scene,grade\rroad,a.png,1\r")
    assert told.grades == {"a.png": 1}
    rows = "".join(f"road,{n}.png,1\n" for n in range(40_000))
    assert len(parse_queries("query,scene,grade\n" + rows)[0].grades) == 40_000
    with pytest.raises(DataError, match="check its quotes"):
        parse_queries('query,scene\n"' + "x" * 200_000)
    with pytest.raises(DataError, match="no table that can be read"):
        parse_queries('"' + "x" * 200_000)
