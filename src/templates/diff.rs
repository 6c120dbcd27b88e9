//! What changed between two texts, word by word.

/// The most comparisons of two words that a [`Differ`] makes: some hundredths of a second.
const MOST_COMPARISONS: usize = 2_000_000;

/// What became of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is in both texts.
    Kept,
    /// Only the old text has it.
    Removed,
    /// Only the new text has it.
    Added,
}

/// A piece of one or both texts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = DiffPiece)]
pub struct Piece {
    /// What became of it.
    pub change: Change,
    /// The piece itself.
    pub text: String,
}

/// Compares texts word by word, as many as belong together, within one budget: what it no longer reaches for is shown as replaced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Differ {
    /// Comparisons that may still be made.
    left: usize,
}

impl Default for Differ {
    fn default() -> Self {
        Self { left: MOST_COMPARISONS }
    }
}

impl Differ {
    /// As [`Differ::diff`]; nothing for texts that are the same.
    pub fn changed(&mut self, old: &str, new: &str) -> Option<Vec<Piece>> {
        (old != new).then(|| self.diff(old, new))
    }

    /// The words of both texts in reading order, what was removed before what was added. The kept and removed pieces
    /// joined are the old text, the kept and added ones the new text. Words, tags such as `{{ name }}`, single
    /// ideographs and single signs are compared as they are.
    pub fn diff(&mut self, old: &str, new: &str) -> Vec<Piece> {
        let (a, b) = (tokens(old), tokens(new));
        let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
        let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
        let (a_mid, b_mid) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
        let mut pieces: Vec<Piece> = Vec::new();
        let mut push = |change, tokens: &[&str]| match pieces.last_mut() {
            _ if tokens.is_empty() => {}
            Some(last) if last.change == change => last.text.extend(tokens.iter().copied()),
            _ => pieces.push(Piece { change, text: tokens.concat() }),
        };
        push(Change::Kept, &a[..head]);
        if let Some(left) = self.left.checked_sub(a_mid.len().saturating_mul(b_mid.len())) {
            self.left = left;
            walk(a_mid, b_mid, &mut push);
        } else {
            push(Change::Removed, a_mid);
            push(Change::Added, b_mid);
        }
        push(Change::Kept, &a[a.len() - tail..]);
        pieces
    }
}

/// Follows a longest common subsequence from the front.
fn walk(a: &[&str], b: &[&str], push: &mut impl FnMut(Change, &[&str])) {
    let width = b.len() + 1;
    // common[i * width + j]: the length of the longest common subsequence of a[i..] and b[j..].
    let mut common = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let at = i * width + j;
            common[at] = if a[i] == b[j] { common[at + width + 1].saturating_add(1) } else { common[at + width].max(common[at + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            push(Change::Kept, &a[i..=i]);
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            push(Change::Removed, &a[i..=i]);
            i += 1;
        } else {
            push(Change::Added, &b[j..=j]);
            j += 1;
        }
    }
}

fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (token, after) = rest.split_at(token_end(rest));
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// Where the first token of a text that is not empty ends.
fn token_end(text: &str) -> usize {
    for (open, close) in [("{{", "}}"), ("{%", "%}")] {
        if let Some(end) = text.strip_prefix(open).and_then(|inside| inside.find(close)) {
            return open.len() + end + close.len();
        }
    }
    let first = text.chars().next().map_or(Kind::Sign, Kind::of);
    match first {
        Kind::Sign => text.chars().next().map_or(text.len(), char::len_utf8),
        run => text.find(|c| Kind::of(c) != run).unwrap_or(text.len()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Space,
    Sign,
}

impl Kind {
    fn of(c: char) -> Self {
        let joins = matches!(c, '_' | '\'' | '’' | '\u{200c}' | '\u{200d}') || unicode_normalization::char::is_combining_mark(c);
        // Chinese and Japanese write no spaces: each ideograph and kana stands for itself.
        let alone = matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
        if c.is_whitespace() {
            Self::Space
        } else if joins || (c.is_alphanumeric() && !alone) {
            Self::Word
        } else {
            Self::Sign
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn diff(old: &str, new: &str) -> Vec<Piece> {
        Differ::default().diff(old, new)
    }

    fn marked(old: &str, new: &str) -> String {
        let mut out = String::new();
        for piece in diff(old, new) {
            match piece.change {
                Change::Kept => out.push_str(&piece.text),
                Change::Removed => out.push_str(&format!("[-{}]", piece.text)),
                Change::Added => out.push_str(&format!("[+{}]", piece.text)),
            }
        }
        out
    }

    #[test]
    fn exactly_the_changed_words_are_marked() {
        for (old, new, want) in [
            ("Your order is late.", "Your parcel is late!", "Your [-order][+parcel] is late[-.][+!]"),
            ("Hi {{ name }}, bye", "Hi {{ name | upper }}, bye", "Hi [-{{ name }}][+{{ name | upper }}], bye"),
            ("a b c", "a c", "a [-b ]c"),
            ("don’t go", "do not go", "[-don’t][+do not] go"),
            ("您的訂單已送出", "您的包裹已送出", "您的[-訂單][+包裹]已送出"),
            ("لغو پیامک‌ها ۱۱", "لغو پیامک ۱۱", "لغو [-پیامک‌ها][+پیامک] ۱۱"),
            ("same", "same", "same"),
            ("", "new", "[+new]"),
        ] {
            assert_eq!(marked(old, new), want);
        }
    }

    #[test]
    fn texts_that_are_too_much_work_are_shown_as_replaced() {
        let (old, new) = ("a.".repeat(1_100), "b,".repeat(1_100));
        let pieces = diff(&old, &new);
        assert_eq!(pieces.iter().map(|p| p.change).collect::<Vec<_>>(), [Change::Removed, Change::Added]);
    }

    #[test]
    fn many_texts_share_what_may_be_done_for_them() {
        let (old, new) = (", ".repeat(500), ". ".repeat(500));
        let mut differ = Differ::default();
        let pieces: Vec<usize> = (0..4).map(|_| differ.diff(&old, &new).len()).collect();
        assert!(pieces[0] > 2 && pieces[1] > 2, "{pieces:?}");
        assert_eq!(pieces[2..], [3, 3], "a million each: removed, added, and the last space");
    }

    proptest! {
        #[test]
        fn the_pieces_are_both_texts(old in "[ab {}%.訂\n’]{0,40}", new in "[ab {}%.訂\n’]{0,40}") {
            let joined = |without: Change| -> String { diff(&old, &new).iter().filter(|p| p.change != without).map(|p| p.text.as_str()).collect() };
            prop_assert_eq!(joined(Change::Added), old.clone());
            prop_assert_eq!(joined(Change::Removed), new.clone());
        }
    }
}
