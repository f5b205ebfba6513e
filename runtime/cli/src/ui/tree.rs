//! Resources as a tree: above stands who needs, below what is needed.

use std::collections::{HashMap, HashSet};

use super::style::{DIM, paint};
use super::text::show;

/// One node: what stands on its line, and the lines about it.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) uid: String,
    pub(crate) depends_on: Vec<String>,
    pub(crate) head: String,
    pub(crate) details: Vec<String>,
}

/// Each line ended. What several need is told of where it comes first.
pub(crate) fn render(items: &[Item]) -> String {
    let by_uid = items.iter().map(|item| (item.uid.as_str(), item)).collect();
    let needed: HashSet<&str> = items.iter().flat_map(|item| &item.depends_on).map(String::as_str).collect();
    let mut writer = Writer { by_uid, told: HashSet::new(), text: String::new() };
    let roots: Vec<_> = items.iter().filter(|item| !needed.contains(item.uid.as_str())).collect();
    writer.children(&roots.iter().map(|item| item.uid.as_str()).collect::<Vec<_>>(), "");
    // Nothing may be left out, even where the dependencies make no tree.
    while let Some(rest) = items.iter().find(|item| !writer.told.contains(item.uid.as_str())) {
        writer.children(&[&rest.uid], "");
    }
    writer.text
}

struct Writer<'a> {
    by_uid: HashMap<&'a str, &'a Item>,
    told: HashSet<&'a str>,
    text: String,
}

impl<'a> Writer<'a> {
    fn children(&mut self, uids: &[&'a str], indent: &str) {
        for (index, uid) in uids.iter().enumerate() {
            let last = index + 1 == uids.len();
            let (branch, trunk) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            self.line(&format!("{indent}{branch}"), uid, &format!("{indent}{trunk}"));
        }
    }

    fn line(&mut self, branch: &str, uid: &'a str, indent: &str) {
        let Some(item) = self.by_uid.get(uid).copied() else {
            self.push(&format!("{branch}{} {}", show(uid), paint(DIM, "(not there)")));
            return;
        };
        if !self.told.insert(&item.uid) {
            self.push(&format!("{branch}{} {}", show(uid), paint(DIM, "(see above)")));
            return;
        }
        self.push(&format!("{branch}{}", item.head));
        let more = if item.depends_on.is_empty() { "   " } else { "│  " };
        for detail in &item.details {
            self.push(&format!("{indent}{more}{detail}"));
        }
        let uids: Vec<&str> = item.depends_on.iter().map(String::as_str).collect();
        self.children(&uids, indent);
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(uid: &str, depends_on: &[&str]) -> Item {
        Item {
            uid: uid.into(),
            depends_on: depends_on.iter().map(|&uid| uid.into()).collect(),
            head: uid.into(),
            details: vec![format!("about {uid}")],
        }
    }

    fn plain(items: &[Item]) -> String {
        anstream::adapter::strip_str(&render(items)).to_string()
    }

    #[test]
    fn what_is_needed_stands_below_and_what_is_shared_is_told_once() {
        let items = [item("dns", &[]), item("a", &["dns"]), item("b", &["dns", "gone"])];
        let expected = "\
├─ a
│  │  about a
│  └─ dns
│        about dns
└─ b
   │  about b
   ├─ dns (see above)
   └─ gone (not there)
";
        assert_eq!(plain(&items), expected);
    }

    #[test]
    fn a_circle_is_still_shown_whole() {
        let text = plain(&[item("a", &["b"]), item("b", &["a"])]);
        assert_eq!(text.matches("about").count(), 2, "{text}");
    }
}
