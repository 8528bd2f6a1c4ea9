//! sqlx on SQLite in memory: its threads and its pool.

#[path = "support/within.rs"]
mod within;

use futures_util::TryStreamExt;
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::task::JoinSet;
use within::within;

/// One connection: each has a database of its own, and tasks have to wait for each other.
async fn database() -> SqlitePool {
    let options = SqlitePoolOptions::new().max_connections(1);
    let pool = within(options.connect("sqlite::memory:")).await;
    let pool = pool.expect("a database");
    let made = sqlx::query("CREATE TABLE entries (task INTEGER, number INTEGER)");
    made.execute(&pool).await.expect("a table");
    pool
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_share_a_pool_of_one_connection() {
    let pool = database().await;
    let mut writers = JoinSet::new();
    for task in 0..20_i64 {
        let pool = pool.clone();
        writers.spawn(async move {
            for number in 0..10_i64 {
                let insert = sqlx::query("INSERT INTO entries VALUES (?, ?)");
                let insert = insert.bind(task).bind(number);
                insert.execute(&pool).await.expect("a row");
            }
        });
    }
    within(writers.join_all()).await;
    let rows = sqlx::query_as::<_, (i64, i64)>("SELECT * FROM entries ORDER BY task, number");
    let rows: Vec<(i64, i64)> = within(rows.fetch(&pool).try_collect()).await.expect("rows");
    let expected: Vec<(i64, i64)> = (0..20)
        .flat_map(|task| (0..10).map(move |number| (task, number)))
        .collect();
    assert_eq!(rows, expected);
    within(pool.close()).await;
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_taken_back() {
    let pool = database().await;
    let count = || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM entries");
    let mut begun = pool.begin().await.expect("a transaction");
    let insert = sqlx::query("INSERT INTO entries VALUES (1, 1)");
    insert.execute(&mut *begun).await.expect("a row");
    assert_eq!(count().fetch_one(&mut *begun).await.expect("a count"), 1);
    drop(begun);
    let left = within(count().fetch_one(&pool)).await;
    assert_eq!(left.expect("a count"), 0);
    within(pool.close()).await;
}
