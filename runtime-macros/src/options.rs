//! What stands in the parentheses of the attribute.
//!
//! Reading never stops at a wrong option: each error is collected and the option keeps its default,
//! so that the function still expands and the user sees every error of the attribute, and none that
//! merely follows from it.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Token};

const KNOWN: &str = "`flavor`, `worker_threads`, `start_paused`, `name`, `crate`";

const FLAVORS: &str = "the flavours are \"multi_thread\", \"current_thread\" and \"local\"";

/// Which macro it is, and under which name its user knows this runtime.
#[derive(Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) role: Role,
    pub(crate) crate_name: &'static str,
}

impl Attribute {
    /// The macro as the user wrote it, for messages.
    pub(crate) fn name(self) -> String {
        let role = match self.role {
            Role::Main => "main",
            Role::Test => "test",
        };
        format!("#[{}::{role}]", self.crate_name)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Main,
    Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    CurrentThread,
    /// One thread, and tasks that need not be `Send`.
    Local,
    MultiThread,
}

/// The options, in the form in which the expansion needs them: what is `None` is left to the
/// builder.
pub(crate) struct Options {
    pub(crate) flavor: Flavor,
    pub(crate) worker_threads: Option<usize>,
    pub(crate) start_paused: Option<bool>,
    pub(crate) name: Option<LitStr>,
    pub(crate) crate_path: Option<Path>,
}

/// The errors so far, reported together.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn at(&mut self, span: Span, text: impl std::fmt::Display) {
        self.push(syn::Error::new(span, text));
    }

    /// One `compile_error!` an error.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0
            .map_or_else(TokenStream::new, |error| error.to_compile_error())
    }
}

impl Options {
    pub(crate) fn read(attribute: Attribute, tokens: TokenStream, errors: &mut Errors) -> Options {
        let mut written = Written::default();
        let parsed = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                written.read_one(input, errors)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        })
        .parse2(tokens);
        if let Err(error) = parsed {
            errors.push(error);
        }
        written.check(attribute, errors)
    }
}

/// The options as they were written, before the rules between them.
#[derive(Default)]
struct Written {
    seen: Vec<String>,
    flavor: Option<Flavor>,
    worker_threads: Option<(usize, Span)>,
    start_paused: Option<bool>,
    name: Option<LitStr>,
    crate_path: Option<Path>,
}

impl Written {
    /// Reads `name = value`. An `Err` means that the rest cannot be read either.
    fn read_one(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let option = input.call(Ident::parse_any)?;
        let name = option.to_string();
        if !input.peek(Token![=]) {
            return Err(syn::Error::new(option.span(), without_value(&name)));
        }
        input.parse::<Token![=]>()?;
        if self.seen.contains(&name) {
            errors.at(option.span(), format!("the option `{name}` is given twice"));
        }
        let read = match name.as_str() {
            "flavor" => flavor(input).map(|value| self.flavor = Some(value)),
            "worker_threads" => {
                worker_threads(input).map(|value| self.worker_threads = Some(value))
            }
            "start_paused" => start_paused(input).map(|value| self.start_paused = Some(value)),
            "name" => runtime_name(input).map(|value| self.name = Some(value)),
            "crate" => crate_path(input).map(|value| self.crate_path = Some(value)),
            _ => {
                input.parse::<Expr>()?;
                Err(syn::Error::new(option.span(), unknown(&name)))
            }
        };
        self.seen.push(name);
        if let Err(error) = read {
            errors.push(error);
        }
        Ok(())
    }

    /// The rules between the options, and the defaults.
    fn check(self, attribute: Attribute, errors: &mut Errors) -> Options {
        let default = match attribute.role {
            Role::Main => Flavor::MultiThread,
            Role::Test => Flavor::CurrentThread,
        };
        // A `flavor` that could not be read is an error already: nothing is concluded from the
        // default then.
        let flavor_is_known =
            self.flavor.is_some() || !self.seen.iter().any(|name| name == "flavor");
        let flavor = self.flavor.unwrap_or(default);
        let mut worker_threads = None;
        match self.worker_threads {
            Some((_, span)) if flavor != Flavor::MultiThread && flavor_is_known => errors.at(
                span,
                "`worker_threads` goes with `flavor = \"multi_thread\"`: a current-thread runtime runs its \
                 tasks on the thread that is in `block_on`",
            ),
            Some((count, _)) if flavor == Flavor::MultiThread => worker_threads = Some(count),
            _ => (),
        }
        Options {
            flavor,
            worker_threads,
            start_paused: self.start_paused,
            name: self.name,
            crate_path: self.crate_path,
        }
    }
}

