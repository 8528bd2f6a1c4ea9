//! What the attribute stands on: an `async fn`.
//!
//! Attributes and signature are parsed, the body is not: it goes into the expansion token by token,
//! with its spans. So errors in the body point at the user's code, syntax that is newer than our
//! parser passes through, and the expansion costs the same however long the body is.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute as Attr, ReturnType, Signature, Visibility};

use crate::options::{Attribute, Errors, Role};

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attr>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// The `#![…]` at the head of the body: they stay at the head of the function.
    pub(crate) inner_attributes: Vec<Attr>,
    pub(crate) statements: TokenStream,
    pub(crate) body_span: Span,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Function> {
        let attributes = input.call(Attr::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        let body = input.parse::<Group>()?;
        let (inner_attributes, statements) = syn::parse::Parser::parse2(
            |body: ParseStream<'_>| {
                Ok((body.call(Attr::parse_inner)?, body.parse::<TokenStream>()?))
            },
            body.stream(),
        )?;
        Ok(Function {
            attributes,
            visibility,
            signature,
            inner_attributes,
            statements,
            body_span: body.span(),
        })
    }
}

impl Function {
    /// The rules for the function. What breaks one is taken out, so that the rest expands without
    /// further errors.
    pub(crate) fn check(&mut self, attribute: Attribute, errors: &mut Errors) {
        let signature = &mut self.signature;
        if signature.asyncness.take().is_none() {
            let text = format!(
                "{} goes on an `async fn`: `async` is missing here",
                attribute.name()
            );
            errors.at(signature.fn_token.span(), text);
        }
        let is_main = attribute.role == Role::Main && signature.ident == "main";
        if is_main && !signature.inputs.is_empty() {
            errors.at(
                signature.inputs.span(),
                "the function `main` takes no arguments",
            );
            // The body names the arguments: without them it would only give more errors.
            signature.inputs.clear();
            self.statements = quote::quote!(::core::panic!());
        }
        if attribute.role == Role::Test {
            check_test(attribute, &self.attributes, errors);
        }
    }

    /// The type after `->`, where it can be written a second time; `!` and `impl Trait` cannot.
    pub(crate) fn nameable_output(&self) -> Option<TokenStream> {
        match &self.signature.output {
            ReturnType::Default => Some(quote::quote!(())),
            ReturnType::Type(_, output) => match &**output {
                syn::Type::Never(_) => None,
                output => {
                    let tokens = output.to_token_stream();
                    (!holds_impl(tokens.clone())).then_some(tokens)
                }
            },
        }
    }

    /// Where the return type stands, or the name where there is none.
    pub(crate) fn output_span(&self) -> Span {
        match &self.signature.output {
            ReturnType::Default => self.signature.ident.span(),
            ReturnType::Type(_, output) => output.span(),
        }
    }
}

/// What a test must not have. Arguments and parameters are nobody's error yet: another attribute, below
/// this one, may give them; if none does, the compiler says so.
fn check_test(attribute: Attribute, attributes: &[Attr], errors: &mut Errors) {
    for other in attributes {
        if is_test(attribute, other) {
            let text = format!(
                "this function would be a test twice: {} is enough",
                attribute.name()
            );
            errors.at(other.span(), text);
        }
    }
}

/// Whether an attribute makes the function a test: the built-in one under any of its paths, or ours
/// once more. Those of other test harnesses are left to them.
fn is_test(attribute: Attribute, other: &Attr) -> bool {
    let path = other.path();
    let names: Vec<String> = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => true,
        ["core" | "std", "prelude", _, "test"] => true,
        [first, "test"] => first == attribute.crate_name,
        _ => false,
    }
}

fn holds_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => holds_impl(group.stream()),
        TokenTree::Ident(ident) => ident == "impl",
        _ => false,
    })
}
