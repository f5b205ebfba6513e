//! What a person means by a word: an application, a resource, a run or a platform.

use innominatus_api::client::Filter;
use innominatus_api::wire::ResourceSummary;
use innominatus_model::{ApplicationId, Code, InvalidId, Name, ResourceId, RunId};

use crate::problem::Failure;
use crate::server::Server;

/// A thing that a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// By name.
    Application(String),
    /// By id.
    Resource(String),
    /// By id.
    Run(String),
    /// `name` or `name@version`.
    Platform(String),
}

/// How a word reads before anybody was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Plain(Target),
    ApplicationId(String),
    /// A resource by uid or name, perhaps in a named application.
    Uid {
        application: Option<String>,
        uid: String,
    },
}

/// Where to look.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    /// The environment; `default` without it.
    pub(crate) environment: Option<&'a str>,
    /// The application whose resources are meant.
    pub(crate) application: Option<&'a str>,
}

impl Place<'_> {
    /// As the API takes it.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            environment: self.environment.map(str::to_owned),
            application: self.application.map(str::to_owned),
            ..Filter::default()
        }
    }
}

impl Target {
    /// Reads a word; asks the server where it is not an id or an application's name.
    pub(crate) async fn find(server: &Server<'_>, text: &str, place: Place<'_>) -> Result<Self, Failure> {
        match read(text, place.application)? {
            Word::Plain(target) => Ok(target),
            Word::ApplicationId(id) => {
                let list = server.applications(&Place { application: None, ..place }.filter()).await?;
                let found = list.items.into_iter().find(|item| item.id == id);
                let missing =
                    || Failure::new(Code::ApplicationNotFound, format!("there is no application `{id}`"));
                found.map(|item| Self::Application(item.name)).ok_or_else(missing)
            }
            Word::Uid { application, uid } => {
                let filter = Filter { application: application.clone(), ..place.filter() };
                let list = server.resources(&filter).await?;
                pick(&list.items, &uid, application.as_deref()).map(|item| Self::Resource(item.id.clone()))
            }
        }
    }

    /// Reads a word that must mean a resource, and gives its id.
    pub(crate) async fn find_resource(
        server: &Server<'_>,
        text: &str,
        place: Place<'_>,
    ) -> Result<String, Failure> {
        match Self::find(server, text, place).await? {
            Self::Resource(id) => Ok(id),
            Self::Application(name) => {
                let hint = format!(
                    "if it is an application, `innominatus list resources --application {name}` shows its resources"
                );
                Err(Failure::usage(format!("`{name}` does not name a resource"), hint))
            }
            Self::Run(name) | Self::Platform(name) => {
                let hint = "name a resource by its id, or as `<application>/<type>.<class>#<id>`";
                Err(Failure::usage(format!("`{name}` is not a resource"), hint))
            }
        }
    }
}

/// Reads a word that must mean a run.
pub(crate) fn run_id(text: &str) -> Result<String, Failure> {
    id::<RunId>(text.strip_prefix("run/").unwrap_or(text), "runs")
}

fn read(text: &str, application: Option<&str>) -> Result<Word, Failure> {
    let plain = |target| Ok(Word::Plain(target));
    if let Some((kind, rest)) = text.split_once('/') {
        match kind {
            // Only what a resource is called has this sign in it.
            _ if rest.contains('#') && kind != "resource" && application.is_none() => {
                return Ok(Word::Uid { application: Some(name(kind)?), uid: rest.to_owned() });
            }
            "platform" => return plain(Target::Platform(rest.to_owned())),
            "application" | "app" => return plain(Target::Application(name(rest)?)),
            "resource" => return read(rest, application),
            "run" => return id::<RunId>(rest, "runs").map(|id| Word::Plain(Target::Run(id))),
            _ if application.is_none() => {
                return Ok(Word::Uid { application: Some(name(kind)?), uid: rest.to_owned() });
            }
            _ => {}
        }
    }
    match text.split_once('_').map(|(prefix, _)| prefix) {
        Some(ResourceId::PREFIX) => {
            return id::<ResourceId>(text, "resources").map(|id| Word::Plain(Target::Resource(id)));
        }
        Some(RunId::PREFIX) => return id::<RunId>(text, "runs").map(|id| Word::Plain(Target::Run(id))),
        Some(ApplicationId::PREFIX) => return id::<ApplicationId>(text, "-o yaml").map(Word::ApplicationId),
        _ => {}
    }
    if application.is_some() || text.contains('#') {
        return Ok(Word::Uid { application: application.map(str::to_owned), uid: text.to_owned() });
    }
    plain(Target::Application(name(text)?))
}

/// The resource that is meant: by uid, or by its name where only one bears it.
fn pick<'a>(
    items: &'a [ResourceSummary],
    wanted: &str,
    application: Option<&str>,
) -> Result<&'a ResourceSummary, Failure> {
    // What is gone is kept for history and gives way to what is there.
    let mut found: Vec<_> = items.iter().filter(|item| bears(item, wanted)).collect();
    if found.iter().any(|item| item.phase != "deleted") {
        found.retain(|item| item.phase != "deleted");
    }
    if found.iter().any(|item| item.uid == wanted) {
        found.retain(|item| item.uid == wanted);
    }
    let shown = wanted.escape_debug();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let place = application.map(|name| format!(" in application `{name}`")).unwrap_or_default();
            let failure =
                Failure::new(Code::ResourceNotFound, format!("there is no resource `{shown}`{place}"));
            let nearest = items
                .iter()
                .map(|item| (strsim::normalized_damerau_levenshtein(&item.uid, wanted), item))
                .filter(|(likeness, _)| *likeness > 0.6)
                .max_by(|(a, _), (b, _)| a.total_cmp(b));
            Err(match nearest {
                Some((_, item)) => failure.hint(format!("did you mean `{}`?", item.uid)),
                None => failure.hint("see them with `innominatus list resources`"),
            })
        }
        many => {
            let ids: Vec<_> =
                many.iter().map(|item| format!("{} in {}", item.id, item.application)).collect();
            let hint = format!("name one by its id: {}", ids.join(", "));
            Err(Failure::usage(format!("`{shown}` could mean {} resources", many.len()), hint))
        }
    }
}

