//! `serve`: a server that lasts.

use std::net::SocketAddr;

use innominatus_api::wire::Serving;

use crate::problem::{Exit, Failure};
use crate::session::{Session, Signals};
use crate::ui::text::show;

/// Serve the home until interrupted, on its socket and if wanted on loopback
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also listen here; loopback only, port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// Prints where it listens; on SIGINT or SIGTERM finishes what is in flight and exits with 0.
pub(crate) async fn run(session: &Session, args: Args, signals: &mut Signals) -> Result<Exit, Failure> {
    if session.connector.has_server() {
        return Err(Failure::usage("`serve` starts a server and talks to none", "leave `--server` out"));
    }
    if let Some(address) = args.listen
        && !address.ip().is_loopback()
    {
        let detail = format!("`{address}` is not a loopback address");
        return Err(Failure::usage(
            detail,
            "listen on `127.0.0.1:<port>`, and reach it from elsewhere by a tunnel",
        ));
    }
    let running = session.connector.serve(args.listen).await?;
    let serving = Serving {
        socket: running.socket().display().to_string(),
        url: running.tcp().map(|address| format!("http://{address}")),
        pid: std::process::id(),
    };
    let places = || {
        let socket = format!("unix:{}", serving.socket);
        [Some(socket), serving.url.clone()].into_iter().flatten().collect::<Vec<_>>()
    };
    let table = |_: &_| places().iter().map(|place| format!("serving  {}\n", show(place))).collect();
    session.ui.answer("Serving", &serving, table, places)?;
    if serving.url.is_some() {
        session.ui.remark(&format!("the token for it lies in {}", session.connector.token_file()?.display()));
    }
    signals.next().await;
    session.ui.remark("stopping: calls in flight are finished");
    let stopped = tokio::select! {
        () = running.stop() => Exit::OK,
        number = signals.next() => Exit::by_signal(number),
    };
    Ok(stopped)
}
