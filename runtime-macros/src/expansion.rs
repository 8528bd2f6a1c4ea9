//! What a `select!` becomes.
//!
//! ```text
//! {
//!     enum Out<T0, T1> { B0(T0), B1(T1), Disabled }
//!     let mut disabled = 0u8;                                      // one bit a branch
//!     if !(guard1) { disabled |= 2u8; }
//!     let mut output = {
//!         let futures = (future0, future1,);                       // temporaries live to the `}`
//!         let mut futures = pin!((into_future(futures.0), into_future(futures.1),));
//!         let poll = move |cx| {
//!             budget, or `Pending`;
//!             let (mut f0, mut f1,) = project(futures.as_mut());
//!             from a random branch on, or in order, each branch once:
//!                 if it is enabled, poll it; if it is ready and the pattern
//!                 matches a reference to the output: return `Ready(Out::B0(output))`;
//!                 if the pattern does not match: disable it
//!             `Pending` if one was pending, else `Ready(Out::Disabled)`
//!         };
//!         poll_fn(poll).await
//!     };                                                           // all futures are dropped here
//!     match output { Out::B0(pattern0) => handler0, …, Out::Disabled => otherwise, _ => panic }
//! }
//! ```
//!
//! - The handlers stand in a `match` of the caller's own function, outside of any closure or loop
//!   of ours: `?`, `break`, `return`, `.await` mean what they mean there, and what the futures
//!   borrowed is free again.
//! - The look at a reference must not bind by `mut` or `ref`, nor through `&`: [`look`].
//! - No `unsafe`: a pinned tuple is taken apart by `macros::support::Futures`.
//! - A value is the result of a `match` with an arm that leaves it: so the output of a future of
//!   which nothing else is known (`poll_fn(|_| panic!())`) falls back as that of any expression
//!   that never returns.
//! - Hygiene: locals have mixed-site spans; what is no local is named by `$crate`, by a literal's
//!   suffix (`0u8`) or by a name that begins with two underscores, since a pattern that looks like
//!   a binding of ours would be a constant of the user's of the same name.
//! - The lints that the closure would raise in the user's patterns are switched off in the closure
//!   only, where no other code of the user stands.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprLit, Lit, Pat};

