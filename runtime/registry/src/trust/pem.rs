//! PEM blocks: the one form in which keys come and go. What is read may be secret, so it is wiped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One block.
pub(super) struct Block {
    /// What stands after `BEGIN`.
    pub(super) label: String,
    /// The bytes within.
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// The only block of a text, or why there is none. What is said never repeats the text.
pub(super) fn read(text: &[u8]) -> Result<Block, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not text")?;
    let mut lines = text.lines().map(str::trim).skip_while(|line| !line.starts_with("-----BEGIN "));
    let label = lines
        .next()
        .and_then(|line| line.strip_prefix("-----BEGIN ")?.strip_suffix("-----"))
        .ok_or("there is no PEM block in it")?;
    let mut body = Zeroizing::new(String::with_capacity(text.len()));
    let end = format!("-----END {label}-----");
    let mut ended = false;
    for line in lines.by_ref() {
        if line == end {
            ended = true;
            break;
        }
        body.push_str(line);
    }
    if !ended {
        return Err("its PEM block does not end");
    }
    if lines.any(|line| line.starts_with("-----BEGIN ")) {
        return Err("there is more than one PEM block in it");
    }
    let mut der = Zeroizing::new(vec![0; body.len()]);
    let length =
        STANDARD.decode_slice(body.as_bytes(), &mut der).map_err(|_| "its PEM block is not base64")?;
    der.truncate(length);
    Ok(Block { label: label.to_owned(), der })
}

/// One block as text, in lines of 64.
pub(super) fn write(label: &str, der: &[u8]) -> Zeroizing<String> {
    let mut body = Zeroizing::new(vec![0; der.len().div_ceil(3) * 4]);
    let length = STANDARD.encode_slice(der, &mut body).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(2 * (label.len() + 20) + length + length / 64 + 1));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    for line in body[..length].chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_round_trip() {
        for length in [0, 1, 2, 3, 47, 48, 49, 300] {
            let der: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let text = write("PUBLIC KEY", &der);
            assert!(text.lines().all(|line| line.len() <= 64), "{}", *text);
            let block = read(text.as_bytes()).unwrap();
            assert_eq!((block.label.as_str(), &*block.der), ("PUBLIC KEY", &der));
            let windows = text.replace('\n', "\r\n");
            assert_eq!(*read(windows.as_bytes()).unwrap().der, der, "line ends of another system");
        }
    }

    #[test]
    fn what_is_no_single_block_is_refused() {
        let one = write("PUBLIC KEY", b"abc");
        let cases: [(Vec<u8>, &str); 6] = [
            (Vec::new(), "there is no PEM block in it"),
            (vec![0xff, 0xfe], "it is not text"),
            (b"ssh-ed25519 AAAA".to_vec(), "there is no PEM block in it"),
            (one.as_bytes()[..one.len() - 10].to_vec(), "its PEM block does not end"),
            (one.repeat(2).into_bytes(), "there is more than one PEM block in it"),
            (one.replace("YWJj", "YW-j").into_bytes(), "its PEM block is not base64"),
        ];
        for (text, reason) in cases {
            assert_eq!(read(&text).err(), Some(reason));
        }
    }
}
