//! Rows of a file packed into blocks: the unit in which an upload is sealed, stored and walked through.
//!
//! A row is its number and its cells, each with its length before it, so that reading borrows from the
//! opened block and copies nothing.

/// The most rows in a block.
pub const BLOCK_ROWS: usize = 512;
/// A block is closed once it holds this many bytes, so that wide rows do not make large blocks.
const BLOCK_BYTES: usize = 256 * 1024;

/// A block that is being filled.
#[derive(Debug, Default)]
pub struct Packer {
    bytes: Vec<u8>,
    first_row: u64,
    last_row: u64,
    rows: usize,
}

/// A full block, not yet sealed.
#[derive(Debug)]
pub struct Packed {
    /// The number of its first row in a spreadsheet.
    pub first_row: u64,
    /// The rows.
    pub bytes: Vec<u8>,
}

impl Packer {
    /// Adds a row; rows come in the order of their numbers.
    pub fn push<'c>(&mut self, number: u64, cells: impl Iterator<Item = &'c str> + Clone) {
        if self.rows == 0 {
            self.first_row = number;
            self.last_row = number;
        }
        put(&mut self.bytes, number - self.last_row);
        put(&mut self.bytes, cells.clone().count() as u64);
        for cell in cells {
            put(&mut self.bytes, cell.len() as u64);
            self.bytes.extend_from_slice(cell.as_bytes());
        }
        self.last_row = number;
        self.rows += 1;
    }

    /// Whether the block should be taken before the next row.
    pub fn is_full(&self) -> bool {
        self.rows >= BLOCK_ROWS || self.bytes.len() >= BLOCK_BYTES
    }

    /// Whether there is no row in it.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The block as it stands, and a new one begins.
    pub fn take(&mut self) -> Packed {
        let full = std::mem::take(self);
        Packed { first_row: full.first_row, bytes: full.bytes }
    }
}

/// One row of an opened block, borrowed from it.
#[derive(Clone, Debug, Default)]
pub struct BlockRow<'b> {
    /// The row's number in a spreadsheet.
    pub number: u64,
    /// Its cells: one for each column, and more when the row was too long.
    pub cells: Vec<&'b str>,
}

impl<'b> BlockRow<'b> {
    /// The cell of a column; empty when the row is shorter.
    pub fn cell(&self, column: usize) -> &'b str {
        self.cells.get(column).copied().unwrap_or_default()
    }
}

/// Why a block did not read: it was not written by [`Packer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored block of rows is damaged")]
pub struct Damaged;

/// Walks through the rows of an opened block.
#[derive(Debug)]
pub struct BlockRows<'b> {
    rest: &'b [u8],
    number: u64,
}

impl<'b> BlockRows<'b> {
    /// Starts at the block's first row, whose number is stored beside the block.
    pub fn new(bytes: &'b [u8], first_row: u64) -> Self {
        Self { rest: bytes, number: first_row }
    }

    /// Reads the next row into `row`, whose room is used again; false after the last.
    pub fn next_into(&mut self, row: &mut BlockRow<'b>) -> Result<bool, Damaged> {
        if self.rest.is_empty() {
            return Ok(false);
        }
        self.number += self.take()?;
        row.number = self.number;
        row.cells.clear();
        for _ in 0..self.take()? {
            let length = usize::try_from(self.take()?).map_err(|_| Damaged)?;
            let (cell, rest) = self.rest.split_at_checked(length).ok_or(Damaged)?;
            row.cells.push(std::str::from_utf8(cell).map_err(|_| Damaged)?);
            self.rest = rest;
        }
        Ok(true)
    }

    /// Reads a number written by [`put`].
    fn take(&mut self) -> Result<u64, Damaged> {
        let mut value = 0;
        for (i, byte) in self.rest.iter().enumerate().take(9) {
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[i + 1..];
                return Ok(value);
            }
        }
        Err(Damaged)
    }
}

/// Writes a number below 2⁶³ in seven bits a byte, the low ones first.
fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpack(block: &Packed) -> Vec<(u64, Vec<String>)> {
        let mut rows = BlockRows::new(&block.bytes, block.first_row);
        let (mut row, mut out) = (BlockRow::default(), Vec::new());
        while rows.next_into(&mut row).expect("our own block") {
            out.push((row.number, row.cells.iter().map(|c| (*c).to_owned()).collect()));
        }
        out
    }

    proptest! {
        #[test]
        fn rows_survive_packing(steps in proptest::collection::vec((1u64..300, proptest::collection::vec(".{0,200}", 0..6)), 1..40)) {
            let (mut packer, mut number, mut want) = (Packer::default(), 1, Vec::new());
            for (step, cells) in steps {
                number += step;
                packer.push(number, cells.iter().map(String::as_str));
                want.push((number, cells));
            }
            prop_assert_eq!(unpack(&packer.take()), want);
            prop_assert!(packer.is_empty());
        }

        #[test]
        fn foreign_bytes_are_refused_or_read_but_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut rows = BlockRows::new(&bytes, 2);
            let mut row = BlockRow::default();
            while let Ok(true) = rows.next_into(&mut row) {}
        }
    }

    #[test]
    fn a_block_is_full_by_rows_or_by_bytes() {
        let mut packer = Packer::default();
        for n in 0..BLOCK_ROWS as u64 {
            assert!(!packer.is_full());
            packer.push(n + 2, ["x"].into_iter());
        }
        assert!(packer.is_full());
        let mut wide = Packer::default();
        wide.push(2, ["x".repeat(BLOCK_BYTES).as_str()].into_iter());
        assert!(wide.is_full());
    }
}
