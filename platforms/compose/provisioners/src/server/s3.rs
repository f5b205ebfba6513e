//! `s3`: a bucket in MinIO.

use innominatus_guest::prelude::*;

use super::{Server, hints};
use crate::image::{Image, Version};
use crate::naming;

/// A MinIO server with one bucket.
#[derive(Debug, Clone, Copy)]
pub struct S3;

/// Params of `s3`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3Params {
    /// The server's version: a tag of its image.
    version: Option<Version>,
    /// Another image, with or without a tag; it must hold the client `mc` too.
    #[schemars(regex(pattern = r"^[a-z0-9][A-Za-z0-9_.:/@-]*$"), length(max = 255))]
    image: Option<String>,
    /// The bucket's name; made from the resource's name when absent.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"))]
    bucket: Option<String>,
    /// The region to tell clients.
    #[serde(default = "default_region")]
    #[schemars(regex(pattern = r"^[a-z0-9-]{1,63}$"))]
    region: String,
    /// Without effect here, accepted for files that say it to other platforms.
    #[serde(rename = "size")]
    _size: Option<Json>,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

const IMAGE: Image =
    Image { repository: "quay.io/minio/minio", version: "RELEASE.2025-04-22T22-12-26Z", variant: "" };
const SECRET: &str = "${outputs.secret_key}";

fn bucket(target: &Target<S3Params>) -> String {
    target.params.bucket.clone().unwrap_or_else(|| naming::service("bucket", &target.name))
}

/// MinIO wants 3 to 20 characters.
fn access_key(name: &str) -> String {
    let key = naming::identifier(name, 20);
    if key.len() < 3 { format!("{key}_key") } else { key }
}

impl Provisioner for S3 {
    type Params = S3Params;

    fn offer(&self) -> Offer {
        Offer::new("s3")
            .verb("update")
            .output(OutputSpec::text("endpoint"))
            .output(OutputSpec::text("region"))
            .output(OutputSpec::text("bucket"))
            .output(OutputSpec::text("access_key_id"))
            .output(OutputSpec::secret("secret_key"))
            .output(OutputSpec::text("aws_access_key_id"))
            .output(OutputSpec::secret("aws_secret_key"))
    }

    fn provision(&self, host: &Host<'_>, target: &Target<S3Params>) -> Result<Progress, Failure> {
        let S3Params { version, image, region, .. } = &target.params;
        let name = naming::service("s3", &target.name);
        let bucket = bucket(target);
        let key = access_key(&target.name);
        let secret = host.secrets().password("secret-key")?;
        let image = IMAGE.reference(image.as_deref(), version.as_ref());
        let local = format!("http://{key}:{SECRET}@127.0.0.1:9000");
        let server = Server {
            name: &name,
            image: image.clone(),
            command: &["server", "/data", "--console-address", ":9001"],
            environment: &[
                ("MINIO_ROOT_USER", key.as_str()),
                ("MINIO_ROOT_PASSWORD", SECRET),
                ("MINIO_REGION", region.as_str()),
                // For the client in the same image, in the health check and in a shell.
                ("MC_HOST_store", local.as_str()),
            ],
            volume: format!("{name}-data"),
            data: "/data",
            healthcheck: &["CMD", "mc", "ready", "store"],
            patience: 5,
            keeps_host_name: false,
        };
        // Runs once: a bucket is made through the server, not through an image's variable.
        let init = json!({
            "image": image,
            "restart": "on-failure",
            "entrypoint": ["mc"],
            "command": ["mb", "--ignore-existing", format!("store/{bucket}")],
            "environment": {"MC_HOST_store": format!("http://{key}:{SECRET}@{name}:9000")},
            "depends_on": {name.as_str(): {"condition": "service_healthy"}},
        });
        let fragment = server.fragment().service(format!("{name}-init"), init);
        let state = State::new()
            .output("endpoint", format!("http://{name}:9000"))
            .output("region", region.as_str())
            .output("bucket", bucket)
            .output("access_key_id", key.as_str())
            .secret("secret_key", secret.clone())
            .output("aws_access_key_id", key.as_str())
            .secret("aws_secret_key", secret)
            .artifact(fragment.artifact()?);
        Ok(state.into())
    }

    fn get_hints(&self, _host: &Host<'_>, target: &Target<S3Params>) -> Result<Vec<Hint>, Failure> {
        let name = naming::service("s3", &target.name);
        let mut hints =
            hints(target, "MinIO", &format!("{name}-init"), format!("docker compose exec {name} sh"));
        let list = format!("docker compose exec {name} mc ls store/{}", bucket(target));
        hints.push(Hint::command("List the bucket", list));
        Ok(hints)
    }
}
