//! Whether a function of a component has the type that the contract gives it. Both are walked together, so
//! the depth is that of the contract, whatever the component says.

use wasmparser::PrimitiveValType as Primitive;
use wasmparser::component_types::{ComponentDefinedType as Found, ComponentEntityType, ComponentValType};
use wasmparser::types::TypesRef;
use wit_parser::{Function, Type, TypeDefKind};

use super::reference::Reference;

/// Where two types part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) expected: String,
    pub(super) found: String,
}

type Same = Result<(), Mismatch>;

/// Compares parameters, by name and type, and the result.
pub(super) fn same_function(
    reference: &Reference,
    expected: &Function,
    types: TypesRef<'_>,
    item: ComponentEntityType,
) -> Same {
    let ComponentEntityType::Func(id) = item else {
        return Err(differ("", "a function", entity(item)));
    };
    let found = &types[id];
    if found.async_ {
        return Err(differ("", "a function", "an async function"));
    }
    let walk = Walk { reference, types };
    let wanted: Vec<&str> = expected.params.iter().map(|param| param.name.as_str()).collect();
    let given: Vec<&str> = found.params.iter().map(|(name, _)| name.as_str()).collect();
    if wanted != given {
        return Err(differ(
            "",
            &format!("parameters ({})", wanted.join(", ")),
            &format!("({})", given.join(", ")),
        ));
    }
    for (param, (_, ty)) in expected.params.iter().zip(&found.params) {
        walk.same(&param.name, &param.ty, *ty)?;
    }
    walk.same_optional("the result", expected.result.as_ref(), found.result)
}

/// The word for what an import or export is.
pub(super) fn entity(item: ComponentEntityType) -> &'static str {
    match item {
        ComponentEntityType::Module(_) => "a core module",
        ComponentEntityType::Func(_) => "a function",
        ComponentEntityType::Value(_) => "a value",
        ComponentEntityType::Type { .. } => "a type",
        ComponentEntityType::Instance(_) => "an interface",
        ComponentEntityType::Component(_) => "a component",
    }
}

struct Walk<'a> {
    reference: &'a Reference,
    types: TypesRef<'a>,
}

