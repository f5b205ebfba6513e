//! Every function that the contract imports, without a grant: denied by the one authoriser, and nobody performs it.
//!
//! The functions are read from the WIT. Whoever adds one has to link it, to give it a call with its name and its
//! capability, and to say of the capability whether everybody has it; until then a test here fails.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use innominatus_effect::{
    Access, Authoriser, Call as Effect, Export, HttpError, Interrupt, Live, Outcome, Permit, Port,
    SecretError, Verdict, World,
};
use innominatus_model::{Capability, Code, Coded, Denial, Grant};
use innominatus_sandbox::{Call, Component, LoadError};
use serde_json::json;
use support::guest::{contract, provisioner, resolve};
use support::port::Answers;
use wit_parser::abi::AbiVariant;
use wit_parser::{Function, Resolve, SizeAlign, Type, TypeDefKind, WorldItem};

/// What a sample of text is: it does as a name, a method and a URL.
const TEXT: (u32, &str) = (2048, "GET");
/// What a sample of JSON is.
const JSON: (u32, &str) = (2056, "{}");
/// Where the host writes the answer, and where parameters stand that are too many for the stack.
const ANSWER: u32 = 4096;
const PARAMS: usize = 8192;

/// Every function of an interface that some world imports, by interface.
fn imports(resolve: &Resolve) -> BTreeMap<String, Vec<Function>> {
    let mut imports = BTreeMap::new();
    for (_, world) in &resolve.worlds {
        for item in world.imports.values() {
            let WorldItem::Interface { id, .. } = item else { panic!("a world imports {item:?}") };
            let interface = &resolve.interfaces[*id];
            let functions: Vec<_> = interface.functions.values().cloned().collect();
            if !functions.is_empty() {
                imports.insert(interface.name.clone().unwrap(), functions);
            }
        }
    }
    imports
}

/// A provisioner that imports one function and calls it from `provision`, with the simplest of all values.
fn caller(resolve: &Resolve, interface: &str, function: &Function) -> Vec<u8> {
    let sample = Sample::new(resolve);
    let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
    let types: Vec<Type> = function.params.iter().map(|param| param.ty).collect();
    let mut arguments = String::new();
    let mut image = Vec::new();
    if signature.indirect_params {
        image = vec![0; sample.sizes.params(&types).size.size_wasm32()];
        sample.fields(&mut image, 0, &types);
        write!(arguments, "(i32.const {PARAMS}) ").unwrap();
    } else {
        types.iter().for_each(|ty| sample.flat(&mut arguments, ty));
    }
    if signature.retptr {
        write!(arguments, "(i32.const {ANSWER})").unwrap();
    }
    let core = |types: &[wit_parser::abi::WasmType]| -> String {
        types.iter().map(|ty| format!("{} ", core_type(*ty))).collect()
    };
    let (params, results) = (core(&signature.params), core(&signature.results));
    let drops = "(drop)".repeat(signature.results.len());
    let escaped: String = image.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let name = &function.name;
    provisioner(&format!(
        r#"
;; part: imports
(import "innominatus:platform/{interface}@1.0.0" "{name}" (func $call (param {params}) (result {results})))

;; part: provision
(data (i32.const {}) "{}")
(data (i32.const {}) "{}")
(data (i32.const {PARAMS}) "{escaped}")
(func (export "innominatus:platform/lifecycle@1.0.0#provision") (param i32) (result i32)
  (call $call {arguments}) {drops}
  (i32.const 400))
"#,
        TEXT.0, TEXT.1, JSON.0, JSON.1,
    ))
}

fn core_type(ty: wit_parser::abi::WasmType) -> &'static str {
    use wit_parser::abi::WasmType;
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}

/// The simplest value of every type: short text, nothing in lists and options, the first case of a variant.
struct Sample<'a> {
    resolve: &'a Resolve,
    sizes: SizeAlign,
}

impl<'a> Sample<'a> {
    fn new(resolve: &'a Resolve) -> Self {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        Self { resolve, sizes }
    }

