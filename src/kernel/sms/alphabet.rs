//! The GSM 03.38 default alphabet and its extension table (3GPP TS 23.038, 6.2.1).

/// Septets of each ASCII character; 0 for those outside the alphabet.
pub(super) const ASCII_SEPTETS: [u8; 128] = {
    let mut septets = [0; 128];
    let mut byte = b' ';
    while byte < 0x7F {
        septets[byte as usize] = match byte {
            b'`' => 0,
            b'^' | b'{' | b'}' | b'\\' | b'[' | b'~' | b']' | b'|' => 2,
            _ => 1,
        };
        byte += 1;
    }
    septets[b'\n' as usize] = 1;
    septets[b'\r' as usize] = 1;
    // Form feed is in the extension table (page break).
    septets[0x0C] = 2;
    septets
};

/// Septets that a character takes in GSM-7: 1, 2 (an escape and the character), or 0 outside the alphabet.
pub(super) fn septets(c: char) -> u32 {
    match c {
        '\0'..='\x7F' => u32::from(ASCII_SEPTETS[c as usize]),
        '£' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' | 'Δ' | 'Φ' | 'Γ' | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ'
        | 'Ξ' | 'Æ' | 'æ' | 'ß' | 'É' | '¤' | '¡' | 'Ä' | 'Ö' | 'Ñ' | 'Ü' | '§' | '¿' | 'ä' | 'ö' | 'ñ' | 'ü' | 'à' => 1,
        '€' => 2,
        _ => 0,
    }
}

/// Whether a character is in the alphabet or its extension table.
pub(super) fn contains(c: char) -> bool {
    septets(c) > 0
}
