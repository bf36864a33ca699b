//! Lines of a stream that arrives in pieces: events of Server-Sent Events, or one JSON value a line.

/// Longest line, and longest event of several lines.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;
/// U+FEFF in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// How a stream is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// WHATWG HTML §9.2, "Server-sent events".
    Sse,
    /// A JSON value on each line.
    Ndjson,
}

/// One frame of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// The name of the event; empty where it has none.
    pub name: &'a str,
    pub data: &'a [u8],
}

/// A line or an event is too long; nothing more is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Takes bytes as they come and gives whole frames; the same ones, however the bytes are divided.
#[derive(Debug)]
pub(super) struct Lines {
    framing: Framing,
    /// The line under way.
    line: Vec<u8>,
    /// The event under way.
    data: Vec<u8>,
    has_data: bool,
    name: String,
    /// A line feed that follows belongs to the line break that was read.
    after_cr: bool,
    is_first_line: bool,
    is_over: bool,
}

impl Lines {
    pub fn new(framing: Framing) -> Self {
        Lines {
            framing,
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            name: String::new(),
            after_cr: false,
            is_first_line: true,
            is_over: false,
        }
    }

    /// Every frame that ends in `bytes`. After [`TooLong`] no further bytes are looked at.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(Frame<'_>)) -> Result<(), TooLong> {
        while !bytes.is_empty() && !self.is_over {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &bytes[..end.unwrap_or(bytes.len())];
            if self.line.len() + part.len() > LINE_BYTES_MAX {
                self.is_over = true;
                return Err(TooLong);
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { return Ok(()) };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            self.end_line(&mut each)?;
        }
        Ok(())
    }

    /// What stands there without its end, when the stream is over: some servers leave out the last line break.
    pub fn end(&mut self, mut each: impl FnMut(Frame<'_>)) -> Result<(), TooLong> {
        if self.is_over {
            return Ok(());
        }
        if !self.line.is_empty() {
            self.end_line(&mut each)?;
        }
        self.end_event(&mut each);
        self.is_over = true;
        Ok(())
    }

    fn end_line(&mut self, each: &mut impl FnMut(Frame<'_>)) -> Result<(), TooLong> {
        let mut line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.is_first_line) && line.starts_with(BOM) {
            line.drain(..BOM.len());
        }
        match self.framing {
            Framing::Ndjson if line.iter().all(u8::is_ascii_whitespace) => {}
            Framing::Ndjson => each(Frame { name: "", data: &line }),
            Framing::Sse if line.is_empty() => self.end_event(each),
            Framing::Sse => self.field(&line)?,
        }
        // The buffer is used again.
        line.clear();
        self.line = line;
        Ok(())
    }

    fn field(&mut self, line: &[u8]) -> Result<(), TooLong> {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = (&line[..colon], line.get(colon + 1..).unwrap_or_default());
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.data.len() + value.len() + 1 > LINE_BYTES_MAX {
                    self.is_over = true;
                    return Err(TooLong);
                }
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = String::from_utf8_lossy(&value[..value.len().min(100)]).into_owned(),
            // Comments (no name), ids, times to come back, and what is unknown.
            _ => {}
        }
        Ok(())
    }

    fn end_event(&mut self, each: &mut impl FnMut(Frame<'_>)) {
        if std::mem::take(&mut self.has_data) {
            each(Frame { name: &self.name, data: &self.data });
        }
        self.data.clear();
        self.name.clear();
    }
}

#[cfg(test)]
mod tests;
