//! The platform `aws`: S3 buckets and RDS databases that a Score file asks for, in an account of Amazon Web
//! Services.
//!
//! Everything is done by signed HTTP requests. The host signs them, by the credential binding `aws`, and keeps the
//! secrets that AWS makes: nothing here has ever seen a key or a password. Each provisioner looks before it
//! makes anything, by names that follow from the resource's identity and by tags that say whose a thing is, so that
//! a create whose answer was lost never makes a second thing.
//!
//! Which of them make a component together is said beside this crate, in `s3` and `rds`: a component asks only for what
//! its own provisioners need.
//!
//! Deliberately absent: keys, clocks, retries (the host's matter), and any knowledge of the other workloads.
#![forbid(unsafe_code)]

mod api;
mod identity;
mod rds;
mod s3;
mod settings;
mod tags;

pub use rds::{Postgres, PostgresParams};
pub use s3::{Bucket, BucketParams, Kind, S3, STORAGE};
