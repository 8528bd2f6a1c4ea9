//! `#[async_test]` of redis's own tests: an async function becomes a test in a runtime, with a server
//! of its own; it is given each kind of connection that it is generic over, or both values of a flag.

use proc_macro::{Delimiter, TokenStream, TokenTree};

#[proc_macro_attribute]
pub fn async_test(_arguments: TokenStream, function: TokenStream) -> TokenStream {
    let (name, parameters) = signature(&function).expect("it stands before a function");
    let calls = if parameters.is_empty() {
        format!("{name}().await;")
    } else if parameters.ends_with("bool") {
        format!("{name}(false).await; {name}(true).await;")
    } else {
        format!(
            "{{
                let context = crate::support::TestContext::new();
                {name}(context.async_connection().await.unwrap()).await;
            }}
            #[cfg(feature = \"connection-manager\")]
            {{
                let context = crate::support::TestContext::new();
                {name}(context.client.get_connection_manager().await.unwrap()).await;
            }}"
        )
    };
    let test = format!(
        "#[test]
        fn {name}() {{
            {function}
            crate::support::block_on_all(
                async move {{ {calls} }},
                crate::support::RuntimeType::Tokio,
            );
        }}"
    );
    test.parse().expect("it is a function")
}

/// The function's name, and the text of what it takes.
fn signature(function: &TokenStream) -> Option<(String, String)> {
    let mut tokens = function.clone().into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn"))?;
    let name = tokens.next()?.to_string();
    tokens.find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
            Some((name.clone(), group.stream().to_string()))
        }
        _ => None,
    })
}
