//! The component `rds.wasm`: databases. Their passwords are made by the host, so it asks for `secrets` besides `http`.
#![forbid(unsafe_code)]

use innominatus_aws_provisioners::Postgres;

innominatus_guest::export_provisioner!(Postgres);
