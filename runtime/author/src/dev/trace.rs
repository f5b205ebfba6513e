//! From the places of instructions in a component to lines of its source, by the DWARF that the compiler left in it.
//!
//! Addresses in DWARF count from the beginning of a module's code section; traces count from the beginning of the
//! component. A component without debug information gives the names of functions and nothing more.

use std::collections::BTreeMap;

use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
use innominatus_effect::Entry;
use innominatus_model::FaultKind;
use innominatus_sandbox::{CallError, Frame};

use super::report::{Place, Trouble};
use crate::harness::drive::last_words;

/// Frames that are shown at most; whoever recurses without end shows more of the same.
const SHOWN: usize = 12;
/// Where the builder says that the workspace lies.
const WORKSPACE: &str = "/platform/";
/// The SDK lies in it, and is not what the author looks for.
const SDK: [&str; 2] = ["sdk/", "guest-sdk/"];
/// Characters of a function's name; types make some of them very long.
const NAME: usize = 100;
/// Sections of a component that hold a module or another component.
const MODULE: u8 = 1;
const COMPONENT: u8 = 4;
/// Sections of a module.
const CODE: u8 = 10;
const CUSTOM: u8 = 0;
/// Magic number and version.
const PREAMBLE: usize = 8;
/// Components in components that are looked into.
const DEEPEST: usize = 8;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// One core module in a component.
struct Module<'a> {
    /// Where its code section begins in the component.
    code: usize,
    end: usize,
    custom: BTreeMap<&'a str, &'a [u8]>,
}

/// The lines of source of a trace, innermost first. The author's own lines, unless there are none.
pub(crate) fn places(component: &[u8], trace: &[Frame]) -> Vec<Place> {
    let mut modules = Vec::new();
    find(component, 0, DEEPEST, &mut modules);
    let mut places: Vec<(bool, Place)> = Vec::new();
    for frame in trace {
        let found = frame.offset.and_then(|offset| usize::try_from(offset).ok());
        let found = found.and_then(|offset| lines(&modules, offset)).unwrap_or_default();
        if found.is_empty() {
            let function = frame.function.as_deref().map(plain);
            places.push((false, Place { function, file: None, line: 0, column: 0 }));
        }
        places.extend(found);
    }
    let own = places.iter().any(|(own, _)| *own);
    places.dedup();
    places.into_iter().filter(|(is_own, _)| *is_own || !own).map(|(_, place)| place).take(SHOWN).collect()
}

/// A component that broke, with what it logged last and the lines where that was.
pub(crate) fn fault(component: &[u8], error: &CallError, entries: &[Entry]) -> Trouble {
    let mut trouble = Trouble::of(error);
    trouble.message = last_words(error, entries);
    if let CallError::Fault { trace, fault, .. } = error {
        trouble.trace = places(component, trace);
        // The names of the compiler, as a person would write them.
        for function in trace.iter().filter_map(|frame| frame.function.as_deref()) {
            trouble.message =
                trouble.message.replace(&format!("`{function}`"), &format!("`{}`", plain(function)));
        }
        if fault.kind == FaultKind::Trap {
            trouble.remedy = Some("the lines below are where it was, the innermost first".into());
        }
    }
    trouble
}

/// The lines at an offset: several where functions are inlined. Each with whether it is the author's.
fn lines(modules: &[Module<'_>], offset: usize) -> Option<Vec<(bool, Place)>> {
    let module = modules.iter().find(|module| (module.code..module.end).contains(&offset))?;
    let section = |id: addr2line::gimli::SectionId| -> Result<Bytes<'_>, addr2line::gimli::Error> {
        Ok(EndianSlice::new(module.custom.get(id.name()).copied().unwrap_or_default(), LittleEndian))
    };
    let context = addr2line::Context::from_dwarf(Dwarf::load(section).ok()?).ok()?;
    let mut frames = context.find_frames((offset - module.code) as u64).skip_all_loads().ok()?;
    let mut found = Vec::new();
    while let Ok(Some(frame)) = frames.next() {
        let Some(location) = frame.location else { continue };
        let Some(file) = location.file else { continue };
        let function = frame.function.as_ref().and_then(|function| function.raw_name().ok());
        let own = file.strip_prefix(WORKSPACE);
        found.push((
            own.is_some_and(|file| !SDK.iter().any(|sdk| file.starts_with(sdk))),
            Place {
                function: function.as_deref().map(plain),
                file: Some(own.unwrap_or(file).to_owned()),
                line: location.line.unwrap_or_default(),
                column: location.column.unwrap_or_default(),
            },
        ));
    }
    Some(found)
}

/// A name as a person would write it, without the hash at its end.
fn plain(name: &str) -> String {
    let name = addr2line::demangle_auto(name.into(), None);
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = name.rsplit_once("::h").filter(|(_, hash)| is_hash(hash)).map_or(&*name, |(name, _)| name);
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Every core module below; `base` is where these bytes stand in the whole.
fn find<'a>(bytes: &'a [u8], base: usize, deep: usize, modules: &mut Vec<Module<'a>>) {
    for (id, start, contents) in Sections::of(bytes) {
        match id {
            MODULE => modules.extend(module(contents, base + start)),
            COMPONENT if deep > 0 => find(contents, base + start, deep - 1, modules),
            _ => {}
        }
    }
}

fn module(bytes: &[u8], base: usize) -> Option<Module<'_>> {
    let mut module = Module { code: 0, end: 0, custom: BTreeMap::new() };
    for (id, start, contents) in Sections::of(bytes) {
        match id {
            CODE => (module.code, module.end) = (base + start, base + start + contents.len()),
            CUSTOM => {
                let Some((length, rest)) = number(contents) else { continue };
                let Some((name, data)) = rest.split_at_checked(length) else { continue };
                if let Ok(name) = std::str::from_utf8(name) {
                    module.custom.insert(name, data);
                }
            }
            _ => {}
        }
    }
    (module.end > 0).then_some(module)
}

/// The sections of a module or a component: id, place of the contents, contents. Ends where the bytes are none.
struct Sections<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Sections<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: PREAMBLE }
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = (u8, usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, rest) = self.bytes.get(self.at..)?.split_first()?;
        let (length, rest) = number(rest)?;
        let start = self.bytes.len() - rest.len();
        let contents = rest.get(..length)?;
        self.at = start + length;
        Some((*id, start, contents))
    }
}

/// An unsigned LEB128 number of 32 bits, and what follows.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_at_their_places_and_damage_ends_the_search() {
        let module = [b"\0asm\x01\0\0\0".as_slice(), &[0, 5, 4], b".foo", &[10, 3, 1, 2, 3]].concat();
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        component.extend([MODULE, u8::try_from(module.len()).unwrap()]);
        component.extend(&module);
        let mut found = Vec::new();
        find(&component, 0, DEEPEST, &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!(component[found[0].code..found[0].end], [1, 2, 3]);
        assert!(found[0].custom.contains_key(".foo"));
        for end in 0..component.len() {
            let mut found = Vec::new();
            find(&component[..end], 0, DEEPEST, &mut found);
            assert!(found.is_empty(), "{end}");
        }
    }

    #[test]
    fn names_are_shown_without_their_hash() {
        assert_eq!(plain("_ZN4acme4work17h0123456789abcdefE"), "acme::work");
        assert_eq!(plain("memcpy"), "memcpy");
        let frame = Frame { function: Some("memcpy".into()), offset: Some(3) };
        let expected = Place { function: Some("memcpy".into()), file: None, line: 0, column: 0 };
        assert_eq!(places(b"", &[frame]), [expected]);
    }
}
