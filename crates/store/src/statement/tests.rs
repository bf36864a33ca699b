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
        "WHERE id IN (SELECT value::bigint FROM jsonb_array_elements_text($1::text::jsonb) AS t(value)) \
         AND k IN (SELECT value FROM jsonb_array_elements_text($22::text::jsonb) AS t(value)) {in:x}",
    );
}