    /// What a type is made of; `json` is told from other text by its name.
    fn kind(&self, ty: &Type) -> Kind {
        match ty {
            Type::String => Kind::Text(TEXT),
            Type::Id(id) if self.resolve.types[*id].name.as_deref() == Some("json") => Kind::Text(JSON),
            Type::Id(id) => match &self.resolve.types[*id].kind {
                TypeDefKind::Type(inner) => self.kind(inner),
                TypeDefKind::Record(record) => {
                    Kind::Record(record.fields.iter().map(|field| field.ty).collect())
                }
                TypeDefKind::Variant(variant) if variant.cases[0].ty.is_some() => {
                    panic!("a sample of `{variant:?}` needs a value")
                }
                _ => Kind::Zero,
            },
            _ => Kind::Zero,
        }
    }

    /// Writes a value into memory that is zero.
    fn store(&self, image: &mut [u8], at: usize, ty: &Type) {
        match self.kind(ty) {
            Kind::Zero => {}
            Kind::Record(types) => self.fields(image, at, &types),
            Kind::Text((address, text)) => {
                image[at..at + 4].copy_from_slice(&address.to_le_bytes());
                image[at + 4..at + 8].copy_from_slice(&(text.len() as u32).to_le_bytes());
            }
        }
    }

    fn fields(&self, image: &mut [u8], at: usize, types: &[Type]) {
        for (offset, ty) in self.sizes.field_offsets(types) {
            self.store(image, at + offset.size_wasm32(), ty);
        }
    }

    /// Writes a value as constants of WebAssembly text.
    fn flat(&self, text: &mut String, ty: &Type) {
        match self.kind(ty) {
            Kind::Record(types) => types.iter().for_each(|ty| self.flat(text, ty)),
            Kind::Text((address, content)) => {
                write!(text, "(i32.const {address}) (i32.const {}) ", content.len()).unwrap();
            }
            Kind::Zero => {
                let mut storage = [wit_parser::abi::WasmType::I32; 32];
                let mut types = wit_parser::abi::FlatTypes::new(&mut storage);
                assert!(self.resolve.push_flat(ty, &mut types), "{ty:?} has too many parts");
                for ty in types.to_vec() {
                    write!(text, "({}.const 0) ", core_type(ty)).unwrap();
                }
            }
        }
    }
}

