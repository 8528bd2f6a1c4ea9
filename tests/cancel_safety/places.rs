//! Place lost: whoever gives up is overtaken by those who came later, and takes nothing along.

use std::pin::pin;

use super::drive::{one_of_each, poll_once, settle, within};

/// `make` gives what is waited for, with nothing to be had; `release` lets exactly one waiter in;
/// `wait` is through when it was let in, and lets nobody in itself.
pub(crate) fn place_lost<S>(make: impl Fn() -> S, release: impl Fn(&S), wait: impl AsyncFn(&S)) {
    let runtime = one_of_each();
    for polls in 0..3 {
        for released_first in [false, true] {
            runtime.block_on(async {
                let shared = make();
                let mut second = pin!(wait(&shared));
                {
                    let mut first = pin!(wait(&shared));
                    for _ in 0..polls {
                        assert!(
                            poll_once(first.as_mut()).await.is_none(),
                            "nothing to be had"
                        );
                    }
                    assert!(
                        poll_once(second.as_mut()).await.is_none(),
                        "nothing to be had"
                    );
                    if released_first {
                        release(&shared);
                    }
                    settle().await;
                    // Dropped here, perhaps with what it was given.
                }
                let mut anew = pin!(wait(&shared));
                assert!(
                    poll_once(anew.as_mut()).await.is_none(),
                    "others come first"
                );
                if !released_first {
                    release(&shared);
                }
                assert!(
                    poll_once(anew.as_mut()).await.is_none(),
                    "others come first"
                );
                within(second).await;
                release(&shared);
                within(anew).await;
                let mut last = pin!(wait(&shared));
                assert!(
                    poll_once(last.as_mut()).await.is_none(),
                    "as many as were released"
                );
            });
        }
    }
}
