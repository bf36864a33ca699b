//! A body in chunks (RFC 9112 §7.1), decoded from whatever pieces the network brings.

use super::Refusal;

/// Hexadecimal digits of a size that surely fits in 64 bits.
const SIZE_DIGITS_MAX: u8 = 15;
/// Bytes of all extensions of one body. Nobody sends any; they have been used to make a server work for nothing.
const EXTENSION_BYTES_MAX: u32 = 2 << 10;
/// Bytes of all trailer fields of one body, which are checked and dropped.
const TRAILER_BYTES_MAX: u32 = 8 << 10;

/// Where in the body the last piece ended.
#[derive(Clone, Copy, Debug)]
pub struct Chunked {
    state: State,
    left: u64,
    digits: u8,
    extensions: u32,
    trailers: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// At the beginning of a line after the last chunk.
    Trailer,
    Name,
    Value,
    ValueLf,
    EndLf,
    End,
}

/// What a step has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'i> {
    /// The input is used up.
    Nothing,
    Data(&'i [u8]),
    /// The body has ended; what follows is the next request.
    End,
}

impl Default for Chunked {
    fn default() -> Self {
        Chunked { state: State::Size, left: 0, digits: 0, extensions: 0, trailers: 0 }
    }
}

impl Chunked {
    /// Reads from `input` up to the next data; says how many bytes were used, those data included.
    ///
    /// # Errors
    /// 400 for what is not chunked, a bare LF among it, and for too many extensions; 431 for too many trailers.
    pub fn step<'i>(&mut self, input: &'i [u8]) -> Result<(usize, Found<'i>), Refusal> {
        let mut at = 0;
        while at < input.len() && self.state != State::End {
            if self.state == State::Data {
                let rest = &input[at..];
                let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
                self.left -= take as u64;
                if self.left == 0 {
                    self.state = State::DataCr;
                }
                return Ok((at + take, Found::Data(&rest[..take])));
            }
            self.byte(input[at])?;
            at += 1;
        }
        Ok((at, if self.state == State::End { Found::End } else { Found::Nothing }))
    }

    fn byte(&mut self, byte: u8) -> Result<(), Refusal> {
        self.state = match (self.state, byte) {
            (State::Size, b'\r') if self.digits > 0 => State::SizeLf,
            (State::Size, b';') if self.digits > 0 => State::Extension,
            (State::Size, _) => {
                let digit = (byte as char).to_digit(16).ok_or(bad("a chunk's size is no number"))?;
                if self.digits == SIZE_DIGITS_MAX {
                    return Err(bad("a chunk's size is too long"));
                }
                self.digits += 1;
                self.left = self.left << 4 | u64::from(digit);
                State::Size
            }
            (State::Extension, b'\r') => State::SizeLf,
            (State::Extension, b'\t' | b' '..=b'~' | 0x80..) => {
                self.extensions += 1;
                if self.extensions > EXTENSION_BYTES_MAX {
                    return Err(bad("there are too many chunk extensions"));
                }
                State::Extension
            }
            (State::SizeLf, b'\n') => {
                self.digits = 0;
                if self.left == 0 { State::Trailer } else { State::Data }
            }
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size,
            (State::Trailer, b'\r') => State::EndLf,
            (State::Trailer, _) if is_token(byte) => self.trailer(State::Name)?,
            (State::Name, b':') => self.trailer(State::Value)?,
            (State::Name, _) if is_token(byte) => self.trailer(State::Name)?,
            (State::Value, b'\r') => State::ValueLf,
            (State::Value, b'\t' | b' '..=b'~' | 0x80..) => self.trailer(State::Value)?,
            (State::ValueLf, b'\n') => State::Trailer,
            (State::EndLf, b'\n') => State::End,
            (State::Trailer | State::Name | State::Value, _) => return Err(bad("a trailer field cannot be read")),
            (State::DataCr | State::DataLf, _) => return Err(bad("a chunk is longer than its size")),
            _ => return Err(bad("a line of the chunked body ends in the wrong way")),
        };
        Ok(())
    }

    fn trailer(&mut self, next: State) -> Result<State, Refusal> {
        self.trailers += 1;
        if self.trailers > TRAILER_BYTES_MAX {
            return Err(Refusal { status: 431, reason: "the trailer fields are too large" });
        }
        Ok(next)
    }
}

/// RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn bad(reason: &'static str) -> Refusal {
    Refusal { status: 400, reason }
}

#[cfg(test)]
mod tests;