enum Kind {
    Zero,
    Text((u32, &'static str)),
    Record(Vec<Type>),
}

/// Performs whatever reaches it, and keeps its name.
#[derive(Default)]
struct Performed(Mutex<Vec<&'static str>>);

#[async_trait]
impl World for Performed {
    async fn perform(
        &self,
        call: Effect,
        _permit: Permit,
        _key: Option<String>,
    ) -> Result<Outcome, Interrupt> {
        self.0.lock().unwrap().push(call.name());
        Answers::new().perform(call).await
    }
}

/// The real seam, and what passed it.
struct Seam {
    live: Live,
    passed: Mutex<Vec<(Effect, Outcome)>>,
}

#[async_trait]
impl Port for Seam {
    async fn perform(&self, call: Effect) -> Result<Outcome, Interrupt> {
        let outcome = self.live.perform(call.clone()).await?;
        self.passed.lock().unwrap().push((call, outcome.clone()));
        Ok(outcome)
    }
}

/// Calls `provision`: the one call that it made, how that ended, and what was performed.
async fn provision(component: &Component, grant: Grant) -> (Effect, Outcome, Vec<&'static str>) {
    let performed = Arc::new(Performed::default());
    let authoriser = Authoriser::new(Export::Provision, "demo/thing", grant);
    let live = Live::new(authoriser, performed.clone());
    let seam = Arc::new(Seam { live, passed: Mutex::default() });
    let target = support::target(json!({}));
    let answer = component.provisioner(Call::new(seam.clone())).provision(&target).await.unwrap();
    assert!(answer.value.is_ok());
    let mut passed = seam.passed.lock().unwrap();
    let (call, outcome) = passed.pop().expect("the guest called the host");
    assert!(passed.is_empty());
    let performed = performed.0.lock().unwrap().clone();
    (call, outcome, performed)
}

fn denial(outcome: &Outcome) -> Option<&Denial> {
    match outcome {
        Outcome::Token(Err(SecretError::Denied(denial)))
        | Outcome::Minted(Err(SecretError::Denied(denial)))
        | Outcome::Http(Err(HttpError::Denied(denial))) => Some(denial),
        _ => None,
    }
}

/// From each export, with nothing granted and with everything but this: allowed is only what everybody has.
fn from_every_export(call: &Effect, capability: Capability) {
    let others = Capability::ALL.into_iter().filter(|other| *other != capability);
    let always = capability.is_always_granted();
    for grant in [Grant::default(), Grant::new(others)] {
        for export in Export::ALL {
            let verdict = Authoriser::new(export, "demo/thing", grant.clone()).judge(call);
            let allowed = matches!(verdict, Verdict::Allow(_));
            assert_eq!(
                allowed,
                always && export.may(call.access()),
                "{} from {export:?}: {verdict:?}",
                call.name()
            );
        }
    }
    if !always {
        assert_ne!(call.access(), Access::Observe, "{}: exports without effects could make it", call.name());
    }
}

#[tokio::test]
async fn every_import_without_a_grant_is_denied_by_the_same_authoriser() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = support::sandbox(folder.path());
    let (resolve, _) = resolve(&contract(), "", "innominatus:platform/provisioner@1.0.0");
    let (mut free, mut denied, mut unlinked) = (0, 0, 0);
    for (interface, functions) in imports(&resolve) {
        let capability = Capability::parse(&interface)
            .unwrap_or_else(|| panic!("the contract imports `{interface}`, which no grant could speak of"));
        for function in functions {
            let name = format!("{interface}.{}", function.name);
            let bytes = caller(&resolve, &interface, &function);
            if !capability.is_linked() {
                let error = sandbox.load(&innominatus_model::Digest::of(&bytes), &bytes).await.unwrap_err();
                assert!(matches!(error, LoadError::Contract(_)), "{name}: {error}");
                assert_eq!(error.code(), Code::CapabilityUnlinked, "{name}");
                unlinked += 1;
                continue;
            }
            let component = support::load(&sandbox, &bytes).await;
            let (call, outcome, performed) = provision(&component, Grant::default()).await;
            assert_eq!((call.name(), call.capability()), (name.as_str(), capability));
            if capability.is_always_granted() {
                assert_eq!(performed, [name.as_str()]);
                free += 1;
            } else {
                let denial = denial(&outcome).unwrap_or_else(|| panic!("{name}: {outcome:?}"));
                assert_eq!(denial.capability, interface, "{name}");
                assert!(denial.remedy.contains("demo/thing"), "{name}: {}", denial.remedy);
                assert!(performed.is_empty(), "{name} was denied and performed");
                denied += 1;
            }
            from_every_export(&call, capability);
        }
    }
    assert!(free >= 7 && denied >= 2 && free + denied + unlinked >= 16, "{free} {denied} {unlinked}");
}

/// What everybody has is little, and a golden path has less: its world is read from the WIT too.
#[test]
fn a_golden_path_imports_only_what_everybody_has() {
    let (resolve, world) = resolve(&contract(), "", "innominatus:platform/golden-path@1.0.0");
    let mut imported = Vec::new();
    for item in resolve.worlds[world].imports.values() {
        let WorldItem::Interface { id, .. } = item else { panic!("{item:?}") };
        let interface = &resolve.interfaces[*id];
        if !interface.functions.is_empty() {
            imported.push(Capability::parse(interface.name.as_deref().unwrap()).unwrap());
        }
    }
    assert_eq!(imported, [Capability::Log, Capability::Settings]);
    assert!(imported.into_iter().all(Capability::is_always_granted));
}