/// Whether a resource is called so: by its uid, what stands behind the `#` there, the name in its Score file,
/// or the name for people.
fn bears(item: &ResourceSummary, wanted: &str) -> bool {
    let key = item.uid.split_once('#').map_or("", |(_, key)| key);
    let own = key.rsplit_once('.').map_or(key, |(_, name)| name);
    [item.uid.as_str(), item.name.as_str(), key, own].contains(&wanted)
}

fn name(text: &str) -> Result<String, Failure> {
    let hint = "name an application, or an id that begins with `res_` or `run_`";
    match Name::new(text) {
        Ok(name) => Ok(name.to_string()),
        Err(error) => Err(Failure::new(Code::IdInvalid, error.to_string()).hint(hint)),
    }
}

fn id<T: std::str::FromStr<Err = InvalidId>>(text: &str, what: &str) -> Result<String, Failure> {
    match text.parse::<T>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => {
            let hint = format!("copy it from `innominatus list {what}`");
            Err(Failure::new(Code::IdInvalid, error.to_string()).hint(hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RES: &str = "res_0192f0c1d2e37abc8def0123456789ab";
    const RUN: &str = "run_0192f0c1d2e37abc8def0123456789ab";
    const UID: &str = "postgres.default#shop.db";

    fn uid(application: Option<&str>, uid: &str) -> Word {
        Word::Uid { application: application.map(str::to_owned), uid: uid.into() }
    }

    fn item(id: &str, uid: &str, name: &str, phase: &str) -> ResourceSummary {
        ResourceSummary {
            id: id.into(),
            uid: uid.into(),
            name: name.into(),
            kind: "postgres".into(),
            class: "default".into(),
            application: "shop".into(),
            environment: "default".into(),
            workloads: vec![],
            phase: phase.into(),
            generation: 1,
            observed_generation: 1,
            provisioner: "compose/postgres".into(),
            created_at: String::new(),
            updated_at: String::new(),
        }
    }

    #[test]
    fn words_read_as_what_they_look_like() {
        let read = |text| read(text, None).unwrap();
        assert_eq!(read("shop"), Word::Plain(Target::Application("shop".into())));
        assert_eq!(read(RES), Word::Plain(Target::Resource(RES.into())));
        assert_eq!(read(RUN), Word::Plain(Target::Run(RUN.into())));
        assert_eq!(read("platform/compose@1.0.0"), Word::Plain(Target::Platform("compose@1.0.0".into())));
        assert_eq!(read("resource/postgres.default#shop.db"), uid(None, UID));
        assert_eq!(read("shop/postgres.default#shop.db"), uid(Some("shop"), UID));
        assert_eq!(read("shop/db"), uid(Some("shop"), "db"));
        for application in ["app", "platform", "run"] {
            let text = format!("{application}/{UID}");
            assert_eq!(super::read(&text, None).unwrap(), uid(Some(application), UID));
        }
        assert_eq!(read(UID), uid(None, UID));
    }

    #[test]
    fn with_an_application_named_the_word_is_one_of_its_resources() {
        assert_eq!(read("db", Some("shop")).unwrap(), uid(Some("shop"), "db"));
        assert_eq!(read(RES, Some("shop")).unwrap(), Word::Plain(Target::Resource(RES.into())));
    }

    #[test]
    fn what_is_neither_id_nor_name_is_refused_escaped() {
        for bad in ["res_1", "run_x", "Shop", "a b", "", "x\u{1b}"] {
            let failure = read(bad, None).unwrap_err();
            assert!(failure.is(Code::IdInvalid), "{bad}");
            assert!(!failure.problem().detail.contains('\u{1b}'));
        }
    }

    #[test]
    fn a_resource_that_is_there_goes_before_one_that_was() {
        let items = [item("res_1", UID, "db", "deleted"), item("res_2", UID, "db", "ready")];
        assert_eq!(pick(&items, UID, None).unwrap().id, "res_2");
        assert_eq!(pick(&items[..1], "db", None).unwrap().id, "res_1");
        assert_eq!(pick(&items[..1], "shop.db", None).unwrap().id, "res_1");
    }

    #[test]
    fn a_name_that_several_bear_is_not_guessed() {
        let items = [item("res_1", "redis.default#a.db", "db", "ready"), item("res_2", UID, "db", "ready")];
        assert!(pick(&items, "db", None).unwrap_err().is(Code::Usage));
        let failure = pick(&items, "postgres.default#shop.dB", None).unwrap_err();
        assert!(failure.is(Code::ResourceNotFound));
        assert_eq!(failure.problem().hint.as_deref(), Some("did you mean `postgres.default#shop.db`?"));
    }
}
