//! Serves the HTTP API: wiring, routes, errors to problems, event streams
