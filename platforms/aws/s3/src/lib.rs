//! The component `s3.wasm`: buckets, under both of their names. A component of its own, because it makes no secrets of
//! its own and therefore does not ask for the capability `secrets`.
#![forbid(unsafe_code)]

use innominatus_aws_provisioners::{Bucket, S3, STORAGE};

innominatus_guest::export_provisioner!(Bucket(&S3), Bucket(&STORAGE));