use crate::select::{Branch, Select};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match syn::parse2::<Select>(input) {
        Ok(select) => whole(&select),
        Err(error) => {
            let error = error.into_compile_error();
            quote!({ #error })
        }
    }
}

fn whole(select: &Select) -> TokenStream {
    let support = select.support();
    let mixed = Span::mixed_site();
    let otherwise = select
        .otherwise
        .clone()
        .unwrap_or_else(|| quote_spanned!(mixed=> #support::all_disabled()));
    if select.branches.is_empty() {
        return quote!({ #otherwise });
    }
    let declaration = declaration(select);
    let guards = guards(select);
    let zero = select.mask(0);
    let output = output(select);
    let arms = select.numbered().map(|(index, branch)| {
        let (variant, pattern, handler) = (variant(index), &branch.pattern, &branch.handler);
        quote_spanned!(mixed=> __Out::#variant(#pattern) => #handler,)
    });
    quote_spanned! {mixed=> {
        #declaration
        let mut __disabled = #zero;
        #guards
        let mut __output = #output;
        match __output {
            #(#arms)*
            __Out::Disabled => #otherwise,
            _ => #support::unmatched(),
        }
    }}
}

/// Which branch is ready, and with what.
fn declaration(select: &Select) -> TokenStream {
    let variants = select.numbered().map(|(index, _)| variant(index));
    let types = select.numbered().map(|(index, _)| kind(index));
    let parameters = types.clone();
    quote_spanned! {Span::mixed_site()=>
        #[allow(dead_code, clippy::all)]
        enum __Out<#(#parameters),*> {
            #(#variants(#types),)*
            Disabled,
        }
    }
}

fn guards(select: &Select) -> TokenStream {
    let guarded = select
        .numbered()
        .filter_map(|(index, branch)| Some((index, branch.guard.as_ref()?)));
    guarded
        .map(|(index, guard)| {
            let bit = select.bit(index);
            quote_spanned!(Span::mixed_site()=> if !(#guard) { __disabled |= #bit; })
        })
        .collect()
}

/// The block that makes the futures, polls them, and drops them.
fn output(select: &Select) -> TokenStream {
    let support = select.support();
    let futures = select.branches.iter().map(|branch| &branch.future);
    let started = select.numbered().map(|(index, branch)| {
        let index = Literal::usize_unsuffixed(index);
        let field = quote_spanned!(Span::mixed_site()=> __futures.#index);
        // "… is not a future" points at the future.
        let argument = quote_spanned!(branch.future.span()=> { #field });
        quote_spanned!(Span::mixed_site()=> #support::IntoFuture::into_future(#argument))
    });
    let started = grouped(started);
    let projected = projected(select);
    let polls = if select.biased || select.branches.len() == 1 {
        in_order(select)
    } else {
        from_any(select)
    };
    quote_spanned! {Span::mixed_site()=> {
        let __futures = (#(#futures,)*);
        #[allow(unused_braces)]
        let mut __futures = #support::pin!(#started);
        #[allow(unreachable_code, unused_variables, unused_mut, unused_assignments, clippy::all)]
        let __poll = move |__cx: &mut #support::Context<'_>| {
            if #support::poll_budget(__cx).is_pending() {
                return #support::Poll::Pending;
            }
            #projected
            let mut __pending = false;
            #polls
            if __pending {
                #support::Poll::Pending
            } else {
                #support::Poll::Ready(__Out::Disabled)
            }
        };
        #support::poll_fn(__poll).await
    }}
}

/// How many fields a tuple has at most that `macros::support::Futures` takes apart.
const GROUP: usize = 8;

/// The items as a tuple; more than eight as a tuple of tuples of eight.
fn grouped(items: impl Iterator<Item = TokenStream>) -> TokenStream {
    let items: Vec<_> = items.collect();
    let tuple = |items: &[TokenStream]| quote_spanned!(Span::mixed_site()=> (#(#items,)*));
    if items.len() <= GROUP {
        return tuple(&items);
    }
    let groups: Vec<_> = items.chunks(GROUP).map(tuple).collect();
    tuple(&groups)
}

/// Takes apart what [`grouped`] has put together.
fn projected(select: &Select) -> TokenStream {
    let support = select.support();
    let pins = select.numbered().map(|(index, _)| {
        let pin = pin(index);
        quote_spanned!(Span::mixed_site()=> mut #pin)
    });
    let pins: Vec<_> = pins.collect();
    if pins.len() <= GROUP {
        return quote_spanned! {Span::mixed_site()=>
            let (#(#pins,)*) = #support::Futures::project(__futures.as_mut());
        };
    }
    let names: Vec<_> = (0..pins.len().div_ceil(GROUP))
        .map(|index| format_ident!("__g{index}", span = Span::mixed_site()))
        .collect();
    let groups = pins.chunks(GROUP).zip(&names).map(|(pins, name)| {
        quote_spanned! {Span::mixed_site()=>
            let (#(#pins,)*) = #support::Futures::project(#name);
        }
    });
    quote_spanned! {Span::mixed_site()=>
        let (#(#names,)*) = #support::Futures::project(__futures.as_mut());
        #(#groups)*
    }
}

fn in_order(select: &Select) -> TokenStream {
    select
        .numbered()
        .map(|(index, branch)| poll(select, index, branch))
        .collect()
}

fn from_any(select: &Select) -> TokenStream {
    let support = select.support();
    let count = Literal::u32_suffixed(select.branches.len() as u32);
    let arms = select.numbered().map(|(index, branch)| {
        let poll = poll(select, index, branch);
        let index = Literal::u32_suffixed(index as u32);
        quote_spanned!(Span::mixed_site()=> #index => { #poll })
    });
    quote_spanned! {Span::mixed_site()=>
        let mut __branch = #support::first_branch(#count);
        let mut __left = #count;
        while __left != 0u32 {
            match __branch {
                #(#arms)*
                _ => {}
            }
            __left -= 1u32;
            __branch += 1u32;
            if __branch == #count {
                __branch = 0u32;
            }
        }
    }
}

/// One look at one branch.
fn poll(select: &Select, index: usize, branch: &Branch) -> TokenStream {
    let support = select.support();
    let (variant, pin, bit, zero) = (
        variant(index),
        pin(index),
        select.bit(index),
        select.mask(0),
    );
    let done = quote_spanned! {Span::mixed_site()=>
        return #support::Poll::Ready(__Out::#variant(__value.0))
    };
    let look = if matches!(branch.pattern, Pat::Wild(_)) {
        done
    } else {
        let pattern = look(branch.pattern.clone());
        quote_spanned! {Span::mixed_site()=>
            match &__value {
                (#pattern,) => #done,
                _ => __disabled |= #bit,
            }
        }
    };
    quote_spanned! {Span::mixed_site()=>
        '__branch: {
            if __disabled & #bit != #zero {
                break '__branch;
            }
            let __value = (match #support::Future::poll(#pin.as_mut(), __cx) {
                #support::Poll::Ready(__value) => __value,
                #support::Poll::Pending => {
                    __pending = true;
                    break '__branch;
                }
            },);
            #look
        }
    }
}

impl Select {
    fn support(&self) -> TokenStream {
        let root = &self.root;
        quote_spanned!(Span::mixed_site()=> #root::macros::support)
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &Branch)> + Clone {
        self.branches.iter().enumerate()
    }

    fn bit(&self, index: usize) -> Literal {
        self.mask(1 << index)
    }

    /// Of the smallest type that has a bit for each branch: it is a part of the future.
    fn mask(&self, bits: u64) -> Literal {
        match self.branches.len() {
            0..=8 => Literal::u8_suffixed(bits as u8),
            9..=16 => Literal::u16_suffixed(bits as u16),
            17..=32 => Literal::u32_suffixed(bits as u32),
            _ => Literal::u64_suffixed(bits),
        }
    }
}

fn variant(index: usize) -> Ident {
    format_ident!("B{index}", span = Span::mixed_site())
}

fn kind(index: usize) -> Ident {
    format_ident!("T{index}", span = Span::mixed_site())
}

fn pin(index: usize) -> Ident {
    format_ident!("__f{index}", span = Span::mixed_site())
}

/// The pattern for a look at a reference to the output: it matches the same values and moves
/// nothing.
///
/// It is matched against a reference to a tuple of the output alone: within, constants and texts
/// compare as they do with the output itself, and bindings are references by themselves. `mut` and
/// `ref` would be in the way of that, and `&` would bind what is behind the reference by value;
/// without it the pattern goes through the reference by itself. Only a text goes through none.
fn look(mut pattern: Pat) -> TokenStream {
    loosen(&mut pattern);
    pattern.into_token_stream()
}

fn loosen(pattern: &mut Pat) {
    match pattern {
        Pat::Ident(binding) => {
            binding.by_ref = None;
            binding.mutability = None;
            if let Some((_, inner)) = &mut binding.subpat {
                loosen(inner);
            }
        }
        Pat::Reference(reference) if !is_text(&reference.pat) => {
            let mut inner = (*reference.pat).clone();
            loosen(&mut inner);
            *pattern = inner;
        }
        Pat::Or(or) => or.cases.iter_mut().for_each(loosen),
        Pat::Paren(paren) => loosen(&mut paren.pat),
        Pat::Slice(slice) => slice.elems.iter_mut().for_each(loosen),
        Pat::Struct(fields) => fields
            .fields
            .iter_mut()
            .for_each(|field| loosen(&mut field.pat)),
        Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(loosen),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().for_each(loosen),
        _ => {}
    }
}

fn is_text(pattern: &Pat) -> bool {
    match pattern {
        Pat::Lit(literal) => is_text_literal(literal),
        Pat::Paren(paren) => is_text(&paren.pat),
        _ => false,
    }
}

fn is_text_literal(literal: &ExprLit) -> bool {
    matches!(literal.lit, Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_))
}
