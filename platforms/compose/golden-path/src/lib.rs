//! Golden path that renders a Compose file