fn unknown(name: &str) -> String {
    let hint = match name {
        "core_threads" => " (this one is called `worker_threads`)",
        "flavour" => " (this one is called `flavor`)",
        _ => "",
    };
    format!("unknown option `{name}`{hint}; the options are {KNOWN}")
}

fn without_value(name: &str) -> String {
    match name {
        "multi_thread" | "current_thread" | "local" => format!("write `flavor = \"{name}\"`"),
        "threaded_scheduler" => "write `flavor = \"multi_thread\"`".to_owned(),
        "basic_scheduler" => "write `flavor = \"current_thread\"`".to_owned(),
        "flavor" | "worker_threads" | "start_paused" | "name" | "crate" => {
            format!("the option `{name}` needs a value: `{name} = …`")
        }
        _ => unknown(name),
    }
}

/// A value and where it stands, also one that came through a `macro_rules` variable, which wraps
/// it.
fn value(input: ParseStream<'_>) -> syn::Result<(Expr, Span)> {
    let mut value = input.parse::<Expr>()?;
    let span = value.span();
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    Ok((value, span))
}

fn literal(input: ParseStream<'_>) -> syn::Result<(Option<Lit>, Span)> {
    let (value, span) = value(input)?;
    let lit = match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    };
    Ok((lit, span))
}

fn flavor(input: ParseStream<'_>) -> syn::Result<Flavor> {
    let (lit, span) = literal(input)?;
    let Some(Lit::Str(text)) = lit else {
        let text = format!("`flavor` is a string; {FLAVORS}");
        return Err(syn::Error::new(span, text));
    };
    let text = match text.value().as_str() {
        "multi_thread" => return Ok(Flavor::MultiThread),
        "current_thread" => return Ok(Flavor::CurrentThread),
        "local" => return Ok(Flavor::Local),
        "threaded_scheduler" => "this flavour is called \"multi_thread\"".to_owned(),
        "basic_scheduler" | "single_thread" => {
            "this flavour is called \"current_thread\"".to_owned()
        }
        other => format!("unknown flavour {other:?}; {FLAVORS}"),
    };
    Err(syn::Error::new(span, text))
}

fn worker_threads(input: ParseStream<'_>) -> syn::Result<(usize, Span)> {
    let (lit, span) = literal(input)?;
    let Some(Lit::Int(number)) = lit else {
        return Err(syn::Error::new(
            span,
            "`worker_threads` is an integer literal",
        ));
    };
    match number.base10_parse::<usize>()? {
        0 => Err(syn::Error::new(span, "`worker_threads` must be at least 1")),
        count => Ok((count, span)),
    }
}

fn start_paused(input: ParseStream<'_>) -> syn::Result<bool> {
    match literal(input)? {
        (Some(Lit::Bool(value)), _) => Ok(value.value),
        (_, span) => Err(syn::Error::new(span, "`start_paused` is `true` or `false`")),
    }
}

fn runtime_name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    match literal(input)? {
        (Some(Lit::Str(text)), span) if text.value().trim().is_empty() => Err(syn::Error::new(
            span,
            "the name of a runtime must not be empty",
        )),
        (Some(Lit::Str(text)), _) => Ok(text),
        (_, span) => Err(syn::Error::new(span, "`name` is a string")),
    }
}

/// A path, bare or in a string. The bare form is the one that can hold `$crate`.
fn crate_path(input: ParseStream<'_>) -> syn::Result<Path> {
    const EXPECTED: &str = "`crate` is a path, such as `::my_runtime` or \"my_runtime\"";
    let (value, span) = value(input)?;
    let wrong = || syn::Error::new(span, EXPECTED);
    match value {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => Ok(path.path),
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => text.parse_with(Path::parse_mod_style).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}
