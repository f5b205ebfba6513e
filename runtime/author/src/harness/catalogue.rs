//! The list of checks: what each looks for, and what to do when it fails. Ids are stable: scripts filter by them.

/// What a check is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The folder as a whole.
    Platform,
    /// Each entry under `provisioners:`.
    Provisioner,
    /// Each entry under `goldenpaths:`.
    GoldenPath,
    /// Each file under `tests/`.
    Test,
}

impl Scope {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Provisioner => "provisioner",
            Self::GoldenPath => "golden path",
            Self::Test => "table test",
        }
    }
}

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// The stable id, unique with its scope.
    pub id: &'static str,
    /// What it is made on.
    pub scope: Scope,
    /// What has to hold, as a sentence without a full stop.
    pub what: &'static str,
    /// What to do when it does not.
    pub remedy: &'static str,
}

macro_rules! checks {
    ($($name:ident = $scope:ident $id:literal, $what:literal, $remedy:literal;)*) => {
        $(pub(crate) const $name: Check = Check { id: $id, scope: Scope::$scope, what: $what, remedy: $remedy };)*

        /// Every check, in the order in which they are made.
        pub const CHECKS: &[Check] = &[$($name),*];
    };
}

checks! {
    MANIFEST = Platform "manifest", "platform.yaml and the files it names are valid, and nothing in it deserves a warning",
        "correct the line that is named";
    CONTRACT = Provisioner "contract", "the component exports `lifecycle` of a contract version that is known, and compiles",
        "build the component with the SDK of a contract version that this runtime serves";
    WANTS = Provisioner "wants", "what the component imports is asked for, and what is asked for is imported and used",
        "make `capabilities:` in platform.yaml say what the component needs, and no more";
    KIND = Provisioner "kind", "the component makes the type that the manifest says",
        "correct `type:` in platform.yaml, or the offers in the component's metadata";
    METADATA = Provisioner "metadata", "`metadata` and `config-schema` answer the same each time",
        "answer from what is compiled in: no clock, no chance, no settings";
    SCHEMA = Provisioner "schema", "each config schema is a usable, self-contained JSON Schema (draft 2020-12) with params that satisfy it",
        "let `config-schema` answer a schema without references outside itself, and give `examples` where values are hard to guess";
    SCHEMA_FILE = Provisioner "schema-file", "the schema file that the manifest names is what the component answers",
        "write the component's answer into the file: `innominatus platform build` does";
    VALIDATE = Provisioner "validate", "`validate-config` accepts what the schema accepts, and has no effects",
        "say in the schema what is allowed, or accept it; `validate-config` only looks at the target";
    PROVISION = Provisioner "provision", "params that the schema accepts come to `ready`",
        "let `provision` make what its schema accepts; where the generic fake of HTTP is not enough, write a test with `when: checks`";
    OUTPUTS = Provisioner "outputs", "`ready` comes with every required output, none but declared ones, each as its schema says, and sensitive ones as tokens",
        "make the offer in the metadata and what `provision` hands over agree";
    PROVISION_AGAIN = Provisioner "provision-again", "the same wish again gives the same outputs and makes nothing a second time",
        "look at `target.prior` before anything is made, and take outputs from there";
    UPDATE = Provisioner "update", "changed params with the state of before change the thing that is there, or are refused in words",
        "find the thing by the handle in `target.prior`, and change it or answer a failure";
    UPGRADE_STATE = Provisioner "upgrade-state", "`upgrade-state` of its own state leaves outputs and world as they are, and a state that nobody knows is refused in words",
        "hand on what is understood of `target.prior`, and answer a failure for what is not";
    STATUS = Provisioner "status", "`get-status` finds ready what was just made, and changes nothing",
        "only look in `get-status`: GET and HEAD, or what the operator's grant calls a read";
    HINTS = Provisioner "hints", "`get-hints` answers, changes nothing, and shows secrets in sensitive hints only",
        "only look in `get-hints`, and mark a hint that holds a token as sensitive";
    FAULT_REFUSED = Provisioner "fault-refused", "a request that never left is tried again, and all comes to the same end",
        "answer a transient failure for `not-sent`, and go on from `target.prior` next time";
    FAULT_TIMEOUT = Provisioner "fault-timeout", "a request whose answer never came, and that was not acted on, is settled and made once",
        "offer `settle` and look for what `target.unsettled` names, or use PUT or an idempotency key";
    FAULT_RESET = Provisioner "fault-reset", "a request that was acted on and whose answer was lost is not made twice",
        "offer `settle` and look for what `target.unsettled` names, or use PUT or an idempotency key";
    FAULT_500 = Provisioner "fault-500", "a 500 is a transient failure, and the next try comes to the same end",
        "answer a transient failure for status 5xx";
    FAULT_429 = Provisioner "fault-429", "a 429 is a transient failure, and the next try comes to the same end",
        "answer a transient failure for status 429, after the time that `retry-after` says";
    FAULT_MALFORMED = Provisioner "fault-malformed", "an answer that is not what was expected is a failure, never a trap",
        "turn what cannot be read into a failure that says what was expected";
    FAULT_SECRET = Provisioner "fault-secret", "where a secret of the operator is missing it says so in a failure, and once the secret is there all comes to the same end",
        "hand `not-found` on as a failure, and go on from `target.prior` next time";
    CRASH = Provisioner "crash", "the runtime may die before and after each call of `provision`: going on comes to the same world and outputs, with nothing made twice",
        "do the same calls in the same order for the same answers; look before creating where the last answer is unknown";
    DENIED = Provisioner "denied", "without a capability that was asked for, `provision` answers a failure of cause `denied` and does not trap",
        "hand the denial on as it came: cause `denied`, with what was wanted";
    SECRETS = Provisioner "secrets", "tokens stand in no log line, progress, failure, handle, URL, or output that is not sensitive",
        "keep tokens to request headers and bodies, sensitive outputs and artifacts";
    LIMITS = Provisioner "limits", "long names, other scripts, large and deep params are worked on or refused in words, within fuel, memory and time",
        "cut names at character boundaries, check lengths, and answer a failure for what is too much";
    DEPROVISION = Provisioner "deprovision", "`deprovision` of what was made leaves nothing behind",
        "remove everything that the handle in `target.prior` tells of";
    DEPROVISION_AGAIN = Provisioner "deprovision-again", "`deprovision` of what is gone answers `gone`",
        "take a 404 for an answer: what is not there needs no removing";
    DEPROVISION_FAULT = Provisioner "deprovision-fault", "each request of `deprovision` may go wrong in each way: tried again, nothing is left behind",
        "answer a transient failure for what may pass, and remove in an order that can be begun again";
    DEPROVISION_UNKNOWN = Provisioner "deprovision-unknown", "`deprovision` of what never was, without a prior state, answers `gone`",
        "answer `gone` where there is no `target.prior` and nothing of that name";
    DEPROVISION_CRASH = Provisioner "deprovision-crash", "the runtime may die before and after each call of `deprovision`: going on leaves nothing behind",
        "take a 404 for an answer, and remove in an order that can be begun again";
    GP_CONTRACT = GoldenPath "contract", "the component exports `generator` of a contract version that is known, and compiles",
        "build the component with the SDK of a contract version that this runtime serves";
    GP_METADATA = GoldenPath "metadata", "`metadata` and `parameter-schema` answer the same each time",
        "answer from what is compiled in";
    GP_SCHEMA = GoldenPath "schema", "the parameter schema is usable, with parameters that satisfy it",
        "let `parameter-schema` answer a self-contained JSON Schema";
    GP_VALIDATE = GoldenPath "validate", "`validate` accepts a plain workload with sample parameters, and answers without a trap for those that its schema refuses",
        "say in the schema what is allowed; answer violations for what is not";
    GP_STEPS = GoldenPath "steps", "the steps make every need exactly once, by one of its candidates, depend on steps there are, and are the same each time",
        "give each need one provisioner step whose `subject` is the need's id";
    GP_RENDER = GoldenPath "render", "each render step gives the same files each time, under relative names that are there once",
        "render from the request and what was made alone; name files relative to the run's folder";
    GP_SECRETS = GoldenPath "secrets", "tokens stand in sensitive files only, and in no log line or failure",
        "mark a file that holds a sensitive output as sensitive";
    TEST = Test "test", "what the table test expects is what happens",
        "correct the component, or what the test expects";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_in_their_scope() {
        let ids: BTreeSet<_> = CHECKS.iter().map(|check| (check.scope, check.id)).collect();
        assert_eq!(ids.len(), CHECKS.len());
    }

    #[test]
    fn every_check_is_a_line_and_has_a_remedy() {
        for check in CHECKS {
            for text in [check.what, check.remedy] {
                assert!(!text.is_empty() && !text.contains('\n') && !text.ends_with('.'), "{}", check.id);
            }
        }
    }
}