impl Walk<'_> {
    fn same_optional(&self, at: &str, expected: Option<&Type>, found: Option<ComponentValType>) -> Same {
        match (expected, found) {
            (None, None) => Ok(()),
            (Some(expected), Some(found)) => self.same(at, expected, found),
            (Some(expected), None) => Err(differ(at, self.word(expected), "nothing")),
            (None, Some(found)) => Err(differ(at, "nothing", self.found_word(found))),
        }
    }

    fn same(&self, at: &str, expected: &Type, found: ComponentValType) -> Same {
        let other = || Err(differ(at, self.word(expected), self.found_word(found)));
        let id = match expected {
            Type::Id(id) => *id,
            primitive => {
                return if self.primitive(found) == Some(primitive_of(primitive)) { Ok(()) } else { other() };
            }
        };
        let kind = &self.reference.resolve.types[id].kind;
        if let TypeDefKind::Type(alias) = kind {
            return self.same(at, alias, found);
        }
        let ComponentValType::Type(found_id) = found else { return other() };
        match (kind, &self.types[found_id]) {
            (TypeDefKind::Record(record), Found::Record(fields)) => {
                let wanted = record.fields.iter().map(|field| field.name.as_str());
                same_names(at, "fields", wanted, fields.fields.keys().map(|name| name.as_str()))?;
                for (field, (_, ty)) in record.fields.iter().zip(&fields.fields) {
                    self.same(&format!("{at}.{}", field.name), &field.ty, *ty)?;
                }
                Ok(())
            }
            (TypeDefKind::Variant(variant), Found::Variant(cases)) => {
                let wanted = variant.cases.iter().map(|case| case.name.as_str());
                same_names(at, "cases", wanted, cases.cases.keys().map(|name| name.as_str()))?;
                for (case, (_, found)) in variant.cases.iter().zip(&cases.cases) {
                    self.same_optional(&format!("{at}.{}", case.name), case.ty.as_ref(), found.ty)?;
                }
                Ok(())
            }
            (TypeDefKind::Enum(cases), Found::Enum(found)) => {
                let wanted = cases.cases.iter().map(|case| case.name.as_str());
                same_names(at, "cases", wanted, found.iter().map(|name| name.as_str()))
            }
            (TypeDefKind::List(item), Found::List { element, .. }) => {
                self.same(&format!("{at}[]"), item, *element)
            }
            (TypeDefKind::Option(item), Found::Option { ty, .. }) => self.same(&format!("{at}?"), item, *ty),
            (TypeDefKind::Result(result), Found::Result { ok, err, .. }) => {
                self.same_optional(&format!("{at}.ok"), result.ok.as_ref(), *ok)?;
                self.same_optional(&format!("{at}.err"), result.err.as_ref(), *err)
            }
            _ => other(),
        }
    }

    fn primitive(&self, found: ComponentValType) -> Option<Primitive> {
        match found {
            ComponentValType::Primitive(primitive) => Some(primitive),
            ComponentValType::Type(id) => match &self.types[id] {
                Found::Primitive(primitive) => Some(*primitive),
                _ => None,
            },
        }
    }

    fn word(&self, expected: &Type) -> &'static str {
        match expected {
            Type::Id(id) => match &self.reference.resolve.types[*id].kind {
                TypeDefKind::Type(alias) => self.word(alias),
                kind => kind.as_str(),
            },
            primitive => primitive_word(primitive_of(primitive)),
        }
    }

    fn found_word(&self, found: ComponentValType) -> &'static str {
        if let Some(primitive) = self.primitive(found) {
            return primitive_word(primitive);
        }
        let ComponentValType::Type(id) = found else { return "another type" };
        match &self.types[id] {
            Found::Record(_) => "record",
            Found::Variant(_) => "variant",
            Found::List { .. } => "list",
            Found::Tuple(_) => "tuple",
            Found::Flags(_) => "flags",
            Found::Enum(_) => "enum",
            Found::Option { .. } => "option",
            Found::Result { .. } => "result",
            Found::Own(_) | Found::Borrow(_) => "resource",
            _ => "another type",
        }
    }
}

fn same_names<'a>(
    at: &str,
    what: &str,
    expected: impl Iterator<Item = &'a str>,
    found: impl Iterator<Item = &'a str>,
) -> Same {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.collect(), found.collect());
    if expected == found {
        return Ok(());
    }
    Err(differ(at, &format!("{what} ({})", expected.join(", ")), &format!("({})", found.join(", "))))
}

fn differ(at: &str, expected: &str, found: &str) -> Mismatch {
    let at = if at.is_empty() { String::new() } else { format!("`{at}` as ") };
    Mismatch { expected: format!("{at}{expected}"), found: found.to_owned() }
}

fn primitive_of(expected: &Type) -> Primitive {
    match expected {
        Type::Bool => Primitive::Bool,
        Type::U8 => Primitive::U8,
        Type::U16 => Primitive::U16,
        Type::U32 => Primitive::U32,
        Type::U64 => Primitive::U64,
        Type::S8 => Primitive::S8,
        Type::S16 => Primitive::S16,
        Type::S32 => Primitive::S32,
        Type::S64 => Primitive::S64,
        Type::F32 => Primitive::F32,
        Type::F64 => Primitive::F64,
        Type::Char => Primitive::Char,
        Type::String => Primitive::String,
        // No type of the contract is one; the caller has taken ids apart.
        Type::ErrorContext | Type::Id(_) => Primitive::ErrorContext,
    }
}

fn primitive_word(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Bool => "bool",
        Primitive::S8 => "s8",
        Primitive::U8 => "u8",
        Primitive::S16 => "s16",
        Primitive::U16 => "u16",
        Primitive::S32 => "s32",
        Primitive::U32 => "u32",
        Primitive::S64 => "s64",
        Primitive::U64 => "u64",
        Primitive::F32 => "f32",
        Primitive::F64 => "f64",
        Primitive::Char => "char",
        Primitive::String => "string",
        Primitive::ErrorContext => "error-context",
    }
}
