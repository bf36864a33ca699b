//! Licences and sources of the console's packages, from its lock file.
//!
//! What is sent to browsers obeys `deny.toml` as the binary does. The tools that check, test and build it stay on
//! the machine that runs them, and each further licence of theirs is named here.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::deny::{self, licence};

/// Copyleft by file or of another field; none of these packages has a line in what is built.
const TOOLS: &[(&str, &str)] =
    &[("argparse", "Python-2.0"), ("axe-core", "MPL-2.0"), ("lightningcss", "MPL-2.0"), ("lightningcss-", "MPL-2.0")];

/// Checks all packages; gives how many there are.
pub fn check(root: &Path) -> Result<usize> {
    let text =
        std::fs::read_to_string(root.join("console/package-lock.json")).context("reading console/package-lock.json")?;
    let lock: Value = serde_json::from_str(&text).context("console/package-lock.json")?;
    let accepted = deny::accepted_licences(root)?;
    let problems = problems(&lock, &accepted)?;
    for problem in &problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} of the console's packages are not accepted", problems.len());
    }
    Ok(packages(&lock)?.count())
}

fn packages(lock: &Value) -> Result<impl Iterator<Item = (&str, &Value)>> {
    let all = lock["packages"].as_object().context("the lock file lists no packages: is it of npm 7 or later?")?;
    // The first one, without a path, is the console itself.
    Ok(all.iter().filter(|(path, _)| !path.is_empty()).map(|(path, package)| (path.as_str(), package)))
}

fn problems(lock: &Value, accepted: &[String]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (path, package) in packages(lock)? {
        let name = path.rsplit_once("node_modules/").map_or(path, |(_, name)| name);
        let shown = format!("{name} {}", package["version"].as_str().unwrap_or_default());
        if package["integrity"].as_str().is_none() {
            problems.push(format!("{shown}: has no checksum, so it does not come from the registry"));
        }
        let Some(stated) = package["license"].as_str() else {
            problems.push(format!("{shown}: states no licence"));
            continue;
        };
        let of_tool = |id: &str| {
            TOOLS.iter().any(|(tool, licence)| {
                id == *licence && (name == *tool || tool.ends_with('-') && name.starts_with(tool))
            })
        };
        match licence::is_accepted(stated, &|id| of_tool(id) || accepted.iter().any(|known| known == id)) {
            Ok(true) => {}
            Ok(false) => problems.push(format!("{shown}: licence {stated} is not accepted")),
            Err(problem) => problems.push(format!("{shown}: licence {stated:?} cannot be read: {problem}")),
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::problems;

    #[test]
    fn each_package_needs_a_checksum_and_an_accepted_licence() {
        let package = |licence: &str| json!({ "version": "1.0.0", "integrity": "sha512-x", "license": licence });
        let lock = json!({ "packages": {
            "": { "name": "copydesk-console" },
            "node_modules/good": package("(MIT OR CC0-1.0)"),
            "node_modules/lightningcss-linux-x64-gnu": package("MPL-2.0"),
            "node_modules/good/node_modules/@x/bad": package("GPL-3.0-only"),
            "node_modules/silent": { "version": "2.0.0", "integrity": "sha512-x" },
            "node_modules/stray": { "version": "3.0.0", "license": "MIT" },
            "node_modules/odd": package("MIT AND"),
        } });
        let found = problems(&lock, &["MIT".to_owned()]).unwrap().join("\n");
        for part in ["@x/bad 1.0.0: licence GPL-3.0-only", "silent 2.0.0: states", "stray 3.0.0: has no", "odd 1.0.0: "]
        {
            assert!(found.contains(part), "{part} is not in\n{found}");
        }
        assert_eq!(found.lines().count(), 4, "{found}");
        assert!(problems(&json!({ "lockfileVersion": 1 }), &[]).is_err());
    }
}
