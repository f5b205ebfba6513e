//! Events: kept ones as a list, or kept ones and then those to come as a stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt as _, stream};
use innominatus_api::wire::EventList;
use innominatus_ledger::{Cursor, EventFeed, Kept, Listed, Recorded};
use innominatus_model::{Code, Event, Name, ResourceId, RunId};
use serde::Deserialize;

use crate::extract::Query;
use crate::problem::ApiError;
use crate::state::{App, id, name, scope};
use crate::views;

/// What may stand behind the `?`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Params {
    environment: Option<String>,
    application: Option<String>,
    resource: Option<String>,
    run: Option<String>,
    since: Option<String>,
    limit: Option<usize>,
}

/// Which events are meant.
#[derive(Debug, Clone)]
struct Filter {
    application: Option<Name>,
    resource: Option<ResourceId>,
    run: Option<RunId>,
}

impl Filter {
    fn of(params: &Params) -> Result<Self, ApiError> {
        Ok(Self {
            application: params.application.as_deref().map(|text| name("application", text)).transpose()?,
            resource: params.resource.as_deref().map(id).transpose()?,
            run: params.run.as_deref().map(id).transpose()?,
        })
    }

    fn takes(&self, event: &Event) -> bool {
        let subject = &event.subject;
        self.application.as_ref().is_none_or(|wanted| subject.application.as_ref() == Some(wanted))
            && self.resource.is_none_or(|wanted| subject.resource == Some(wanted))
            && self.run.is_none_or(|wanted| subject.run == Some(wanted))
    }
}

/// `GET /v1/events`
pub(super) async fn list_or_follow(
    State(app): State<App>,
    headers: HeaderMap,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let scope = scope(params.environment.as_deref())?;
    let filter = Filter::of(&params)?;
    let header = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let since = params
        .since
        .as_deref()
        .or_else(|| headers.get("last-event-id").and_then(|value| value.to_str().ok()));
    let since: Option<Cursor> = since
        .map(|text| {
            text.parse().map_err(|error: innominatus_ledger::InvalidCursor| {
                ApiError::new(Code::BadRequest, error.to_string())
            })
        })
        .transpose()?;
    let ledger = app.engine.ledger();
    let follows = header(header::ACCEPT).is_some_and(|accept| accept.contains("text/event-stream"));
    // The feed begins before the list is read, so that nothing falls between them.
    let feed = if follows { Some(ledger.follow(&scope, None).await?) } else { None };
    let kept = Kept { since, limit: params.limit.unwrap_or(usize::MAX) };
    let Listed { events, revision } = ledger.list_events(&scope, kept, |event| filter.takes(event)).await?;
    let Some(feed) = feed else {
        return Ok(Json(EventList { items: events.iter().map(views::event).collect() }).into_response());
    };
    // What was listed, and what was before that, does not come again.
    let is_new =
        move |cursor: Cursor| cursor.revision() > revision && since.is_none_or(|since| cursor > since);
    let coming = coming(
        feed,
        move |recorded| is_new(recorded.cursor) && filter.takes(&recorded.event),
        app.stopping.clone(),
    );
    let events = stream::iter(events).map(|recorded| said(&recorded)).chain(coming);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}

fn said(recorded: &Recorded) -> Result<sse::Event, Infallible> {
    let view = views::event(recorded);
    Ok(sse::Event::default()
        .id(view.cursor.clone())
        .json_data(&view)
        .unwrap_or_else(|_| sse::Event::default()))
}

fn coming(
    feed: EventFeed,
    wanted: impl Fn(&Recorded) -> bool + Clone,
    stopping: tokio::sync::watch::Receiver<bool>,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    stream::unfold(Some((feed, stopping)), move |state| {
        let wanted = wanted.clone();
        async move {
            let (mut feed, mut stopping) = state?;
            loop {
                let next = tokio::select! {
                    next = feed.next() => next,
                    _ = stopping.wait_for(|stopping| *stopping) => return None,
                };
                match next {
                    Ok(recorded) if wanted(&recorded) => {
                        return Some((said(&recorded), Some((feed, stopping))));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let problem = ApiError::from(error);
                        let event = sse::Event::default().event("problem").json_data(problem.problem());
                        return Some((Ok(event.unwrap_or_else(|_| sse::Event::default())), None));
                    }
                }
            }
        }
    })
}
