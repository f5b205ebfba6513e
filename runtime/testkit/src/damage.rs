//! Good inputs, damaged: endless variants of a corpus, the same ones in every run. Fuzzing without a fuzzer: what reads
//! them must end, say what is wrong, and never panic.
//!
//! `INNOMINATUS_TEST_DAMAGE=100` makes a hundred times as many, for whoever has the time.

/// What is put in where something was: edges of numbers, of text, of the formats that are read here.
const ODD: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\x80",
    b"\xff\xff\xff\xff\x0f",
    b"\xc0\xaf",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\r",
    b"\n",
    b"\t",
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!",
    b"| ",
    b"> ",
    b"- ",
    b"# ",
    b"---\n",
    b"${",
    b"$$",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"18446744073709551616",
    b"%2f",
    b"%00",
    b"..",
    b"//",
    b"@",
    b"\\",
    b"/",
    b"?",
    b"#",
    b"[::1]",
    b"0x7f.1",
];

/// Where the next variant comes from.
#[derive(Debug, Clone)]
pub struct Damage(u64);

impl Damage {
    /// Another seed gives other variants.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // splitmix64, by Sebastiano Vigna, in the public domain.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if end == 0 { 0 } else { (mixed % end as u64) as usize }
    }

    /// One of the corpus with one to eight damages.
    ///
    /// # Panics
    /// When there is no corpus.
    pub fn of<T: AsRef<[u8]>>(&mut self, corpus: &[T]) -> Vec<u8> {
        assert!(!corpus.is_empty(), "a test over no data cannot fail");
        let mut bytes = corpus[self.below(corpus.len())].as_ref().to_vec();
        for _ in 0..=self.below(8) {
            self.once(&mut bytes, corpus);
        }
        bytes
    }

    fn once<T: AsRef<[u8]>>(&mut self, bytes: &mut Vec<u8>, corpus: &[T]) {
        let at = self.below(bytes.len() + 1);
        let to = (at + 1 + self.below(32)).min(bytes.len());
        match self.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = self.below(256) as u8,
            2 => drop(bytes.drain(at..to.max(at))),
            3 => {
                let again = bytes[at..to.max(at)].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let other = corpus[self.below(corpus.len())].as_ref();
                let from = self.below(other.len() + 1);
                let until = (from + self.below(64)).min(other.len());
                bytes.splice(at..at, other[from..until].iter().copied());
            }
            5 => bytes.truncate(at),
            6 => {
                let odd = ODD[self.below(ODD.len())];
                bytes.splice(at..to.max(at), odd.iter().copied());
            }
            _ => {
                let odd = ODD[self.below(ODD.len())];
                bytes.splice(at..at, odd.iter().copied());
            }
        }
    }
}

/// So many rounds, times what the environment asks for.
pub fn rounds(usual: usize) -> usize {
    let times = std::env::var("INNOMINATUS_TEST_DAMAGE").ok().and_then(|text| text.parse().ok());
    usual * times.unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_differ_and_come_again() {
        let corpus = ["metadata:\n  name: web\n", "resources: {}\n"];
        let some = |seed| {
            let mut damage = Damage::new(seed);
            (0..200).map(|_| damage.of(&corpus)).collect::<Vec<_>>()
        };
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
        let mut all = some(1);
        all.sort();
        all.dedup();
        assert!(all.len() > 150, "{} of 200", all.len());
    }

    #[test]
    fn nothing_can_be_damaged_too() {
        let mut damage = Damage::new(3);
        for _ in 0..1_000 {
            damage.of(&[""]);
        }
    }
}
