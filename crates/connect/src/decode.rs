//! Content codings (RFC 9110 §8.4) undone while the body arrives, with an end for bombs.
//!
//! Decoders push into a sink that refuses to grow beyond the limit, so that a bomb costs at most the
//! limit in memory, however small it arrives.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use stdx::ByteSize;
use zstd::stream::raw::{DParameter, InBuffer, Operation as _, OutBuffer};

use crate::error::Error;

/// The largest window of zstd over HTTP: 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
const BUFFER: usize = 16 << 10;

/// A body in the making.
pub(crate) struct Decoder {
    coding: String,
    limit: ByteSize,
    received: u64,
    step: Step,
}

enum Step {
    Plain(Capped),
    Gzip(Box<MultiGzDecoder<Capped>>),
    /// With the first two bytes still awaited: only they tell zlib from the bare deflate that some
    /// servers send under the same name.
    DeflateStart(Vec<u8>, Capped),
    Deflate(Box<Inflate>),
    Brotli(Box<brotli::DecompressorWriter<Capped>>),
    Zstd(Box<Zstd>),
}

impl Decoder {
    /// For the value of `Content-Encoding`; one coding is understood, a chain is not.
    pub(crate) fn new(coding: &str, limit: ByteSize) -> Result<Self, Error> {
        let coding = coding.trim().to_ascii_lowercase();
        let sink = Capped { bytes: Vec::new(), max: limit.bytes() };
        let failed = |source: io::Error| Error::Decompress {
            coding: coding.chars().take(40).collect(),
            source: Arc::new(source),
        };
        let step = match coding.as_str() {
            "" | "identity" => Step::Plain(sink),
            "gzip" | "x-gzip" => Step::Gzip(Box::new(MultiGzDecoder::new(sink))),
            "deflate" => Step::DeflateStart(Vec::new(), sink),
            "br" => Step::Brotli(Box::new(brotli::DecompressorWriter::new(sink, BUFFER))),
            "zstd" => Step::Zstd(Box::new(Zstd::new(sink).map_err(failed)?)),
            _ => {
                return Err(failed(io::Error::new(io::ErrorKind::Unsupported, "this content coding is not supported")));
            }
        };
        Ok(Decoder { coding, limit, received: 0, step })
    }

    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.step, Step::Plain(_))
    }

    /// Bytes of the body so far, as they will be read.
    pub(crate) fn size(&self) -> usize {
        match &self.step {
            Step::Plain(sink) | Step::DeflateStart(_, sink) => sink.bytes.len(),
            Step::Gzip(gzip) => gzip.get_ref().bytes.len(),
            Step::Deflate(inflate) => inflate.sink.bytes.len(),
            Step::Brotli(brotli) => brotli.get_ref().bytes.len(),
            Step::Zstd(zstd) => zstd.sink.bytes.len(),
        }
    }

    /// Bytes as they came.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.received += chunk.len() as u64;
        let result = self.step.push(chunk);
        result.map_err(|e| self.fault(e))
    }

    /// The whole body; an early end of a compressed one is an error.
    pub(crate) fn finish(mut self) -> Result<Bytes, Error> {
        // A 304 or an answer to HEAD names the coding of a body it does not have.
        if self.received == 0 {
            return Ok(Bytes::new());
        }
        let result = self.step.finish();
        result.map(Bytes::from).map_err(|e| self.fault(e))
    }

    fn fault(&self, source: io::Error) -> Error {
        if source.kind() == io::ErrorKind::FileTooLarge {
            let ratio = (!self.is_plain()).then(|| self.limit.bytes() / self.received.max(1));
            return Error::TooLarge { limit: self.limit, ratio };
        }
        Error::Decompress { coding: self.coding.clone(), source: Arc::new(source) }
    }
}

impl Step {
    fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Step::Plain(sink) => sink.write_all(chunk),
            Step::Gzip(gzip) => gzip.write_all(chunk),
            Step::Deflate(inflate) => inflate.push(chunk),
            Step::Brotli(brotli) => brotli.write_all(chunk),
            Step::Zstd(zstd) => zstd.push(chunk),
            Step::DeflateStart(start, sink) => {
                start.extend_from_slice(chunk);
                let [first, second, ..] = start[..] else { return Ok(()) };
                // RFC 1950 §2.2: method 8, and both bytes together divisible by 31.
                let zlib = first & 15 == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31);
                let start = std::mem::take(start);
                let sink = std::mem::take(sink);
                *self = Step::Deflate(Box::new(Inflate { raw: Decompress::new(zlib), ended: false, sink }));
                self.push(&start)
            }
        }
    }

    fn finish(&mut self) -> io::Result<Vec<u8>> {
        let early = || io::Error::new(io::ErrorKind::UnexpectedEof, "the compressed data ends early");
        let sink = match self {
            Step::Plain(sink) => sink,
            Step::Gzip(gzip) => {
                gzip.try_finish()?;
                gzip.get_mut()
            }
            Step::Deflate(inflate) if inflate.ended => &mut inflate.sink,
            Step::Zstd(zstd) if !zstd.mid_frame => &mut zstd.sink,
            Step::Deflate(_) | Step::DeflateStart(..) | Step::Zstd(_) => return Err(early()),
            Step::Brotli(brotli) => {
                brotli.close()?;
                brotli.get_mut()
            }
        };
        Ok(std::mem::take(&mut sink.bytes))
    }
}

/// Holds what is decoded and refuses more than its limit.
#[derive(Default)]
struct Capped {
    bytes: Vec<u8>,
    max: u64,
}

impl Write for Capped {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + chunk.len()) as u64 > self.max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// zlib or bare deflate. Not `flate2::write`, whose decoders take an early end for the end.
struct Inflate {
    raw: Decompress,
    ended: bool,
    sink: Capped,
}

impl Inflate {
    fn push(&mut self, mut chunk: &[u8]) -> io::Result<()> {
        let mut buffer = [0; BUFFER];
        // What follows the end is ignored, as browsers do.
        while !self.ended {
            let (read, written) = (self.raw.total_in(), self.raw.total_out());
            let status = self.raw.decompress(chunk, &mut buffer, FlushDecompress::None)?;
            let (read, written) = ((self.raw.total_in() - read) as usize, (self.raw.total_out() - written) as usize);
            self.sink.write_all(&buffer[..written])?;
            chunk = &chunk[read..];
            self.ended = status == Status::StreamEnd;
            if read == 0 && written == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// zstd frames. Not `zstd::stream::write`, whose decoder cannot tell an early end.
struct Zstd {
    raw: zstd::stream::raw::Decoder<'static>,
    mid_frame: bool,
    buffer: Vec<u8>,
    sink: Capped,
}

impl Zstd {
    fn new(sink: Capped) -> io::Result<Self> {
        let mut raw = zstd::stream::raw::Decoder::new()?;
        raw.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG_MAX))?;
        Ok(Zstd { raw, mid_frame: true, buffer: vec![0; BUFFER], sink })
    }

    fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        let mut input = InBuffer::around(chunk);
        // Asked without input, a decoder at the end of a frame would begin to wait for the next one.
        while !chunk.is_empty() {
            let mut output = OutBuffer::around(&mut self.buffer[..]);
            let awaited = self.raw.run(&mut input, &mut output)?;
            let written = output.pos();
            self.sink.write_all(&self.buffer[..written])?;
            self.mid_frame = awaited != 0;
            let drained = written < self.buffer.len() || !self.mid_frame;
            if input.pos() == chunk.len() && drained {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
