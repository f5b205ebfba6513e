//! The list of error codes.

use std::fmt;

use super::ExitClass;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $exit:ident, $status:literal, $summary:literal;)*) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// From the stable word.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The exit class of a command that ends with this code.
            pub fn exit(self) -> ExitClass {
                match self {
                    $(Self::$name => ExitClass::$exit,)*
                }
            }

            /// The HTTP status of an answer with this code.
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                }
            }

            /// What it means, in one lower-case line.
            pub fn summary(self) -> &'static str {
                match self {
                    $(Self::$name => $summary,)*
                }
            }

            /// The page that `innominatus explain` shows: cause, example, remedy.
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../../../docs/errors/", $word, ".md")),)*
                }
            }
        }
    };
}

codes! {
    // Ours.
    /// A bug in innominatus.
    Internal = "internal", Internal, 500, "a bug in innominatus";
    /// The command line was not understood.
    Usage = "usage", Usage, 400, "the command line was not understood";
    /// The request carries no valid credentials.
    Unauthenticated = "unauthenticated", Auth, 401, "the request carries no valid credentials";
    /// The caller may not do this.
    Forbidden = "forbidden", Auth, 403, "the caller may not do this";
    // Requests.
    /// A request to the API is malformed.
    BadRequest = "bad-request", Validation, 400, "a request to the API is malformed";
    /// A request body is larger than allowed.
    BodyTooLarge = "body-too-large", Validation, 413, "a request body is larger than allowed";
    /// A request body is not the expected media type.
    UnsupportedMediaType = "unsupported-media-type", Validation, 415, "a request body is not the expected media type";
    /// A request did not arrive in time.
    RequestTimeout = "request-timeout", Transient, 408, "a request did not arrive in time";
    /// There is no such thing.
    NotFound = "not-found", NotFound, 404, "there is no such thing";
    /// The API has this path but not with this method.
    MethodNotAllowed = "method-not-allowed", Usage, 405, "the API has this path but not with this method";
    /// The runtime cannot serve the request now.
    Unavailable = "unavailable", Transient, 503, "the runtime cannot serve the request now";
    /// Nobody answers at the server's address.
    ServerUnreachable = "server-unreachable", Transient, 503, "nobody answers at the server's address";
    /// The home folder cannot be used.
    HomeUnusable = "home-unusable", Failed, 500, "the home folder cannot be used";
    /// The server cannot listen where it should.
    ListenFailed = "listen-failed", Failed, 500, "the server cannot listen where it should";
    /// An answer did not come in time.
    Timeout = "timeout", Transient, 504, "an answer did not come in time";
    /// The runtime stopped before the work was finished.
    Interrupted = "interrupted", Transient, 503, "the runtime stopped before the work was finished";
    /// The awaited state was not reached in time.
    WaitTimeout = "wait-timeout", NotConverged, 504, "the awaited state was not reached in time";
    /// The events asked for are no longer kept.
    EventsCompacted = "events-compacted", NotFound, 410, "the events asked for are no longer kept";
    /// A plan holds changes.
    ChangesPresent = "changes-present", Changes, 200, "a plan holds changes";
    // Score: the text.
    /// A Score file is not well-formed YAML.
    ScoreSyntax = "score-syntax", Validation, 422, "a Score file is not well-formed YAML";
    /// A Score file is larger than 1 MiB.
    ScoreTooLarge = "score-too-large", Validation, 413, "a Score file is larger than 1 MiB";
    /// A Score file expands to more than is allowed.
    ScoreBudget = "score-budget", Validation, 422, "a Score file expands to more than is allowed";
    /// A Score file uses YAML anchors or aliases.
    ScoreAlias = "score-alias", Validation, 422, "a Score file uses YAML anchors or aliases";
    /// A key stands twice in one mapping of a Score file.
    ScoreDuplicateKey = "score-duplicate-key", Validation, 422, "a key stands twice in one mapping of a Score file";
    /// A Score file does not hold exactly one YAML document.
    ScoreDocuments = "score-documents", Validation, 422, "a Score file does not hold exactly one YAML document";
    // Score: the schema.
    /// `apiVersion` is not one that is understood.
    ScoreApiVersion = "score-api-version", Validation, 422, "`apiVersion` is not one that is understood";
    /// A required field of a Score file is missing.
    ScoreMissingField = "score-missing-field", Validation, 422, "a required field of a Score file is missing";
    /// A Score file has a field that Score does not know.
    ScoreUnknownField = "score-unknown-field", Validation, 422, "a Score file has a field that Score does not know";
    /// A field of a Score file has the wrong type.
    ScoreWrongType = "score-wrong-type", Validation, 422, "a field of a Score file has the wrong type";
    /// A field of a Score file has a value that is not allowed.
    ScoreInvalidValue = "score-invalid-value", Validation, 422, "a field of a Score file has a value that is not allowed";
    /// A Score file uses a deprecated form.
    ScoreDeprecated = "score-deprecated", Validation, 422, "a Score file uses a deprecated form";
    // Score: mistakes known by name.
    /// A resource says `properties` where Score says `params`.
    ScoreProperties = "score-properties", Validation, 422, "a resource says `properties` where Score says `params`";
    /// A container says `env` or `environment` where Score says `variables`.
    ScoreEnv = "score-env", Validation, 422, "a container says `env` or `environment` where Score says `variables`";
    /// A container says `ports`; Score keeps ports under `service`.
    ScoreContainerPorts = "score-container-ports", Validation, 422, "a container says `ports`; Score keeps ports under `service`";
    /// `environment` at the root is not Score.
    ScoreEnvironment = "score-environment", Validation, 422, "`environment` at the root is not Score";
    /// A Score file is wrapped in `kind` and `spec` like a Kubernetes object.
    ScoreKindSpec = "score-kind-spec", Validation, 422, "a Score file is wrapped in `kind` and `spec` like a Kubernetes object";
    /// A container's `image` is empty.
    ScoreNullImage = "score-null-image", Validation, 422, "a container's `image` is empty";
    /// A value without quotes is not read as the text it shows.
    ScoreUnquoted = "score-unquoted", Validation, 422, "a value without quotes is not read as the text it shows";
    /// A Score file has no containers.
    ScoreContainers = "score-containers", Validation, 422, "a Score file has no containers";
    /// A file in the older dialect was accepted.
    ScoreDialect = "score-dialect", Validation, 422, "a file in the older dialect was accepted";
    // Score: placeholders.
    /// A placeholder cannot be read.
    PlaceholderSyntax = "placeholder-syntax", Validation, 422, "a placeholder cannot be read";
    /// A placeholder starts with neither `metadata` nor `resources`.
    PlaceholderRoot = "placeholder-root", Validation, 422, "a placeholder starts with neither `metadata` nor `resources`";
    /// A placeholder looks like a shell or environment variable.
    PlaceholderShell = "placeholder-shell", Validation, 422, "a placeholder looks like a shell or environment variable";
    /// A placeholder names a resource that the file does not have.
    PlaceholderResource = "placeholder-resource", Validation, 422, "a placeholder names a resource that the file does not have";
    /// A placeholder names an output that the resource does not have.
    PlaceholderOutput = "placeholder-output", Validation, 422, "a placeholder names an output that the resource does not have";
    /// A placeholder has an `outputs` segment that Score does not use.
    PlaceholderOutputsSegment = "placeholder-outputs-segment", Validation, 422, "a placeholder has an `outputs` segment that Score does not use";
    /// A placeholder names metadata that the file does not have.
    PlaceholderMetadata = "placeholder-metadata", Validation, 422, "a placeholder names metadata that the file does not have";
    /// A placeholder stands where Score expands none.
    PlaceholderPlace = "placeholder-place", Validation, 422, "a placeholder stands where Score expands none";
    // Score: demand.
    /// Two definitions of one shared resource disagree.
    SharedConflict = "shared-conflict", Validation, 422, "two definitions of one shared resource disagree";
    /// Resources depend on each other in a circle.
    ResourceCycle = "resource-cycle", Validation, 422, "resources depend on each other in a circle";
    /// Two Score files describe the same workload.
    DuplicateWorkload = "duplicate-workload", Validation, 422, "two Score files describe the same workload";
    /// A container refers to a container that is not there.
    ContainerReference = "container-reference", Validation, 422, "a container refers to a container that is not there";
    /// A file named by `source` cannot be taken.
    FileSource = "file-source", Validation, 422, "a file named by `source` cannot be taken";
    // Files of the person at the command line.
    /// A file named on the command line is not there.
    FileNotFound = "file-not-found", NotFound, 404, "a file named on the command line is not there";
    /// A file named on the command line cannot be read.
    FileUnreadable = "file-unreadable", Validation, 422, "a file named on the command line cannot be read";
    /// A file that would be written exists and is not ours.
    OutputExists = "output-exists", Conflict, 409, "a file that would be written exists and is not ours";
    /// A file or the terminal cannot be written.
    OutputFailed = "output-failed", Failed, 500, "a file or the terminal cannot be written";
    // Artifacts and registries.
    /// A text does not name a platform.
    ReferenceInvalid = "reference-invalid", Validation, 400, "a text does not name a platform";
    /// An artifact is not a platform that is accepted.
    ArtifactInvalid = "artifact-invalid", Validation, 422, "an artifact is not a platform that is accepted";
    /// Bytes of an artifact are not those that its digest names.
    ArtifactDigest = "artifact-digest", Trust, 422, "bytes of an artifact are not those that its digest names";
    /// There is no such artifact.
    ArtifactNotFound = "artifact-not-found", NotFound, 404, "there is no such artifact";
    /// A tag is taken by another artifact.
    ArtifactExists = "artifact-exists", Conflict, 409, "a tag is taken by another artifact";
    /// A registry does not answer.
    RegistryUnreachable = "registry-unreachable", Transient, 503, "a registry does not answer";
    /// A registry does not let this caller do it.
    RegistryDenied = "registry-denied", Auth, 403, "a registry does not let this caller do it";
    /// A registry answers more than is allowed.
    RegistryLimit = "registry-limit", Trust, 502, "a registry answers more than is allowed";
    /// A registry does not keep to the protocol.
    RegistryProtocol = "registry-protocol", Failed, 502, "a registry does not keep to the protocol";
    /// A layout cannot be read or written.
    LayoutFailed = "layout-failed", Failed, 500, "a folder or file of artifacts cannot be read or written";
    // Params.
    /// A resource's params do not satisfy the provisioner.
    ParamsInvalid = "params-invalid", Validation, 422, "a resource's params do not satisfy the provisioner";
    /// The golden path's parameters or workloads do not satisfy it.
    ParametersInvalid = "parameters-invalid", Validation, 422, "the golden path's parameters or workloads do not satisfy it";
    /// A component's own schema cannot be used.
    SchemaInvalid = "schema-invalid", Guest, 422, "a component's own schema cannot be used";
    // Platforms.
    /// A manifest is not well-formed YAML.
    ManifestSyntax = "manifest-syntax", Validation, 422, "a manifest is not well-formed YAML";
    /// A manifest breaks a rule.
    ManifestInvalid = "manifest-invalid", Validation, 422, "a manifest breaks a rule";
    /// A manifest refers to something it does not define.
    ManifestReference = "manifest-reference", Validation, 422, "a manifest refers to something it does not define";
    /// A path in a manifest is missing or leaves its folder.
    ManifestPath = "manifest-path", Validation, 422, "a path in a manifest is missing or leaves its folder";
    /// A version in a manifest is not SemVer.
    ManifestVersion = "manifest-version", Validation, 422, "a version in a manifest is not SemVer";
    /// A manifest uses a part that this runtime does not run yet.
    ManifestUnsupported = "manifest-unsupported", Validation, 422, "a manifest uses a part that this runtime does not run yet";
    /// A table test is not well-formed YAML.
    PlatformTestSyntax = "platform-test-syntax", Validation, 422, "a table test is not well-formed YAML";
    /// A table test, or what it names, breaks a rule.
    PlatformTestInvalid = "platform-test-invalid", Validation, 422, "a table test breaks a rule";
    /// Checks of a platform failed.
    PlatformTestFailed = "platform-test-failed", Failed, 422, "checks of a platform failed";
    /// A platform does not work with this core version.
    CoreIncompatible = "core-incompatible", Conflict, 409, "a platform does not work with this core version";
    /// No such platform is installed.
    PlatformNotFound = "platform-not-found", NotFound, 404, "no such platform is installed";
    /// Another build of this platform version is installed.
    PlatformExists = "platform-exists", Conflict, 409, "another build of this platform version is installed";
    /// A version is older than one that was installed already.
    PlatformDowngrade = "platform-downgrade", Trust, 409, "a version is older than one that was installed already";
    /// An update asks for more than what was granted, and waits for a person.
    ApprovalNeeded = "approval-needed", Trust, 409, "an update asks for more than what was granted, and waits for a person";
    /// No update of the platform waits for a person.
    NothingHeld = "nothing-held", Conflict, 409, "no update of the platform waits for a person";
    /// Live resources still need the platform.
    PlatformInUse = "platform-in-use", Conflict, 409, "live resources still need the platform";
    /// What the operator configured for a platform cannot be used.
    SettingsInvalid = "settings-invalid", Validation, 422, "what the operator configured for a platform cannot be used";
    /// No installed platform has this golden path.
    GoldenPathNotFound = "golden-path-not-found", NotFound, 404, "no installed platform has this golden path";
    /// More than one golden path could be meant.
    GoldenPathAmbiguous = "golden-path-ambiguous", Conflict, 409, "more than one golden path could be meant";
    /// No installed platform makes this type of resource.
    NoProvisioner = "no-provisioner", Validation, 422, "no installed platform makes this type of resource";
    // What authors do.
    /// A platform could not be built.
    BuildFailed = "build-failed", Failed, 422, "a platform could not be built";
    /// There is no compiler for guests on this machine.
    ToolchainMissing = "toolchain-missing", Failed, 500, "there is no compiler for guests on this machine";
    /// What derives from a manifest does not agree with it.
    PlatformDrift = "platform-drift", Validation, 422, "what derives from a manifest does not agree with it";
    // Components.
    /// The bytes are not a WebAssembly component.
    ComponentInvalid = "component-invalid", Guest, 422, "the bytes are not a WebAssembly component";
    /// A component is larger than allowed.
    ComponentTooLarge = "component-too-large", Guest, 413, "a component is larger than allowed";
    /// A component was built for a contract version that is not known.
    ComponentVersion = "component-version", Guest, 422, "a component was built for a contract version that is not known";
    /// A component lacks an export, or has it with another type.
    ComponentExport = "component-export", Guest, 422, "a component lacks an export, or has it with another type";
    /// A component imports something that the contract does not offer.
    ComponentImport = "component-import", Guest, 422, "a component imports something that the contract does not offer";
    /// A component could not be compiled within limits.
    ComponentUncompilable = "component-uncompilable", Guest, 422, "a component could not be compiled within limits";
    /// A component needs a capability that this runtime does not link yet.
    CapabilityUnlinked = "capability-unlinked", Guest, 422, "a component needs a capability that this runtime does not link yet";
    /// A capability was not asked for or not granted.
    CapabilityDenied = "capability-denied", Trust, 403, "a capability was not asked for or not granted";
    /// A platform asks for more than it was granted.
    CapabilityNotGranted = "capability-not-granted", Trust, 403, "a platform asks for more than was granted";
    /// A grants file is not well-formed YAML.
    GrantsSyntax = "grants-syntax", Validation, 422, "a grants file is not well-formed YAML";
    /// A grants file, or a choice of grants, breaks a rule.
    GrantsInvalid = "grants-invalid", Validation, 422, "a grants file breaks a rule";
    /// Grants were approved for another version of the platform.
    GrantsStale = "grants-stale", Trust, 403, "grants were approved for another version of the platform";
    // Other files of the operator.
    /// A file of the operator is not well-formed YAML.
    ConfigSyntax = "config-syntax", Validation, 422, "a file of the operator is not well-formed YAML";
    /// `platforms.yaml` breaks a rule.
    PlatformsInvalid = "platforms-invalid", Validation, 422, "`platforms.yaml` breaks a rule";
    /// `platforms.lock` cannot be used.
    LockInvalid = "lock-invalid", Validation, 422, "`platforms.lock` cannot be used";
    /// `policy.yaml` breaks a rule.
    PolicyInvalid = "policy-invalid", Validation, 422, "`policy.yaml` breaks a rule";
    /// `registries.yaml` breaks a rule.
    RegistriesInvalid = "registries-invalid", Validation, 422, "`registries.yaml` breaks a rule";
    // Trust in platforms.
    /// A platform has no release signature.
    SignatureMissing = "signature-missing", Trust, 403, "a platform has no release signature";
    /// A signature of a platform does not hold.
    SignatureInvalid = "signature-invalid", Trust, 403, "a signature of a platform does not hold";
    /// A platform is signed by nobody whom the policy accepts.
    SignerNotTrusted = "signer-not-trusted", Trust, 403, "a platform is signed by nobody whom the policy accepts";
    /// An attestation that the policy asks for is missing.
    AttestationMissing = "attestation-missing", Trust, 403, "an attestation that the policy asks for is missing";
    /// The policy refuses this digest.
    DigestDenied = "digest-denied", Trust, 403, "the policy refuses this digest";
    /// A key cannot be used.
    KeyInvalid = "key-invalid", Trust, 422, "a key cannot be used";
    /// A policy accepts nobody, or everybody.
    SignerInvalid = "signer-invalid", Trust, 422, "a policy accepts nobody, or everybody";
    /// A trusted root cannot be used.
    TrustedRootInvalid = "trusted-root-invalid", Trust, 422, "a trusted root cannot be used";
    // Secrets of the operator.
    /// No secret of this name is kept.
    SecretNotFound = "secret-not-found", NotFound, 404, "no secret of this name is kept";
    /// The name or the value of a secret is not allowed.
    SecretInvalid = "secret-invalid", Validation, 422, "the name or the value of a secret is not allowed";
    /// An installed platform may use the secret.
    SecretInUse = "secret-in-use", Conflict, 409, "an installed platform may use the secret";
    // Guests.
    /// A guest trapped.
    GuestTrap = "guest-trap", Guest, 502, "a guest trapped";
    /// A guest computed for too long.
    GuestFuel = "guest-fuel", Guest, 502, "a guest computed for too long";
    /// A guest took too long.
    GuestTime = "guest-time", Guest, 502, "a guest took too long";
    /// A guest asked for too much memory.
    GuestMemory = "guest-memory", Guest, 502, "a guest asked for too much memory";
    /// A guest called the host too often.
    GuestHostCalls = "guest-host-calls", Guest, 502, "a guest called the host too often";
    /// A guest passed or returned something too big.
    GuestSize = "guest-size", Guest, 502, "a guest passed or returned something too big";
    /// A guest broke the contract.
    GuestContract = "guest-contract", Guest, 502, "a guest broke the contract";
    /// A golden path's steps break the contract.
    GoldenPathContract = "golden-path-contract", Guest, 502, "a golden path's steps break the contract";
    /// A golden path said no.
    GoldenPathFailed = "golden-path-failed", Failed, 422, "a golden path said no";
    /// A provisioner said no.
    ProvisionFailed = "provision-failed", Failed, 422, "a provisioner said no";
    /// A removal did not work.
    DeprovisionFailed = "deprovision-failed", Failed, 422, "a removal did not work";
    /// A component did not do the same twice when it went on after an interruption.
    EffectDiverged = "effect-diverged", Guest, 502, "a component did not do the same twice when it went on";
    /// Nobody knows whether a write of a component happened.
    InDoubt = "in-doubt", Failed, 409, "nobody knows whether a write of a component happened";
    /// The resource has nothing that could be resolved.
    NotInDoubt = "not-in-doubt", Conflict, 409, "the resource has nothing to be resolved";
    /// No journal of that resource is kept.
    JournalNotFound = "journal-not-found", NotFound, 404, "no journal of that resource is kept";
    /// A run ended with failed steps.
    RunFailed = "run-failed", Failed, 422, "a run ended with failed steps";
    /// A newer plan took over.
    RunSuperseded = "run-superseded", Conflict, 409, "a newer plan took over";
    // State.
    /// There is no such application.
    ApplicationNotFound = "application-not-found", NotFound, 404, "there is no such application";
    /// The application is being removed.
    ApplicationDeleting = "application-deleting", Conflict, 409, "the application is being removed";
    /// There is no such resource.
    ResourceNotFound = "resource-not-found", NotFound, 404, "there is no such resource";
    /// There is no such run.
    RunNotFound = "run-not-found", NotFound, 404, "there is no such run";
    /// The resource has no such output.
    OutputNotFound = "output-not-found", NotFound, 404, "the resource has no such output";
    /// Workloads still claim the resource.
    ResourceClaimed = "resource-claimed", Conflict, 409, "workloads still claim the resource";
    /// The application changed since the plan was made.
    PlanStale = "plan-stale", Conflict, 409, "the application changed since the plan was made";
    /// A text is not an id or a name.
    IdInvalid = "id-invalid", Validation, 400, "a text is not an id or a name";
    // The store.
    /// Another process holds the store.
    StoreLocked = "store-locked", Conflict, 409, "another process holds the store";
    /// The store is damaged.
    StoreDamaged = "store-damaged", Internal, 500, "the store is damaged";
    /// The store was written in a format that is not known.
    StoreFormat = "store-format", Internal, 500, "the store was written in a format that is not known";
    /// The disk is full or cannot be written.
    StoreFull = "store-full", Failed, 507, "the disk is full or cannot be written";
    /// The store cannot be read or written.
    StoreFailed = "store-failed", Failed, 500, "the store cannot be read or written";
    /// The encryption key is missing or is another one.
    StoreKey = "store-key", Internal, 500, "the encryption key is missing or is another one";
    /// A stored record cannot be trusted.
    StoreIntegrity = "store-integrity", Internal, 500, "a stored record cannot be trusted";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_parse() {
        for &code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert!(!code.page().trim().is_empty(), "{code} has an empty page");
            assert!(code.page().starts_with(&format!("# {code}")), "the page of {code} begins with its name");
        }
    }

    #[test]
    fn status_and_exit_agree() {
        for &code in Code::ALL {
            let wrong = match code.exit() {
                ExitClass::NotFound => !matches!(code.status(), 404 | 410),
                ExitClass::Transient => !matches!(code.status(), 408 | 503 | 504),
                ExitClass::Validation => !matches!(code.status(), 400 | 413 | 415 | 422),
                ExitClass::Conflict => code.status() != 409,
                ExitClass::Auth => !matches!(code.status(), 401 | 403),
                _ => false,
            };
            assert!(!wrong, "{code} maps to {} and {:?}", code.status(), code.exit());
        }
    }
}
