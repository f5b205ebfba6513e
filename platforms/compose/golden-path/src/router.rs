//! Routes: one proxy for all of them.

use std::collections::BTreeMap;
use std::fmt::Write;

use innominatus_guest::{Failure, FailureExt, Json, Made, Request};
use serde::Deserialize;
use serde_json::json;

use crate::parameters::{Parameters, Settings};
use crate::ports;
use crate::project::{DependsOn, Project};
use crate::scope;
use crate::score::Spec;
use crate::text::literal;
use crate::workload;

/// The media type of a route; see `platforms/compose/README.md`.
const ROUTE: &str = "application/vnd.innominatus.compose-route+json";

#[derive(Debug, Deserialize)]
struct Route {
    host: String,
    path: String,
    port: Json,
    workload: String,
}

/// For one host: the path, and where its requests go.
type Locations = BTreeMap<LongestFirst, String>;

/// nginx takes the first expression that matches, so the longest path stands first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LongestFirst(std::cmp::Reverse<usize>, String);

/// Adds the proxy, if there are routes.
pub(crate) fn add(
    project: &mut Project,
    request: &Request<Parameters>,
    made: &[Made],
    settings: &Settings,
) -> Result<(), Failure> {
    let mut hosts: BTreeMap<String, Locations> = BTreeMap::new();
    let mut depends_on = DependsOn::default();
    for artifact in
        made.iter().flat_map(|made| &made.artifacts).filter(|artifact| artifact.media_type == ROUTE)
    {
        let route: Route = serde_json::from_str(&artifact.content).or_permanent("route")?;
        let upstream = upstream(&route, request, &mut depends_on)?;
        let Route { host, path, .. } = route;
        let path = path.trim_end_matches('/').to_owned();
        let key = LongestFirst(std::cmp::Reverse(path.len()), path);
        if hosts.entry(host.clone()).or_default().insert(key, upstream).is_some() {
            return Err(Failure::conflict(
                "route-twice",
                format!("two routes serve the same path of `{host}`"),
            ));
        }
    }
    if hosts.is_empty() {
        return Ok(());
    }
    let mut name = "router".to_owned();
    while project.has_service(&name) || request.workload(&name).is_some() {
        name.push_str("-proxy");
    }
    let config = project.add_config(&name, json!({"content": literal(&configuration(&hosts))}));
    let service = json!({
        "image": settings.router_image,
        "restart": "unless-stopped",
        "ports": [format!("{}:80", scope::route_port(request, settings))],
        "configs": [{"source": config, "target": "/etc/nginx/conf.d/default.conf"}],
    });
    let Json::Object(mut service) = service else { unreachable!("an object was written") };
    depends_on.write(&mut service);
    project.add_service(&name, service)
}

fn upstream(
    route: &Route,
    request: &Request<Parameters>,
    depends_on: &mut DependsOn,
) -> Result<String, Failure> {
    let workload = request.workload(&route.workload).ok_or_else(|| {
        let message = format!("a route leads to the workload `{}`, which is not here", route.workload);
        Failure::permanent("route", message)
    })?;
    let spec = Spec::of(workload)?;
    let port = route.port.as_str().map_or_else(|| route.port.to_string(), str::to_owned);
    let listening = ports::declared(&spec, &port).ok_or_else(|| {
        let message =
            format!("workload `{}` has no port `{port}`, it {}", workload.name, ports::names(&spec));
        Failure::permanent("route", message)
    })?;
    // Not until it is healthy: the proxy says so itself while nobody answers.
    depends_on.add(&workload::entry_service(&workload.name, &spec)?, "service_started");
    Ok(format!("http://{}:{}", workload.name, listening.number))
}

fn configuration(hosts: &BTreeMap<String, Locations>) -> String {
    // Names are looked up for each request, so a workload may come and go. A host may have a long name and an
    // upload any size: neither is for a proxy of development to judge.
    let mut text = "\
server_names_hash_bucket_size 512;
client_max_body_size 0;
resolver 127.0.0.11 ipv6=off valid=5s;

map $http_upgrade $connection_upgrade {
    default upgrade;
    '' close;
}

proxy_http_version 1.1;
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $connection_upgrade;
"
    .to_owned();
    for (host, locations) in hosts {
        let _ = write!(text, "\nserver {{\n    listen 80;\n    server_name {host};\n");
        for (LongestFirst(_, path), upstream) in locations {
            let location = if path.is_empty() { "/".to_owned() } else { format!("~ \"^{path}(/|$)\"") };
            let _ = write!(
                text,
                "\n    location {location} {{\n        set $upstream {upstream};\n        proxy_pass $upstream;\n    }}\n"
            );
        }
        text.push_str("}\n");
    }
    text
}
