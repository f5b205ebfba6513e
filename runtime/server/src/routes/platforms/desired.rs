//! `POST /v1/platforms/apply`: a list of platforms becomes what is installed.

use axum::Json;
use axum::extract::State;
use innominatus_api::wire::{
    AppliedPlatform, AppliedPlatforms, ApplyPlatformsRequest, DesiredPlatform, RegistryLogin,
};
use innominatus_engine::{Access, Became, DesiredEntry, InstallError};
use innominatus_model::{Code, Name, Scope, SecretName};
use innominatus_package::{RegistryCredentials, VersionRule, render_lock};

use super::said;
use crate::extract::Body;
use crate::problem::ApiError;
use crate::state::{App, name};

/// One after the other, in the order of the file; one that cannot be had keeps no other from it.
pub(in crate::routes) async fn apply(
    State(app): State<App>,
    Body(request): Body<ApplyPlatformsRequest>,
) -> Result<Json<AppliedPlatforms>, ApiError> {
    let entries = request.platforms.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    let (engine, dry_run) = (app.engine.clone(), request.dry_run);
    let work = async move {
        let tenant = Scope::default().tenant;
        let mut items = Vec::new();
        let mut serving = Vec::new();
        for entry in &entries {
            if dry_run {
                items.push(planned(&entry.name, engine.plan_desired(&tenant, entry).await));
                continue;
            }
            let became = engine.make_desired(&tenant, entry).await;
            if let Some(platform) = became.serving() {
                serving.push((entry.name.clone(), platform.clone()));
            }
            items.push(applied(&entry.name, became));
        }
        let lock = match dry_run {
            true => String::new(),
            false => render_lock(&engine.lock(&tenant, &serving).await?),
        };
        let named = |platform: &Name| {
            serving.iter().any(|(_, known)| known.name == *platform)
                || entries.iter().any(|it| it.name == *platform)
        };
        let installed = engine.ledger().platforms(&tenant).await?;
        let mut others: Vec<String> = installed
            .iter()
            .filter(|stored| !named(&stored.value.name))
            .map(|stored| format!("{}@{}", stored.value.name, stored.value.version))
            .collect();
        others.sort();
        Ok::<_, ApiError>(AppliedPlatforms { dry_run, items, others, lock })
    };
    Ok(Json(app.work.finish(work).await?))
}

fn entry(wire: &DesiredPlatform) -> Result<DesiredEntry, ApiError> {
    let (answer, _) = said::answer(None, wire.grants.as_ref())?;
    let version = VersionRule::parse(&wire.version).map_err(|error| {
        ApiError::new(Code::BadRequest, format!("`version` of `{}` {error}", wire.name)).hint(error.remedy())
    })?;
    let credentials = wire.credentials.as_ref().map(login).transpose()?;
    let mut terms = said::terms(&wire.trust)?;
    terms.access = Some(Access { credentials, private: wire.private });
    Ok(DesiredEntry {
        name: name("platform", &wire.name)?,
        repository: wire.repository.clone(),
        version,
        enabled: wire.enabled,
        answer,
        terms,
        locked: said::version(wire.locked.as_deref())?,
        highest: said::version(wire.highest.as_deref())?,
    })
}

fn login(wire: &RegistryLogin) -> Result<RegistryCredentials, ApiError> {
    let wrong = |what: &str| ApiError::new(Code::BadRequest, format!("credentials of a registry: {what}"));
    let secret = || {
        let name = wire.secret_ref.as_deref().ok_or_else(|| wrong("`secretRef` is missing"))?;
        SecretName::new(name).map_err(|error| wrong(&error.to_string()))
    };
    Ok(match wire.kind.as_str() {
        "bearer" => RegistryCredentials::Bearer { secret: secret()? },
        "github-token" => RegistryCredentials::GithubToken { secret: secret()? },
        "docker" => RegistryCredentials::Docker,
        "basic" => RegistryCredentials::Basic {
            username: wire.username.clone().ok_or_else(|| wrong("`username` is missing"))?,
            secret: secret()?,
        },
        _ => return Err(wrong("the type is none of `bearer`, `basic`, `github-token`, `docker`")),
    })
}

fn planned(name: &Name, planned: Result<String, InstallError>) -> AppliedPlatform {
    let of = |outcome: &str, message: String| AppliedPlatform {
        name: name.to_string(),
        outcome: outcome.to_owned(),
        platform: None,
        version: None,
        digest: None,
        message,
        problem: None,
    };
    match planned {
        Ok(message) => of("planned", message),
        Err(error) => {
            let problem = ApiError::from(error).problem().clone();
            AppliedPlatform { problem: Some(problem.clone()), ..of("failed", problem.detail) }
        }
    }
}

fn applied(name: &Name, became: Became) -> AppliedPlatform {
    let platform = match &became {
        Became::Disabled(known) => known.clone(),
        other => other.serving().cloned(),
    };
    let version = platform.as_ref().map(|platform| platform.version.to_string());
    let shown = version.clone().unwrap_or_default();
    let (outcome, message, problem) = match became {
        Became::Unchanged(_) => ("unchanged", format!("{shown} serves"), None),
        Became::Installed(_) => ("installed", format!("{shown} serves now"), None),
        Became::Disabled(None) => ("disabled", "is not there, and need not be".to_owned(), None),
        Became::Disabled(Some(_)) => ("disabled", "makes nothing new".to_owned(), None),
        Became::Held(_, held) => {
            let called = platform.as_ref().map(|platform| platform.name.to_string()).unwrap_or_default();
            let message = format!("{shown} serves on: {held} asks for more and waits for approval");
            let error = ApiError::new(Code::ApprovalNeeded, message.clone())
                .hint(format!("`innominatus platform approve {called}` says yes to what is new"));
            ("held", message, Some(error.problem().clone()))
        }
        Became::Failed(error) => {
            let problem = ApiError::from(error).problem().clone();
            ("failed", problem.detail.clone(), Some(problem))
        }
    };
    AppliedPlatform {
        name: name.to_string(),
        outcome: outcome.to_owned(),
        digest: platform.as_ref().map(|platform| platform.digest.to_string()),
        platform: platform.map(|platform| platform.name.to_string()),
        version,
        message,
        problem,
    }
}
