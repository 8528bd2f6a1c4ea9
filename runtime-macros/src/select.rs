//! `select!`: what stands between its braces, checked; `expansion` says what becomes of it.
//!
//! ```text
//! $crate, [biased;] (pattern = future [, if guard] => handler [,])* [else => handler [,]]
//! ```
//!
//! Only as much is parsed as is needed to find the parts of a branch: patterns, and handlers that
//! are no blocks. A future ends at the first `=>` or `, if` outside of brackets, a guard at the
//! first `=>`: nothing in an expression looks like that. So a long `async` block or handler costs
//! nothing, and syntax that is newer than our parser passes through. What is handed on are the
//! user's own tokens, so errors in them point at the user's code.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, Pat, Token};

/// The disabled branches are bits of one integer.
pub(crate) const BRANCHES_MAX: usize = 64;

const SHAPE: &str = "a `select!` branch is `pattern = future => handler` or `pattern = future, if \
                     guard => handler`";

pub(crate) struct Select {
    /// `$crate` of the `macro_rules` in front of us.
    pub(crate) root: TokenTree,
    pub(crate) biased: bool,
    pub(crate) branches: Vec<Branch>,
    /// The handler of `else`.
    pub(crate) otherwise: Option<TokenStream>,
}

pub(crate) struct Branch {
    pub(crate) pattern: Pat,
    pub(crate) future: TokenStream,
    pub(crate) guard: Option<TokenStream>,
    pub(crate) handler: TokenStream,
}

mod keyword {
    syn::custom_keyword!(biased);
}

impl Parse for Select {
    fn parse(input: ParseStream<'_>) -> syn::Result<Select> {
        let root = input.parse()?;
        input.parse::<Token![,]>()?;
        let biased = input.peek(keyword::biased) && input.peek2(Token![;]);
        if biased {
            input.parse::<keyword::biased>()?;
            input.parse::<Token![;]>()?;
        }
        let mut select = Select {
            root,
            biased,
            branches: Vec::new(),
            otherwise: None,
        };
        while !input.is_empty() {
            select.parse_branch(input)?;
        }
        if select.branches.is_empty() && select.otherwise.is_none() {
            let text = format!("`select!` needs at least one branch: {SHAPE}");
            return Err(syn::Error::new(Span::call_site(), text));
        }
        Ok(select)
    }
}

impl Select {
    fn parse_branch(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if self.otherwise.is_some() {
            return Err(input.error("`else` is the last branch of a `select!`"));
        }
        if input.peek(Token![else]) {
            input.parse::<Token![else]>()?;
            if !input.peek(Token![=>]) {
                return Err(input.error("`else` in a `select!` is followed by `=> handler`"));
            }
            self.otherwise = Some(handler(input)?);
            return Ok(());
        }
        let branch = branch(input)?;
        if self.branches.len() == BRANCHES_MAX {
            let text = format!("a `select!` has at most {BRANCHES_MAX} branches");
            return Err(syn::Error::new(branch.pattern.span(), text));
        }
        self.branches.push(branch);
        Ok(())
    }
}

fn branch(input: ParseStream<'_>) -> syn::Result<Branch> {
    let pattern = Pat::parse_multi_with_leading_vert(input)
        .map_err(|error| syn::Error::new(error.span(), format!("{SHAPE}: {error}")))?;
    if !input.peek(Token![=]) || input.peek(Token![=>]) || input.peek(Token![==]) {
        let text = format!("{SHAPE}: `= future` is missing after this pattern");
        return Err(syn::Error::new(pattern.span(), text));
    }
    input.parse::<Token![=]>()?;
    let future = future(input)?;
    let guard = input.peek(Token![,]).then(|| guard(input)).transpose()?;
    let handler = handler(input)?;
    Ok(Branch {
        pattern,
        future,
        guard,
        handler,
    })
}

/// Up to `=>` or `, if`.
fn future(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let begin = input.fork();
    let mut tokens = TokenStream::new();
    while !input.peek(Token![=>]) {
        if input.peek(Token![,]) && input.peek2(Token![if]) {
            break;
        }
        // Some commas belong to the future (`f::<A, B>()`); one that does not is where `=>` should
        // have been.
        if input.is_empty() || (input.peek(Token![,]) && ends_here(&begin, input)) {
            let text = format!("{SHAPE}: `=> handler` is missing after this future");
            return Err(syn::Error::new(tokens.span(), text));
        }
        if input.peek(Token![if]) && ends_here(&begin, input) {
            return Err(input.error("a `,` is missing before this guard: `, if guard`"));
        }
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    if tokens.is_empty() {
        return Err(input.error(format!("{SHAPE}: the future is missing here")));
    }
    Ok(tokens)
}

/// Whether an expression that starts at `begin` ends where `input` stands.
fn ends_here(begin: ParseStream<'_>, input: ParseStream<'_>) -> bool {
    let begin = begin.fork();
    begin.parse::<Expr>().is_ok() && begin.cursor() == input.cursor()
}

/// `, if …` up to `=>`.
fn guard(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    input.parse::<Token![,]>()?;
    let keyword = input.parse::<Token![if]>()?;
    let begin = input.fork();
    let mut tokens = TokenStream::new();
    while !input.peek(Token![=>]) {
        if input.is_empty() || (input.peek(Token![,]) && ends_here(&begin, input)) {
            let text = format!("{SHAPE}: `=> handler` is missing after this guard");
            let span = if tokens.is_empty() {
                keyword.span
            } else {
                tokens.span()
            };
            return Err(syn::Error::new(span, text));
        }
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    if tokens.is_empty() {
        return Err(input.error("the guard of this `select!` branch is missing after `if`"));
    }
    Ok(tokens)
}

/// `=> handler`, and the comma behind it, which only a block and the last branch may omit.
fn handler(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    input.parse::<Token![=>]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(input.error(format!("{SHAPE}: the handler is missing here")));
    }
    let (tokens, is_block) = match block(input) {
        Some(block) => (block.into(), true),
        None => expression(input)?,
    };
    let comma = input.parse::<Option<Token![,]>>()?;
    if comma.is_none() && !is_block && !input.is_empty() {
        let text = "a `,` is missing before this: only a handler in braces goes without";
        return Err(input.error(text));
    }
    Ok(tokens)
}

fn block(input: ParseStream<'_>) -> Option<TokenTree> {
    let ahead = input.fork();
    let token = ahead.parse::<TokenTree>().ok()?;
    let is_block =
        matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    is_block.then(|| {
        input.advance_to(&ahead);
        token
    })
}

/// An expression token by token, and whether it is a block in a group that no brackets delimit (a
/// `$handler:block` of some other macro).
fn expression(input: ParseStream<'_>) -> syn::Result<(TokenStream, bool)> {
    let ahead = input.fork();
    let expression = ahead.parse::<Expr>()?;
    let mut tokens = TokenStream::new();
    while input.cursor() != ahead.cursor() {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    let block = match &expression {
        Expr::Group(group) => &*group.expr,
        expression => expression,
    };
    Ok((tokens, matches!(block, Expr::Block(_))))
}
