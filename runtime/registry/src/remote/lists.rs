//! Lists that come in pages: tags, and what is about a manifest.

use std::collections::{BTreeMap, BTreeSet};

use http::header::{CONTENT_TYPE, LINK};
use http::{HeaderMap, Method, StatusCode};
use innominatus_model::{Digest, Json};
use innominatus_package::{Descriptor, IMAGE_INDEX_TYPE, Repository, Tag};
use url::Url;

use super::ask::Ask;
use super::manifests;
use super::place::Place;
use super::wire::Wire;
use crate::{RegistryError, index, limits};

/// Tags that a page is asked for.
const PAGE: usize = 1000;

/// Every tag. Registries give the address of the next page, or are asked for what comes after the last tag, or ignore
/// that and answer with the same page: it ends where nothing new comes.
pub(super) async fn tags(wire: &Wire, repository: &Repository) -> Result<Vec<String>, RegistryError> {
    let place = wire.place(repository)?;
    let first = place.url(repository, &format!("tags/list?n={PAGE}"))?;
    let what = format!("the tags of `{repository}`");
    let (mut found, mut next) = (BTreeSet::new(), first);
    for _ in 0..limits::PAGES {
        let ask = Ask::new(Method::GET, repository, String::new(), what.clone()).at(next);
        let answer = wire.ask(&ask.limit(limits::PAGE)).await?;
        let link = following(&answer.headers, &place)?;
        let page = answer.found(repository, &what)?;
        let page = texts(&page).ok_or_else(|| RegistryError::Protocol {
            registry: repository.registry().to_owned(),
            problem: "its list of tags is none".to_owned(),
        })?;
        let (had, count, last) = (found.len(), page.len(), page.last().cloned());
        // What is no tag cannot be asked for.
        found.extend(page.into_iter().filter(|tag| tag.parse::<Tag>().is_ok()));
        if found.len() > limits::TAGS {
            return Err(RegistryError::Limit { what, limit: limits::TAGS.to_string() });
        }
        next = match (link, last) {
            _ if found.len() == had => return Ok(found.into_iter().collect()),
            (Some(link), _) => link,
            (None, Some(last)) if count >= PAGE => {
                let mut url = place.url(repository, "tags/list")?;
                url.query_pairs_mut().append_pair("n", &PAGE.to_string()).append_pair("last", &last);
                url
            }
            _ => return Ok(found.into_iter().collect()),
        };
    }
    Err(RegistryError::Limit { what, limit: format!("{} pages", limits::PAGES) })
}

/// What a registry lists as being about a manifest: asked without a filter, because lists are told wrong types.
pub(super) async fn referrers(
    wire: &Wire,
    repository: &Repository,
    digest: &Digest,
) -> Result<Vec<Descriptor>, RegistryError> {
    let place = wire.place(repository)?;
    let what = format!("what is about `{repository}@{digest}`");
    let limit = || RegistryError::Limit { what: what.clone(), limit: limits::REFERRERS.to_string() };
    let mut next = place.url(repository, &format!("referrers/{digest}"))?;
    let mut found: BTreeMap<Digest, Descriptor> = BTreeMap::new();
    for page in 0..limits::PAGES {
        let ask = Ask::new(Method::GET, repository, String::new(), what.clone()).at(next);
        let answer = wire.ask(&ask.accept(IMAGE_INDEX_TYPE).limit(limits::PAGE).stay()).await?;
        // It knows no such list, which it could say only so: by a refusal, a way to its web site, or a page for people.
        if page == 0 && !(answer.status == StatusCode::OK && is_json(&answer.headers)) {
            let all = manifests::listed(wire, repository, &Tag::of_referrers(digest)).await?;
            found.extend(all.into_iter().map(|descriptor| (descriptor.digest, descriptor)));
            return if found.len() > limits::REFERRERS {
                Err(limit())
            } else {
                Ok(found.into_values().collect())
            };
        }
        let link = following(&answer.headers, &place)?;
        let page = answer.found(repository, &what)?;
        let page = index::read(&page).map_err(|why| RegistryError::Protocol {
            registry: repository.registry().to_owned(),
            problem: format!("its list of referrers {why}"),
        })?;
        let had = found.len();
        found.extend(page.into_iter().map(|descriptor| (descriptor.digest, descriptor)));
        if found.len() > limits::REFERRERS {
            return Err(limit());
        }
        match link {
            Some(link) if found.len() > had => next = link,
            _ => return Ok(found.into_values().collect()),
        }
    }
    Err(limit())
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.contains("json"))
}

fn texts(page: &[u8]) -> Option<Vec<String>> {
    let json: Json = serde_json::from_slice(page).ok()?;
    match &json["tags"] {
        // A repository whose tags are all gone.
        Json::Null => Some(Vec::new()),
        Json::Array(tags) => tags.iter().map(|tag| tag.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The address of the next page, which is the registry's own.
fn following(headers: &HeaderMap, place: &Place) -> Result<Option<Url>, RegistryError> {
    let links = headers.get_all(LINK).iter().filter_map(|link| link.to_str().ok());
    let next = links.flat_map(|links| links.split(',')).find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| {
            matches!(parameter.trim().to_ascii_lowercase().as_str(), "rel=\"next\"" | "rel=next")
        });
        is_next.then_some(address)
    });
    let Some(next) = next else { return Ok(None) };
    match place.api("")?.join(next) {
        Ok(url) if place.is_home(&url) => Ok(Some(url)),
        _ => Err(RegistryError::Protocol {
            registry: place.registry.clone(),
            problem: "the next page of its list is on another host".to_owned(),
        }),
    }
}
