//! The function that comes out.
//!
//! ```text
//! #[attributes] pub fn name(arguments) -> Output {
//!     #![inner attributes]
//!     let body = async move {
//!         if let Some(output) = None::<Output> { return output; }
//!         { statements }
//!     };
//!     runtime::runtime::Builder::new_multi_thread().….build().expect("…").block_on(body)
//! }
//! ```
//!
//! - The `if let` never runs. It is the first `return` of the block and so fixes the block's type
//!   before the first statement is checked: a wrong value is reported where it stands ("expected
//!   `i32`, found `&str`"), as in an `async fn`, and `?` knows what to convert to. Rejected:
//!   checking the block's type after it (the error covers the whole body), an async closure (the
//!   error names closure bodies, and references out of `&mut` arguments do not compile), an inner
//!   `async fn` (`Self` and generics of an outer item are out of its reach).
//! - The statements keep a block of their own: items at their head then follow no statement of
//!   ours.
//! - The body moves into `block_on`, so what a panic unwinds is dropped inside the runtime, as is
//!   what the body owns.
//! - A test is boxed first: `block_on` is then compiled once an output type, not once a test.
//! - Our names have mixed-site hygiene: the body can neither see nor shadow them.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::function::Function;
use crate::options::{Attribute, Errors, Flavor, Options, Role};

pub(crate) fn expand(attribute: Attribute, options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::read(attribute, options, &mut errors);
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(mut function) => {
            function.check(attribute, &mut errors);
            whole(attribute, &options, function)
        }
        Err(error) => {
            errors.push(not_a_function(attribute, error));
            item
        }
    };
    let errors = errors.into_tokens();
    quote!(#errors #function)
}

fn not_a_function(attribute: Attribute, error: syn::Error) -> syn::Error {
    let text = format!(
        "{} goes on an `async fn` with a body: {error}",
        attribute.name()
    );
    syn::Error::new(error.span(), text)
}

fn whole(attribute: Attribute, options: &Options, function: Function) -> TokenStream {
    let body = body(attribute, &function);
    let builder = builder(attribute, options);
    let test = match attribute.role {
        Role::Main => TokenStream::new(),
        Role::Test => quote!(#[::core::prelude::v1::test]),
    };
    let Function {
        attributes,
        visibility,
        signature,
        inner_attributes,
        ..
    } = function;
    let mixed = Span::mixed_site();
    let call = quote_spanned! {mixed=>
        let body = #body;
        #builder.block_on(body)
    };
    quote! {
        #(#attributes)*
        #test
        #visibility #signature {
            #(#inner_attributes)*
            #call
        }
    }
}

fn body(attribute: Attribute, function: &Function) -> TokenStream {
    let statements = &function.statements;
    let output = function.nameable_output();
    let typed = output.as_ref().map(|output| {
        // The place that a mismatch names as the origin of the expected type.
        let span = Span::mixed_site().located_at(function.output_span());
        quote_spanned! {span=>
            if let ::core::option::Option::Some(output) = ::core::option::Option::None::<#output> {
                return output;
            }
        }
    });
    let block = quote_spanned! {inner_braces(function)=> { #statements }};
    let future = quote_spanned! {function.body_span=> async move { #typed #block }};
    match (attribute.role, output) {
        (Role::Test, Some(output)) => quote! {
            ::std::boxed::Box::pin(#future)
                as ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = #output>>>
        },
        _ => future,
    }
}

/// Around a lone expression, braces of the user's would be unneeded ones, says the compiler; so
/// they are ours. Else they are the user's, so that errors about the whole body name no expansion.
fn inner_braces(function: &Function) -> Span {
    let mut tokens = function.statements.clone().into_iter();
    let is_semicolon =
        |token: TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';');
    if tokens.any(is_semicolon) {
        function.body_span
    } else {
        function.body_span.resolved_at(Span::mixed_site())
    }
}

fn builder(attribute: Attribute, options: &Options) -> TokenStream {
    let root = options.crate_path.as_ref().map_or_else(
        || {
            let name = proc_macro2::Ident::new(attribute.crate_name, Span::call_site());
            match attribute.crate_name {
                // As code expects that knows it from elsewhere: `use framework::tokio`.
                "tokio" => quote!(#name),
                _ => quote!(::#name),
            }
        },
        |path| quote!(#path),
    );
    let flavor = match options.flavor {
        Flavor::MultiThread => quote!(new_multi_thread),
        Flavor::CurrentThread | Flavor::Local => quote!(new_current_thread),
    };
    let worker_threads = options
        .worker_threads
        .map(|count| quote!(.worker_threads(#count)));
    let start_paused = options
        .start_paused
        .map(|paused| quote!(.start_paused(#paused)));
    let name = options.name.as_ref().map(|name| quote!(.name(#name)));
    let build = match options.flavor {
        Flavor::Local => quote! {
            build_local(<#root::runtime::LocalOptions as ::core::default::Default>::default())
        },
        Flavor::MultiThread | Flavor::CurrentThread => quote!(build()),
    };
    quote! {
        #root::runtime::Builder::#flavor()
            .enable_all()
            #worker_threads
            #start_paused
            #name
            .#build
            .expect("the runtime could not be built")
    }
}
