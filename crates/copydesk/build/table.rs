//! The files of a console with their compressed variants, as a table for the binary.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Where compressing pays; everything else is compressed already.
const TEXT: &[&str] = &["html", "css", "js", "mjs", "json", "map", "svg", "txt", "webmanifest", "wasm"];
/// Below this the server sends plain bytes anyway.
const COMPRESS_MIN: usize = 1_024;

/// Writes `console.rs` and the bytes it names into `out`.
pub fn write(dist: Option<&Path>, out: &Path) -> io::Result<()> {
    let bytes = out.join("embedded");
    let _ = fs::remove_dir_all(&bytes);
    fs::create_dir_all(&bytes)?;
    let mut table = String::from("pub static FILES: &[web::console_app::Built] = &[\n");
    for (n, (path, file)) in dist.map_or(Ok(Vec::new()), list)?.into_iter().enumerate() {
        let plain = fs::read(&file)?;
        let is_text = TEXT.iter().any(|extension| path.ends_with(&format!(".{extension}")));
        let pays = is_text && plain.len() >= COMPRESS_MIN;
        let keep = |variant: &str, content: &[u8]| -> io::Result<String> {
            let kept = bytes.join(format!("{n}.{variant}"));
            fs::write(&kept, content)?;
            Ok(format!("include_bytes!({:?})", kept.display().to_string()))
        };
        let coded = |variant: &str, code: fn(&[u8]) -> io::Result<Vec<u8>>| -> io::Result<String> {
            if !pays {
                return Ok("None".to_owned());
            }
            let content = code(&plain)?;
            if content.len() >= plain.len() {
                return Ok("None".to_owned());
            }
            Ok(format!("Some({})", keep(variant, &content)?))
        };
        writeln!(
            table,
            "web::console_app::Built {{ path: {path:?}, plain: {}, br: {}, zstd: {}, gzip: {} }},",
            keep("plain", &plain)?,
            coded("br", brotli)?,
            coded("zst", |plain| zstd::bulk::compress(plain, 19))?,
            coded("gz", gzip)?,
        )
        .expect("writing into memory does not fail");
    }
    table.push_str("];\n");
    fs::write(out.join("console.rs"), table)
}

/// The files below `folder` with their paths from there, in order.
fn list(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("it was found below the folder");
            let name = name.to_str().ok_or_else(|| io::Error::other(format!("{name:?} is no UTF-8")))?;
            files.push((name.replace('\\', "/"), path));
        }
    }
    files.sort();
    Ok(files)
}

fn brotli(plain: &[u8]) -> io::Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams { quality: 11, size_hint: plain.len(), ..Default::default() };
    let mut coded = Vec::new();
    brotli::BrotliCompress(&mut &plain[..], &mut coded, &params)?;
    Ok(coded)
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(plain)?;
    writer.finish()
}
