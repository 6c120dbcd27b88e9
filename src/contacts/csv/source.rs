//! Bytes in any encoding, turned into UTF-8 a chunk at a time.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

const CHUNK_BYTES: usize = 64 * 1024;

/// What [`TextSource::more`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum More {
    /// The text grew.
    Text,
    /// The input is over.
    End,
    /// The next bytes are not text in the file's encoding; everything before them has been given out.
    Damaged,
}

/// A window of decoded text over an input. Memory: what is unread, plus one chunk.
pub(super) struct TextSource<R> {
    input: R,
    /// `None` for UTF-8, which passes through as it is and is validated row by row.
    decoder: Option<Decoder>,
    encoded: Vec<u8>,
    text: Vec<u8>,
    start: usize,
    damaged: bool,
    ended: bool,
}

impl<R: Read> TextSource<R> {
    /// Reads `input`, which begins after any byte order mark.
    pub(super) fn new(input: R, encoding: &'static Encoding) -> Self {
        Self {
            input,
            decoder: (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling()),
            encoded: Vec::new(),
            text: Vec::new(),
            start: 0,
            damaged: false,
            ended: false,
        }
    }

    /// The text that is decoded and not yet consumed.
    pub(super) fn text(&self) -> &[u8] {
        &self.text[self.start..]
    }

    /// Drops `count` bytes from the front of [`text`](Self::text).
    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// Makes [`text`](Self::text) longer.
    pub(super) fn more(&mut self) -> io::Result<More> {
        self.text.drain(..self.start);
        self.start = 0;
        let before = self.text.len();
        while self.text.len() == before {
            if self.damaged {
                return Ok(More::Damaged);
            }
            if self.ended {
                return Ok(More::End);
            }
            match &mut self.decoder {
                None => self.ended = read_chunk(&mut self.input, &mut self.text)? == 0,
                Some(decoder) => {
                    self.encoded.clear();
                    self.ended = read_chunk(&mut self.input, &mut self.encoded)? == 0;
                    self.damaged = !decode(decoder, &self.encoded, &mut self.text, self.ended);
                }
            }
        }
        Ok(More::Text)
    }
}

/// Appends what one read yields; 0 at the end of the input.
fn read_chunk(input: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let filled = buffer.len();
    buffer.resize(filled + CHUNK_BYTES, 0);
    let read = loop {
        match input.read(&mut buffer[filled..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other,
        }
    };
    buffer.truncate(filled + read.as_ref().map_or(0, |count| *count));
    read
}

/// Appends the decoded bytes; false when they turn out not to be in the decoder's encoding.
fn decode(decoder: &mut Decoder, encoded: &[u8], text: &mut Vec<u8>, last: bool) -> bool {
    let room = decoder.max_utf8_buffer_length_without_replacement(encoded.len()).expect("a chunk's length is far from overflow");
    let filled = text.len();
    text.resize(filled + room, 0);
    let (result, _, written) = decoder.decode_to_utf8_without_replacement(encoded, &mut text[filled..], last);
    text.truncate(filled + written);
    matches!(result, DecoderResult::InputEmpty)
}
