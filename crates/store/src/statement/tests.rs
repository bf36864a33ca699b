use super::*;

#[track_caller]
fn check(text: &str, sqlite: &str, postgres: &str) {
    assert_eq!(for_sqlite(text), sqlite);
    assert_eq!(for_postgres(text), postgres);
}

#[test]
fn parameters_are_numbered_for_sqlite() {
    check("SELECT $2, $1, $12", "SELECT ?2, ?1, ?12", "SELECT $2, $1, $12");
}

#[test]
fn quotes_and_comments_are_left_alone() {
    let text = "SELECT '$1 it''s $2', \"a$3\" -- $4\n, /* $5 */ a - b / c, '$.x' = $6";
    check(text, &text.replace("= $6", "= ?6"), text);
    check("SELECT 'open $1", "SELECT 'open $1", "SELECT 'open $1");
    check("SELECT a->>'$.k', $$, 'ğ$1', $", "SELECT a->>'$.k', $$, 'ğ$1', $", "SELECT a->>'$.k', $$, 'ğ$1', $");
}

#[test]
fn lists_become_a_subquery() {
    check(
        "WHERE id {in:$1} AND k {in_text:$22} {in:x}",
        "WHERE id IN (SELECT value FROM json_each(?1)) AND k IN (SELECT value FROM json_each(?22)) {in:x}",
        "WHERE id = ANY (ARRAY(SELECT value::bigint FROM jsonb_array_elements_text($1::text::jsonb) AS t(value))) \
         AND k = ANY (ARRAY(SELECT value FROM jsonb_array_elements_text($22::text::jsonb) AS t(value))) {in:x}",
    );
}

#[test]
fn only_a_plain_insert_can_be_copied() {
    let copy = |text| copy_of(text);
    let plain = "insert INTO log.line\n  (id, \"at\",x) VALUES( $1,$2 , $3 )\n";
    assert_eq!(copy(plain).as_deref(), Some("COPY log.line (id, \"at\", x) FROM STDIN WITH (FORMAT binary)"));
    for other in [
        "INSERT INTO t (a, b) VALUES ($2, $1)",
        "INSERT INTO t (a, b) VALUES ($1, 7)",
        "INSERT INTO t (a, b) VALUES ($1, $2, $3)",
        "INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING",
        "INSERT INTO t (a) VALUES ($1) RETURNING a",
        "INSERT INTO t (a) VALUES ($1), ($2)",
        "INSERT INTO t (a) VALUES (($1))",
        "INSERT INTO t (a) SELECT $1",
        "INSERT INTO t AS x (a) VALUES ($1)",
        "INSERT INTO t VALUES ($1)",
        "INSERTINTO t (a) VALUES ($1)",
        "UPDATE t SET a = $1",
        "",
    ] {
        assert_eq!(copy(other), None, "{other}");
    }
}
