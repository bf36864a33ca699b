use serde_json::json;

use super::*;

fn rules() -> Rules {
    Rules::parse(
        r#"
        [licenses]
        allow = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]
        exceptions = [{ crate = "odd", allow = ["MPL-2.0"] }]
        [bans]
        deny = [{ crate = "chrono", reason = "we have our own", wrappers = ["legacy"] }]
        [sources]
        unknown-registry = "deny"
        unknown-git = "deny"
        "#,
    )
    .unwrap()
}

#[test]
fn licences_are_weighed_as_expressions() {
    let check = |text: &str| licence::is_accepted(text, &|id| ["MIT", "ISC"].contains(&id));
    for accepted in [
        "MIT",
        "GPL-3.0 OR MIT",
        "GPL-3.0/MIT",
        "MIT AND ISC",
        "(GPL-3.0 OR MIT) AND ISC",
        "MIT OR GPL-3.0 AND BSD-2-Clause",
    ] {
        assert_eq!(check(accepted), Ok(true), "{accepted}");
    }
    for refused in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "MIT WITH Exception"] {
        assert_eq!(check(refused), Ok(false), "{refused}");
    }
    for broken in ["", "MIT OR", "(MIT", "MIT)", "AND MIT", "MIT ISC"] {
        assert!(check(broken).is_err(), "{broken}");
    }
}

#[test]
fn each_fault_of_a_dependency_is_told() {
    let packages = [
        json!({"id": "path+file:///r/crates/desk#0.1.0", "name": "desk", "version": "0.1.0", "license": "MIT", "source": null,
            "dependencies": [{"name": "private", "registry": "elsewhere"}]}),
        json!({"id": "r#odd@1.0.0", "name": "odd", "version": "1.0.0", "license": "MPL-2.0", "source": "registry+default", "dependencies": []}),
        json!({"id": "r#even@2.0.0", "name": "even", "version": "2.0.0", "license": "MPL-2.0", "source": "git+https://example.org", "dependencies": []}),
        json!({"id": "r#bare@3.0.0", "name": "bare", "version": "3.0.0", "license": null, "source": "registry+default", "dependencies": []}),
        json!({"id": "r#chrono@0.4.0", "name": "chrono", "version": "0.4.0", "license": "MIT", "source": "registry+default", "dependencies": []}),
    ];
    let by = |user: &str| json!({"id": user, "deps": [{"pkg": "r#chrono@0.4.0"}]});
    assert_eq!(
        rules().check(&packages, &[by("path+file:///r/crates/desk#0.1.0"), by("r#legacy@1.0.0")]),
        [
            "desk 0.1.0: takes \"private\" from a registry other than the default one",
            "even 2.0.0: licence MPL-2.0 is not in deny.toml",
            "even 2.0.0: comes from git+https://example.org, not from the default registry",
            "bare 3.0.0: states no licence",
            "chrono 0.4.0: banned (we have our own); needed by desk",
        ]
    );
    assert!(rules().check(&packages[4..], &[by("r#legacy@1.0.0")]).is_empty(), "a wrapper may bring it in");
}

#[test]
fn a_ban_without_reason_is_no_ban() {
    let text = "[licenses]\n[bans]\ndeny = [{ crate = \"x\" }]\n[sources]\nunknown-registry = \"deny\"\nunknown-git = \"deny\"\n";
    assert!(Rules::parse(text).is_err_and(|error| error.to_string() == "a ban needs a reason"));
}
